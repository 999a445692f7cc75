#include "tests/support/served_system.hpp"

#include <catch2/catch.hpp>

#include <set>

/// Acceptance scenarios of the mybnb system in which everything runs, over HTTP.
namespace troupe::test {
namespace {

using object = value::object;

object room_of(const char* name, const char* address) {
  return {{"name", name}, {"price", "1000"}, {"address", address}, {"host", "Superman"}};
}

const object night{{"roomId", 1},          {"name", "호텔"},     {"price", 1000},
                   {"address", "서울"},    {"host", "Superman"}, {"guest", "배트맨"},
                   {"usedate", "20201010"}};

/// Receivers of all alarms with this message.
std::multiset<std::string> told(const served_system& by, const std::string& message) {
  std::multiset<std::string> receivers;
  const auto page = by.gateway().get(by.path("alarms?size=1000&message=" + message));
  const auto rows = part(page.body, "_embedded/alarms");
  if (const auto* items = rows.get_if<value::array>())
    for (const auto& each : *items)
      receivers.insert(text(each, "receiver"));
  return receivers;
}

const std::multiset<std::string> to_both{"(guest)배트맨", "(host)Superman"};

TEST_CASE("mybnb 1, 2: three rooms are registered and listed, each approved at once") {
  const served_system by{"mybnb", "4"};
  std::set<std::int64_t> made;
  for (const auto& [name, address] :
       {std::pair{"호텔", "서울"}, std::pair{"펜션", "양평"}, std::pair{"민박", "강릉"}}) {
    const auto id = by.made("rooms", room_of(name, address));
    made.insert(id);
    // Synchronous: there is no waiting for the approval.
    const auto approval = by.get("auths", id);
    REQUIRE(approval.status == 200);
    CHECK(number(approval.body, "roomId") == id);
    CHECK(text(approval.body, "name") == name);
    CHECK(text(approval.body, "host") == "Superman");
    CHECK(text(approval.body, "status") == "AuthApproved");
    const auto room = by.get("rooms", id);
    CHECK(text(room.body, "name") == name);
    CHECK(number(room.body, "price") == 1000);
    CHECK(text(room.body, "address") == address);
    CHECK(text(room.body, "host") == "Superman");
    CHECK(room.body.find("there") == nullptr); // the context's own affair
    CHECK(text(room.body, "_links/room/href") == text(room.body, "_links/self/href"));
  }
  CHECK(made.size() == 3);
  CHECK(by.total("rooms") == 3);
  CHECK(by.total("rooms?host=Superman") == 3);
  CHECK(by.counts("auths", 3));
  CHECK(by.counts("alarms", 3));
}

TEST_CASE("mybnb 3: a booking is paid at once, and my page and alarms tell of it") {
  const served_system by{"mybnb", "4"};
  const auto id = by.made("bookings", night);
  const auto booking = by.get("bookings", id);
  CHECK(number(booking.body, "roomId") == 1);
  CHECK(text(booking.body, "guest") == "배트맨");
  CHECK(text(booking.body, "usedate") == "20201010");
  const auto paid = by.gateway().get(by.path("payments?bookId=" + std::to_string(id)));
  REQUIRE(number(paid.body, "page/totalElements") == 1);
  CHECK(text(paid.body, "_embedded/payments/0/status") == "PayApproved");
  CHECK(number(paid.body, "_embedded/payments/0/price") == 1000);
  CHECK(text(paid.body, "_embedded/payments/0/guest") == "배트맨");
  CHECK(by.shows("mypages", id, "status", "Booked"));
  const auto page = by.get("mypages", id);
  CHECK(number(page.body, "bookId") == id);
  CHECK(number(page.body, "roomId") == 1);
  CHECK(text(page.body, "name") == "호텔");
  CHECK(text(page.body, "address") == "서울");
  CHECK(text(page.body, "host") == "Superman");
  CHECK(part(page.body, "score").is_null());
  CHECK(by.counts("alarms", 4));
  CHECK(told(by, "Booked") == to_both);
  CHECK(told(by, "PayApproved") == to_both);
}

TEST_CASE("mybnb 8: a cancelled booking is gone; its payment gets a second row") {
  const served_system by{"mybnb", "4"};
  const auto id = by.made("bookings", night);
  CHECK(by.change("DELETE", "bookings", id).status == 204);
  CHECK(by.get("bookings", id).status == 404);
  CHECK(by.change("DELETE", "bookings", id).status == 404);
  const std::string of = "payments?bookId=" + std::to_string(id);
  CHECK(by.counts(of, 2));
  CHECK(by.total(of + "&status=PayApproved") == 1);
  CHECK(by.total(of + "&status=PayCanceled") == 1);
  CHECK(by.shows("mypages", id, "status", "PayCanceled"));
  CHECK(by.counts("alarms", 8));
  for (const char* message : {"Booked", "PayApproved", "BookCanceled", "PayCanceled"}) {
    INFO(message);
    CHECK(told(by, message) == to_both);
  }
}

TEST_CASE("mybnb 9: a review shows on my page, and its host is told") {
  const served_system by{"mybnb", "4"};
  const auto id = by.made("bookings", night);
  const auto review = by.post("reviews", object{{"bookId", std::to_string(id)},
                                                {"roomId", 1},
                                                {"name", "호텔"},
                                                {"host", "Superman"},
                                                {"guest", "배트맨"},
                                                {"usedate", "20201010"},
                                                {"score", "5"},
                                                {"content", "good"}});
  REQUIRE(review.status == 201);
  CHECK(number(review.body, "score") == 5);
  CHECK(text(review.body, "content") == "good");
  CHECK(by.shows("mypages", id, "status", "ReviewRegistered"));
  CHECK(by.shows("mypages", id, "score", 5));
  CHECK(by.counts("alarms?message=ReviewRegistered", 1));
  CHECK(told(by, "ReviewRegistered") == std::multiset<std::string>{"(host)Superman"});
  CHECK(by.total("reviews?bookId=" + std::to_string(id)) == 1);
  CHECK(by.get("bookings", id).status == 200);
}

TEST_CASE("mybnb: neither room nor date of a booking is checked, and nothing is mandatory") {
  const served_system by{"mybnb"};
  for (int i = 0; i < 3; ++i)
    (void)by.made("bookings", night);
  CHECK(by.shows("mypages", by.made("bookings", object{}), "status", "Booked"));
  CHECK(by.get("rooms", by.made("rooms", object{})).status == 200);
  CHECK(by.post("bookings", object{{"price", "much"}}).status == 400);
  CHECK(by.total("bookings") == 4);
}

TEST_CASE("mybnb: a room is changed, replaced and withdrawn") {
  const served_system by{"mybnb"};
  const auto id = by.made("rooms", room_of("호텔", "서울"));
  const auto changed = by.change("PATCH", "rooms", id, object{{"price", 2000}});
  CHECK(changed.status == 200);
  CHECK(number(changed.body, "price") == 2000);
  CHECK(text(changed.body, "name") == "호텔");
  const auto replaced = by.change("PUT", "rooms", id, object{{"name", "펜션"}});
  CHECK(replaced.status == 200);
  CHECK(text(replaced.body, "name") == "펜션");
  CHECK(part(replaced.body, "price").is_null());
  CHECK(part(replaced.body, "host").is_null());
  for (const char* verb : {"PUT", "PATCH", "DELETE"})
    CHECK(by.change(verb, "rooms", 999'983, object{{"price", 1}}).status == 404);
  CHECK(by.change("DELETE", "rooms", id).status == 204);
  CHECK(by.get("rooms", id).status == 404);
  for (const char* verb : {"PUT", "PATCH", "DELETE"})
    CHECK(by.change(verb, "rooms", id, object{{"price", 1}}).status == 404);
  CHECK(by.total("rooms") == 0);
  CHECK(by.get("auths", id).status == 200); // the approval was given
}

TEST_CASE("mybnb: approvals and payments can be made from outside; alarms and my page cannot") {
  const served_system by{"mybnb"};
  const auto approval =
      by.post("auths", object{{"roomId", 77}, {"name", "호텔"}, {"host", "Superman"}});
  CHECK(approval.status == 201);
  CHECK(number(approval.body, "id") == 77);
  CHECK(text(approval.body, "status") == "AuthApproved");
  CHECK(by.post("auths", object{{"host", "Superman"}}).status == 400);
  const auto paid =
      by.post("payments", object{{"bookId", 5}, {"guest", "배트맨"}, {"status", "PayCanceled"}});
  CHECK(paid.status == 201);
  CHECK(text(paid.body, "status") == "PayApproved");
  CHECK(by.counts("alarms", 3));
  for (const char* resource : {"alarms", "mypages"}) {
    CHECK(by.post(resource, object{}).status == 405);
    for (const char* verb : {"PUT", "PATCH", "DELETE"})
      CHECK(by.change(verb, resource, 1, object{}).status == 405);
  }
  for (const char* resource : {"bookings", "payments", "reviews", "auths"})
    CHECK(by.change("PATCH", resource, 1, object{}).status == 405);
}

} // namespace
} // namespace troupe::test
