#include "tests/support/http_door.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

/// Acceptance scenarios 1 to 12 of the taxi system, over HTTP.
namespace troupe::test {
namespace {

std::string at(const char* resource, std::int64_t id) {
  return std::string{"/taxi/"} + resource + "/" + std::to_string(id);
}

TEST_CASE("a ride goes from the call to the settled fare, and every board follows") {
  const temp_folder scratch;
  test_node node{scratch.path() / "data"};
  node.start();
  const test_gateway gateway{node.endpoint()};

  const auto called =
      gateway.ask("POST", "/taxi/calls", R"({"customerId":1,"destination":"junja","cost":500})");
  REQUIRE(called.status == 201);
  CHECK(text(called.body, "status") == "Called");
  const auto call = number(called.body, "id");
  REQUIRE(call > 0);
  CHECK(called.header("Location").ends_with(at("calls", call)));

  // Synchronous: there is no waiting for the payment.
  const auto payment = gateway.get(at("payments", call));
  REQUIRE(payment.status == 200);
  CHECK(number(payment.body, "callId") == call);
  CHECK(number(payment.body, "cost") == 500);
  CHECK(text(payment.body, "destination") == "junja");

  CHECK(gateway.shows("/taxi/drivers?callId=" + std::to_string(call), "page/totalElements", 1));
  const auto drivers = gateway.get("/taxi/drivers?callId=" + std::to_string(call));
  const auto driver = number(drivers.body, "_embedded/drivers/0/id");
  REQUIRE(driver > 0);
  CHECK(number(drivers.body, "_embedded/drivers/0/callId") == call);
  CHECK(text(drivers.body, "_embedded/drivers/0/destination") == "junja");
  CHECK(number(drivers.body, "_embedded/drivers/0/cost") == 500);
  CHECK(text(drivers.body, "_embedded/drivers/0/status") == "Called");

  CHECK(gateway.shows(at("callLists", call), "status", "Called"));
  const auto board = gateway.get(at("callLists", call));
  CHECK(number(board.body, "customerId") == 1);
  CHECK(number(board.body, "cost") == 500);
  CHECK(text(board.body, "destination") == "junja");
  CHECK(part(board.body, "settled").is_null());

  const auto accepted = gateway.ask("PATCH", at("drivers", driver), R"({"status":"Accepted"})");
  CHECK(accepted.status == 200);
  CHECK(text(accepted.body, "status") == "Accepted");
  CHECK(gateway.shows(at("calls", call), "status", "Accepted"));
  CHECK(gateway.shows(at("callLists", call), "status", "Accepted"));

  const auto completed = gateway.ask("PATCH", at("drivers", driver), R"({"status":"Completed"})");
  CHECK(completed.status == 200);
  CHECK(text(completed.body, "status") == "Completed");
  CHECK(number(completed.body, "cost") == 500);
  CHECK(gateway.shows(at("calls", call), "status", "Completed"));
  CHECK(gateway.shows(at("callLists", call), "settled", 500));
  CHECK(gateway.shows(at("callLists", call), "status", "Completed"));
}

TEST_CASE("a later call reaches its own driver row") {
  const temp_folder scratch;
  test_node node{scratch.path() / "data"};
  node.start();
  const test_gateway gateway{node.endpoint()};
  std::int64_t last = 0;
  for (int i = 0; i < 5; ++i) {
    const auto called =
        gateway.ask("POST", "/taxi/calls", R"({"customerId":10,"destination":"suji","cost":100})");
    REQUIRE(called.status == 201);
    last = number(called.body, "id");
  }
  const std::string found = "/taxi/drivers?callId=" + std::to_string(last);
  REQUIRE(gateway.shows(found, "page/totalElements", 1));
  const auto driver = number(gateway.get(found).body, "_embedded/drivers/0/id");
  const auto row = gateway.get(at("drivers", driver));
  CHECK(number(row.body, "cost") == 100);
  CHECK(text(row.body, "destination") == "suji");
  CHECK(gateway.ask("PATCH", at("drivers", driver), R"({"status":"Accepted"})").status == 200);
  CHECK(gateway.shows(at("calls", last), "status", "Accepted"));
  CHECK(gateway.shows("/taxi/calls?status=Accepted", "page/totalElements", 1));
  CHECK(gateway.total("/taxi/calls?status=Called") == 4);
}

} // namespace
} // namespace troupe::test
