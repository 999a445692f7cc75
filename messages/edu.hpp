#pragma once

#include "messages/descriptor.hpp"
#include "messages/fields.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

/// Published language of the edu system, enrolment in online courses: what its contexts say to each
/// other and to the outside. Field names on the wire are those of the original services. Messages
/// with the same fields inherit them. Payment, education and row of my page have the id of their
/// application.
namespace troupe::edu {

using count = std::optional<std::int64_t>;
using words = std::optional<std::string>;

/// What a message says that has no fields.
struct nothing {
  static constexpr auto fields() { return std::tuple{}; }
  bool operator==(const nothing&) const = default;
};

/// Who takes which course.
struct enrolment {
  words user_id;
  words edu_name;
  count edu_id;
  static constexpr auto fields() {
    return std::tuple{field{"userId", &enrolment::user_id}, field{"eduName", &enrolment::edu_name},
                      field{"eduId", &enrolment::edu_id}};
  }
  bool operator==(const enrolment&) const = default;
};

/// The same by an application.
struct applied_enrolment : enrolment {
  std::int64_t app_id = 0;
  static constexpr auto fields() {
    return std::tuple_cat(std::tuple{field{"appId", &applied_enrolment::app_id}},
                          enrolment::fields());
  }
  bool operator==(const applied_enrolment&) const = default;
};

/// How far it is.
struct enrolment_row : applied_enrolment {
  words status;
  static constexpr auto fields() {
    return std::tuple_cat(applied_enrolment::fields(),
                          std::tuple{field{"status", &enrolment_row::status}});
  }
  bool operator==(const enrolment_row&) const = default;
};

/// A customer's wish for a status, which may be missing.
struct wanted_status {
  words status;
  static constexpr auto fields() { return std::tuple{field{"status", &wanted_status::status}}; }
  bool operator==(const wanted_status&) const = default;
};

/// A status is spelled like the event that led to it.
template <message Event> [[nodiscard]] std::string status_after() {
  return std::string{Event::name};
}

inline constexpr std::string_view invalid_transition = "INVALID_TRANSITION";

// -- app: a customer applies for a course and may cancel --------------------------------------

struct application_state : enrolment {
  words status;
  static constexpr auto fields() {
    return std::tuple_cat(enrolment::fields(),
                          std::tuple{field{"status", &application_state::status}});
  }
  bool operator==(const application_state&) const = default;
};

/// E-C1: the course is paid before the application exists.
struct apply : enrolment {
  static constexpr std::string_view name = "apply";
};
/// E-C3: "EduAppCancelled" is all that a customer can wish for.
struct change_application : wanted_status {
  static constexpr std::string_view name = "changeApplication";
};
/// Policy ChangeStatus: the education's status.
struct follow_education : wanted_status {
  static constexpr std::string_view name = "followEducation";
};

struct edu_applied : enrolment_row {
  static constexpr std::string_view name = "EduApplied";
};
struct edu_app_cancelled : enrolment_row {
  static constexpr std::string_view name = "EduAppCancelled";
};
/// Internal to app: the status followed the education's.
struct application_followed : wanted_status {
  static constexpr std::string_view name = "ApplicationFollowed";
};

// -- payment: what the customer paid for an application ---------------------------------------

struct payment_state : enrolment_row {};

/// E-C4.
struct pay : applied_enrolment {
  static constexpr std::string_view name = "pay";
};
/// Policy PayCancel: the application was cancelled.
struct cancel_payment : nothing {
  static constexpr std::string_view name = "cancelPayment";
};

struct payment_event : enrolment_row {
  std::int64_t pay_id = 0;
  static constexpr auto fields() {
    return std::tuple_cat(std::tuple{field{"payId", &payment_event::pay_id}},
                          enrolment_row::fields());
  }
  bool operator==(const payment_event&) const = default;
};
struct paid : payment_event {
  static constexpr std::string_view name = "Paid";
};
struct pay_cancelled : payment_event {
  static constexpr std::string_view name = "PayCancelled";
};
/// The application it paid never came to be.
struct pay_voided {
  static constexpr std::string_view name = "PayVoided";
  std::int64_t pay_id = 0;
  std::int64_t app_id = 0;
  static constexpr auto fields() {
    return std::tuple{field{"payId", &pay_voided::pay_id}, field{"appId", &pay_voided::app_id}};
  }
  bool operator==(const pay_voided&) const = default;
};

// -- education: the course that the customer takes --------------------------------------------

struct education_state : enrolment_row {};

/// Policy RegisterEdu: the course was paid.
struct register_education : applied_enrolment {
  static constexpr std::string_view name = "registerEducation";
};
/// E-C2: "EduCompleted" is all that a customer can wish for.
struct change_education : wanted_status {
  static constexpr std::string_view name = "changeEducation";
};
/// Policy CancelEdu: the application was cancelled.
struct cancel_education : applied_enrolment {
  static constexpr std::string_view name = "cancelEducation";
};
/// Policy WithdrawEdu: the payment was voided.
struct withdraw_education : nothing {
  static constexpr std::string_view name = "withdrawEducation";
};

struct education_event : enrolment_row {
  std::int64_t taking_id = 0;
  static constexpr auto fields() {
    return std::tuple_cat(std::tuple{field{"takingId", &education_event::taking_id}},
                          enrolment_row::fields());
  }
  bool operator==(const education_event&) const = default;
};
struct edu_registered : education_event {
  static constexpr std::string_view name = "EduRegistered";
};
struct edu_completed : education_event {
  static constexpr std::string_view name = "EduCompleted";
};
struct edu_cancelled : education_event {
  static constexpr std::string_view name = "EduCancelled";
};
/// Internal to education: there was nothing to enrol for.
struct edu_withdrawn : nothing {
  static constexpr std::string_view name = "EduWithdrawn";
};

// -- mypage: every paid application with its state, a view ------------------------------------

struct my_page_row : enrolment_row {};

// -- the contexts -----------------------------------------------------------------------------

[[nodiscard]] inline context_info app_context() {
  context_info app;
  app.system = "edu";
  app.name = "app";
  app.resource = "eduApplications";
  app.entity = "eduApplication";
  app.purpose = "Customers apply for courses and cancel their applications.";
  app.state = describe<application_state>("EduApplication");
  app.filters = {"userId", "eduId", "status"};
  app.sensitive = {"userId"};
  app.commands = {
      {.message = describe<apply>(),
       .meaning = "apply for a course; it is paid first",
       .creates = true,
       .verbs = {http_verb::post}},
      {.message = describe<change_application>(),
       .meaning = "cancel the application: status EduAppCancelled",
       .verbs = {http_verb::patch}},
      {.message = describe<follow_education>(), .meaning = "follow the education's status"}};
  app.events = {{describe<edu_applied>()},
                {describe<edu_app_cancelled>()},
                {describe<application_followed>(), true}};
  app.asks = {{"edu.payment", pay::name, std::chrono::milliseconds{610}}};
  app.policies = {
      {"ChangeStatusRegistered", "edu.education", edu_registered::name, follow_education::name},
      {"ChangeStatusCompleted", "edu.education", edu_completed::name, follow_education::name},
      {"ChangeStatusCancelled", "edu.education", edu_cancelled::name, follow_education::name}};
  app.rejections = {{invalid_transition, "only an application whose course is not completed can be "
                                         "cancelled, and nothing else can be asked for"}};
  return app;
}

[[nodiscard]] inline context_info education_context() {
  context_info education;
  education.system = "edu";
  education.name = "education";
  education.resource = "educations";
  education.entity = "education";
  education.purpose = "Courses that customers are enrolled in and complete.";
  education.state = describe<education_state>("Education");
  education.filters = {"appId", "userId", "eduId", "status"};
  education.sensitive = {"userId"};
  education.commands = {{.message = describe<register_education>(),
                         .meaning = "enrol for a paid course",
                         .creates = true,
                         .id_from = "appId"},
                        {.message = describe<change_education>(),
                         .meaning = "complete the course: status EduCompleted",
                         .verbs = {http_verb::patch}},
                        {.message = describe<cancel_education>(),
                         .meaning = "cancel the enrolment, also one that is still to come",
                         .creates = true,
                         .id_from = "appId"},
                        {.message = describe<withdraw_education>(),
                         .meaning = "take back the enrolment for a voided payment"}};
  education.events = {{describe<edu_registered>()},
                      {describe<edu_completed>()},
                      {describe<edu_cancelled>()},
                      {describe<edu_withdrawn>(), true}};
  education.policies = {{"RegisterEdu", "edu.payment", paid::name, register_education::name},
                        {"WithdrawEdu", "edu.payment", pay_voided::name, withdraw_education::name},
                        {"CancelEdu", "edu.app", edu_app_cancelled::name, cancel_education::name}};
  education.rejections = {{invalid_transition, "a course can only be completed"}};
  return education;
}

[[nodiscard]] inline context_info payment_context() {
  context_info payment;
  payment.system = "edu";
  payment.name = "payment";
  payment.resource = "payments";
  payment.entity = "payment";
  payment.purpose = "Payments of applications.";
  payment.rank = ranking::general;
  payment.state = describe<payment_state>("Payment");
  payment.filters = {"appId", "userId", "status"};
  payment.sensitive = {"userId"};
  payment.commands = {
      {.message = describe<pay>(),
       .meaning = "pay an application",
       .creates = true,
       .id_from = "appId",
       .verbs = {http_verb::post}},
      {.message = describe<cancel_payment>(), .meaning = "cancel the payment; it stays listed"}};
  payment.events = {{describe<paid>()}, {describe<pay_cancelled>()}, {describe<pay_voided>()}};
  payment.policies = {{"PayCancel", "edu.app", edu_app_cancelled::name, cancel_payment::name}};
  payment.rejections = {{invalid_transition, "a cancelled payment cannot be paid again"}};
  return payment;
}

[[nodiscard]] inline context_info my_page_context() {
  context_info my_page;
  my_page.system = "edu";
  my_page.name = "mypage";
  my_page.resource = "mypages";
  my_page.entity = "mypage";
  my_page.purpose = "Every paid application with its state.";
  my_page.kind = context_kind::view;
  my_page.rank = ranking::supporting;
  my_page.state = describe<my_page_row>("Mypage");
  my_page.filters = {"appId", "userId", "status"};
  my_page.sensitive = {"userId"};
  my_page.view = {.sources = {"edu.app", "edu.education", "edu.payment"},
                  .key = "id",
                  .indexes = {"userId", "status"},
                  .store = view_storage::memory};
  return my_page;
}

[[nodiscard]] inline std::vector<context_info> contexts() {
  return {app_context(), education_context(), payment_context(), my_page_context()};
}

} // namespace troupe::edu
