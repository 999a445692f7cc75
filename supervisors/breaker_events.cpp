#include "supervisors/breaker_events.hpp"

#include "supervisors/rules.hpp"

#include <string>

namespace troupe {

namespace {

[[nodiscard]] std::string kind_of(breaker_state to) {
  switch (to) {
  case breaker_state::open:
    return "breaker-opened";
  case breaker_state::half_open:
    return "breaker-half-opened";
  default:
    return "breaker-" + std::string{name_of(to)};
  }
}

/// "12 of 20 calls".
[[nodiscard]] std::string share(std::uint64_t part, const call_counts& of, std::string_view what) {
  return std::to_string(part) + " of " + std::to_string(of.calls) + " " + std::string{what};
}

[[nodiscard]] std::string seconds_text(std::chrono::seconds time) {
  return " of the last " + std::to_string(time.count()) + " s";
}

[[nodiscard]] std::string reason_text(const breaker_transition& change) {
  const auto& seen = change.cause;
  const auto window = call_window::bucket_length * call_window::buckets;
  const std::string also_slow = ", " + std::to_string(seen.slow) + " were slow";
  const std::string also_failed = ", " + std::to_string(seen.failures) + " failed";
  switch (change.why) {
  case breaker_reason::failures:
    return share(seen.failures, seen, "calls") + seconds_text(window) + " failed" + also_slow;
  case breaker_reason::slow_calls:
    return share(seen.slow, seen, "calls") + seconds_text(window) + " were slow" + also_failed;
  case breaker_reason::collapse:
    return share(seen.failures, seen, "calls") + " of the last second or a little more failed" +
           also_slow;
  case breaker_reason::probes:
    return share(seen.failures, seen, "probes") + " failed" + also_slow;
  case breaker_reason::silent_probes:
    return "no probe came back in time";
  case breaker_reason::time:
    return "the open time is over, a few calls may probe";
  case breaker_reason::operator_word:
    return "an operator's word; before it " + share(seen.failures, seen, "calls") + " failed";
  }
  return {};
}

} // namespace

supervision_event event_of(const ask_direction& which, const breaker_transition& change) {
  supervision_event told;
  told.kind = kind_of(change.to);
  told.subject = name_of(which);
  told.text = reason_text(change);
  if (change.to == breaker_state::open)
    told.text += "; open for " + std::to_string(change.open_for.count()) + " ms";
  told.text += "; it was " + std::string{name_of(change.from)};
  return told;
}

} // namespace troupe
