#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace troupe {

enum class metric_type : std::uint8_t { counter, gauge, histogram };
[[nodiscard]] std::string_view name_of(metric_type type);

/// Every metric family of this build; the table in metric.cpp says the rest, in the same order.
enum class metric : std::uint8_t {
  // both kinds of processes
  build_info,
  uptime,
  process_cpu,
  process_memory,
  process_open_fds,
  process_max_fds,
  // a node: its state
  node_live,
  node_ready,
  contexts_up,
  // commands
  commands,
  refusals,
  rate_limited,
  asked,
  command_duration,
  commit_duration,
  commit_records,
  mailbox_age,
  mailbox_recent,
  // shards
  residents,
  waiting,
  waiting_bytes,
  open_asks,
  open_voids,
  journal_records,
  journal_bytes,
  derived_bytes,
  storage_full,
  disk_free,
  disk_size,
  // supervision
  crashes,
  restarts,
  quarantined,
  dead_letters,
  events,
  slow_handlers,
  healing_actions,
  healing_on,
  breaker_state,
  breaker_in_flight,
  breaker_refused,
  breaker_fallbacks,
  // policies and views
  policies_stopped,
  policy_lag,
  view_lag,
  view_behind,
  view_held_back,
  view_rows,
  view_events,
  view_state,
  // cluster
  lease_remaining,
  lease_renewed_age,
  shards_owned,
  shard_epoch,
  handovers,
  redirects,
  forwarded,
  links_lost,
  // lanes
  lane_inbox,
  lane_inbox_bytes,
  lane_inbox_limit,
  lane_refused,
  lane_expired,
  lane_handled,
  lane_rounds,
  lane_commits,
  lane_standing,
  // the servers of a node
  server_frames,
  server_requests,
  server_replies,
  server_refused,
  server_rate_limited,
  server_malformed,
  server_cut_off,
  server_in_flight,
  server_connections,
  // the gateway
  gateway_requests,
  gateway_duration,
  gateway_in_flight,
  gateway_connections,
  gateway_cluster_up,
  gateway_calls,
  gateway_retries,
  gateway_budget_refusals,
  // what a check found (actor-inspector check --format prometheus)
  check_state,
  check_figure,
};

/// One family: names and units by the conventions of Prometheus.
struct metric_info {
  metric id;
  std::string_view name;
  metric_type type;
  std::string_view unit;   ///< "seconds", "bytes"; empty: a number or a count
  std::string_view labels; ///< names, parted by commas, in the order of a sample's texts
  bool node = false;       ///< nodes expose it
  bool gateway = false;    ///< gateways expose it
  std::string_view help;   ///< one sentence

  [[nodiscard]] std::vector<std::string_view> label_names() const;
};

/// In the order of the enumeration, which is that of every page.
[[nodiscard]] std::span<const metric_info> metric_table();
[[nodiscard]] const metric_info& info(metric id);
/// Null: there is no such family.
[[nodiscard]] const metric_info* find_metric(std::string_view name);

} // namespace troupe
