#include "tests/support/served_system.hpp"

#include <catch2/catch.hpp>

/// Acceptance scenarios 1 to 6 of the screening system, over HTTP, and what its rules refuse.
namespace troupe::test {
namespace {

using object = value::object;

struct clinic : served_system {
  explicit clinic(const std::string& shards = "1") : served_system("screening", shards) {}

  [[nodiscard]] std::int64_t slot(const char* name, const char* date, std::int64_t places) const {
    return made("hospitals", object{{"hospitalNm", name}, {"chkDate", date}, {"pcnt", places}});
  }
  [[nodiscard]] std::int64_t samsung() const { return slot("Samsung", "20200910", 20); }
  [[nodiscard]] static object request_of(std::int64_t slot, const char* customer) {
    return {{"hospitalId", slot},
            {"hospitalNm", "Samsung"},
            {"custNm", customer},
            {"chkDate", "20200910"},
            {"status", "REQUESTED"}};
  }
  [[nodiscard]] http_said book(std::int64_t slot, const char* customer = "Kim") const {
    return post("screenings", request_of(slot, customer));
  }
  [[nodiscard]] std::int64_t booked(std::int64_t slot, const char* customer = "Kim") const {
    const auto said = book(slot, customer);
    INFO(said.code());
    REQUIRE(said.status == 201);
    return number(said.body, "id");
  }
  /// A screening that its reservation has completed.
  [[nodiscard]] std::int64_t completed(std::int64_t slot, const char* customer = "Kim") const {
    const auto id = booked(slot, customer);
    REQUIRE(shows("screenings", id, "status", "REQUEST_COMPLETED"));
    return id;
  }
  [[nodiscard]] http_said set_status(std::int64_t id, const char* to,
                                     const char* verb = "PUT") const {
    return change(verb, "screenings", id, object{{"status", to}});
  }
  void check_everywhere(std::int64_t id, const char* status) const {
    for (const char* resource : {"screenings", "reservations", "myPages"}) {
      INFO(resource << "/" << id);
      CHECK(shows(resource, id, "status", status));
    }
  }
};

TEST_CASE("screening 1: a registered hospital shows its places, whatever id the client sent") {
  const clinic by;
  const auto said = by.gateway().ask(
      "POST", "/screening/hospitals",
      R"({"id":"101","hospitalId":"2","hospitalNm":"Samsung","chkDate":"20200910","pcnt":"20"})");
  CHECK(said.status == 201);
  const auto slot = number(said.body, "id");
  CHECK(said.header("Location").ends_with(by.path("hospitals", slot)));
  const auto again = by.slot("SK", "20200911", 20);
  CHECK(again != slot);
  const auto shown = by.get("hospitals", slot);
  CHECK(shown.status == 200);
  CHECK(number(shown.body, "pcnt") == 20);
  CHECK(text(shown.body, "hospitalNm") == "Samsung");
  CHECK(text(shown.body, "chkDate") == "20200910");
  CHECK(shown.body.find("registered") == nullptr); // the context's own affair
  CHECK(by.total("hospitals") == 2);
  CHECK(by.total("hospitals?chkDate=20200911") == 1);
}

TEST_CASE("screening 2: a request takes its place before it is answered") {
  const clinic by;
  const auto slot = by.samsung();
  const auto said = by.book(slot);
  REQUIRE(said.status == 201);
  CHECK(number(by.get("hospitals", slot).body, "pcnt") == 19); // at once
  CHECK(text(said.body, "status") == "REQUESTED");
  CHECK(number(said.body, "hospitalId") == slot);
  CHECK(text(said.body, "hospitalNm") == "Samsung");
  CHECK(text(said.body, "custNm") == "Kim");
  CHECK(text(said.body, "chkDate") == "20200910");
  CHECK(said.header("Location").ends_with(by.path("screenings", number(said.body, "id"))));
}

TEST_CASE("screening 2: the customer does not choose the first status, nor the hospital's rules") {
  const clinic by;
  const auto slot = by.slot("Samsung", "20200910", 1);
  auto wishful = clinic::request_of(slot, "Kim");
  wishful.back().second = "FORCE_CANCELED";
  const auto first = by.post("screenings", wishful);
  CHECK(first.status == 201);
  CHECK(text(first.body, "status") == "REQUESTED");
  const auto late = by.book(slot, "Lee");
  CHECK(late.status == 409);
  CHECK(late.code() == "NO_CAPACITY");
  CHECK(number(by.get("hospitals", slot).body, "pcnt") == 0);
  for (const std::int64_t nowhere : {std::int64_t{999}, std::int64_t{0}, std::int64_t{-1}}) {
    const auto lost = by.book(nowhere);
    CHECK(lost.status == 409);
    CHECK(lost.code() == "UNKNOWN_HOSPITAL");
  }
  const auto empty = by.post("screenings", object{{"custNm", "Kim"}});
  CHECK(empty.status == 400);
  CHECK(empty.code() == "MALFORMED");
  CHECK(by.post("screenings", object{{"hospitalId", nullptr}}).status == 400);
  by.check_everywhere(number(first.body, "id"), "REQUEST_COMPLETED");
  for (const char* list : {"screenings", "reservations", "myPages"})
    CHECK(by.total(list) == 1);
}

TEST_CASE("screening 3: the ledger, the screening and my page follow a request") {
  const clinic by{"4"};
  const auto slot = by.samsung();
  const auto id = by.booked(slot);
  by.check_everywhere(id, "REQUEST_COMPLETED");
  const auto entry = by.get("reservations", id);
  CHECK(number(entry.body, "screeningId") == id);
  CHECK(text(entry.body, "hospitalId") == std::to_string(slot)); // a text there
  CHECK(text(entry.body, "hospitalNm") == "Samsung");
  CHECK(text(entry.body, "custNm") == "Kim");
  CHECK(by.total("reservations") == 1);
  CHECK(by.total("reservations?screeningId=" + std::to_string(id)) == 1);
  const auto row = by.get("myPages", id);
  CHECK(number(row.body, "screeningId") == id);
  CHECK(text(row.body, "custNm") == "Kim");
  CHECK(text(row.body, "hospitalNm") == "Samsung");
}

TEST_CASE("screening 4: a cancelled screening gives its place back, and everybody hears of it") {
  const clinic by;
  const auto slot = by.samsung();
  const auto id = by.completed(slot);
  CHECK(number(by.get("hospitals", slot).body, "pcnt") == 19);
  auto same_fields = clinic::request_of(slot, "Kim");
  same_fields.back().second = "CANCELED";
  const auto said = by.change("PUT", "screenings", id, same_fields);
  CHECK(said.status == 200);
  CHECK(text(said.body, "status") == "CANCELED");
  by.check_everywhere(id, "CANCELED");
  CHECK(by.shows("hospitals", slot, "pcnt", 20));
  CHECK(by.set_status(id, "CANCELED").status == 200); // once more: nothing
  const auto next = by.completed(slot);
  CHECK(number(by.get("hospitals", slot).body, "pcnt") == 19);
  CHECK(next != id);
}

TEST_CASE("screening 4: PATCH cancels like PUT, in any case; nothing else is the customer's") {
  const clinic by;
  const auto slot = by.samsung();
  const auto id = by.completed(slot);
  for (const char* not_yours : {"REQUESTED", "FORCE_CANCELED", "Paid"}) {
    const auto said = by.set_status(id, not_yours);
    INFO(not_yours);
    CHECK(said.status == 409);
    CHECK(said.code() == "INVALID_TRANSITION");
  }
  CHECK(by.set_status(id, "REQUEST_COMPLETED").status == 200); // it is that
  CHECK(by.change("PUT", "screenings", id, object{{"custNm", "Kim"}}).status == 400);
  CHECK(by.set_status(999, "CANCELED").status == 404);
  const auto said = by.set_status(id, "Canceled", "PATCH");
  CHECK(said.status == 200);
  CHECK(text(said.body, "status") == "CANCELED");
  CHECK(by.gateway().ask("DELETE", by.path("screenings", id)).status == 405);
}

TEST_CASE("screening 5: a deleted hospital force-cancels its live screenings, and only those") {
  clinic by{"4"};
  const auto slot = by.samsung();
  const auto other = by.slot("SK", "20200911", 20);
  const auto kims = by.completed(slot, "Kim");
  REQUIRE(by.set_status(kims, "CANCELED").status == 200);
  by.check_everywhere(kims, "CANCELED");
  std::vector<std::int64_t> live;
  for (const char* customer : {"Lee", "Park", "Choi"})
    live.push_back(by.completed(slot, customer));
  const auto elsewhere = by.completed(other, "Jung");

  CHECK(by.gateway().ask("DELETE", by.path("hospitals", slot)).status == 204);
  CHECK(by.get("hospitals", slot).status == 404);
  for (const auto id : live)
    by.check_everywhere(id, "FORCE_CANCELED");
  by.check_everywhere(kims, "CANCELED");
  by.check_everywhere(elsewhere, "REQUEST_COMPLETED");
  for (const auto id : live) {
    CHECK(by.times("screening", id, "ForceCanceled") == 1);
    CHECK(by.set_status(id, "CANCELED").status == 200); // too late, and harmless
    CHECK(text(by.get("screenings", id).body, "status") == "FORCE_CANCELED");
  }
  CHECK(by.times("screening", kims, "ForceCanceled") == 0);
  const auto late = by.book(slot);
  CHECK(late.status == 409);
  CHECK(late.code() == "UNKNOWN_HOSPITAL");
  CHECK(by.gateway().ask("DELETE", by.path("hospitals", slot)).status == 404);
}

TEST_CASE("screening 6: my page lists the state of every screening, for each customer") {
  const clinic by;
  const auto slot = by.samsung();
  const auto kims = by.completed(slot, "Kim");
  const auto lees = by.completed(slot, "Lee");
  REQUIRE(by.set_status(lees, "CANCELED").status == 200);
  by.check_everywhere(kims, "REQUEST_COMPLETED");
  by.check_everywhere(lees, "CANCELED");
  CHECK(by.total("myPages") == 2);
  const auto of_kim = by.gateway().get("/screening/myPages?custNm=Kim");
  CHECK(number(of_kim.body, "page/totalElements") == 1);
  CHECK(number(of_kim.body, "_embedded/myPages/0/screeningId") == kims);
  CHECK(text(of_kim.body, "_embedded/myPages/0/status") == "REQUEST_COMPLETED");
  CHECK(by.total("myPages?status=CANCELED") == 1);
  CHECK(by.total("myPages?hospitalNm=Samsung&custNm=Lee") == 1);
  CHECK(by.total("myPages?screeningId=" + std::to_string(lees)) == 1);
  for (const char* verb : {"PUT", "PATCH", "DELETE"})
    CHECK(by.change(verb, "myPages", kims, object{}).status == 405);
  CHECK(by.post("myPages", object{}).status == 405);
}

TEST_CASE("screening: a hospital's data can be changed, and its places never get out of step") {
  const clinic by;
  const auto slot = by.slot("Samsung", "20200910", 2);
  const auto first = by.completed(slot);
  const auto second = by.completed(slot);
  CHECK(by.book(slot).code() == "NO_CAPACITY");
  const auto renamed = by.change("PATCH", "hospitals", slot, object{{"hospitalNm", "SK"}});
  CHECK(renamed.status == 200);
  CHECK(text(renamed.body, "hospitalNm") == "SK");
  CHECK(text(renamed.body, "chkDate") == "20200910");
  CHECK(number(renamed.body, "pcnt") == 0);
  const auto enlarged =
      by.change("PUT", "hospitals", slot, object{{"pcnt", "3"}, {"chkDate", "20200911"}});
  CHECK(enlarged.status == 200);
  CHECK(number(enlarged.body, "pcnt") == 3); // free ones, beside the two that are taken
  CHECK(text(enlarged.body, "hospitalNm") == "SK");
  REQUIRE(by.set_status(first, "CANCELED").status == 200);
  REQUIRE(by.set_status(second, "CANCELED").status == 200);
  CHECK(by.shows("hospitals", slot, "pcnt", 5));
  CHECK(by.change("PATCH", "hospitals", slot, object{{"pcnt", -1}}).status == 400);
  CHECK(by.post("hospitals", object{{"pcnt", "-1"}}).status == 400);
  CHECK(by.change("PUT", "hospitals", 999, object{{"pcnt", 1}}).status == 404);
  const auto bare = by.made("hospitals", object{});
  CHECK(part(by.get("hospitals", bare).body, "pcnt").is_null());
  CHECK(by.book(bare).code() == "NO_CAPACITY");
}

TEST_CASE("screening: what the contexts do among themselves cannot be sent from outside") {
  clinic by;
  const auto slot = by.samsung();
  for (const char* command : {"takePlace", "returnPlace"}) {
    const auto said =
        by.nodes()
            .send("screening.hospital", aggregate_id{slot}, command, encode_value(object{}))
            .get();
    REQUIRE_FALSE(said.ok());
    CHECK(said.error().code == errc::unknown_command);
  }
  CHECK(number(by.get("hospitals", slot).body, "pcnt") == 20);
  CHECK(by.post("reservations", object{{"screeningId", 1}}).status == 405);
}

} // namespace
} // namespace troupe::test
