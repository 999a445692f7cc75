#include "tests/scenario/served_system.hpp"

#include <algorithm>
#include <set>

/// Acceptance scenarios of the mybnb system in which everything runs, over HTTP.
namespace troupe::test {
namespace {

constexpr const char* hotel =
    R"({"name":"호텔","price":"1000","address":"서울","host":"Superman"})";
constexpr const char* night = R"({"roomId":1,"name":"호텔","price":1000,"address":"서울",
  "host":"Superman","guest":"배트맨","usedate":"20201010"})";

/// Receivers of all alarms with this message.
std::multiset<std::string> told(const served_system& by, const std::string& message) {
  std::multiset<std::string> receivers;
  const auto page = by.gateway->get(by.at("alarms?size=1000&message=" + message));
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
    const auto said =
        by.post("rooms", std::string{R"({"name":")"} + name + R"(","price":"1000","address":")" +
                             address + R"(","host":"Superman"})");
    REQUIRE(said.status == 201);
    CHECK(text(said.body, "name") == name);
    CHECK(number(said.body, "price") == 1000);
    CHECK(text(said.body, "address") == address);
    CHECK(text(said.body, "host") == "Superman");
    CHECK(part(said.body, "there").is_null()); // hidden
    const auto id = number(said.body, "id");
    made.insert(id);
    CHECK(said.header("Location").ends_with(by.at("rooms", id)));
    CHECK(text(said.body, "_links/room/href") == text(said.body, "_links/self/href"));
    // Synchronous: there is no waiting for the approval.
    const auto approval = by.get("auths", id);
    REQUIRE(approval.status == 200);
    CHECK(number(approval.body, "roomId") == id);
    CHECK(text(approval.body, "name") == name);
    CHECK(text(approval.body, "host") == "Superman");
    CHECK(text(approval.body, "status") == "AuthApproved");
  }
  CHECK(made.size() == 3);
  CHECK(by.total("rooms") == 3);
  CHECK(by.total("auths") == 3);
  CHECK(by.total("rooms?host=Superman") == 3);
  CHECK(by.counts("alarms", 3));
}

TEST_CASE("mybnb 3: a booking is paid at once, and my page and alarms tell of it") {
  const served_system by{"mybnb", "4"};
  const auto id = by.made("bookings", night);
  const auto booking = by.get("bookings", id);
  CHECK(number(booking.body, "roomId") == 1);
  CHECK(text(booking.body, "guest") == "배트맨");
  CHECK(text(booking.body, "usedate") == "20201010");
  const auto paid = by.gateway->get(by.at("payments?bookId=" + std::to_string(id)));
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
  const auto said = by.gateway->ask("DELETE", by.at("bookings", id));
  CHECK(said.status == 204);
  CHECK(by.get("bookings", id).status == 404);
  CHECK(by.gateway->ask("DELETE", by.at("bookings", id)).status == 404);
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
  const auto review = by.post("reviews", R"({"bookId":")" + std::to_string(id) +
                                             R"(","roomId":1,"name":"호텔","host":"Superman",
      "guest":"배트맨","usedate":"20201010","score":"5","content":"good"})");
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
  const auto bare = by.made("bookings", "{}");
  CHECK(by.shows("mypages", bare, "status", "Booked"));
  CHECK(by.get("rooms", by.made("rooms", "{}")).status == 200);
  CHECK(by.post("bookings", R"({"price":"much"})").status == 400);
  CHECK(by.total("bookings") == 4);
}

TEST_CASE("mybnb: a room is changed, replaced and withdrawn") {
  const served_system by{"mybnb"};
  const auto id = by.made("rooms", hotel);
  const auto changed = by.gateway->ask("PATCH", by.at("rooms", id), R"({"price":2000})");
  CHECK(changed.status == 200);
  CHECK(number(changed.body, "price") == 2000);
  CHECK(text(changed.body, "name") == "호텔");
  const auto replaced = by.gateway->ask("PUT", by.at("rooms", id), R"({"name":"펜션"})");
  CHECK(replaced.status == 200);
  CHECK(text(replaced.body, "name") == "펜션");
  CHECK(part(replaced.body, "price").is_null());
  CHECK(part(replaced.body, "host").is_null());
  CHECK(by.gateway->ask("PUT", by.at("rooms", 999'983), R"({"name":"펜션"})").status == 404);
  CHECK(by.gateway->ask("PATCH", by.at("rooms", 999'983), R"({"price":1})").status == 404);
  CHECK(by.gateway->ask("DELETE", by.at("rooms", id)).status == 204);
  CHECK(by.get("rooms", id).status == 404);
  CHECK(by.gateway->ask("DELETE", by.at("rooms", id)).status == 404);
  CHECK(by.gateway->ask("PATCH", by.at("rooms", id), R"({"price":1})").status == 404);
  CHECK(by.total("rooms") == 0);
  CHECK(by.get("auths", id).status == 200); // the approval was given
}

TEST_CASE("mybnb: approvals and payments can be made from outside; alarms and my page cannot") {
  const served_system by{"mybnb"};
  const auto approval = by.post("auths", R"({"roomId":77,"name":"호텔","host":"Superman"})");
  CHECK(approval.status == 201);
  CHECK(number(approval.body, "id") == 77);
  CHECK(text(approval.body, "status") == "AuthApproved");
  CHECK(by.post("auths", R"({"host":"Superman"})").status == 400);
  const auto paid = by.post("payments", R"({"bookId":5,"guest":"배트맨","status":"PayCanceled"})");
  CHECK(paid.status == 201);
  CHECK(text(paid.body, "status") == "PayApproved");
  CHECK(by.counts("alarms", 3));
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    const bool collection = std::string_view{method} == "POST";
    for (const char* resource : {"alarms", "mypages"}) {
      const std::string path = collection ? by.at(resource) : by.at(resource, 1);
      CHECK(by.gateway->ask(method, path, "{}").status == 405);
    }
  }
  for (const char* resource : {"bookings", "payments", "reviews", "auths"})
    CHECK(by.gateway->ask("PATCH", by.at(resource, 1), "{}").status == 405);
}

} // namespace
} // namespace troupe::test
