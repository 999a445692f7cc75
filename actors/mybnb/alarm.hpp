#pragma once

#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/mybnb.hpp"

#include <cstdint>
#include <variant>

namespace troupe::mybnb {

/// One notification of a guest or a host. Its id follows from what it tells of. So what was said of
/// a voided approval or payment is taken back by its id, without a search through all alarms, and
/// cannot come after it was taken back: commands of one source to one alarm never overtake each
/// other.
struct alarm {
  using state = alarm_state;
  using event = std::variant<notified, alarm_withdrawn>;
  using commands = type_list<notify, withdraw_alarm>;
  using settles = type_list<>;
  using compensates = type_list<>;

  static decision<event> decide(const state&, const notify&, const turn_info&);
  static decision<event> decide(const state&, const withdraw_alarm&, const turn_info&);

  static state evolve(state, const notified&);
  static state evolve(state, const alarm_withdrawn&);
  static bool exists(const state&);
};

enum class subject : std::uint8_t { approval, review, booking, cancellation, payment, refund };
enum class party : std::uint8_t { guest, host };

/// The alarm that tells a party of the subject with this id.
[[nodiscard]] aggregate_id alarm_of(subject what, std::int64_t id, party who);

// Policies: the host hears of approvals and reviews, guest and host of bookings and payments.
reactions tell_approval(const auth_approved&);
reactions tell_review(const review_registered&);
reactions tell_booking(const booked&);
reactions tell_cancellation(const book_canceled&);
reactions tell_payment(const pay_approved&);
reactions tell_refund(const pay_canceled&);
// Policies: nobody was told of what never came to be.
reactions forget_approval(const auth_voided&);
reactions forget_payment(const pay_voided&);

} // namespace troupe::mybnb
