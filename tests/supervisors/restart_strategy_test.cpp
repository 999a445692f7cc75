#include "supervisors/restart_strategy.hpp"

#include "seams/random.hpp"
#include "supervisors/restart_rules.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

using places = std::vector<std::size_t>;

supervised_group group_of(restart_strategy strategy, std::uint32_t failures_max = 10) {
  return {strategy, 4, [failures_max] {
            auto settings = shard_restarts();
            settings.failures_max = failures_max;
            return std::make_unique<restart_rule>(settings, std::make_unique<seeded_random>(1));
          }};
}

constexpr monotonic_time start{std::chrono::hours{1}};

} // namespace

TEST_CASE("one-for-one: the failed child alone begins again", "[strategy]") {
  auto group = group_of(restart_strategy::one_for_one);
  const auto order = group.on_failure(1, start);
  CHECK_FALSE(order.give_up);
  CHECK(order.stop.empty());
  CHECK(group.affected(1) == places{1});
}

TEST_CASE("one-for-all: all stop, last started first, and begin in their order", "[strategy]") {
  auto group = group_of(restart_strategy::one_for_all);
  CHECK(group.on_failure(1, start).stop == places{3, 2, 0});
  CHECK(group.affected(1) == places{0, 1, 2, 3});
}

TEST_CASE("rest-for-one: those that started after the failed one begin again", "[strategy]") {
  auto group = group_of(restart_strategy::rest_for_one);
  CHECK(group.on_failure(1, start).stop == places{3, 2});
  CHECK(group.affected(1) == places{1, 2, 3});
  CHECK(group.on_failure(3, start).stop.empty());
  CHECK(group.affected(3) == places{3});
  CHECK(group.affected(0) == places{0, 1, 2, 3});
}

TEST_CASE("a child that fails again starts later, and at last its supervisor gives up",
          "[strategy]") {
  auto group = group_of(restart_strategy::one_for_one, 4);
  CHECK(group.on_failure(0, start).delay == 0ms);
  const auto second = group.on_failure(0, start + 10ms).delay;
  CHECK(second >= 200ms);
  CHECK(group.on_failure(0, start + 20ms).delay > second);
  CHECK(group.on_failure(0, start + 30ms).give_up);
}

TEST_CASE("each child has a history of its own, which is forgiven alone", "[strategy]") {
  auto group = group_of(restart_strategy::one_for_one, 3);
  for (const std::size_t child : {0U, 1U, 0U, 1U})
    CHECK_FALSE(group.on_failure(child, start).give_up);
  group.forgive(0);
  CHECK_FALSE(group.on_failure(0, start).give_up);
  CHECK(group.on_failure(1, start).give_up);
}

TEST_CASE("failures that lie ten minutes apart never add up", "[strategy]") {
  auto group = group_of(restart_strategy::one_for_one, 2);
  for (int i = 0; i < 5; ++i)
    CHECK_FALSE(group.on_failure(0, start + i * 11min).give_up);
}

TEST_CASE("the strategy of every level is declared, and has a name", "[strategy]") {
  CHECK(name_of(strategy_of(tree_level::node)) == "one-for-one");
  CHECK(name_of(strategy_of(tree_level::system)) == "one-for-one");
  CHECK(name_of(strategy_of(tree_level::family)) == "rest-for-one");
  CHECK(name_of(strategy_of(tree_level::context)) == "one-for-one");
  CHECK(name_of(strategy_of(tree_level::shard)) == "one-for-all");
}
