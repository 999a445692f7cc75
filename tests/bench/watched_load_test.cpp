#include "bench/watched_load.hpp"

#include "tests/bench/answering_node.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>

using namespace troupe;
using namespace troupe::bench;
using troupe::test::answering_node;

namespace {

constexpr std::chrono::milliseconds patience{30'000};

[[nodiscard]] const workload& writing() {
  return *workload_named("register-fare").value();
}

[[nodiscard]] watched_load::setting setting_of(const answering_node& node) {
  return {{node.endpoint()}, 4, 8, 100};
}

} // namespace

TEST_CASE("a change of owner is seen as a pause between two epochs") {
  std::atomic<std::uint64_t> epoch{1};
  answering_node node{[&](const request& from) -> std::variant<reply_content, error> {
    reply_content said{.target = from.target, .seq = 1};
    said.epoch = {epoch.load()};
    return said;
  }};
  auto load = watched_load::start(writing(), setting_of(node));
  REQUIRE(load);
  auto& watched = **load;
  CHECK(watched.all_answer(patience));
  CHECK(watched.pauses().count() == 0);
  CHECK_FALSE(watched.first_after(0, {1}).has_value());
  epoch.store(2);
  CHECK(watched.all_answer(patience));
  CHECK(watched.all_answer(patience)); // what was on its way before is over
  watched.end();
  CHECK(watched.pauses().count() == 4);
  CHECK(watched.latencies().count() > 8);
  CHECK(watched.first_after(3, {1}).has_value());
  CHECK_FALSE(watched.first_after(3, {2}).has_value());
  CHECK(watched.errors().empty());
}

TEST_CASE("a command that fails is no result") {
  answering_node node{[](const request&) -> std::variant<reply_content, error> {
    return fail(errc::unknown_command, "no such command");
  }};
  auto load = watched_load::start(writing(), setting_of(node));
  REQUIRE(load);
  (*load)->end();
  CHECK((*load)->errors().count("UNKNOWN_COMMAND") == 1);
  CHECK((*load)->first_error() == "no such command");
  CHECK((*load)->pauses().count() == 0);
}
