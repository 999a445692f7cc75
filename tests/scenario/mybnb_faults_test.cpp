#include "tests/support/served_system.hpp"

#include <catch2/catch.hpp>

/// Acceptance scenarios of the mybnb system in which something is down, late or killed.
namespace troupe::test {
namespace {

using object = value::object;

const object hotel{{"name", "호텔"}, {"price", 1000}, {"address", "서울"}, {"host", "Superman"}};
const object night{{"roomId", 1},          {"name", "호텔"},     {"price", 1000},
                   {"address", "서울"},    {"host", "Superman"}, {"guest", "배트맨"},
                   {"usedate", "20201010"}};

TEST_CASE("mybnb 4, 5: without auth no room is registered, and nothing of it stays; later it is") {
  served_system by{"mybnb"};
  (void)by.made("rooms", hotel);
  REQUIRE(by.counts("alarms", 1));
  REQUIRE(by.stop("auth"));
  check_refused_as_down([&] { return by.post("rooms", hotel); });
  const auto refused = by.post("rooms", hotel);
  CHECK(text(refused.body, "path") == "/mybnb/rooms");
  CHECK(number(refused.body, "status") == 503);
  for (const char* key : {"timestamp", "error", "message", "code"})
    CHECK_FALSE(text(refused.body, key).empty());
  CHECK(by.total("rooms") == 1);
  check_refused_as_down([&] { return by.gateway().get(by.path("auths")); });
  const auto booking = by.made("bookings", night); // every other context goes on
  CHECK(by.shows("mypages", booking, "status", "Booked"));
  CHECK(by.post("reviews", object{{"bookId", booking}, {"score", 5}}).status == 201);
  CHECK(by.counts("alarms", 6));

  REQUIRE(by.start("auth"));
  http_said room;
  REQUIRE(eventually([&] {
    room = by.post("rooms", hotel);
    return room.status == 201;
  }));
  CHECK(text(room.body, "address") == "서울");
  CHECK(text(room.body, "host") == "Superman");
  CHECK(text(room.body, "name") == "호텔");
  CHECK(number(room.body, "price") == 1000);
  const auto at = by.path("rooms", number(room.body, "id"));
  CHECK(room.header("Location").ends_with(at));
  CHECK(text(room.body, "_links/room/href").ends_with(at));
  CHECK(by.total("rooms") == 2);
  CHECK(by.counts("auths", 2));
  CHECK(by.counts("alarms?message=AuthApproved", 2));
}

TEST_CASE("mybnb 6, 7: without alarm rooms are registered quickly; one alarm each comes later") {
  served_system by{"mybnb"};
  (void)by.made("rooms", hotel);
  REQUIRE(by.counts("alarms", 1));
  REQUIRE(by.stop("alarm"));
  check_refused_as_down([&] { return by.gateway().get(by.path("alarms")); });
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 2; ++i)
    (void)by.made("rooms", hotel);
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds{5});
  check_refused_as_down([&] { return by.gateway().get(by.path("alarms")); });
  REQUIRE(by.start("alarm"));
  CHECK(by.counts("alarms", 3)); // the old one was kept
  CHECK(by.total("alarms?message=AuthApproved&receiver=(host)Superman") == 3);
}

TEST_CASE("mybnb 10: without pay no booking is made, and nothing of it stays; later it is") {
  served_system by{"mybnb"};
  REQUIRE(by.stop("pay"));
  for (int i = 0; i < 2; ++i)
    check_refused_as_down([&] { return by.post("bookings", night); });
  CHECK(by.total("bookings") == 0);
  REQUIRE(by.start("pay"));
  for (int i = 0; i < 2; ++i)
    (void)by.made("bookings", night);
  CHECK(by.total("bookings") == 2);
  CHECK(by.counts("payments", 2));
  CHECK(by.counts("mypages", 2));
  CHECK(by.counts("alarms", 8));
}

TEST_CASE("mybnb 11: without alarm bookings are made and cancelled; the alarms come later") {
  served_system by{"mybnb"};
  REQUIRE(by.stop("alarm"));
  const auto kept = by.made("bookings", night);
  const auto canceled = by.made("bookings", night);
  REQUIRE(by.change("DELETE", "bookings", canceled).status == 204);
  CHECK(by.shows("mypages", kept, "status", "Booked"));
  CHECK(by.shows("mypages", canceled, "status", "PayCanceled"));
  REQUIRE(by.start("alarm"));
  CHECK(by.counts("alarms", 12));
  CHECK(by.total("alarms?message=PayCanceled") == 2);
}

TEST_CASE("mybnb: without pay a booking is cancelled, and its payment once pay is back") {
  served_system by{"mybnb"};
  const auto id = by.made("bookings", night);
  REQUIRE(by.stop("pay"));
  CHECK(by.change("DELETE", "bookings", id).status == 204);
  CHECK(by.shows("mypages", id, "status", "BookCanceled"));
  REQUIRE(by.start("pay"));
  CHECK(by.shows("mypages", id, "status", "PayCanceled"));
  CHECK(by.total("payments") == 2);
}

