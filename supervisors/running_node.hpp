#pragma once

#include "actors/actor_runtime.hpp"
#include "actors/lane.hpp"
#include "actors/view_part.hpp"
#include "supervisors/admin_desk.hpp"
#include "supervisors/audit_desk.hpp"
#include "supervisors/breaker_events.hpp"
#include "supervisors/node.hpp"
#include "supervisors/node_load.hpp"
#include "supervisors/node_report.hpp"
#include "supervisors/rules.hpp"
#include "supervisors/supervision_log.hpp"
#include "supervisors/tap_desk.hpp"
#include "supervisors/tree.hpp"
#include "supervisors/watchdog.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace troupe {

/// The node itself: its life and routes are in node.cpp, what operators ask of it in
/// node_admin.cpp. Private to this folder.
class running_node final : public node, private part_keeper {
public:
  running_node(node_options options, storage& store, const clock& time)
      : options_(std::move(options)), store_(store), clock_(time), events_(time),
        rules_(
            real_random(), settings_of(options_),
            [this](const ask_direction& which, const breaker_transition& change) {
              events_.add(event_of(which, change));
            },
            [this](const supervision_event& what) { events_.add(what); }) {}
  ~running_node() override { stop(); }

  result<void> prepare();
  void run();

  void submit(std::vector<inbound>& batch) override;
  bool up(std::vector<std::string>* waiting) const override;
  bool ready(std::vector<std::string>* waiting) const override;
  result<void> stop_context(const std::string& name) override;
  result<void> start_context(const std::string& name) override;
  void own(const shard_ref& which, epoch_number epoch) override;
  void hand_over(const shard_ref& which) override;
  void disown(const shard_ref& which) override;
  void prepare(const shard_ref& which, bool cancel) override;
  void arrange(const std::string& context, bool stopped,
               std::optional<answer_delay> delay) override;
  std::vector<part_report> parts() const override;
  bool live(std::string* why) const override;
  self_healing& heals() override { return healing_; }
  value status() const override { return report().status(); }
  value tree() const override { return report().tree(); }
  void add_status(std::string name, std::function<value()> source) override {
    more_status_.emplace_back(std::move(name), std::move(source));
  }
  void tell_admin_endpoint(std::string endpoint) override {
    const std::lock_guard lock{admin_endpoint_mutex_};
    admin_endpoint_ = std::move(endpoint);
  }
  metric_page metrics() const override;
  void add_metrics(std::function<void(metric_page&)> source) override {
    more_metrics_.push_back(std::move(source));
  }
  void happened(supervision_event what) override { events_.add(std::move(what)); }
  void stop() override;

private:
  [[nodiscard]] static supervision_settings settings_of(const node_options& options) {
    supervision_settings settings;
    settings.shard.failures_max = options.failures_max;
    return settings;
  }

  using subscription_key = std::tuple<answer_port*, std::uint64_t, std::uint64_t>;

  void open(context_state& context, std::uint32_t shard, opened_callback opened,
            std::function<void(const error&)> failed) override;
  void close(context_state& context, std::uint32_t shard, std::function<void()> closed) override;
  void changed(context_state& context, std::uint32_t shard) override;
  [[nodiscard]] result<std::unique_ptr<requesting_part>>
  open_shard(lane& on, context_state& context, std::uint32_t shard,
             std::function<void(const error&)> failed);
  [[nodiscard]] result<std::unique_ptr<requesting_part>> open_view(lane& on, context_state& context,
                                                                   std::uint32_t shard);
  void wind_down(lane& on, context_state& context, const shard_ref& which, monotonic_time until);
  void add_context(const context_behaviour& behaviour);
  [[nodiscard]] bool lease_stands() const;
  [[nodiscard]] context_state* find(std::string_view name) const;
  [[nodiscard]] result<context_state*> context_in(const value& arguments);
  [[nodiscard]] context_state* find_part(const shard_ref& which) const;
  [[nodiscard]] result<std::vector<context_state*>> with_parts(const std::string& name) const;
  [[nodiscard]] std::uint32_t shards_of(std::string_view name) const;
  [[nodiscard]] std::string owner_of(std::string_view name, shard_number shard) const;

  void route(inbound& each);
  [[nodiscard]] bool within_rate(context_state& context, const inbound& each);
  /// For a part that is known: to its lane, or to the node that owns it.
  void route_part(context_state& context, std::uint32_t shard, inbound& each);
  void send_elsewhere(const shard_ref& where, inbound& each);
  void route_elsewhere(inbound& each);
  void forget_subscription(const inbound& opened);
  void route_to(context_state& context, std::uint32_t shard, inbound& each);
  bool route_subscription(inbound& each);
  void answer_late(context_state& context, std::uint32_t shard, inbound& each);
  void hello(const inbound& from);
  [[nodiscard]] result<value> change_context(const std::string& verb, const value& arguments);
  void admin(inbound& from);
  [[nodiscard]] result<value> ask_supervision(const std::string& verb, const value& arguments);
  void ask_parts(inbound& from, const value& arguments);
  void ask_views(inbound& from, const value& arguments);
  // numbers (node_metrics.cpp)
  void add_contexts(metric_page& to) const;
  void add_lanes(metric_page& to) const;
  void add_supervision(metric_page& to) const;
  // looking (node_looks.cpp)
  void ask_own_parts(inbound& from, const value& arguments);
  [[nodiscard]] result<value> move_shard(const value& arguments);
  void open_tap(const inbound& from);
  void end_taps(lane& on);
  // healing and watching (node_healing.cpp)
  void start_watchdog();
  [[nodiscard]] bool may_stand(const lane& which) const;
  [[nodiscard]] result<void> switch_healing(const value& arguments);
  [[nodiscard]] result<value> ask_healing(const std::string& verb, const value& arguments);
  [[nodiscard]] value describe_life() const;
  [[nodiscard]] node_report report() const {
    return {options_.name, options_.build, contexts_,    lanes_,      rules_,
            clock_,        started_,       more_status_, watch_.get()};
  }

  node_options options_;
  storage& store_;
  const clock& clock_;
  supervision_log events_;
  default_supervision_rules rules_;
  self_healing healing_{clock_, options_.healing,
                        [this](supervision_event what) { rules_.happened(std::move(what)); }};
  late_answers late_{real_random()};
  tap_desk tap_{clock_, real_random()};
  bool ends_taps_ = false; ///< there is a timer for it; of the first lane
  actor_runtime runtime_;
  std::vector<std::unique_ptr<context_state>> contexts_; ///< parts count in there to their end
  std::vector<std::unique_ptr<lane>> lanes_;
  std::unique_ptr<watchdog> watch_; ///< ends before the lanes
  std::map<std::string, context_state*, std::less<>> by_name_;
  std::unique_ptr<supervision_tree> tree_;
  admin_desk desk_;
  std::unique_ptr<audit_desk> audit_; ///< null: nothing is written down
  mutable std::mutex admin_endpoint_mutex_;
  std::string admin_endpoint_;
  std::vector<std::pair<std::string, std::function<value()>>> more_status_;
  std::vector<std::function<void(metric_page&)>> more_metrics_;
  std::atomic<std::uint64_t> taken_over_{0}, given_away_{0}; ///< shards
  std::atomic<std::uint64_t> redirects_{0};
  monotonic_time started_;
  cpu_meter cpu_{clock_};

  std::mutex subscriptions_mutex_;
  std::map<subscription_key, std::pair<context_state*, std::uint32_t>> subscriptions_;

  bool runs_ = false; ///< its lanes were started
  std::atomic<bool> stopping_{false};
  std::once_flag stopped_;
};

} // namespace troupe
