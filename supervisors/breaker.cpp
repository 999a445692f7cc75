#include "supervisors/breaker.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace troupe {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds half_length = milliseconds{call_window::bucket_length} / 2;

/// A forced-open breaker has no end that it could announce.
constexpr milliseconds forced_open_hint{5000};

[[nodiscard]] bool reaches(std::uint64_t part, std::uint64_t whole, double rate) {
  return whole > 0 && static_cast<double>(part) >= rate * static_cast<double>(whole);
}

/// Where a breaker begins when an operator says so.
[[nodiscard]] breaker_state state_of(breaker_mode mode) {
  switch (mode) {
  case breaker_mode::automatic:
    return breaker_state::closed;
  case breaker_mode::forced_open:
    return breaker_state::forced_open;
  case breaker_mode::forced_closed:
    return breaker_state::forced_closed;
  case breaker_mode::disabled:
    return breaker_state::disabled;
  }
  return breaker_state::closed;
}

} // namespace

std::string_view name_of(breaker_state state) {
  switch (state) {
  case breaker_state::closed:
    return "closed";
  case breaker_state::open:
    return "open";
  case breaker_state::half_open:
    return "half-open";
  case breaker_state::forced_open:
    return "forced-open";
  case breaker_state::forced_closed:
    return "forced-closed";
  case breaker_state::disabled:
    return "disabled";
  }
  return "unknown";
}

// -- window ---------------------------------------------------------------------------------------

void call_window::forget_old(monotonic_time now) {
  // Two threads may deliver their times in the wrong order; the window never goes back.
  const auto half = std::int64_t{now.time_since_epoch() / half_length};
  for (auto step = std::max(half_ + 1, half - std::int64_t{halves} + 1); step <= half; ++step)
    halves_[static_cast<std::size_t>(step) % halves] = {};
  half_ = std::max(half_, half);
  const auto number = std::int64_t{now.time_since_epoch() / bucket_length};
  if (number <= bucket_) return;
  const auto passed = std::min<std::int64_t>(number - bucket_, std::int64_t{buckets});
  for (std::int64_t step = 1; step <= passed; ++step) {
    call_counts& old = counts_[static_cast<std::size_t>(number - passed + step) % buckets];
    total_.calls -= old.calls;
    total_.failures -= old.failures;
    total_.slow -= old.slow;
    old = {};
  }
  bucket_ = number;
}

void call_window::count(bool failed, bool slow, monotonic_time now) {
  forget_old(now);
  for (call_counts* each : {&counts_[static_cast<std::size_t>(bucket_) % buckets],
                            &halves_[static_cast<std::size_t>(half_) % halves], &total_}) {
    ++each->calls;
    each->failures += failed ? 1U : 0U;
    each->slow += slow ? 1U : 0U;
  }
}

call_counts call_window::newest() const {
  call_counts sum;
  for (const auto& each : halves_) {
    sum.calls += each.calls;
    sum.failures += each.failures;
    sum.slow += each.slow;
  }
  return sum;
}

void call_window::clear() {
  counts_ = {};
  halves_ = {};
  total_ = {};
}

// -- breaker --------------------------------------------------------------------------------------

breaker::breaker(breaker_settings settings, std::unique_ptr<random_source> random,
                 breaker_mode mode)
    : settings_(settings), random_(std::move(random)), state_(state_of(mode)) {}

result<std::uint64_t> breaker::admit(monotonic_time now) {
  decide_overdue_probes(now);
  if (state_ == breaker_state::open && now >= open_until_)
    move_to(breaker_state::half_open, breaker_reason::time, counts(), now);
  switch (state_) {
  case breaker_state::closed:
  case breaker_state::forced_closed:
  case breaker_state::disabled:
    return generation_;
  case breaker_state::open:
    return refusal(open_until_ - now, "the circuit is open");
  case breaker_state::forced_open:
    return refusal(forced_open_hint, "an operator holds the circuit open");
  case breaker_state::half_open:
    break;
  }
  if (probes_permitted_ == settings_.probes || probes_in_flight_ == settings_.probes_at_once) {
    // A probe ends after the timeout at the latest, and the round after `probing_max`.
    const auto round_left = since_ + settings_.probing_max - now;
    return refusal(std::min<std::chrono::nanoseconds>(settings_.timeout, round_left),
                   "the circuit is being probed");
  }
  ++probes_permitted_;
  ++probes_in_flight_;
  return generation_;
}

void breaker::record(std::uint64_t generation, ask_end how, milliseconds took, monotonic_time now) {
  decide_overdue_probes(now);
  if (generation != generation_) return;
  const bool slow = static_cast<double>(took.count()) >=
                    settings_.slow_share * static_cast<double>(settings_.timeout.count());
  switch (state_) {
  case breaker_state::half_open:
    record_probe(how, slow, now);
    break;
  case breaker_state::closed:
  case breaker_state::forced_closed:
    if (how == ask_end::success || how == ask_end::failure)
      record_closed(how == ask_end::failure, slow, now);
    break;
  case breaker_state::open:
  case breaker_state::forced_open:
  case breaker_state::disabled:
    break;
  }
}

