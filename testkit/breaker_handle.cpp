#include "testkit/troupe/testkit/breaker_handle.hpp"

#include <algorithm>
#include <utility>

namespace troupe::testkit {
namespace {

/// More failing calls than any setting of a breaker asks for before it opens.
constexpr int calls_max = 1'000;

} // namespace

std::string breaker_change::text() const {
  return std::string{name_of(from)} + " -> " + std::string{name_of(to)} + ": " +
         std::to_string(cause.calls) + " calls, " + std::to_string(cause.failures) + " failed, " +
         std::to_string(cause.slow) + " slow";
}

breaker_handle::breaker_handle(simulated_node& in, const std::string& asking,
                               const std::string& target, std::string_view name, std::string owner)
    : in_(in), which_{asking, target, std::move(owner), operation_class::command} {
  const auto* declared = in.described(asking).ask(target, name);
  if (declared == nullptr)
    throw unexpected{asking + " declares no ask of " + target + " for " + std::string{name}};
  if (declared->reads_only) which_.operation = operation_class::query;
  guard_ = in.rules().guard(which_, declared->timeout);
  forget_changes();
}

void breaker_handle::force(breaker_state to) {
  switch (to) {
  case breaker_state::forced_open:
    return set_mode(breaker_mode::forced_open);
  case breaker_state::forced_closed:
    return set_mode(breaker_mode::forced_closed);
  case breaker_state::disabled:
    return set_mode(breaker_mode::disabled);
  case breaker_state::closed:
    if (state() == breaker_state::closed) return;
    set_mode(breaker_mode::forced_closed); // what an operator does who knows better
    return set_mode(breaker_mode::automatic);
  case breaker_state::open:
    return fail_until_open();
  case breaker_state::half_open:
    if (state() == breaker_state::half_open) return;
    fail_until_open();
    expire_open_time();
    return probe_once();
  }
}

breaker_view breaker_handle::view() const {
  const auto all = in_.rules().breakers();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const auto& each) { return each.direction == which_; });
  if (found == all.end())
    throw unexpected{"the breaker from " + which_.asking + " to " + which_.target + " is gone"};
  return *found;
}

void breaker_handle::expire_open_time() {
  const auto now = view();
  if (now.state != breaker_state::open) return;
  const auto left = now.open_until - in_.time().monotonic();
  in_.pass(
      std::max(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds{0}));
}

void breaker_handle::expire_window() {
  in_.pass(call_window::bucket_length * call_window::buckets);
}

std::vector<breaker_change> breaker_handle::changes() const {
  std::vector<breaker_change> found;
  const auto& all = in_.transitions();
  for (auto at = first_; at < all.size(); ++at) {
    const auto& [direction, change] = all[at];
    if (direction == which_) found.push_back({change.from, change.to, change.cause});
  }
  return found;
}

std::vector<std::string> breaker_handle::story() const {
  std::vector<std::string> lines;
  for (const auto& each : changes())
    lines.push_back(each.text());
  return lines;
}

void breaker_handle::forget_changes() {
  first_ = in_.transitions().size();
}

void breaker_handle::set_mode(breaker_mode to) {
  const auto done = in_.rules().set_mode(which_, to, in_.time().monotonic());
  if (!done) throw unexpected{done.error().message};
}

void breaker_handle::fail_until_open() {
  if (view().mode != breaker_mode::automatic) set_mode(breaker_mode::automatic);
  for (int i = 0; i < calls_max && state() != breaker_state::open; ++i) {
    const auto now = in_.time().monotonic();
    const auto admitted = guard_->admit(now);
    if (!admitted)
      throw unexpected{"a breaker that is in use cannot be opened: " + admitted.error().message};
    guard_->done(*admitted, ask_end::failure, {}, now);
  }
  if (state() != breaker_state::open) throw unexpected{"the breaker does not open"};
}

/// The first call after the open time begins the round of probes; this one gives its place back.
void breaker_handle::probe_once() {
  const auto now = in_.time().monotonic();
  const auto admitted = guard_->admit(now);
  if (!admitted) throw unexpected{"no probe may pass: " + admitted.error().message};
  guard_->done(*admitted, ask_end::ignored, {}, now);
}

} // namespace troupe::testkit
