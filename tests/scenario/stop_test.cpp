#include "tests/persistence/raw_database.hpp"
#include "tests/support/sdk_door.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

/// SIGTERM: what was acknowledged is kept, and the next start is a clean one.
namespace troupe::test {
namespace {

using namespace troupe::taxi;

TEST_CASE("a node that is asked to end under load keeps everything it acknowledged") {
  const temp_folder scratch;
  test_node node{scratch.path() / "data", {"--system", "taxi"}};
  node.start();
  auto nodes = connect_to(node, milliseconds{2'000});
  REQUIRE(all_up(nodes));
  std::atomic<bool> over{false};
  std::mutex guard;
  std::vector<call_reply> acknowledged;
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i)
    callers.emplace_back([&] {
      while (!over.load()) {
        std::vector<std::future<result<call_reply>>> sent;
        for (std::int64_t cost = 1; cost <= 32; ++cost)
          sent.push_back(nodes.send("taxi.call", {}, call_taxi{cost, "junja", cost}));
        for (auto& each : sent) {
          auto got = each.get();
          const std::lock_guard lock{guard};
          if (got) acknowledged.push_back(std::move(*got));
        }
      }
    });
  const auto count = [&] {
    const std::lock_guard lock{guard};
    return acknowledged.size();
  };
  CHECK(eventually([&] { return count() > 1'000; }));
  const int ended = node.stop(); // the callers go on meanwhile
  over.store(true);
  for (auto& each : callers)
    each.join();
  CHECK(ended == 0);
  INFO(node.log());

  node.start();
  auto fresh = connect_to(node);
  REQUIRE(all_up(fresh));
  std::size_t missing = 0;
  for (const auto& each : acknowledged) {
    const auto now = fresh.get("taxi.call", each.target).get();
    if (!now.ok() || now->seq < each.seq) ++missing;
  }
  CHECK(missing == 0);
  CHECK(node.stop() == 0);
}

TEST_CASE("a node that ended cleanly opens from its snapshot with the same state") {
  const temp_folder scratch;
  test_node node{scratch.path() / "data", {"--system", "taxi", "--shards", "1"}};
  node.start();
  std::vector<aggregate_id> ids;
  {
    auto nodes = connect_to(node);
    REQUIRE(all_up(nodes));
    for (std::int64_t i = 0; i < 50; ++i) {
      const auto called = nodes.send_sync("taxi.call", {}, call_taxi{i, "junja", i + 1});
      REQUIRE(called.ok());
      ids.push_back(called->target);
    }
  }
  REQUIRE(node.stop() == 0);
  // The first record is damaged: only a start that folds the whole journal would see it. Nobody
  // subscribes to payment.
  const auto journal = node.data() / "taxi.payment.0.journal";
  settle_log(journal);
  run_raw(journal, "UPDATE log SET body = zeroblob(length(body)) WHERE idx = 1");
  node.start();
  auto nodes = connect_to(node);
  REQUIRE(all_up(nodes));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto now = nodes.get("taxi.call", ids[i]).get();
    REQUIRE(now.ok());
    CHECK(now->as<call_state>().value().cost == static_cast<std::int64_t>(i) + 1);
    const auto payment = nodes.get("taxi.payment", ids[i]).get();
    REQUIRE(payment.ok());
    CHECK(payment->as<payment_state>().value().cost == static_cast<std::int64_t>(i) + 1);
  }
  const auto next = nodes.send_sync("taxi.call", {}, call_taxi{1, "suji", 1});
  REQUIRE(next.ok());
  CHECK(next->target.number == ids.back().number + 1);
}

} // namespace
} // namespace troupe::test
