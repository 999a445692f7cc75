#include "actors/state_rebuild.hpp"

#include "actors/safe_replay.hpp"

#include <algorithm>
#include <vector>

namespace troupe {

result<aggregate_instance*> state_rebuild::hold(aggregate_id id) {
  auto& place = held_[id];
  if (place) return place.get();
  auto made = behaviour_.make_aggregate();
  auto saved = store_.load(id);
  if (!saved) return saved.error();
  if (*saved) {
    if (auto done = made->read_state((*saved)->state, (*saved)->live); !done) return done.error();
  }
  place = std::move(made);
  return place.get();
}

result<void> state_rebuild::fold(const record& from, record_index at) {
  if (from.events.empty()) return {};
  auto held = hold(from.aggregate);
  if (!held) return held.error();
  for (const auto& event : from.events) {
    if (auto done = replay_safely(**held, event, from); !done) return done;
  }
  if (held_.size() < held_max) return {};
  return write(at);
}

result<void> state_rebuild::write(record_index position) {
  std::vector<state_row> rows;
  rows.reserve(held_.size());
  for (const auto& [id, instance] : held_)
    rows.push_back(row_of_(id, *instance));
  std::sort(rows.begin(), rows.end(),
            [](const state_row& a, const state_row& b) { return a.id < b.id; });
  if (auto done = store_.write(rows, position); !done) return done;
  held_.clear();
  return {};
}

} // namespace troupe
