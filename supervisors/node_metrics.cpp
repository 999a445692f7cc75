#include "seams/process_usage.hpp"
#include "supervisors/running_node.hpp"

#include <string>

/// The numbers of a node (docs/metrics.md). They are put together when somebody asks; nothing here
/// waits for a lane.
namespace troupe {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

double seconds(std::chrono::nanoseconds from) {
  return std::chrono::duration<double>(from).count();
}

/// What the shards of one context on this node counted together.
struct shard_sums {
  std::uint64_t accepted = 0, rejected = 0, replayed = 0, crashes = 0, restarts = 0;
  std::uint64_t records = 0, journal_bytes = 0, derived_bytes = 0;
  std::uint64_t residents = 0, quarantined = 0, asks = 0, voids = 0, letters = 0, policies = 0;
  std::uint64_t full = 0, owned = 0, part_restarts = 0;
  std::array<std::uint64_t, part_measures::codes> refused{};
  histogram_reading command, commit, batch, policy_lag, view_lag;
};

void add_measures(shard_sums& to, const part_measures& from) {
  from.command.add_to(to.command);
  from.commit.add_to(to.commit);
  from.records.add_to(to.batch);
  from.policy_lag.add_to(to.policy_lag);
  from.view_lag.add_to(to.view_lag);
  for (std::size_t i = 0; i < to.refused.size(); ++i)
    to.refused[i] += from.refused[i].load(relaxed);
}

shard_sums sums_of(const context_state& context, const storage& store) {
  shard_sums sums;
  for (std::uint32_t shard = 0; shard < context.shards(); ++shard) {
    const auto& part = *context.parts[shard];
    const auto& from = part.shard;
    sums.accepted += from.turns.load(relaxed);
    sums.rejected += from.rejected.load(relaxed);
    sums.replayed += from.replayed.load(relaxed);
    sums.crashes += from.crashes.load(relaxed);
    sums.restarts += from.restarts.load(relaxed);
    sums.part_restarts += part.restarts.load(relaxed);
    if (part.measures) add_measures(sums, *part.measures);
    if (!part.owned.load()) continue; // what another node has is told by that one
    ++sums.owned;
    sums.records += from.records.load(relaxed);
    sums.residents += from.residents.load(relaxed);
    sums.quarantined += from.quarantined.load(relaxed);
    sums.asks += from.open_asks.load(relaxed);
    sums.voids += from.open_voids.load(relaxed);
    sums.letters += from.letters.load(relaxed);
    sums.policies += from.stopped_policies.load(relaxed);
    sums.full += from.storage_full.load(relaxed) ? 1 : 0;
    const auto bytes = store.bytes_of(context.name, {shard});
    sums.journal_bytes += bytes.journal;
    sums.derived_bytes += bytes.derived;
  }
  return sums;
}

double number(std::uint64_t from) {
  return static_cast<double>(from);
}

void add_aggregates(metric_page& to, const context_state& context, shard_sums& sums) {
  const std::string_view name = context.name;
  to.add(metric::commands, {name, "accepted"}, number(sums.accepted));
  to.add(metric::commands, {name, "rejected"}, number(sums.rejected));
  to.add(metric::commands, {name, "replayed"}, number(sums.replayed));
  for (const auto& each : error_table())
    if (const auto count = sums.refused[static_cast<std::size_t>(each.code)]; count > 0)
      to.add(metric::refusals, {name, each.name}, number(count));
  if (context.parts[0]->measures) {
    to.add(metric::command_duration, {name}, std::move(sums.command));
    to.add(metric::commit_duration, {name}, std::move(sums.commit));
    to.add(metric::commit_records, {name}, std::move(sums.batch));
    if (!context.behaviour->policies.empty())
      to.add(metric::policy_lag, {name}, std::move(sums.policy_lag));
  }
  const auto waiting = context.load->get();
  to.add(metric::asked, {name}, number(context.asked.load(relaxed)));
  to.add(metric::residents, {name}, number(sums.residents));
  to.add(metric::waiting, {name}, number(waiting.waiting));
  to.add(metric::waiting_bytes, {name}, number(waiting.bytes));
  to.add(metric::open_asks, {name}, number(sums.asks));
  to.add(metric::open_voids, {name}, number(sums.voids));
  to.add(metric::journal_records, {name}, number(sums.records));
  to.add(metric::journal_bytes, {name}, number(sums.journal_bytes));
  to.add(metric::storage_full, {name}, number(sums.full));
  to.add(metric::crashes, {name}, number(sums.crashes));
  to.add(metric::quarantined, {name}, number(sums.quarantined));
  to.add(metric::dead_letters, {name}, number(sums.letters));
  to.add(metric::policies_stopped, {name}, number(sums.policies));
  to.add(metric::restarts, {"aggregate", name}, number(sums.restarts));
}

void add_view(metric_page& to, const context_state& context, shard_sums& sums) {
  const std::string_view name = context.name;
  const auto& view = context.parts[0]->view;
  to.add(metric::view_events, {name}, number(view.events.load(relaxed)));
  if (context.parts[0]->measures) to.add(metric::view_lag, {name}, std::move(sums.view_lag));
  if (!context.owns(0)) return;
  to.add(metric::view_behind, {name}, number(view.lag.load(relaxed)));
  to.add(metric::view_held_back, {name}, view.held_back.load(relaxed));
  to.add(metric::view_rows, {name}, number(view.rows.load(relaxed)));
  to.add(metric::view_state, {name}, view.state.load() == view_state::stuck ? 1 : 0);
}

/// What a breaker does, whoever wants it so.
double state_number(breaker_state state) {
  switch (state) {
  case breaker_state::closed:
  case breaker_state::forced_closed:
  case breaker_state::disabled:
    return 0;
  case breaker_state::half_open:
    return 1;
  case breaker_state::open:
  case breaker_state::forced_open:
    return 2;
  }
  return 2;
}

} // namespace

