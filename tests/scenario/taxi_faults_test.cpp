#include "tests/support/sdk_door.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

/// Acceptance scenarios 13 to 17: one context at a time is stopped, the others go on.
namespace troupe::test {
namespace {

constexpr const char* some_call = R"({"customerId":1,"destination":"junja","cost":500})";
constexpr const char* accepted = R"({"status":"Accepted"})";
constexpr const char* completed = R"({"status":"Completed"})";

/// One shard each, so that what comes later proves that nothing earlier is still on its way.
struct served {
  temp_folder scratch;
  test_node node{scratch.path() / "data", {"--system", "taxi", "--shards", "1"}};
  std::unique_ptr<test_gateway> gateway;
  std::unique_ptr<client> nodes;
  served() {
    node.start();
    gateway = std::make_unique<test_gateway>(node.endpoint());
    nodes = std::make_unique<client>(connect_to(node));
  }
  [[nodiscard]] http_said call() const { return gateway->ask("POST", "/taxi/calls", some_call); }
  [[nodiscard]] http_said change(std::int64_t id, const char* to) const {
    return gateway->ask("PATCH", "/taxi/drivers/" + std::to_string(id), to);
  }
  [[nodiscard]] bool shows(const char* resource, std::int64_t id, const char* status) const {
    return gateway->shows(std::string{"/taxi/"} + resource + "/" + std::to_string(id), "status",
                          status);
  }
  [[nodiscard]] std::string status_of(const char* resource, std::int64_t id) const {
    return text(gateway->get(std::string{"/taxi/"} + resource + "/" + std::to_string(id)).body,
                "status");
  }
  /// A call whose driver row is there.
  [[nodiscard]] std::int64_t ready_call() const {
    const auto id = number(call().body, "id");
    REQUIRE(shows("drivers", id, "Called"));
    return id;
  }
};

/// What must fail does so with a code, soon, and says when to come back.
void check_refused(const std::function<http_said()>& request) {
  const auto before = std::chrono::steady_clock::now();
  const auto said = request();
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds{3});
  CHECK(said.status == 503);
  const bool typed = said.code() == "CALLEE_FAILED" || said.code() == "CONTEXT_DOWN";
  INFO(said.code());
  CHECK(typed);
  CHECK_FALSE(said.header("Retry-After").empty());
}

TEST_CASE("without payment no call is taken, nothing of it stays, and later calls succeed") {
  served by;
  REQUIRE(stop_context(*by.nodes, "taxi.payment"));
  check_refused([&] { return by.call(); });
  const auto payments = by.gateway->get("/taxi/payments");
  CHECK(payments.status == 503);
  CHECK(payments.code() == "CONTEXT_DOWN");
  CHECK(by.gateway->total("/taxi/calls") == 0);
  REQUIRE(start_context(*by.nodes, "taxi.payment"));
  std::int64_t id = 0;
  REQUIRE(eventually([&] {
    const auto again = by.call();
    id = number(again.body, "id");
    return again.status == 201;
  }));
  CHECK(by.shows("drivers", id, "Called"));
  CHECK(by.shows("callLists", id, "Called"));
  for (const char* list : {"/taxi/calls", "/taxi/payments", "/taxi/drivers", "/taxi/callLists"})
    CHECK(by.gateway->total(list) == 1);
}

TEST_CASE("what a callee does too late leaves nothing behind once all is quiet") {
  served by;
  const auto late = [&](const char* delay) {
    return admin(*by.nodes, "context-delay",
                 value::object{{"context", "taxi.payment"}, {"delay", delay}});
  };
  REQUIRE(text(late("1050..1200ms"), "delay") == "1050..1200ms"); // payment has a second
  for (int i = 0; i < 3; ++i) {
    const auto said = by.call();
    INFO(said.code());
    const bool too_late = said.status == 504 && said.code() == "ASK_TIMEOUT";
    const bool refused = said.status == 503 && said.code() == "CIRCUIT_OPEN";
    CHECK((too_late || refused));
  }
  REQUIRE(text(late("off"), "delay") == "off");
  for (const char* list : {"/taxi/calls", "/taxi/payments", "/taxi/drivers", "/taxi/callLists"}) {
    INFO(list);
    CHECK(eventually([&] { return by.gateway->total(list) == 0; }));
  }
  CHECK(eventually([&] { return by.call().status == 201; })); // the breaker may take a while
}

TEST_CASE("without driver calls are taken, and their rows appear once it is back") {
  served by;
  REQUIRE(stop_context(*by.nodes, "taxi.driver"));
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 3; ++i) {
    const auto said = by.call();
    REQUIRE(said.status == 201);
    ids.push_back(number(said.body, "id"));
  }
  CHECK(by.gateway->total("/taxi/payments") == 3);
  for (const auto id : ids)
    CHECK(by.shows("callLists", id, "Called"));
  check_refused([&] { return by.gateway->get("/taxi/drivers"); });
  check_refused([&] { return by.change(ids[0], accepted); });
  REQUIRE(start_context(*by.nodes, "taxi.driver"));
  for (const auto id : ids)
    CHECK(by.shows("drivers", id, "Called"));
  CHECK(by.gateway->total("/taxi/drivers") == 3);
}

