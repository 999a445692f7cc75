#include "tests/support/http_door.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <set>

/// What HTTP adds to the scenarios: safe re-sends, typed refusals, lists, documents.
namespace troupe::test {
namespace {

constexpr const char* some_call = R"({"customerId":"7","destination":"junja","cost":"500"})";

struct served {
  temp_folder scratch;
  test_node node{scratch.path() / "data"};
  std::unique_ptr<test_gateway> gateway;
  served() {
    node.start();
    gateway = std::make_unique<test_gateway>(node.endpoint());
  }
  [[nodiscard]] http_said ask(std::string method, std::string target, std::string body = {},
                              http_headers headers = {}) const {
    return gateway->ask(std::move(method), std::move(target), std::move(body), std::move(headers));
  }
};

TEST_CASE("a re-sent Idempotency-Key gives the same id and has one effect") {
  const served by;
  const http_headers key{{"Idempotency-Key", "ride-1"}};
  const auto first = by.ask("POST", "/taxi/calls", some_call, key);
  REQUIRE(first.status == 201);
  CHECK(first.header("Idempotency-Replayed").empty());
  for (int i = 0; i < 3; ++i) {
    const auto again = by.ask("POST", "/taxi/calls", some_call, key);
    CHECK(again.status == 201);
    CHECK(again.header("Idempotency-Replayed") == "true");
    CHECK(again.header("Location") == first.header("Location"));
    CHECK(number(again.body, "id") == number(first.body, "id"));
  }
  CHECK(by.gateway->total("/taxi/calls") == 1);
  CHECK(by.gateway->total("/taxi/payments") == 1);
  const auto other = by.ask("POST", "/taxi/calls", R"({"customerId":8,"cost":1})", key);
  CHECK(other.status == 422);
  CHECK(other.code() == "IDEMPOTENCY_CONFLICT");
  CHECK(by.gateway->total("/taxi/calls") == 1);
}

TEST_CASE("numbers sent as strings are answered as numbers, and a wrong one is refused") {
  const served by;
  const auto called = by.ask("POST", "/taxi/calls", some_call);
  REQUIRE(called.status == 201);
  CHECK(number(called.body, "cost") == 500);
  CHECK(number(called.body, "customerId") == 7);
  const auto wrong = by.ask("POST", "/taxi/calls", R"({"cost":"much"})");
  CHECK(wrong.status == 400);
  CHECK(wrong.code() == "MALFORMED");
  CHECK(by.ask("POST", "/taxi/calls", "{").status == 400);
  CHECK(by.gateway->total("/taxi/calls") == 1);
  const auto extra =
      by.ask("POST", "/taxi/calls", R"({"cost":1,"colour":"red","status":"Completed"})");
  CHECK(extra.status == 201);
  CHECK(text(extra.body, "status") == "Called");
}

TEST_CASE("the status only goes Called, Accepted, Completed; repeating it changes nothing") {
  const served by;
  const auto call = std::to_string(number(by.ask("POST", "/taxi/calls", some_call).body, "id"));
  const std::string driver = "/taxi/drivers/" + call;
  REQUIRE(by.gateway->shows(driver, "status", "Called"));
  const auto early = by.ask("PATCH", driver, R"({"status":"Completed"})");
  CHECK(early.status == 409);
  CHECK(early.code() == "INVALID_TRANSITION");
  CHECK(text(early.body, "path") == driver);
  CHECK(number(early.body, "status") == 409);
  CHECK_FALSE(text(early.body, "timestamp").empty());
  CHECK(by.ask("PATCH", driver, R"({"status":"Called"})").status == 200);
  CHECK(by.ask("PATCH", driver, R"({"status":"Nowhere"})").status == 409);
  CHECK(by.ask("PATCH", driver, "{}").status == 400);
  CHECK(text(by.gateway->get(driver).body, "status") == "Called");
  CHECK(by.ask("PATCH", "/taxi/drivers/999983", R"({"status":"Accepted"})").status == 404);
}

TEST_CASE("settleCost answers the bare fare, and 404 for an unknown call") {
  const served by;
  const auto id = number(by.ask("POST", "/taxi/calls", some_call).body, "id");
  const auto fare = by.gateway->get("/taxi/payments/settleCost?callId=" + std::to_string(id));
  CHECK(fare.status == 200);
  CHECK(fare.body == value{500});
  CHECK(by.gateway->get("/taxi/payments/settleCost?callId=999983").status == 404);
  CHECK(by.gateway->get("/taxi/payments/settleCost").status == 400);
}

TEST_CASE("lists show what was acknowledged, filter and page, and views are read-only") {
  const served by;
  std::set<std::int64_t> made;
  for (int i = 0; i < 25; ++i)
    made.insert(number(by.ask("POST", "/taxi/calls", some_call).body, "id"));
  REQUIRE(made.size() == 25);
  CHECK(by.gateway->total("/taxi/payments") == 25); // at once: an own list
  const auto first = by.gateway->get("/taxi/calls");
  CHECK(number(first.body, "page/size") == 20);
  CHECK(number(first.body, "page/totalElements") == 25);
  CHECK(number(first.body, "page/totalPages") == 2);
  std::set<std::int64_t> listed;
  for (int page = 0; page < 4; ++page) {
    const auto some = by.gateway->get("/taxi/calls?size=7&page=" + std::to_string(page));
    const auto items = part(some.body, "_embedded/calls");
    REQUIRE(items.get_if<value::array>() != nullptr);
    for (const auto& each : *items.get_if<value::array>())
      listed.insert(number(each, "id"));
  }
  CHECK(listed == made);
  const auto one = by.gateway->get("/taxi/payments?callId=" + std::to_string(*made.rbegin()));
  CHECK(number(one.body, "page/totalElements") == 1);
  CHECK(number(one.body, "_embedded/payments/0/callId") == *made.rbegin());
  CHECK(by.gateway->shows("/taxi/callLists", "page/totalElements", 25));
  const std::string row = "/taxi/callLists/" + std::to_string(*made.begin());
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    const bool collection = std::string_view{method} == "POST";
    const auto said = by.ask(method, collection ? "/taxi/callLists" : row, "{}");
    CHECK(said.status == 405);
    CHECK(said.header("Allow").find("GET") != std::string::npos);
  }
  CHECK(by.ask("DELETE", "/taxi/calls/" + std::to_string(*made.begin())).status == 405);
}

TEST_CASE("the interface description lists every route of the taxi system") {
  const served by;
  const auto said = by.gateway->get("/openapi.json");
  REQUIRE(said.status == 200);
  const auto paths = part(said.body, "paths");
  for (const char* path : {"/taxi/calls", "/taxi/calls/{id}", "/taxi/drivers", "/taxi/drivers/{id}",
                           "/taxi/payments", "/taxi/payments/{id}", "/taxi/payments/settleCost",
                           "/taxi/callLists", "/taxi/callLists/{id}"}) {
    INFO(path);
    CHECK(paths.find(path) != nullptr);
  }
  CHECK(by.gateway->get("/taxi/unknown").status == 404);
  CHECK(by.gateway->get("/taxi/calls/999983").status == 404);
}

} // namespace
} // namespace troupe::test
