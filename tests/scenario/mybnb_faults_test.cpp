#include "messages/mybnb.hpp"
#include "tests/scenario/served_system.hpp"

/// Acceptance scenarios of the mybnb system in which something is down, late or killed.
namespace troupe::test {
namespace {

constexpr const char* hotel = R"({"name":"호텔","price":1000,"address":"서울","host":"Superman"})";
constexpr const char* night = R"({"roomId":1,"name":"호텔","price":1000,"address":"서울",
  "host":"Superman","guest":"배트맨","usedate":"20201010"})";

/// Tries until the callee is reachable again; the id of what was made.
std::int64_t made_soon(const served_system& by, const char* resource, const char* body) {
  http_said said;
  REQUIRE(eventually([&] {
    said = by.post(resource, body);
    return said.status == 201;
  }));
  CHECK(said.header("Location").ends_with(by.at(resource, number(said.body, "id"))));
  return number(said.body, "id");
}

TEST_CASE("mybnb 4, 5: without auth no room is registered, and nothing of it stays; later it is") {
  const served_system by{"mybnb"};
  (void)by.made("rooms", hotel);
  REQUIRE(by.counts("alarms", 1));
  REQUIRE(by.stop("auth"));
  by.check_refused("POST", by.at("rooms"), hotel);
  CHECK(by.total("rooms") == 1);
  by.check_refused("GET", by.at("auths"));
  const auto booking = by.made("bookings", night); // every other context goes on
  CHECK(by.shows("mypages", booking, "status", "Booked"));
  CHECK(by.post("reviews", R"({"bookId":1,"score":5})").status == 201);
  CHECK(by.total("payments") == 1);
  CHECK(by.counts("alarms?message=AuthApproved", 1));

  REQUIRE(by.start("auth"));
  const auto id = made_soon(by, "rooms", hotel);
  const auto room = by.get("rooms", id);
  CHECK(text(room.body, "address") == "서울");
  CHECK(text(room.body, "host") == "Superman");
  CHECK(text(room.body, "name") == "호텔");
  CHECK(number(room.body, "price") == 1000);
  CHECK(by.total("rooms") == 2);
  CHECK(by.total("auths") == 2);
  CHECK(by.counts("alarms?message=AuthApproved", 2));
}

TEST_CASE("mybnb 6, 7: without alarm rooms are registered quickly; one alarm each comes later") {
  const served_system by{"mybnb"};
  (void)by.made("rooms", hotel);
  REQUIRE(by.counts("alarms", 1));
  REQUIRE(by.stop("alarm"));
  by.check_refused("GET", by.at("alarms"));
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 2; ++i)
    (void)by.made("rooms", hotel);
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds{5});
  by.check_refused("GET", by.at("alarms"));
  REQUIRE(by.start("alarm"));
  CHECK(by.counts("alarms", 3)); // the old one was kept
  CHECK(by.total("alarms?message=AuthApproved&receiver=(host)Superman") == 3);
}

TEST_CASE("mybnb 10: without pay no booking is made, and nothing of it stays; later it is") {
  const served_system by{"mybnb"};
  REQUIRE(by.stop("pay"));
  for (int i = 0; i < 2; ++i)
    by.check_refused("POST", by.at("bookings"), night);
  CHECK(by.total("bookings") == 0);
  REQUIRE(by.start("pay"));
  for (int i = 0; i < 2; ++i)
    (void)made_soon(by, "bookings", night);
  for (const char* list : {"bookings", "payments"})
    CHECK(by.total(list) == 2);
  CHECK(by.counts("mypages", 2));
  CHECK(by.counts("alarms", 8));
}

TEST_CASE("mybnb 11: without alarm bookings are made and cancelled; the alarms come later") {
  const served_system by{"mybnb"};
  REQUIRE(by.stop("alarm"));
  const auto kept = by.made("bookings", night);
  const auto canceled = by.made("bookings", night);
  REQUIRE(by.gateway->ask("DELETE", by.at("bookings", canceled)).status == 204);
  CHECK(by.shows("mypages", kept, "status", "Booked"));
  CHECK(by.shows("mypages", canceled, "status", "PayCanceled"));
  REQUIRE(by.start("alarm"));
  CHECK(by.counts("alarms", 12));
  CHECK(by.total("alarms?message=PayCanceled") == 2);
}