TEST_CASE("without payment a ride cannot be completed and stays accepted; later it can") {
  served by;
  const auto id = by.ready_call();
  REQUIRE(by.change(id, accepted).status == 200);
  REQUIRE(by.shows("callLists", id, "Accepted"));
  REQUIRE(by.shows("calls", id, "Accepted"));
  REQUIRE(stop_context(*by.nodes, "taxi.payment"));
  check_refused([&] { return by.change(id, completed); });
  for (const char* resource : {"drivers", "calls", "callLists"})
    CHECK(by.status_of(resource, id) == "Accepted");
  REQUIRE(start_context(*by.nodes, "taxi.payment"));
  CHECK(eventually([&] { return by.change(id, completed).status == 200; }));
  for (const char* resource : {"drivers", "calls", "callLists"})
    CHECK(by.shows(resource, id, "Completed"));
  CHECK(number(by.gateway->get("/taxi/callLists/" + std::to_string(id)).body, "settled") == 500);
}

TEST_CASE("without the call board rides go on, and it catches up") {
  served by;
  const auto first = by.ready_call();
  REQUIRE(stop_context(*by.nodes, "taxi.callList"));
  REQUIRE(by.change(first, accepted).status == 200);
  REQUIRE(by.change(first, completed).status == 200);
  const auto second = by.ready_call();
  REQUIRE(by.change(second, accepted).status == 200);
  CHECK(by.shows("calls", first, "Completed"));
  CHECK(by.shows("calls", second, "Accepted"));
  check_refused([&] { return by.gateway->get("/taxi/callLists"); });
  REQUIRE(start_context(*by.nodes, "taxi.callList"));
  CHECK(by.shows("callLists", first, "Completed"));
  CHECK(by.shows("callLists", second, "Accepted"));
  CHECK(by.gateway->total("/taxi/callLists") == 2);
}

TEST_CASE("without call the driver works on, and the call's status catches up") {
  served by;
  const auto id = by.ready_call();
  REQUIRE(stop_context(*by.nodes, "taxi.call"));
  check_refused([&] { return by.call(); });
  check_refused([&] { return by.gateway->get("/taxi/calls/" + std::to_string(id)); });
  CHECK(by.change(id, accepted).status == 200);
  CHECK(by.change(id, completed).status == 200);
  REQUIRE(start_context(*by.nodes, "taxi.call"));
  CHECK(by.shows("calls", id, "Completed"));
  CHECK(by.shows("callLists", id, "Completed"));
  CHECK(by.gateway->total("/taxi/payments") == 1);
}

TEST_CASE(
    "a context that the operator stopped is shown as down and does not make the node unready") {
  served by;
  REQUIRE(stop_context(*by.nodes, "taxi.driver"));
  const auto ready = by.gateway->get("/health/ready");
  CHECK(ready.status == 200);
  CHECK(text(ready.body, "status") == "UP");
  const auto contexts = part(ready.body, "contexts");
  REQUIRE(contexts.get_if<value::array>() != nullptr);
  for (const auto& each : *contexts.get_if<value::array>()) {
    INFO(text(each, "name"));
    CHECK(part(each, "up") == value{text(each, "name") != "taxi.driver"});
  }
  CHECK(by.gateway->get("/health/live").status == 200);
  by.node.kill();
  CHECK(eventually([&] { return by.gateway->get("/health/ready").status == 503; }));
  CHECK(by.gateway->get("/health/live").status == 200);
}

TEST_CASE("a node that goes and comes back is found again by gateway and clients") {
  served by;
  const auto id = by.ready_call();
  by.node.kill();
  by.node.start();
  CHECK(by.shows("calls", id, "Called"));
  CHECK(eventually([&] { return by.change(id, accepted).status == 200; }));
  const auto row = by.nodes->get("taxi.driver", aggregate_id{id}).get();
  REQUIRE(row.ok());
  CHECK(row->as<taxi::driver_state>().value().status == "Accepted");
}

} // namespace
} // namespace troupe::test
