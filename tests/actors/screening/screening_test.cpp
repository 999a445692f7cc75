#include "actors/screening/screening.hpp"

#include <catch2/catch.hpp>

namespace troupe::screening {
namespace {

const turn_info seventh{aggregate_id{7}, 1'000, {}};
const request_screening at_samsung{1, "Samsung", "20200910", "Kim"};
using decided = decision<screening::event>;

screening_state with_status(const char* status) {
  return {1, "Samsung", "20200910", "Kim", status};
}
screening_facts told(const char* status) {
  return {7, 1, "Samsung", "20200910", "Kim", status};
}

void check_refused(const decided& refused, errc code, std::string_view reason) {
  REQUIRE(refused.as_rejection() != nullptr);
  CHECK(refused.as_rejection()->code == code);
  CHECK(refused.as_rejection()->reason == reason);
}

TEST_CASE("requesting a screening asks the hospital for a place", "[screening]") {
  const decided expected = ask("screening.hospital", aggregate_id{1}, take_place{});
  CHECK(screening::decide({}, at_samsung, seventh) == expected);
}

TEST_CASE("a request without a hospital is malformed", "[screening]") {
  check_refused(screening::decide({}, {{}, "Samsung", {}, "Kim"}, seventh), errc::malformed, "");
}

TEST_CASE("a number that no hospital can have is an unknown hospital", "[screening]") {
  for (const std::int64_t number : {0, -1})
    check_refused(screening::decide({}, {number, {}, {}, "Kim"}, seventh), errc::rejected,
                  "UNKNOWN_HOSPITAL");
}

TEST_CASE("with its place a screening is REQUESTED and says so", "[screening]") {
  const decided expected = accept(requested{told("REQUESTED")});
  CHECK(screening::settle({}, at_samsung, place_taken{19}, seventh) == expected);
  CHECK(screening::evolve({}, requested{told("REQUESTED")}) == with_status("REQUESTED"));
}

TEST_CASE("what a request leaves out stays unknown", "[screening]") {
  const decided expected = accept(requested{{7, 1, {}, {}, {}, "REQUESTED"}});
  CHECK(screening::settle({}, {1, {}, {}, {}}, place_taken{0}, seventh) == expected);
}

TEST_CASE("a customer cancels, in whatever case the word is written", "[screening]") {
  const decided expected = accept(canceled{told("CANCELED")});
  for (const char* from : {"REQUESTED", "REQUEST_COMPLETED"})
    for (const char* word : {"CANCELED", "Canceled", "canceled"}) {
      INFO(from << " to " << word);
      CHECK(screening::decide(with_status(from), cancel_screening{word}, seventh) == expected);
    }
  CHECK(screening::evolve(with_status("REQUESTED"), canceled{told("CANCELED")}) ==
        with_status("CANCELED"));
}

TEST_CASE("cancelling what is cancelled changes nothing and is accepted", "[screening]") {
  for (const char* over : {"CANCELED", "FORCE_CANCELED"})
    CHECK(screening::decide(with_status(over), cancel_screening{"CANCELED"}, seventh) ==
          decided{accept()});
}

TEST_CASE("repeating the status of a screening changes nothing and is accepted", "[screening]") {
  for (const char* status : {"REQUESTED", "REQUEST_COMPLETED", "CANCELED", "FORCE_CANCELED"})
    CHECK(screening::decide(with_status(status), cancel_screening{status}, seventh) ==
          decided{accept()});
  CHECK(screening::decide(with_status("REQUESTED"), cancel_screening{"Requested"}, seventh) ==
        decided{accept()});
}

TEST_CASE("a customer can only cancel", "[screening]") {
  for (const auto& [from, to] :
       std::vector<std::pair<const char*, const char*>>{{"REQUESTED", "REQUEST_COMPLETED"},
                                                        {"REQUESTED", "FORCE_CANCELED"},
                                                        {"REQUEST_COMPLETED", "REQUESTED"},
                                                        {"CANCELED", "REQUESTED"},
                                                        {"FORCE_CANCELED", "REQUEST_COMPLETED"},
                                                        {"REQUESTED", "CANCELLED"},
                                                        {"REQUESTED", ""}}) {
    INFO(from << " to " << to);
    check_refused(screening::decide(with_status(from), cancel_screening{to}, seventh),
                  errc::rejected, "INVALID_TRANSITION");
  }
}

TEST_CASE("a customer's change without a status is malformed", "[screening]") {
  check_refused(screening::decide(with_status("REQUESTED"), cancel_screening{}, seventh),
                errc::malformed, "");
}

TEST_CASE("the ledger completes a request that is still open", "[screening]") {
  const request_completed completed{7, 1, "Samsung", "Kim", "REQUEST_COMPLETED"};
  CHECK(screening::decide(with_status("REQUESTED"), complete_request{}, seventh) ==
        decided{accept(completed)});
  CHECK(screening::evolve(with_status("REQUESTED"), completed) == with_status("REQUEST_COMPLETED"));
}

TEST_CASE("a late completion leaves a screening that went on as it is", "[screening]") {
  for (const char* status : {"REQUEST_COMPLETED", "CANCELED", "FORCE_CANCELED"})
    CHECK(screening::decide(with_status(status), complete_request{}, seventh) == decided{accept()});
}

TEST_CASE("a screening is cancelled with its hospital", "[screening]") {
  const force_canceled forced{told("FORCE_CANCELED")};
  for (const char* live : {"REQUESTED", "REQUEST_COMPLETED"}) {
    CHECK(screening::decide(with_status(live), force_cancel_screening{}, seventh) ==
          decided{accept(forced)});
    CHECK(screening::evolve(with_status(live), forced) == with_status("FORCE_CANCELED"));
  }
}

TEST_CASE("a cancelled screening is not cancelled again with its hospital", "[screening]") {
  for (const char* over : {"CANCELED", "FORCE_CANCELED"})
    CHECK(screening::decide(with_status(over), force_cancel_screening{}, seventh) ==
          decided{accept()});
}

TEST_CASE("policy CompleteRequest goes to the screening of the reservation", "[screening]") {
  const reactions expected{send(aggregate_id{6}, complete_request{})};
  CHECK(complete_screening({{3, 6, "1", "Samsung", "Kim", "REQUEST_COMPLETED"}}) == expected);
}

TEST_CASE("policy ForceCancelScreenings reaches every screening of the hospital", "[screening]") {
  const reactions expected{send_to_all("hospitalId", 4, force_cancel_screening{})};
  CHECK(force_cancel_screenings({{4, "SK", "20200911", 20}}) == expected);
}

} // namespace
} // namespace troupe::screening
