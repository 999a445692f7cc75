#include "bench/readiness.hpp"

#include "tests/bench/answering_node.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <mutex>
#include <set>

using namespace troupe;
using namespace troupe::bench;
using troupe::test::answering_node;

namespace {

[[nodiscard]] const workload& writing() {
  return *workload_named("register-fare").value();
}

} // namespace

TEST_CASE("a node whose shards are still opening is waited for, shard by shard") {
  std::atomic<int> not_yet{5};
  std::mutex mutex;
  std::set<std::int64_t> acknowledged;
  answering_node node{[&](const request& from) -> std::variant<reply_content, error> {
    if (not_yet-- > 0) return fail(errc::context_down, "starting");
    const std::lock_guard lock{mutex};
    acknowledged.insert(from.target.number);
    return reply_content{.target = from.target, .seq = 1};
  }};
  CHECK(await_all_shards(node.endpoint(), writing()).ok());
  CHECK(acknowledged == std::set<std::int64_t>{1, 2, 3, 4});
}

TEST_CASE("a node that will never acknowledge is not waited for") {
  answering_node node{[](const request&) -> std::variant<reply_content, error> {
    return fail(errc::unknown_command, "no such command");
  }};
  const auto waited = await_acknowledgement(node.endpoint(), writing(), {1});
  REQUIRE_FALSE(waited.ok());
  CHECK(waited.error().code == errc::unknown_command);
}

TEST_CASE("a system is waited for until all its contexts are up, whatever the others do") {
  std::atomic<int> not_yet{3};
  answering_node node{[&](const request&) -> std::variant<reply_content, error> {
    const auto context = [](const char* name, bool up) {
      return value{value::object{{"name", name}, {"state", up ? "up" : "recovering"}}};
    };
    const bool up = not_yet-- <= 0;
    const value::array contexts{context("shop.order", true), context("shop.stock", up),
                                context("shopping.list", false)};
    return reply_content{.payload = encode_value(value::object{{"contexts", contexts}})};
  }};
  client_options options;
  options.endpoints = {node.endpoint()};
  auto through = client::connect(options);
  REQUIRE(through.ok());
  CHECK(await_system(*through, "shop").ok());
  CHECK(not_yet < 0);
  CHECK(await_system(*through, "bank").error().code == errc::unknown_context);
}
