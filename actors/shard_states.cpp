#include "actors/noted_turn.hpp"
#include "actors/safe_replay.hpp"
#include "actors/shard.hpp"

#include <algorithm>

/// States of aggregates outside their actors: as rows of the derived store, and from their records.
namespace troupe {

/// Brings the derived states up to the last commit. Runs between rounds only: then what the actors
/// hold is what was committed.
result<void> shard::flush_states() {
  while (derived_->states_position() != journal_->head()) {
    if (auto done = flush_some(dirty_.size()); !done) return done;
  }
  return {};
}

/// Writes up to that many states. The store's position moves with the last of them: until then the
/// rows are newer than it says, which does no harm, because each row says itself what it contains.
result<void> shard::flush_some(std::size_t rows_max) {
  std::vector<state_row> rows;
  std::vector<aggregate_id> written;
  rows.reserve(std::min(rows_max, dirty_.size()));
  for (const auto id : dirty_) {
    if (written.size() >= rows_max) break;
    written.push_back(id);
    auto* entry = memory_.find(id);
    if (entry == nullptr || entry->seq == 0) continue;
    if (entry->live && entry->live->inside != nullptr) {
      rows.push_back(row_of(id, *entry, entry->live->inside->instance()));
      continue;
    }
    auto instance = load(id, entry->head);
    if (!instance && instance.error().code == errc::quarantined) {
      not_replayed(id, instance.error()); // its row stays as it was
      continue;
    }
    if (!instance) return instance.error();
    rows.push_back(row_of(id, *entry, **instance));
  }
  std::sort(rows.begin(), rows.end(),
            [](const state_row& a, const state_row& b) { return a.id < b.id; });
  const bool all = written.size() == dirty_.size();
  if (auto done = derived_->write(rows, all ? journal_->head() : derived_->states_position());
      !done)
    return done;
  for (const auto id : written)
    dirty_.erase(id);
  return {};
}

state_row shard::row_of(aggregate_id id, const aggregate_entry& entry,
                        const aggregate_instance& instance) const {
  state_row row;
  row.id = id;
  row.seq = entry.seq;
  row.head = entry.head;
  row.live = instance.exists();
  instance.write_state(row.state);
  document parsed;
  const bool readable = parsed.parse(row.state).ok();
  for (const auto filter : info().filters) {
    const auto held = readable ? parsed.root().find(filter) : document::cursor{};
    row.filters.push_back(held.exists() ? held.to_value() : value{});
  }
  return row;
}

/// State of an aggregate as of its record `until`. `quarantined` if an event cannot be replayed.
result<std::unique_ptr<aggregate_instance>> shard::load(aggregate_id id, record_index until) {
  auto known = replay(id, until);
  if (!known) return known.error();
  if (known->stopped) return std::move(*known->stopped);
  return std::move(known->instance);
}

/// The same as far as it can be made: saved state plus the chain of records behind it.
result<shard::replayed_state> shard::replay(aggregate_id id, record_index until) {
  replayed_state to;
  to.instance = setting_.behaviour->make_aggregate();
  if (until.value == 0) return to;
  record_index known;
  if (auto saved = derived_->load(id); saved && *saved && (*saved)->head <= until) {
    if (to.instance->read_state((*saved)->state, (*saved)->live).ok()) {
      known = (*saved)->head;
      to.seq = (*saved)->seq;
      to.at = known;
    } else {
      to.instance = setting_.behaviour->make_aggregate();
    }
  }
  std::vector<std::pair<record_index, std::string>> chain;
  record each;
  for (auto at = until; at > known;) {
    auto body = journal_->read(at);
    if (!body) return body.error();
    if (auto done = decode_record(*body, each); !done) return done.error();
    if (each.aggregate != id)
      return fail(errc::corrupt, "record " + std::to_string(at.value) + " is not of aggregate " +
                                     std::to_string(id.number));
    chain.emplace_back(std::exchange(at, each.previous), std::move(*body));
  }
  if (chain.empty()) return to;
  const auto stands_for = trouble_book::replay_of(id);
  if (crashes_too_often(stands_for)) {
    to.stopped = fail(errc::quarantined, "its replay took the process down");
    return to;
  }
  const noted_turn noted{setting_.on->note(),
                         {setting_.identity.context, setting_.identity.shard, journal_->epoch(), id,
                          stands_for, "replay"},
                         now()};
  for (auto turn = chain.rbegin(); turn != chain.rend(); ++turn) {
    if (auto done = decode_record(turn->second, each); !done) return done.error();
    for (const auto& event : each.events) {
      auto done = replay_safely(*to.instance, event, each);
      if (done) continue;
      // What throws half way leaves half a state: again, up to the turn before.
      auto good = replay(id, to.at);
      if (good) good->stopped = done.error();
      return good;
    }
    to.seq = each.seq;
    to.at = turn->first;
  }
  return to;
}

} // namespace troupe
