#pragma once

#include "bin/cli/tool.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace troupe::cli {

/// What the commands of a test ask, and what they get.
struct cluster_script {
  std::map<std::string, result<value>> admin_answers;           ///< by verb
  std::map<std::string, std::deque<result<value>>> admin_turns; ///< likewise, one after the other
  std::vector<map_member> members;                              ///< of the cluster
  std::optional<std::vector<map_member>> members_later;         ///< once they were asked for
  /// By endpoint and verb; before the others.
  std::map<std::pair<std::string, std::string>, result<value>> nodes_answers;
  result<call_reply> reply = call_reply{};
  result<page> rows = page{};
  std::vector<served_context> served;
  std::map<std::string, std::vector<published_event>> nodes_events; ///< by endpoint, pushed once
  std::map<std::string, std::vector<published_event>> nodes_turns;  ///< by endpoint, pushed once
  std::vector<tap_wish> taps;
  std::optional<error> tap_refused;
  std::string tap_refused_at;          ///< an endpoint; empty: all of them
  std::vector<published_event> events; ///< pushed once, at the first subscription
  std::string context, name, payload;  ///< of the last send or get
  aggregate_id target;
  call_options options;
  page_request wanted;
  value arguments; ///< of the last admin verb
  std::vector<subscribe_request> subscriptions;
};

class fake_cluster final : public cluster {
public:
  explicit fake_cluster(cluster_script& script) : script_(script) {}
  result<call_reply> send(std::string_view context, aggregate_id target, std::string_view command,
                          std::string payload, call_options options) override {
    script_.context = context;
    script_.target = target;
    script_.name = command;
    script_.payload = std::move(payload);
    script_.options = std::move(options);
    return script_.reply;
  }
  result<call_reply> get(std::string_view context, aggregate_id target) override {
    script_.context = context;
    script_.target = target;
    return script_.reply;
  }
  result<page> list(std::string_view context, page_request wanted) override {
    script_.context = context;
    script_.wanted = std::move(wanted);
    return script_.rows;
  }
  result<value> admin(std::string_view verb, value arguments, std::string endpoint) override {
    if (const auto node = script_.nodes_answers.find({endpoint, std::string{verb}});
        node != script_.nodes_answers.end())
      return node->second;
    script_.arguments = std::move(arguments);
    if (auto turns = script_.admin_turns.find(std::string{verb});
        turns != script_.admin_turns.end() && !turns->second.empty()) {
      auto next = std::move(turns->second.front());
      turns->second.pop_front();
      return next;
    }
    const auto found = script_.admin_answers.find(std::string{verb});
    return found == script_.admin_answers.end() ? fail(errc::unknown_command, "no such verb")
                                                : found->second;
  }
  result<std::vector<map_member>> nodes() override {
    auto said = script_.members;
    if (script_.members_later) script_.members = *script_.members_later;
    return said;
  }
  result<std::vector<served_context>> contexts() override { return script_.served; }
  void subscribe(std::string_view, shard_number, subscribe_request from,
                 client::event_callback on_events, client::end_callback) override {
    script_.subscriptions.push_back(from);
    if (script_.subscriptions.size() == 1) on_events(script_.events, record_index{9});
  }
  void subscribe_node(std::string endpoint, subscribe_request from,
                      client::event_callback on_events, client::end_callback) override {
    script_.subscriptions.push_back(from);
    for (const auto& [at, events] : script_.nodes_events)
      if (at == endpoint) on_events(events, record_index{9});
  }
  void tap_node(std::string endpoint, const tap_wish& wish, client::event_callback on_events,
                client::end_callback on_end) override {
    script_.taps.push_back(wish);
    const auto& only = script_.tap_refused_at;
    if (script_.tap_refused && (only.empty() || only == endpoint))
      return on_end(*script_.tap_refused);
    for (const auto& [at, turns] : script_.nodes_turns)
      if (at == endpoint) on_events(turns, record_index{9});
  }

private:
  cluster_script& script_;
};

/// Never waits: says at once that the user stopped after so many waits, and moves the clock.
class fake_interruption final : public interruption {
public:
  explicit fake_interruption(simulated_clock& time, int waits_before_stop = 1'000'000)
      : time_(time), left_(waits_before_stop) {}
  bool wait_also_for(std::span<const int>, std::chrono::milliseconds at_most) override {
    time_.advance(at_most);
    ++waits;
    return --left_ < 0;
  }
  void wake() override { ++wakes; }
  exit_code reason() const override { return exit_code::interrupted; }
  int waits = 0;
  int wakes = 0;

private:
  simulated_clock& time_;
  int left_;
};

/// A tool with everything around it replaced.
struct stage {
  cluster_script script;
  std::istringstream in;
  std::ostringstream out, err;
  std::map<std::string, std::string> variables;
  simulated_clock time;
  seeded_random random{7};
  bool reachable = true;
  int connections = 0; ///< made so far
  bool terminal = false;
  int waits_before_stop = 0;

  int run(const tool_info& tool, std::vector<std::string> words) {
    out.str({});
    err.str({});
    command_handlers handlers;
    add_client_commands(handlers);
    add_limit_command(handlers);
    add_watch_command(handlers);
    add_view_commands(handlers);
    add_status_command(handlers);
    add_describe_command(handlers);
    add_run_command(handlers);
    add_up_command(handlers);
    add_operation_commands(handlers);
    add_autoscale_commands(handlers);
    add_logs_command(handlers);
    add_inspector_commands(handlers);
    add_healing_commands(handlers);
    add_deadletter_commands(handlers);
    add_top_command(handlers);
    add_actor_state_commands(handlers);
    add_shard_commands(handlers);
    add_tap_command(handlers);
    add_check_commands(handlers);
    add_metrics_command(handlers);
    add_shell_command(handlers, inspector_tool());
    surroundings around{
        .in = in,
        .out = out,
        .err = err,
        .environment =
            [this](const std::string& name) {
              const auto found = variables.find(name);
              return found == variables.end() ? std::nullopt : std::optional{found->second};
            },
        .stdout_is_terminal = terminal,
        .connect = [this](const settings&) -> result<std::unique_ptr<cluster>> {
          if (!reachable) return fail(errc::unreachable, "nobody there");
          ++connections;
          return std::unique_ptr<cluster>{std::make_unique<fake_cluster>(script)};
        },
        .listen = [this]() -> std::unique_ptr<interruption> {
          return std::make_unique<fake_interruption>(time, waits_before_stop);
        },
        .time = time,
        .random = random,
    };
    return run_tool(tool, handlers, std::move(words), around);
  }
  [[nodiscard]] std::int64_t lines_printed() const {
    const std::string text = out.str();
    return std::count(text.begin(), text.end(), '\n');
  }
  int troupe(std::vector<std::string> words) { return run(troupe_tool(), std::move(words)); }
  int inspector(std::vector<std::string> words) { return run(inspector_tool(), std::move(words)); }
};

} // namespace troupe::cli
