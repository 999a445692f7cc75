// What a launcher is asked for, and how it says how things are.
#include "bin/launcher/launcher.hpp"

#include <unistd.h>

#include <algorithm>

namespace troupe::cli {
namespace {

std::string text_of(const value& from, std::string_view key) {
  const value* held = from.find(key);
  const auto* text = held == nullptr ? nullptr : held->get_if<std::string>();
  return text == nullptr ? std::string{} : *text;
}

std::int64_t age_ms(monotonic_time since, monotonic_time now) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - since).count();
}

value described(const kept_part& part, monotonic_time now) {
  const part_rules& rules = part.rules();
  value said;
  said["name"] = part.name();
  said["state"] = name_of(rules.state());
  said["pid"] = part.pid() == 0 ? value{} : value{part.pid()};
  said["address"] = part.address();
  said["build"] = part.build();
  said["restarts"] = rules.failures();
  said["state_ms"] = age_ms(rules.since(), now);
  said["why"] = rules.why();
  said["as_planned"] = part.as_planned();
  said["log"] = part.log().string();
  return said;
}

std::string_view word_for(operation_state state) {
  if (state == operation_state::running) return "running";
  return state == operation_state::done ? "done" : "failed";
}

value described(const operation& from) {
  value said;
  said["number"] = from.number();
  said["title"] = from.title();
  said["state"] = word_for(from.state());
  said["dropped"] = from.progress_dropped();
  value::array lines;
  for (const std::string& each : from.progress())
    lines.emplace_back(each);
  said["progress"] = std::move(lines);
  if (from.state() == operation_state::failed) {
    said["code"] = from.failure().shown_code();
    said["message"] = from.failure().message;
  }
  return said;
}

error refused(std::string reason, std::string message) {
  error why = fail(errc::rejected, std::move(message));
  why.reason = std::move(reason);
  return why;
}

} // namespace

result<value> launcher::answer(const std::string& verb, const value& arguments) {
  if (verb == "launcher-status") return status();
  if (verb == "down") return begin_down();
  if (verb == "autoscale") return turn_autoscaling(arguments);
  if (going_down_) return fail(errc::shutting_down, "the launcher is going down");
  if (const operation* running = running_operation())
    if (verb == "scale" || verb == "drain" || verb == "restart" || verb == "rolling-restart")
      return refused("OPERATION_UNDER_WAY", "operation " + std::to_string(running->number()) +
                                                " (" + running->title() + ") is under way");
  if (verb == "scale" && autoscaling_ && autoscaling_->on())
    return refused("AUTOSCALE_ON", "the number of nodes follows their load; "
                                   "`troupe autoscale off` first, then scale by hand");
  if (verb == "scale") return begin_scale(arguments);
  if (verb == "drain") return begin_drain(arguments);
  if (verb == "restart") return begin_restart(arguments);
  if (verb == "rolling-restart") return begin_roll(arguments);
  return fail(errc::unknown_command, "a launcher has no verb '" + verb + "'");
}

result<value> launcher::status() const {
  const monotonic_time now = time_.monotonic();
  value said;
  said["pid"] = static_cast<std::int64_t>(::getpid());
  said["build"] = "troupe/" TROUPE_VERSION;
  said["data"] = data_.string();
  said["ready"] = ready_;
  said["going_down"] = going_down_;
  said["uptime_ms"] = age_ms(began_, now);
  value::array nodes;
  for (const auto& each : nodes_)
    nodes.push_back(described(*each, now));
  said["nodes"] = std::move(nodes);
  said["gateway"] = described(*gateway_, now);
  value::array operations;
  for (const operation& each : operations_)
    operations.push_back(described(each));
  said["operations"] = std::move(operations);
  said["autoscale"] = autoscaling_ ? autoscaling_->described() : value{};
  return said;
}

result<value> launcher::begin(std::string title, std::vector<operation_step> steps) {
  if (operations_.size() == operations_kept) operations_.pop_front();
  operations_.emplace_back(++operations_begun_, std::move(title), std::move(steps));
  value said;
  said["operation"] = operations_begun_;
  return said;
}

result<value> launcher::begin_scale(const value& arguments) {
  const value* held = arguments.find("nodes");
  const auto* wanted = held == nullptr ? nullptr : held->get_if<std::int64_t>();
  if (wanted == nullptr || *wanted < 1 || *wanted > launch_settings::nodes_max)
    return fail(errc::malformed,
                "nodes: a whole number from 1 to " + std::to_string(launch_settings::nodes_max));
  const auto count = static_cast<std::uint32_t>(*wanted);
  if (const auto missing = contexts_without_host(plan_.settings, count); !missing.empty())
    return refused("NO_HOST_LEFT",
                   "no node of " + std::to_string(count) + " would host " + missing.front());
  for (std::uint32_t i = 1; i <= count && plan_.settings.listen_base != 0; ++i) {
    if (find(node_name(i)) != nullptr) continue;
    const auto place = place_of_endpoint(planned_endpoint(node_name(i)));
    const auto free = place ? is_free(*place) : result<bool>{place.error()};
    if (!free || !*free)
      return refused("ADDRESS_IN_USE", "another program uses " + planned_endpoint(node_name(i)) +
                                           ", the place of " + node_name(i));
  }
  plan_.settings.nodes = count;
  return begin("scale to " + std::to_string(count), steps_to_scale(node_names(), count));
}

result<value> launcher::begin_drain(const value& arguments) {
  const std::string name = text_of(arguments, "node");
  const kept_part* part = find(name);
  if (part == nullptr || !part->is_node())
    return fail(errc::not_found, "there is no node '" + name + "'");
  if (part->rules().state() != part_state::up)
    return refused("NOT_UP", name + " is " + std::string{name_of(part->rules().state())});
  const auto others = std::count_if(nodes_.begin(), nodes_.end(), [&](const auto& each) {
    return each.get() != part && each->rules().state() == part_state::up;
  });
  if (others == 0) return refused("LAST_NODE", "no other node is up that could take its shards");
  return begin("drain " + name, steps_to_drain(name));
}

result<value> launcher::begin_restart(const value& arguments) {
  const std::string name = text_of(arguments, "node");
  const kept_part* part = find(name);
  if (part == nullptr) return fail(errc::not_found, "there is no node '" + name + "'");
  return begin("restart " + name, steps_to_restart(name, part->is_node()));
}

result<value> launcher::begin_roll(const value& arguments) {
  const value* held = arguments.find("abrupt");
  const auto* word = held == nullptr ? nullptr : held->get_if<bool>();
  if (held != nullptr && word == nullptr) return fail(errc::malformed, "abrupt: true or false");
  for (const auto& each : nodes_)
    if (each->rules().state() != part_state::up)
      return refused("NOT_WHOLE", each->name() + " is " +
                                      std::string{name_of(each->rules().state())} +
                                      "; a cluster is rolled when all of it is up");
  if (word != nullptr && *word)
    return begin("rolling-restart --abrupt", steps_to_roll_abruptly(node_names()));
  return begin("rolling-restart", steps_to_roll(node_names()));
}

result<value> launcher::begin_down() {
  if (going_down_) {
    value said;
    said["operation"] = operations_begun_;
    return said;
  }
  if (operation* running = running_operation()) running->abandon("everything was told to go down");
  going_down_ = true;
  return begin("down", steps_to_go_down(node_names(), gateway_name));
}

} // namespace troupe::cli
