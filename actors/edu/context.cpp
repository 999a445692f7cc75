#include "actors/edu/context.hpp"

#include "actors/aggregate_type.hpp"
#include "actors/edu/application.hpp"
#include "actors/edu/education.hpp"
#include "actors/edu/my_page.hpp"
#include "actors/edu/payment.hpp"

namespace troupe::edu {

std::vector<context_behaviour> behaviours() {
  return {
      {.info = find_context("edu.app"),
       .make_aggregate = make_instance<application>,
       .policies = {policy("ChangeStatusRegistered", "edu.education", follow_registered),
                    policy("ChangeStatusCompleted", "edu.education", follow_completed),
                    policy("ChangeStatusCancelled", "edu.education", follow_cancelled)}},
      {.info = find_context("edu.education"),
       .make_aggregate = make_instance<education>,
       .policies = {policy("RegisterEdu", "edu.payment", register_edu),
                    policy("WithdrawEdu", "edu.payment", withdraw_edu),
                    policy("CancelEdu", "edu.app", cancel_edu)}},
      {.info = find_context("edu.payment"),
       .make_aggregate = make_instance<payment>,
       .policies = {policy("PayCancel", "edu.app", cancel_payment_of)}},
      {.info = find_context("edu.mypage"),
       .folds = {folds("edu.payment", page_paid), folds("edu.payment", page_voided),
                 folds("edu.education", page_registered), folds("edu.education", page_completed),
                 folds("edu.app", page_app_cancelled), folds("edu.education", page_cancelled)}},
  };
}

} // namespace troupe::edu
