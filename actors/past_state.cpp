#include "actors/past_state.hpp"

#include "actors/safe_replay.hpp"

#include <utility>

namespace troupe {

result<past_state::moment> past_state::moment::read(const value& arguments) {
  moment to;
  for (const auto& [name, least] : {std::pair{"at_seq", std::int64_t{1}}, {"at_ms", 0}}) {
    const auto* held = arguments.find(name);
    if (held == nullptr || held->is_null()) continue;
    const auto* number = held->get_if<std::int64_t>();
    if (number == nullptr || *number < least)
      return fail(errc::malformed, std::string{name} + ": a number from " + std::to_string(least));
    if (least == 1)
      to.seq = static_cast<std::uint64_t>(*number);
    else
      to.time_ms = *number;
  }
  if (to.seq && to.time_ms) return fail(errc::malformed, "either at_seq or at_ms");
  return to;
}

result<bool> past_state::step(journal& from, derived_store& saved, std::size_t records) {
  for (std::size_t i = 0; i < records; ++i) {
    auto done = forward_ ? step_forward(from) : step_back(from, saved);
    if (!done || *done) return done;
  }
  return false;
}

result<void> past_state::read(journal& from, record_index at) {
  auto body = from.read(at);
  if (!body) return body.error();
  body_ = std::move(*body);
  if (auto done = decode_record(body_, record_); !done) return done;
  if (record_.aggregate != id_)
    return fail(errc::corrupt, "record " + std::to_string(at.value) + " is not of aggregate " +
                                   std::to_string(id_.number));
  return {};
}

/// The state that was saved, if the wanted turn is not before it.
void past_state::take_saved(derived_store& saved) {
  const auto row = saved.load(id_);
  if (!row || !*row || (*row)->head > at_) return;
  if (instance_->read_state((*row)->state, (*row)->live).ok())
    saved_ = (*row)->head;
  else
    instance_ = behaviour_.make_aggregate();
}

result<bool> past_state::step_back(journal& from, derived_store& saved) {
  if (at_ <= saved_) { // also the beginning: 0
    forward_ = true;
    return false;
  }
  if (++visited_ > records_max)
    return fail(errc::too_large, "more than " + std::to_string(records_max) +
                                     " turns would have to be read again; ask for a later one");
  if (auto done = read(from, at_); !done) return done.error();
  if (!chain_.empty() || !wanted_.before(record_)) { // all turns before one that counts do, too
    if (chain_.empty()) {                            // the last one that counts
      take_saved(saved);
      seq_ = record_.seq;
      time_ms_ = record_.time_ms;
    }
    if (at_ > saved_) chain_.push_back(at_);
  }
  at_ = at_ > saved_ ? record_.previous : saved_;
  return false;
}

result<bool> past_state::step_forward(journal& from) {
  if (chain_.empty()) return true;
  if (auto done = read(from, chain_.back()); !done) return done.error();
  chain_.pop_back();
  for (const auto& event : record_.events)
    if (auto done = replay_safely(*instance_, event, record_); !done) return done.error();
  return chain_.empty();
}

} // namespace troupe