metric_page running_node::metrics() const {
  metric_page page;
  page.add(metric::build_info, {"node", options_.name, options_.build}, 1);
  page.add(metric::uptime, seconds(clock_.monotonic() - started_));
  page.add(metric::process_cpu, seconds(process_cpu_time()));
  page.add(metric::process_memory, number(process_resident_bytes()));
  page.add(metric::process_open_fds, number(process_open_files()));
  page.add(metric::process_max_fds, number(process_files_max()));
  page.add(metric::node_live, live(nullptr) ? 1 : 0);
  page.add(metric::handovers, {"in"}, number(taken_over_.load(relaxed)));
  page.add(metric::handovers, {"out"}, number(given_away_.load(relaxed)));
  page.add(metric::redirects, number(redirects_.load(relaxed)));
  add_contexts(page);
  add_lanes(page);
  add_supervision(page);
  for (const auto& source : more_metrics_)
    source(page);
  return page;
}

void running_node::add_contexts(metric_page& to) const {
  for (const auto& each : contexts_) {
    const std::string_view name = each->name;
    auto sums = sums_of(*each, store_);
    to.add(metric::contexts_up, {name}, each->up.load() || !each->wanted.load() ? 1 : 0);
    to.add(metric::rate_limited, {name}, number(each->refused_by_rate.load(relaxed)));
    to.add(metric::derived_bytes, {name}, number(sums.derived_bytes));
    to.add(metric::shards_owned, {name}, number(sums.owned));
    to.add(metric::restarts, {each->is_view() ? "view" : "shard", name},
           number(sums.part_restarts));
    to.add(metric::restarts, {"context", name}, number(each->restarts.load(relaxed)));
    if (each->is_view())
      add_view(to, *each, sums);
    else
      add_aggregates(to, *each, sums);
    for (std::uint32_t shard = 0; shard < each->shards(); ++shard)
      if (each->owns(shard))
        to.add(metric::shard_epoch, {name, std::to_string(shard)},
               number(each->parts[shard]->epoch.load(relaxed)));
  }
}

void running_node::add_lanes(metric_page& to) const {
  const auto reports = watch_ ? watch_->reports() : std::vector<lane_report>{};
  waiting_summary recent;
  for (const auto& each : lanes_) {
    const auto name = std::to_string(each->number());
    each->counters().waits.add_to(recent, clock_.monotonic());
    const auto& from = each->counters();
    if (options_.measures) {
      histogram_reading ages;
      from.ages.add_to(ages);
      to.add(metric::mailbox_age, {name}, std::move(ages));
    }
    to.add(metric::lane_inbox, {name}, from.inbox.load(relaxed));
    to.add(metric::lane_inbox_bytes, {name}, number(from.inbox_bytes.load(relaxed)));
    to.add(metric::lane_inbox_limit, {name}, from.inbox_limit.load(relaxed));
    to.add(metric::lane_refused, {name}, number(from.refused.load(relaxed)));
    to.add(metric::lane_expired, {name}, number(from.expired.load(relaxed)));
    to.add(metric::lane_handled, {name}, number(from.handled.load(relaxed)));
    to.add(metric::lane_rounds, {name}, number(from.rounds.load(relaxed)));
    to.add(metric::lane_commits, {name}, number(from.commits.load(relaxed)));
    const auto ms = each->number() < reports.size() ? reports[each->number()].for_ms : 0;
    to.add(metric::lane_standing, {name}, static_cast<double>(ms) / 1'000.0);
  }
  to.add(metric::mailbox_recent, recent.at_share_ms(0.99) / 1'000.0);
}

void running_node::add_supervision(metric_page& to) const {
  to.add(metric::slow_handlers, watch_ ? number(watch_->flagged()) : 0);
  for (const auto& [kind, count] : events_.counts())
    to.add(metric::events, {kind}, number(count));
  for (const auto each : all_healing_actions) {
    const auto name = name_of(each);
    const auto counted = healing_.of(each);
    to.add(metric::healing_actions, {name, "done"}, number(counted.done));
    to.add(metric::healing_actions, {name, "failed"}, number(counted.failed));
    to.add(metric::healing_actions, {name, "refused"}, number(counted.refused));
    to.add(metric::healing_actions, {name, "off"}, number(counted.off));
    to.add(metric::healing_on, {name}, healing_.is_on(each) ? 1 : 0);
  }
  for (const auto& each : rules_.breakers()) {
    const auto& [asking, target, owner, operation] = each.direction;
    const auto kind = name_of(operation);
    to.add(metric::breaker_state, {asking, target, owner, kind}, state_number(each.state));
    to.add(metric::breaker_in_flight, {asking, target, owner, kind}, each.in_flight);
    to.add(metric::breaker_refused, {asking, target, owner, kind, "open"},
           number(each.refused_open));
    to.add(metric::breaker_refused, {asking, target, owner, kind, "full"},
           number(each.refused_full));
    to.add(metric::breaker_fallbacks, {asking, target, owner, kind}, number(each.fallbacks.used));
  }
}

} // namespace troupe
