#include "actors/edu/my_page.hpp"

namespace troupe::edu {
namespace {

row_change status_of(const enrolment_row& row) {
  return row_change::update(row.app_id, {{"status", column(row.status)}});
}

} // namespace

row_changes page_paid(const paid& event) {
  return {row_change::upsert(event.app_id, {{"appId", event.app_id},
                                            {"userId", column(event.user_id)},
                                            {"eduName", column(event.edu_name)},
                                            {"eduId", column(event.edu_id)},
                                            {"status", column(event.status)}})};
}

row_changes page_voided(const pay_voided& event) {
  return {row_change::erase(event.app_id)};
}

row_changes page_registered(const edu_registered& event) {
  return {status_of(event).only_if("status", {status_after<paid>()})};
}

row_changes page_completed(const edu_completed& event) {
  return {
      status_of(event).only_if("status", {status_after<paid>(), status_after<edu_registered>()})};
}

row_changes page_app_cancelled(const edu_app_cancelled& event) {
  return {status_of(event)};
}

row_changes page_cancelled(const edu_cancelled& event) {
  return {status_of(event)};
}

} // namespace troupe::edu
