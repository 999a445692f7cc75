#include "tests/support/sdk_door.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

/// The same ride with typed messages, without HTTP.
namespace troupe::test {
namespace {

using namespace troupe::taxi;

TEST_CASE("a ride over the client library ends with the settled fare on the board") {
  const temp_folder scratch;
  test_node node{scratch.path() / "data", {"--system", "taxi"}};
  node.start();
  auto nodes = connect_to(node);
  REQUIRE(all_up(nodes));

  const auto called = nodes.send_sync("taxi.call", {}, call_taxi{1, "junja", 500});
  REQUIRE(called.ok());
  const auto id = called->target;
  const auto made = called->as<call_state>();
  REQUIRE(made.ok());
  CHECK(*made == call_state{1, "junja", "Called", 500});
  const auto payment = nodes.get("taxi.payment", id).get();
  REQUIRE(payment.ok());
  CHECK(payment->as<payment_state>().value() == payment_state{id.number, 500, "junja"});

  REQUIRE(eventually([&] { return nodes.get("taxi.driver", id).get().ok(); }));
  const auto too_early = nodes.send_sync("taxi.driver", id, change_status{"Completed"});
  REQUIRE_FALSE(too_early.ok());
  CHECK(too_early.error().shown_code() == "INVALID_TRANSITION");
  for (const char* status : {"Accepted", "Completed"}) {
    const auto changed = nodes.send_sync("taxi.driver", id, change_status{status});
    REQUIRE(changed.ok());
    CHECK(changed->as<driver_state>().value() == driver_state{id.number, "junja", status, 500});
    CHECK(eventually([&] {
      const auto call = nodes.get("taxi.call", id).get();
      const auto row = nodes.get("taxi.callList", id).get();
      return call.ok() && row.ok() && call->as<call_state>().value().status == status &&
             row->as<call_list_row>().value().status == status;
    }));
  }
  const auto row = nodes.get("taxi.callList", id).get();
  CHECK(row->as<call_list_row>().value() == call_list_row{1, "junja", "Completed", 500, 500});
}

TEST_CASE("a subscriber sees every event of a ride once and in order") {
  const temp_folder scratch;
  test_node node{scratch.path() / "data", {"--system", "taxi", "--shards", "1"}};
  node.start();
  auto nodes = connect_to(node);
  REQUIRE(all_up(nodes));
  std::mutex guard;
  std::vector<std::string> seen;
  subscribe_request from;
  from.credit = 2;
  const auto handle =
      nodes.subscribe("taxi.driver", shard_number{0}, from,
                      [&](const std::vector<published_event>& events, record_index) {
                        const std::lock_guard lock{guard};
                        for (const auto& each : events)
                          seen.push_back(each.name + " " + std::to_string(each.aggregate.number) +
                                         "#" + std::to_string(each.seq));
                      });
  std::vector<std::string> wanted;
  for (int i = 0; i < 5; ++i) {
    const auto called = nodes.send_sync("taxi.call", {}, call_taxi{1, "junja", 5});
    REQUIRE(called.ok());
    const auto id = called->target;
    REQUIRE(eventually([&] { return nodes.get("taxi.driver", id).get().ok(); }));
    REQUIRE(nodes.send_sync("taxi.driver", id, change_status{"Accepted"}).ok());
    wanted.push_back("UpdatedStatus " + std::to_string(id.number) + "#2");
  }
  CHECK(eventually([&] {
    const std::lock_guard lock{guard};
    return seen.size() >= wanted.size();
  }));
  nodes.unsubscribe(handle);
  const std::lock_guard lock{guard};
  CHECK(seen == wanted);
}

} // namespace
} // namespace troupe::test
