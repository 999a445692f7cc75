#include "net/gateway/sdk_backend.hpp"

#include "seams/clock.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

using namespace troupe;
using namespace troupe::gateway;
using namespace std::chrono_literals;

TEST_CASE("a callback that asks on while the backend closes is told that nobody is there") {
  client_options to_nobody;
  to_nobody.endpoints = {"tcp://127.0.0.1:9"};
  auto made = client::connect(std::move(to_nobody));
  REQUIRE(made);
  sdk_backend cluster{std::move(*made)};
  std::atomic<int> ended{0};
  std::atomic<int> refused{0};
  const auto ask_on = [&](const auto& got) {
    CHECK_FALSE(got);
    ++ended;
    cluster.admin({.verb = "status"}, [&](const result<value>& answer) {
      if (!answer && answer.error().code == errc::unreachable) ++refused;
    });
    cluster.nodes(1s, [&](const result<std::vector<map_member>>& answer) {
      if (!answer && answer.error().code == errc::unreachable) ++refused;
    });
  };
  cluster.admin({.verb = "status", .deadline = 30s}, ask_on);
  cluster.nodes(30s, ask_on);
  cluster.close();
  const auto until = real_clock().monotonic() + 10s; // it does not wait long for its thread
  while (ended < 2 && real_clock().monotonic() < until)
    std::this_thread::yield();
  CHECK(ended == 2);
  CHECK(refused == 4);
}