TEST_CASE("mybnb: my page catches up with bookings, reviews and cancellations it missed") {
  served_system by{"mybnb", "4"};
  REQUIRE(by.stop("mypage"));
  const auto reviewed = by.made("bookings", night);
  (void)by.made("reviews", object{{"bookId", reviewed}, {"score", 4}});
  const auto canceled = by.made("bookings", night);
  REQUIRE(by.change("DELETE", "bookings", canceled).status == 204);
  check_refused_as_down([&] { return by.gateway().get(by.path("mypages")); });
  REQUIRE(by.start("mypage"));
  CHECK(by.shows("mypages", reviewed, "status", "ReviewRegistered"));
  CHECK(by.shows("mypages", reviewed, "score", 4));
  CHECK(by.shows("mypages", canceled, "status", "PayCanceled"));
  CHECK(by.total("mypages") == 2);
}

TEST_CASE("mybnb: what auth and pay did too late leaves no trace anywhere") {
  served_system by{"mybnb"};
  REQUIRE(by.delay("auth", "1500..1500ms"));
  REQUIRE(by.delay("pay", "1500..1500ms"));
  const auto room = by.post("rooms", hotel);
  const auto booking = by.post("bookings", night);
  for (const auto* said : {&room, &booking}) {
    CHECK(said->status == 504);
    CHECK(said->code() == "ASK_TIMEOUT");
  }
  REQUIRE(by.delay("auth", "off"));
  REQUIRE(by.delay("pay", "off"));
  // What comes next in every stream proves that the alarms of the others are gone for good.
  (void)by.made("rooms", hotel);
  const auto booked = by.made("bookings", night);
  CHECK(by.counts("alarms?message=Booked", 2));
  CHECK(by.counts("alarms?message=PayApproved", 2));
  CHECK(by.counts("alarms?message=AuthApproved", 1));
  CHECK(by.counts("payments", 1));
  CHECK(by.counts("auths", 1));
  CHECK(by.shows("mypages", booked, "status", "Booked"));
  for (const char* list : {"rooms", "bookings", "mypages"})
    CHECK(by.total(list) == 1);
}

TEST_CASE("mybnb: a killed node keeps what it acknowledged and leaves nothing half done") {
  constexpr int requests = 60;
  served_system by{"mybnb", "4"};
  persistent_posts rooms{by.gateway(), by.path("rooms"), hotel, requests};
  persistent_posts bookings{by.gateway(), by.path("bookings"), night, requests};
  REQUIRE(eventually([&] {
    return rooms.acknowledged() >= requests / 4 && bookings.acknowledged() >= requests / 4;
  }));
  REQUIRE(by.kill_and_restart());
  const auto registered = rooms.ids();
  const auto booked = bookings.ids();
  REQUIRE(registered.size() == requests);
  REQUIRE(booked.size() == requests);
  for (const auto id : registered)
    CHECK(by.get("auths", id).status == 200);
  for (const auto id : booked)
    CHECK(by.shows("mypages", id, "status", "Booked"));
  for (const char* list : {"rooms", "bookings", "mypages"})
    CHECK(by.total(list) == requests);
  CHECK(by.counts("auths", requests));
  CHECK(by.counts("payments?status=PayApproved", requests));
  CHECK(by.counts("alarms", requests + 4 * requests));
}

TEST_CASE("mybnb: what contexts missed before a kill is caught up once after it") {
  served_system by{"mybnb"};
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 4; ++i)
    ids.push_back(by.made("bookings", night));
  REQUIRE(by.counts("alarms", 16));
  for (const char* context : {"pay", "alarm", "mypage"})
    REQUIRE(by.stop(context));
  for (std::size_t i = 0; i < 3; ++i)
    REQUIRE(by.change("DELETE", "bookings", ids[i]).status == 204);
  REQUIRE(by.kill_and_restart()); // what an operator stopped stays so
  for (const char* context : {"pay", "alarm", "mypage"})
    REQUIRE(by.start(context));
  CHECK(by.counts("payments?status=PayCanceled", 3));
  CHECK(by.counts("alarms", 28));
  // One more, after all of those in every stream, shows that nothing comes twice.
  CHECK(by.change("DELETE", "bookings", ids[3]).status == 204);
  CHECK(by.shows("mypages", ids[3], "status", "PayCanceled"));
  CHECK(by.counts("alarms", 32));
  CHECK(by.total("payments?status=PayCanceled") == 4);
  CHECK(by.total("payments") == 8);
  CHECK(by.counts("mypages?status=PayCanceled", 4));
}

} // namespace
} // namespace troupe::test
