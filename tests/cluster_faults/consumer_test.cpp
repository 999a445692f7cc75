#include "tests/cluster_faults/taxi_rides.hpp"

#include <catch2/catch.hpp>

/// Replicas of a consumer: one, two and three nodes host taxi.driver, which handles the events of
/// taxi.call, while they come and go.
namespace troupe::test {
namespace {

constexpr std::size_t producer = 0;
constexpr std::uint64_t some = 30; ///< answers between two steps

cluster_plan one_producer_three_consumers() {
  cluster_plan how;
  how.nodes = 4;
  how.hosts = {{producer, "taxi.call,taxi.payment,taxi.callList"},
               {1, "taxi.driver"},
               {2, "taxi.driver"},
               {3, "taxi.driver"}};
  how.move_pause = milliseconds{200};
  return how;
}

TEST_CASE("every event is handled exactly once while replicas of a consumer come and go") {
  stage on{one_producer_three_consumers()};
  auto& all = on.cluster();
  all.node(producer).launch();
  all.node(1).launch();
  all.node(producer).wait_listening();
  all.node(1).wait_listening();
  taxi_rides rides{on};
  const int times = rounds(1, 20);
  for (int i = 0; i < times; ++i) {
    rides.go_on(some, "with one replica");
    all.node(2).start();
    rides.go_on(some, "with two");
    all.node(3).start();
    REQUIRE(eventually([&] { return all.spread(); }));
    rides.go_on(some, "with three");
    CHECK(all.node(1).stop() == 0);
    rides.go_on(some, "after one was stopped");
    all.node(2).kill();
    rides.go_on(some, "after one was killed");
    all.node(1).start();
    all.node(3).kill();
    all.end_lease(3);
    rides.go_on(some, "after the last old one was killed");
  }
  rides.check();
}

TEST_CASE("events wait for a consumer that nobody hosts at the moment") {
  stage on{one_producer_three_consumers()};
  auto& all = on.cluster();
  all.start();
  taxi_rides rides{on};
  rides.go_on(some, "with all");
  for (const std::size_t place : {1, 2, 3}) {
    all.node(place).kill();
    all.end_lease(place);
  }
  all.node(2).start();
  rides.go_on(some, "with a replica that is new");
  rides.check();
}

} // namespace
} // namespace troupe::test
