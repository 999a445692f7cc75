#include "messages/json.hpp"
#include "tests/support/http_door.hpp"
#include "tests/support/sdk_door.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

/// A trace from the caller's header to what it led to, seen from outside.
namespace troupe::test {
namespace {

const std::string trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";

TEST_CASE("a traceparent that comes over HTTP is told in another context") {
  const temp_folder scratch;
  test_node node{scratch.path() / "data", {"--system", "taxi"}};
  node.start();
  auto nodes = connect_to(node);
  REQUIRE(all_up(nodes));
  const test_gateway gateway{node.endpoint()};
  const auto called = gateway.ask(
      "POST", "/taxi/calls", R"({"customerId":1,"destination":"junja","cost":500})",
      {{"traceparent", "00-" + trace_id + "-00f067aa0ba902b7-01"}, {"X-Correlation-Id", "shop-7"}});
  REQUIRE(called.status == 201);
  CHECK(called.header("X-Correlation-Id") == "shop-7");
  CHECK(called.header("traceparent").empty());
  const auto call = std::to_string(number(called.body, "id"));
  REQUIRE(gateway.shows("/taxi/drivers?callId=" + call, "page/totalElements", 1));
  const auto driver = std::to_string(
      number(gateway.get("/taxi/drivers?callId=" + call).body, "_embedded/drivers/0/id"));

  const auto told = run_program("actor-inspector", {"why", "taxi.driver/" + driver, "1", "-o",
                                                    "json", "--endpoint", node.endpoint()});
  INFO(told.output);
  REQUIRE(told.exit_code == 0);
  const auto chain = parse_json(told.output).value();
  CHECK(text(chain, "end") == "client");
  CHECK(text(chain, "why") == "a client sent it, correlation shop-7");
  CHECK(text(chain, "items/0/trace") == trace_id);
  CHECK(text(chain, "items/1/context") == "taxi.call");
  CHECK(text(chain, "items/1/trace") == trace_id);
  CHECK(text(chain, "items/1/parent_span") == "00f067aa0ba902b7");
  CHECK(text(chain, "items/0/parent_span") == text(chain, "items/1/span"));

  const auto paid = run_program("actor-inspector", {"why", "taxi.payment/" + call, "-o", "json",
                                                    "--endpoint", node.endpoint()});
  REQUIRE(paid.exit_code == 0);
  const auto asked = parse_json(paid.output).value();
  CHECK(text(asked, "items/1/relation") == "asked");
  CHECK(text(asked, "items/0/parent_span") == text(asked, "items/1/span"));

  // A header that is none is no reason to refuse.
  const auto odd =
      gateway.ask("POST", "/taxi/calls", R"({"customerId":1,"destination":"junja","cost":500})",
                  {{"traceparent", "00-nonsense"}});
  CHECK(odd.status == 201);

  // The SDK takes one as well, and refuses what is none before it sends anything.
  call_options options;
  options.traceparent = "00-" + trace_id + "-00f067aa0ba902b7-00";
  CHECK(nodes.send_sync("taxi.call", {}, taxi::call_taxi{1, "junja", 5}, options).ok());
  options.traceparent = "00-nonsense";
  CHECK(nodes.send_sync("taxi.call", {}, taxi::call_taxi{1, "junja", 5}, options).error().code ==
        errc::malformed);
}

} // namespace
} // namespace troupe::test