void breaker::set_mode(breaker_mode mode, monotonic_time now) {
  if (mode == this->mode()) return; // also: an automatic one goes on where it stands
  move_to(state_of(mode), breaker_reason::operator_word, counts(), now);
}

void breaker::reset(monotonic_time now) {
  if (state_ == breaker_state::closed)
    begin(now);
  else
    move_to(breaker_state::closed, breaker_reason::operator_word, counts(), now);
  openings_ = 0;
}

breaker_mode breaker::mode() const {
  switch (state_) {
  case breaker_state::forced_open:
    return breaker_mode::forced_open;
  case breaker_state::forced_closed:
    return breaker_mode::forced_closed;
  case breaker_state::disabled:
    return breaker_mode::disabled;
  case breaker_state::closed:
  case breaker_state::open:
  case breaker_state::half_open:
    break;
  }
  return breaker_mode::automatic;
}

call_counts breaker::counts() const {
  return state_ == breaker_state::half_open ? probed_ : window_.total();
}

void breaker::move_to(breaker_state to, breaker_reason why, const call_counts& cause,
                      monotonic_time now) {
  if (transitions_.size() == transitions_max) transitions_.pop_front();
  const auto open_for = to == breaker_state::open
                            ? std::chrono::duration_cast<milliseconds>(open_until_ - now)
                            : milliseconds{0};
  transitions_.push_back({now, state_, to, cause, open_for, why});
  ++changes_;
  state_ = to;
  begin(now);
}

/// Nothing that was measured or sent before counts from here on.
void breaker::begin(monotonic_time now) {
  since_ = now;
  ++generation_;
  window_.clear();
  probed_ = {};
  probes_permitted_ = 0;
  probes_in_flight_ = 0;
  probe_ignored_ = false;
}

void breaker::open(breaker_reason why, const call_counts& cause, monotonic_time now) {
  // Leaving a long closed time: what went before is forgiven. Half-open is no closed time.
  if (state_ == breaker_state::closed && now - since_ >= settings_.calm) openings_ = 0;
  open_until_ = now + next_open_time();
  ++openings_;
  move_to(breaker_state::open, why, cause, now);
}

milliseconds breaker::next_open_time() {
  auto base = settings_.open_first;
  for (std::uint32_t doubled = 0; doubled < openings_ && base < settings_.open_max; ++doubled)
    base *= 2;
  base = std::min(base, settings_.open_max);
  const double factor = 1.0 + settings_.jitter * (2.0 * random_->unit() - 1.0);
  return milliseconds{std::llround(static_cast<double>(base.count()) * factor)};
}

void breaker::decide_overdue_probes(monotonic_time now) {
  if (state_ != breaker_state::half_open || now - since_ < settings_.probing_max) return;
  if (probed_.calls > 0) {
    judge_probes(now);
  } else if (probes_in_flight_ > 0 && !probe_ignored_) {
    // Probes went out and none came back in all that time.
    open(breaker_reason::silent_probes, probed_, now);
  } else {
    since_ = now; // Nobody was willing to say anything; the round starts anew.
    probes_permitted_ = probes_in_flight_;
    probe_ignored_ = false;
  }
}

void breaker::judge_probes(monotonic_time now) {
  if (reaches(probed_.failures, probed_.calls, settings_.failure_rate)) {
    open(breaker_reason::probes, probed_, now);
  } else {
    move_to(breaker_state::closed, breaker_reason::probes, probed_, now);
  }
}

void breaker::record_closed(bool failed, bool slow, monotonic_time now) {
  window_.count(failed, slow, now);
  if (state_ == breaker_state::forced_closed) return;
  const call_counts& seen = window_.total();
  const call_counts newest = window_.newest();
  const bool enough = seen.calls >= settings_.calls_min;
  if (enough && reaches(seen.failures, seen.calls, settings_.failure_rate)) {
    open(breaker_reason::failures, seen, now);
  } else if (enough && reaches(seen.slow, seen.calls, settings_.slow_rate)) {
    open(breaker_reason::slow_calls, seen, now);
  } else if (failed && newest.calls >= settings_.calls_min &&
             reaches(newest.failures, newest.calls, settings_.collapse_rate)) {
    open(breaker_reason::collapse, newest, now);
  }
}

void breaker::record_probe(ask_end how, bool slow, monotonic_time now) {
  if (probes_in_flight_ == 0) return; // Began within a millisecond of the round, but is no probe.
  --probes_in_flight_;
  if (how == ask_end::ignored) {
    --probes_permitted_;
    probe_ignored_ = true;
    return;
  }
  ++probed_.calls;
  probed_.failures += how == ask_end::failure ? 1U : 0U;
  probed_.slow += slow ? 1U : 0U;
  if (probed_.calls == settings_.probes) judge_probes(now);
}

error breaker::refusal(std::chrono::nanoseconds wait, std::string_view why) {
  ++refused_;
  const auto hint = std::max(std::chrono::ceil<milliseconds>(wait), milliseconds{1});
  error refused = fail(errc::circuit_open,
                       std::string{why} + "; try again in " + std::to_string(hint.count()) + " ms");
  refused.retry_after_ms = static_cast<std::int32_t>(hint.count());
  return refused;
}

} // namespace troupe
