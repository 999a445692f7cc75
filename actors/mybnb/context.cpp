#include "actors/mybnb/context.hpp"

#include "actors/aggregate_type.hpp"
#include "actors/mybnb/alarm.hpp"
#include "actors/mybnb/auth.hpp"
#include "actors/mybnb/booking.hpp"
#include "actors/mybnb/my_page.hpp"
#include "actors/mybnb/payment.hpp"
#include "actors/mybnb/review.hpp"
#include "actors/mybnb/room.hpp"

namespace troupe::mybnb {

std::vector<context_behaviour> behaviours() {
  return {
      {.info = find_context("mybnb.room"), .make_aggregate = make_instance<room>},
      {.info = find_context("mybnb.booking"),
       .make_aggregate = make_instance<booking>,
       .policies = {policy("NoteReview", "mybnb.review", reach_booking)}},
      {.info = find_context("mybnb.pay"),
       .make_aggregate = make_instance<payment>,
       .policies = {policy("CancelPayment", "mybnb.booking", cancel_payment_of)}},
      {.info = find_context("mybnb.review"), .make_aggregate = make_instance<review>},
      {.info = find_context("mybnb.alarm"),
       .make_aggregate = make_instance<alarm>,
       .policies = {policy("TellApproval", "mybnb.auth", tell_approval),
                    policy("TellBooking", "mybnb.booking", tell_booking),
                    policy("TellCancellation", "mybnb.booking", tell_cancellation),
                    policy("TellPayment", "mybnb.pay", tell_payment),
                    policy("TellRefund", "mybnb.pay", tell_refund),
                    policy("TellReview", "mybnb.review", tell_review),
                    policy("ForgetApproval", "mybnb.auth", forget_approval),
                    policy("ForgetPayment", "mybnb.pay", forget_payment)}},
      {.info = find_context("mybnb.auth"), .make_aggregate = make_instance<auth>},
      {.info = find_context("mybnb.mypage"),
       .folds = {folds("mybnb.booking", page_booking), folds("mybnb.booking", page_cancellation),
                 folds("mybnb.booking", page_review), folds("mybnb.pay", page_refund)}},
  };
}

} // namespace troupe::mybnb
