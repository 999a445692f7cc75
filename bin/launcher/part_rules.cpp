#include "bin/launcher/part_rules.hpp"

#include <algorithm>
#include <array>

namespace troupe::cli {
namespace {

using std::chrono::milliseconds;

milliseconds between(monotonic_time from, monotonic_time to) {
  return std::chrono::duration_cast<milliseconds>(to - from);
}

std::string seconds_text(milliseconds from) {
  return std::to_string(from.count() / 1'000) + " s";
}

} // namespace

std::string_view name_of(part_state state) {
  constexpr std::array<std::string_view, 8> names{"stopped",  "starting", "up",      "draining",
                                                  "stopping", "hung",     "backoff", "crash-loop"};
  return names[static_cast<std::size_t>(state)];
}

bool part_rules::lives() const {
  return state_ != part_state::stopped && state_ != part_state::backoff &&
         state_ != part_state::crash_loop;
}

void part_rules::enter(part_state state, monotonic_time now) {
  state_ = state;
  since_ = now;
}

void part_rules::keep_running() {
  wanted_ = true;
  if (state_ != part_state::crash_loop && state_ != part_state::backoff) return;
  state_ = part_state::stopped;
  ends_.clear();
  attempts_ = 0;
}

void part_rules::stop() {
  wanted_ = false;
}

void part_rules::replace() {
  replaced_ =
      state_ == part_state::starting || state_ == part_state::up || state_ == part_state::draining;
}

void part_rules::started(monotonic_time now) {
  enter(part_state::starting, now);
  ordered_end_ = false;
  replaced_ = false;
  patience_ = limits_.start_patience;
}

void part_rules::adopted(monotonic_time now, milliseconds may_take) {
  started(now);
  patience_ = may_take;
}

void part_rules::answered(monotonic_time now) {
  answered_ = now;
  if (state_ != part_state::starting) return;
  enter(part_state::up, now);
  up_since_ = now;
  why_.clear();
}

void part_rules::drains() {
  if (state_ == part_state::up) state_ = part_state::draining;
}

void part_rules::ended(monotonic_time now, part_end how, random_source& random) {
  const bool was_up = state_ == part_state::up || state_ == part_state::draining ||
                      (state_ == part_state::hung && up_since_ > monotonic_time{});
  if (was_up && between(up_since_, now) >= limits_.well_after) {
    ends_.clear();
    attempts_ = 0;
  }
  up_since_ = {};
  if (state_ == part_state::draining) {
    why_ = how.how + " after it was drained";
    wanted_ = false;
  }
  if (ordered_end_ || !wanted_) {
    if (ordered_end_) why_.clear();
    enter(part_state::stopped, now);
    return;
  }
  if (state_ != part_state::hung) why_ = how.how;
  plan_restart(now, how, random);
}

void part_rules::plan_restart(monotonic_time now, const part_end& how, random_source& random) {
  ++failures_;
  ends_.push_back(now);
  while (between(ends_.front(), now) > limits_.ends_within)
    ends_.pop_front();
  if (ends_.size() >= limits_.ends_max) {
    enter(part_state::crash_loop, now);
    return;
  }
  enter(part_state::backoff, now);
  pause_ = limits_.backoff_first;
  for (std::uint32_t i = 0; i < attempts_ && pause_ < limits_.backoff_most; ++i)
    pause_ *= 2;
  pause_ = std::min(pause_, limits_.backoff_most);
  const double factor = 1.0 + limits_.jitter * (2.0 * random.unit() - 1.0);
  pause_ = milliseconds{static_cast<std::int64_t>(static_cast<double>(pause_.count()) * factor)};
  if (how.at_once) pause_ = milliseconds{0};
  ++attempts_;
}

part_order part_rules::give_up(monotonic_time now, std::string why) {
  why_ = std::move(why);
  enter(part_state::hung, now);
  return part_order::kill;
}

/// Whoever did not look for a while (suspended, a busy machine) cannot tell silence from its own
/// absence: the time it was away does not count.
void part_rules::forgive_stall(monotonic_time now) {
  if (looked_ && between(*looked_, now) > limits_.stall) {
    const auto away = now - *looked_;
    answered_ += away;
    if (state_ == part_state::starting || state_ == part_state::stopping) since_ += away;
  }
  looked_ = now;
}

part_order part_rules::next(monotonic_time now) {
  forgive_stall(now);
  switch (state_) {
  case part_state::stopped:
    if (!wanted_) break;
    started(now);
    return part_order::start;
  case part_state::backoff:
  case part_state::crash_loop:
    if (!wanted_) enter(part_state::stopped, now);
    if (state_ != part_state::backoff || between(since_, now) < pause_) break;
    started(now);
    return part_order::start;
  case part_state::starting:
  case part_state::up:
  case part_state::draining:
    if (!wanted_) {
      enter(part_state::stopping, now);
      ordered_end_ = true;
      return part_order::terminate;
    }
    if (replaced_) {
      enter(part_state::stopping, now);
      ordered_end_ = true;
      why_ = "is replaced";
      return part_order::kill;
    }
    if (state_ == part_state::starting && between(since_, now) >= patience_)
      return give_up(now, "was not up within " + seconds_text(patience_));
    if (state_ != part_state::starting && between(answered_, now) >= limits_.silence_max)
      return give_up(now, "did not answer for " + seconds_text(limits_.silence_max));
    break;
  case part_state::stopping:
    if (between(since_, now) < limits_.stop_patience) break;
    return give_up(now, "did not end within " + seconds_text(limits_.stop_patience));
  case part_state::hung:
    break;
  }
  return part_order::nothing;
}

} // namespace troupe::cli
