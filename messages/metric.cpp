#include "messages/metric.hpp"

#include <algorithm>
#include <array>

namespace troupe {
namespace {

using enum metric_type;
constexpr std::array table = std::to_array<metric_info>({
    {metric::build_info, "troupe_build_info", gauge, "", "component,name,build", true, true,
     "Always 1; the labels say what runs: node or gateway, its name and its build."},
    {metric::uptime, "troupe_uptime_seconds", gauge, "seconds", "", true, true,
     "Time since this process began to serve."},
    {metric::process_cpu, "troupe_process_cpu_seconds_total", counter, "seconds", "", true, true,
     "Processor time of this process, of all its threads."},
    {metric::process_memory, "troupe_process_resident_memory_bytes", gauge, "bytes", "", true, true,
     "Memory of this process that is in RAM."},
    {metric::process_open_fds, "troupe_process_open_fds", gauge, "", "", true, true,
     "File descriptors that are open."},
    {metric::process_max_fds, "troupe_process_max_fds", gauge, "", "", true, true,
     "File descriptors that may be open."},
    {metric::node_live, "troupe_node_live", gauge, "", "", true, false,
     "1 while no lane stands still, else 0."},
    {metric::node_ready, "troupe_node_ready", gauge, "", "", true, false,
     "1 while everything that this node owns is open and it is a member, else 0."},
    {metric::contexts_up, "troupe_context_up", gauge, "", "context", true, false,
     "1 while every part of the context that this node owns is up, or an operator stopped it; else "
     "0."},
    {metric::commands, "troupe_commands_total", counter, "", "context,outcome", true, false,
     "Commands with an outcome: accepted, rejected by the business, replayed to a repetition."},
    {metric::refusals, "troupe_refusals_total", counter, "", "context,code", true, false,
     "Requests that a shard answered with an error of its own instead of an outcome, by error "
     "code."},
    {metric::rate_limited, "troupe_context_rate_limited_total", counter, "", "context", true, false,
     "Requests of clients over the rate that an operator set for the context."},
    {metric::asked, "troupe_asks_received_total", counter, "", "context", true, false,
     "Asks of other contexts that reached this node."},
    {metric::command_duration, "troupe_command_duration_seconds", histogram, "seconds", "context",
     true, false,
     "Time from a command's arrival at its lane until its answer left, commit included."},
    {metric::commit_duration, "troupe_commit_duration_seconds", histogram, "seconds", "context",
     true, false, "Time of one commit of a shard's journal, sync included."},
    {metric::commit_records, "troupe_commit_records", histogram, "", "context", true, false,
     "Records that one commit made durable together."},
    {metric::mailbox_age, "troupe_mailbox_age_seconds", histogram, "seconds", "lane", true, false,
     "Time that commands waited from their lane's inbox until their turn was made."},
    {metric::mailbox_recent, "troupe_mailbox_age_recent_p99_seconds", gauge, "seconds", "", true,
     false, "What 99 in 100 commands of the last 5 seconds did not wait longer for their turn."},
    {metric::residents, "troupe_residents", gauge, "", "context", true, false,
     "Aggregates in memory."},
    {metric::waiting, "troupe_waiting_commands", gauge, "", "context", true, false,
     "Commands admitted and not decided yet."},
    {metric::waiting_bytes, "troupe_waiting_bytes", gauge, "bytes", "context", true, false,
     "What these hold."},
    {metric::open_asks, "troupe_open_asks", gauge, "", "context", true, false,
     "Asks of this context that are not settled yet."},
    {metric::open_voids, "troupe_open_voids", gauge, "", "context", true, false,
     "Asks given up whose effect has still to be made good."},
    {metric::journal_records, "troupe_journal_records", gauge, "", "context", true, false,
     "Records in the journals of the shards that this node owns."},
    {metric::journal_bytes, "troupe_journal_bytes", gauge, "bytes", "context", true, false,
     "Size of these journals on disk."},
    {metric::derived_bytes, "troupe_derived_bytes", gauge, "bytes", "context", true, false,
     "Size of what is derived from journals: states, marks, snapshots, rows of views."},
    {metric::storage_full, "troupe_storage_full_shards", gauge, "", "context", true, false,
     "Shards that refuse commands because the disk is full."},
    {metric::disk_free, "troupe_disk_free_bytes", gauge, "bytes", "", true, false,
     "Space left for this process on the file system of the data directory."},
    {metric::disk_size, "troupe_disk_size_bytes", gauge, "bytes", "", true, false,
     "Size of that file system."},
    {metric::crashes, "troupe_crashes_total", counter, "", "context", true, false,
     "Handlers that ended with an exception."},
    {metric::restarts, "troupe_restarts_total", counter, "", "level,context", true, false,
     "Restarts by level of the supervision tree: aggregate, shard, view, context."},
    {metric::quarantined, "troupe_quarantined", gauge, "", "context", true, false,
     "Aggregates in quarantine."},
    {metric::dead_letters, "troupe_dead_letters_open", gauge, "", "context", true, false,
     "Dead letters that nobody has retried or dropped."},
    {metric::events, "troupe_supervision_events_total", counter, "", "kind", true, false,
     "What happened on the node, by the kinds of docs/supervision.md."},
    {metric::slow_handlers, "troupe_slow_handlers_total", counter, "", "", true, false,
     "Times that a lane was flagged because it stood still."},
    {metric::healing_actions, "troupe_healing_actions_total", counter, "", "action,outcome", true,
     false,
     "Actions of self-healing: done, failed, refused by their limit, wanted while switched off."},
    {metric::healing_on, "troupe_healing_on", gauge, "", "action", true, false,
     "1 while the node may take the action by itself, 0 while it is switched off."},
    {metric::breaker_state, "troupe_breaker_state", gauge, "", "asking,target,owner,operation",
     true, false, "What a circuit breaker does: 0 closed, 1 half-open, 2 open; forced or not."},
    {metric::breaker_in_flight, "troupe_breaker_in_flight", gauge, "",
     "asking,target,owner,operation", true, false, "Asks that have passed and not ended."},
    {metric::breaker_refused, "troupe_breaker_refused_total", counter, "",
     "asking,target,owner,operation,reason", true, false,
     "Asks that were refused at once: the breaker was open, or too many were in flight (full)."},
    {metric::breaker_fallbacks, "troupe_breaker_fallbacks_total", counter, "",
     "asking,target,owner,operation", true, false, "Declared fallbacks taken in place of answers."},
    {metric::policies_stopped, "troupe_policies_stopped", gauge, "", "context", true, false,
     "Policies that stand in front of an event they cannot react to."},
    {metric::policy_lag, "troupe_policy_lag_seconds", histogram, "seconds", "context", true, false,
     "Time from an event until every reaction of the context's policies to it was answered."},
    {metric::view_lag, "troupe_view_lag_seconds", histogram, "seconds", "context", true, false,
     "Time from an event until the rows of the view had it; not while the view is built anew."},
    {metric::view_behind, "troupe_view_behind_records", gauge, "", "context", true, false,
     "Records of its sources that the view has not folded yet."},
    {metric::view_held_back, "troupe_view_held_back_events", gauge, "", "context", true, false,
     "Events that wait for their cause or their turn."},
    {metric::view_rows, "troupe_view_rows", gauge, "", "context", true, false,
     "Rows that the view serves."},
    {metric::view_events, "troupe_view_events_total", counter, "", "context", true, false,
     "Events that the view has folded."},
    {metric::view_state, "troupe_view_stuck", gauge, "", "context", true, false,
     "1 while the view stands in front of an event that it cannot fold, else 0."},
    {metric::lease_remaining, "troupe_lease_remaining_seconds", gauge, "seconds", "", true, false,
     "Time that the node may still commit and answer without renewing its lease; below 0: it "
     "stands still."},
    {metric::lease_renewed_age, "troupe_lease_renewed_age_seconds", gauge, "seconds", "", true,
     false, "Time since the lease was renewed."},
    {metric::shards_owned, "troupe_shards_owned", gauge, "", "context", true, false,
     "Shards of the context that this node owns."},
    {metric::shard_epoch, "troupe_shard_epoch", gauge, "", "context,shard", true, false,
     "Epoch of the ownership of a shard that this node owns."},
    {metric::handovers, "troupe_handovers_total", counter, "", "direction", true, false,
     "Shards that this node took over (in) or gave away (out)."},
    {metric::redirects, "troupe_redirects_total", counter, "", "", true, false,
     "Requests of clients that were sent on to the owner of their shard."},
    {metric::forwarded, "troupe_forwarded_requests_total", counter, "", "", true, false,
     "Requests of parts that were sent to other nodes."},
    {metric::links_lost, "troupe_links_lost_total", counter, "", "", true, false,
     "Links to other nodes that were lost."},
    {metric::lane_inbox, "troupe_lane_inbox_requests", gauge, "", "lane", true, false,
     "Requests that wait for the lane."},
    {metric::lane_inbox_bytes, "troupe_lane_inbox_bytes", gauge, "bytes", "lane", true, false,
     "What these hold."},
    {metric::lane_inbox_limit, "troupe_lane_inbox_limit", gauge, "", "lane", true, false,
     "Requests of clients that may wait at the moment."},
    {metric::lane_refused, "troupe_lane_refused_total", counter, "", "lane", true, false,
     "Requests refused by the gate of the lane (OVERLOADED)."},
    {metric::lane_expired, "troupe_lane_expired_total", counter, "", "lane", true, false,
     "Requests dropped because their time was over."},
    {metric::lane_handled, "troupe_lane_handled_total", counter, "", "lane", true, false,
     "Requests taken up."},
    {metric::lane_rounds, "troupe_lane_rounds_total", counter, "", "lane", true, false,
     "Rounds with something to do."},
    {metric::lane_commits, "troupe_lane_commits_total", counter, "", "lane", true, false,
     "Commits of parts, also those with nothing to write."},
    {metric::lane_standing, "troupe_lane_standing_seconds", gauge, "seconds", "lane", true, false,
     "How long the lane has stood still; 0 while it moves."},
    {metric::server_frames, "troupe_server_frames_total", counter, "", "door,direction", true,
     false, "Frames of clients (door client) and other nodes (door cluster), in and out."},
    {metric::server_requests, "troupe_server_requests_total", counter, "", "door", true, false,
     "Requests that were read."},
    {metric::server_replies, "troupe_server_replies_total", counter, "", "door", true, false,
     "Replies that were written."},
    {metric::server_refused, "troupe_server_refused_total", counter, "", "door", true, false,
     "Requests that the server refused itself."},
    {metric::server_rate_limited, "troupe_server_rate_limited_total", counter, "", "door", true,
     false, "Those of them over the rate of their connection."},
    {metric::server_malformed, "troupe_server_malformed_total", counter, "", "door", true, false,
     "Frames that could not be read."},
    {metric::server_cut_off, "troupe_server_cut_off_total", counter, "", "door", true, false,
     "Peers that were forgotten because they did not read their answers."},
    {metric::server_in_flight, "troupe_server_in_flight_requests", gauge, "", "door", true, false,
     "Requests that wait for their answer."},
    {metric::server_connections, "troupe_server_connections", gauge, "", "door", true, false,
     "Peers that are connected."},
    {metric::gateway_requests, "troupe_gateway_requests_total", counter, "", "class,status", false,
     true, "Answered HTTP requests by what they were about and their status."},
    {metric::gateway_duration, "troupe_gateway_request_duration_seconds", histogram, "seconds",
     "class", false, true, "Time from an HTTP request to its answer."},
    {metric::gateway_in_flight, "troupe_gateway_in_flight_requests", gauge, "", "", false, true,
     "Requests that wait for the cluster."},
    {metric::gateway_connections, "troupe_gateway_connections", gauge, "", "", false, true,
     "Open HTTP connections."},
    {metric::gateway_cluster_up, "troupe_gateway_cluster_up", gauge, "", "", false, true,
     "1 while the gateway reaches a node, else 0."},
    {metric::gateway_calls, "troupe_gateway_cluster_calls_total", counter, "", "", false, true,
     "Calls that the gateway made to the cluster."},
    {metric::gateway_retries, "troupe_gateway_cluster_retries_total", counter, "", "", false, true,
     "Calls that it sent again."},
    {metric::gateway_budget_refusals, "troupe_gateway_retry_budget_refusals_total", counter, "", "",
     false, true, "Retries left out because too many were made already."},
    {metric::check_state, "troupe_check_state", gauge, "", "check", false, false,
     "What a check found: 0 good, 1 warning, 2 critical."},
    {metric::check_figure, "troupe_check_figure", gauge, "", "check,figure", false, false,
     "The figures that it judged by, in the unit of each."},
});

/// A family's place in the table is its number.
constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].id) != i) return false;
  return static_cast<std::size_t>(metric::check_figure) + 1 == table.size();
}
static_assert(in_order());

} // namespace

std::string_view name_of(metric_type type) {
  static constexpr std::array<std::string_view, 3> names{"counter", "gauge", "histogram"};
  return names[static_cast<std::size_t>(type)];
}

std::vector<std::string_view> metric_info::label_names() const {
  std::vector<std::string_view> names;
  for (std::string_view left = labels; !left.empty();) {
    const auto comma = std::min(left.find(','), left.size());
    names.push_back(left.substr(0, comma));
    left.remove_prefix(std::min(comma + 1, left.size()));
  }
  return names;
}

std::span<const metric_info> metric_table() {
  return table;
}

const metric_info& info(metric id) {
  return table[static_cast<std::size_t>(id)];
}

const metric_info* find_metric(std::string_view name) {
  const auto found = std::ranges::find(table, name, &metric_info::name);
  return found == table.end() ? nullptr : &*found;
}

} // namespace troupe
