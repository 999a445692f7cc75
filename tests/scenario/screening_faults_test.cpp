#include "tests/support/served_system.hpp"

#include <catch2/catch.hpp>

/// Acceptance scenarios 7 to 10 of the screening system: one context at a time is stopped and the
/// others go on; then the whole node is killed.
namespace troupe::test {
namespace {

using object = value::object;

struct clinic : served_system {
  std::int64_t slot = 0;
  explicit clinic(std::int64_t places = 20, const std::string& shards = "1")
      : served_system("screening", shards) {
    slot = made("hospitals",
                object{{"hospitalNm", "Samsung"}, {"chkDate", "20200910"}, {"pcnt", places}});
  }
  [[nodiscard]] static object request_of(std::int64_t slot) {
    return {{"hospitalId", slot}, {"hospitalNm", "Samsung"}, {"custNm", "Kim"}};
  }
  [[nodiscard]] http_said book() const { return post("screenings", request_of(slot)); }
  [[nodiscard]] std::int64_t booked() const { return made("screenings", request_of(slot)); }
  /// A screening that the ledger has completed and my page shows so: my page holds back what
  /// reacts to a ledger that was stopped before my page could read it.
  [[nodiscard]] std::int64_t completed() const {
    const auto id = booked();
    for (const char* resource : {"screenings", "myPages"})
      REQUIRE(shows(resource, id, "status", "REQUEST_COMPLETED"));
    return id;
  }
  [[nodiscard]] http_said cancel(std::int64_t id) const {
    return change("PUT", "screenings", id, object{{"status", "Canceled"}});
  }
  [[nodiscard]] std::string status(const char* resource, std::int64_t id) const {
    return text(get(resource, id).body, "status");
  }
  void check_everywhere(std::int64_t id, const char* expected) const {
    for (const char* resource : {"screenings", "reservations", "myPages"}) {
      INFO(resource << "/" << id);
      CHECK(shows(resource, id, "status", expected));
    }
  }
};

TEST_CASE("screening 7: without hospital no screening is taken, nothing of it stays, later ones "
          "succeed") {
  clinic by;
  const auto other =
      by.made("hospitals", object{{"hospitalNm", "SK"}, {"chkDate", "20200911"}, {"pcnt", 20}});
  REQUIRE(by.stop("hospital"));
  check_refused_as_down([&] { return by.book(); });
  check_refused_as_down([&] { return by.post("screenings", clinic::request_of(other)); });
  check_refused_as_down([&] { return by.get("hospitals", by.slot); });
  for (const char* list : {"screenings", "reservations", "myPages"})
    CHECK(by.total(list) == 0);
  REQUIRE(by.start("hospital"));
  const auto first = by.made("screenings", clinic::request_of(by.slot));
  const auto second = by.made("screenings", clinic::request_of(other));
  by.check_everywhere(first, "REQUEST_COMPLETED");
  by.check_everywhere(second, "REQUEST_COMPLETED");
  for (const char* list : {"screenings", "reservations", "myPages"})
    CHECK(by.total(list) == 2);
  CHECK(by.shows("hospitals", by.slot, "pcnt", 19));
  CHECK(by.shows("hospitals", other, "pcnt", 19));
}

TEST_CASE("screening 7: a place that the hospital gives too late comes back") {
  clinic by;
  REQUIRE(by.delay("hospital", "1050..1200ms")); // it has a second
  for (int i = 0; i < 3; ++i) {
    const auto said = by.book();
    INFO(said.code());
    const bool too_late = said.status == 504 && said.code() == "ASK_TIMEOUT";
    const bool refused = said.status == 503 && said.code() == "CIRCUIT_OPEN";
    CHECK((too_late || refused));
  }
  REQUIRE(by.delay("hospital", "off"));
  CHECK(by.shows("hospitals", by.slot, "pcnt", 20));
  for (const char* list : {"screenings", "reservations", "myPages"})
    CHECK(by.total(list) == 0);
  CHECK(by.times("hospital", by.slot, "HospitalChanged") >= 2); // taken, and given back
  const auto id = by.made("screenings", clinic::request_of(by.slot));
  by.check_everywhere(id, "REQUEST_COMPLETED");
  CHECK(by.shows("hospitals", by.slot, "pcnt", 19));
}

TEST_CASE("screening 8: without reservation screenings are cancelled, and the ledger catches up") {
  clinic by;
  const std::vector<std::int64_t> ids{by.completed(), by.completed()};
  REQUIRE(by.stop("reservation"));
  for (const auto id : ids)
    CHECK(by.cancel(id).status == 200);
  check_refused_as_down([&] { return by.get("reservations", ids[0]); });
  check_refused_as_down([&] { return by.gateway().get("/screening/reservations"); });
  CHECK(by.shows("hospitals", by.slot, "pcnt", 20));
  for (const auto id : ids)
    CHECK(by.shows("myPages", id, "status", "CANCELED"));
  REQUIRE(by.start("reservation"));
  for (const auto id : ids) {
    CHECK(by.shows("reservations", id, "status", "CANCELED"));
    CHECK(by.times("reservation", id, "ReservationChanged") == 1);
  }
  CHECK(by.total("reservations") == 2);
}

TEST_CASE("screening 9: without reservation a request stays REQUESTED, and completes later") {
  clinic by;
  REQUIRE(by.stop("reservation"));
  const auto kept = by.booked();
  const auto given_up = by.booked();
  CHECK(by.shows("myPages", kept, "status", "REQUESTED"));
  CHECK(by.status("screenings", kept) == "REQUESTED");
  CHECK(by.cancel(given_up).status == 200);
  CHECK(by.shows("hospitals", by.slot, "pcnt", 19));
  REQUIRE(by.start("reservation"));
  by.check_everywhere(kept, "REQUEST_COMPLETED");
  // The late completion of the one that was cancelled meanwhile changes nothing.
  CHECK(by.shows("reservations", given_up, "status", "CANCELED"));
  const auto later = by.completed();
  by.check_everywhere(later, "REQUEST_COMPLETED");
  by.check_everywhere(given_up, "CANCELED");
  CHECK(by.times("screening", given_up, "RequestCompleted") == 0);
  CHECK(by.times("reservation", kept, "ReservationCompleted") == 1);
}

TEST_CASE("screening 10: without my page everything works, and it catches up") {
  clinic by;
  const auto before = by.completed();
  REQUIRE(by.shows("myPages", before, "status", "REQUEST_COMPLETED"));
  REQUIRE(by.stop("myPage"));
  CHECK(by.cancel(before).status == 200);
  const auto during = by.booked();
  CHECK(by.shows("screenings", during, "status", "REQUEST_COMPLETED"));
  CHECK(by.shows("reservations", before, "status", "CANCELED"));
  CHECK(by.shows("hospitals", by.slot, "pcnt", 19));
  check_refused_as_down([&] { return by.gateway().get("/screening/myPages"); });
  REQUIRE(by.start("myPage"));
  by.check_everywhere(before, "CANCELED");
  by.check_everywhere(during, "REQUEST_COMPLETED");
  CHECK(by.total("myPages") == 2);
}

TEST_CASE("screening: a hospital deleted while the others are down takes its screenings along") {
  clinic by;
  const auto cancelled = by.completed();
  REQUIRE(by.cancel(cancelled).status == 200);
  const auto live = by.completed();
  const bool screening_first = GENERATE(true, false);
  REQUIRE(by.stop("reservation"));
  const auto unseen = by.booked(); // its reservation is made only after the deletion
  REQUIRE(by.stop("screening"));
  CHECK(by.gateway().ask("DELETE", by.path("hospitals", by.slot)).status == 204);
  REQUIRE(by.start(screening_first ? "screening" : "reservation"));
  REQUIRE(by.start(screening_first ? "reservation" : "screening"));
  for (const auto id : {live, unseen}) {
    by.check_everywhere(id, "FORCE_CANCELED");
    CHECK(by.times("screening", id, "ForceCanceled") == 1);
  }
  by.check_everywhere(cancelled, "CANCELED");
}

TEST_CASE("screening: a hospital that was down takes back the places returned meanwhile, once") {
  clinic by;
  const std::vector<std::int64_t> ids{by.completed(), by.completed(), by.completed()};
  REQUIRE(by.stop("hospital"));
  for (const auto id : ids)
    REQUIRE(by.cancel(id).status == 200);
  REQUIRE(by.start("hospital"));
  CHECK(by.shows("hospitals", by.slot, "pcnt", 20));
  CHECK(by.times("hospital", by.slot, "HospitalChanged") == 6); // three taken, three returned
}

TEST_CASE("screening: a node killed in the middle keeps what it acknowledged and catches up once") {
  constexpr int requests = 60;
  clinic by{1'000, "2"};
  const auto early = by.completed();
  REQUIRE(by.stop("reservation"));
  const auto missed = by.booked();
  REQUIRE(by.cancel(early).status == 200);
  persistent_posts posts{by.gateway(), by.path("screenings"), clinic::request_of(by.slot),
                         requests};
  REQUIRE(eventually([&] { return posts.acknowledged() >= requests / 4; }));
  REQUIRE(by.kill_and_restart());
  REQUIRE(by.start("reservation"));
  const auto ids = posts.ids();
  REQUIRE(ids.size() == requests);
  for (const auto id : ids)
    by.check_everywhere(id, "REQUEST_COMPLETED");
  by.check_everywhere(missed, "REQUEST_COMPLETED");
  by.check_everywhere(early, "CANCELED");
  for (const char* list : {"screenings", "reservations", "myPages"})
    CHECK(by.total(list) == requests + 2);
  for (const auto id : {missed, ids.front(), ids.back()})
    CHECK(by.times("reservation", id, "ReservationCompleted") == 1);
  CHECK(by.times("reservation", early, "ReservationChanged") == 1);
  CHECK(by.shows("hospitals", by.slot, "pcnt", 1'000 - requests - 1));
}

TEST_CASE("screening 5: a deletion that a kill cut short still reaches every screening, once") {
  constexpr int live = 40;
  clinic by{live, "2"};
  persistent_posts posts{by.gateway(), by.path("screenings"), clinic::request_of(by.slot), live};
  const auto ids = posts.ids();
  REQUIRE(ids.size() == live);
  CHECK(by.book().code() == "NO_CAPACITY");
  CHECK(by.gateway().ask("DELETE", by.path("hospitals", by.slot)).status == 204);
  REQUIRE(by.kill_and_restart());
  for (const auto id : ids) {
    by.check_everywhere(id, "FORCE_CANCELED");
    CHECK(by.times("screening", id, "ForceCanceled") == 1);
    CHECK(by.times("reservation", id, "ReservationChanged") == 1);
  }
  CHECK(by.total("screenings?status=FORCE_CANCELED") == live);
}

} // namespace
} // namespace troupe::test
