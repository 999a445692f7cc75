#include "actors/mybnb/alarm.hpp"

#include <limits>

namespace troupe::mybnb {
namespace {

/// Alarms that one id could have: two of each subject, and one more to have an odd number, so that
/// the alarms of one subject are spread over all shards.
constexpr std::uint64_t alarms_per_id = 13;

reaction tell(subject what, std::int64_t id, party who, const words& whom, std::string message) {
  const auto alarm = alarm_of(what, id, who);
  const std::string receiver = (who == party::guest ? "(guest)" : "(host)") + whom.value_or("");
  return send(alarm, notify{{receiver, std::move(message)}, alarm.number});
}

reactions tell_both(subject what, std::int64_t id, const stay& of, const std::string& message) {
  return {tell(what, id, party::guest, of.guest, message),
          tell(what, id, party::host, of.host, message)};
}

} // namespace

decision<alarm::event> alarm::decide(const state& now, const notify& command, const turn_info&) {
  if (now == command) return accept();
  return accept(notified{{command}});
}

decision<alarm::event> alarm::decide(const state&, const withdraw_alarm&, const turn_info&) {
  return accept(alarm_withdrawn{});
}

alarm_state alarm::evolve(state, const notified& event) {
  return event;
}

alarm_state alarm::evolve(state, const alarm_withdrawn&) {
  return {};
}

bool alarm::exists(const state& now) {
  return now.message.has_value();
}

aggregate_id alarm_of(subject what, std::int64_t id, party who) {
  const auto place = 2 * static_cast<std::uint64_t>(what) + static_cast<std::uint64_t>(who);
  // Unsigned, for ids that no shard gives: callers may approve a room of any number.
  const auto number = static_cast<std::uint64_t>(id) * alarms_per_id + place;
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  return aggregate_id{static_cast<std::int64_t>(number & most)};
}

reactions tell_approval(const auth_approved& event) {
  return {tell(subject::approval, event.id, party::host, event.host, std::string{event.name})};
}

reactions tell_review(const review_registered& event) {
  return {tell(subject::review, event.id, party::host, event.host, std::string{event.name})};
}

reactions tell_booking(const booked& event) {
  return tell_both(subject::booking, event.id, event, std::string{event.name});
}

reactions tell_cancellation(const book_canceled& event) {
  return tell_both(subject::cancellation, event.id, event, std::string{event.name});
}

reactions tell_payment(const pay_approved& event) {
  return tell_both(subject::payment, event.id, event, std::string{event.name});
}

reactions tell_refund(const pay_canceled& event) {
  return tell_both(subject::refund, event.id, event, std::string{event.name});
}

reactions forget_approval(const auth_voided& event) {
  return {send(alarm_of(subject::approval, event.id, party::host), withdraw_alarm{})};
}

reactions forget_payment(const pay_voided& event) {
  return {send(alarm_of(subject::payment, event.id, party::guest), withdraw_alarm{}),
          send(alarm_of(subject::payment, event.id, party::host), withdraw_alarm{})};
}

} // namespace troupe::mybnb