TEST_CASE("mybnb: without pay a booking is cancelled, and its payment once pay is back") {
  const served_system by{"mybnb"};
  const auto id = by.made("bookings", night);
  REQUIRE(by.stop("pay"));
  CHECK(by.gateway->ask("DELETE", by.at("bookings", id)).status == 204);
  CHECK(by.shows("mypages", id, "status", "BookCanceled"));
  REQUIRE(by.start("pay"));
  CHECK(by.shows("mypages", id, "status", "PayCanceled"));
  CHECK(by.total("payments") == 2);
}

TEST_CASE("mybnb: my page catches up with bookings, reviews and cancellations it missed") {
  const served_system by{"mybnb", "4"};
  REQUIRE(by.stop("mypage"));
  const auto reviewed = by.made("bookings", night);
  (void)by.made("reviews", R"({"bookId":)" + std::to_string(reviewed) + R"(,"score":4})");
  const auto canceled = by.made("bookings", night);
  REQUIRE(by.gateway->ask("DELETE", by.at("bookings", canceled)).status == 204);
  by.check_refused("GET", by.at("mypages"));
  REQUIRE(by.start("mypage"));
  CHECK(by.shows("mypages", reviewed, "status", "ReviewRegistered"));
  CHECK(by.shows("mypages", reviewed, "score", 4));
  CHECK(by.shows("mypages", canceled, "status", "PayCanceled"));
  CHECK(by.total("mypages") == 2);
}

TEST_CASE("mybnb: what auth and pay did too late leaves no trace anywhere") {
  const served_system by{"mybnb"};
  REQUIRE(by.delay("auth", "1500ms"));
  REQUIRE(by.delay("pay", "1500ms"));
  const auto room = by.post("rooms", hotel);
  const auto booking = by.post("bookings", night);
  for (const auto* said : {&room, &booking}) {
    CHECK(said->status == 504);
    CHECK(said->code() == "ASK_TIMEOUT");
  }
  REQUIRE(by.delay("auth", "off"));
  REQUIRE(by.delay("pay", "off"));
  // What happens next comes after all that in every stream, so its alarms prove that the others
  // are gone for good.
  (void)made_soon(by, "rooms", hotel);
  const auto booked = made_soon(by, "bookings", night);
  CHECK(by.counts("alarms", 5));
  CHECK(by.counts("payments", 1));
  CHECK(by.counts("auths", 1));
  CHECK(by.shows("mypages", booked, "status", "Booked"));
  for (const char* list : {"rooms", "bookings", "mypages"})
    CHECK(by.total(list) == 1);
}

TEST_CASE("mybnb: a killed node keeps what it acknowledged and leaves nothing half done") {
  served_system by{"mybnb", "4"};
  by.check_kill_under("booking", [](client& to) {
    return to.send("mybnb.booking", {},
                   mybnb::book{{1, "호텔", 1000, "서울", "Superman", "배트맨", "20201010"}});
  });
  const auto agreed = [&] {
    const auto bookings = by.total("bookings");
    return bookings > 100 && by.total("payments") == bookings && by.total("mypages") == bookings &&
           by.total("alarms") == 4 * bookings;
  };
  CHECK(eventually(agreed));
}

TEST_CASE("mybnb: what contexts missed before a kill is caught up once after it") {
  served_system by{"mybnb"};
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 4; ++i)
    ids.push_back(by.made("bookings", night));
  REQUIRE(by.counts("alarms", 16));
  REQUIRE(by.stop("pay"));
  REQUIRE(by.stop("alarm"));
  REQUIRE(by.stop("mypage"));
  for (int i = 0; i < 3; ++i)
    REQUIRE(by.gateway->ask("DELETE", by.at("bookings", ids[static_cast<std::size_t>(i)])).status ==
            204);
  by.kill_and_restart();
  CHECK(by.counts("payments?status=PayCanceled", 3));
  CHECK(by.counts("alarms", 28));
  // One more, after all of those in every stream, shows that nothing comes twice.
  CHECK(by.gateway->ask("DELETE", by.at("bookings", ids[3])).status == 204);
  CHECK(by.shows("mypages", ids[3], "status", "PayCanceled"));
  CHECK(by.counts("alarms", 32));
  CHECK(by.total("payments?status=PayCanceled") == 4);
  CHECK(by.total("payments") == 8);
  CHECK(by.total("mypages?status=PayCanceled") == 4);
}

} // namespace
} // namespace troupe::test
