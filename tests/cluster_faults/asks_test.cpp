#include "tests/cluster_faults/taxi_rides.hpp"

#include <catch2/catch.hpp>

/// Asks whose callee dies or moves meanwhile: every command ends as acknowledged or given up, and
/// what was given up leaves nothing behind on either side.
namespace troupe::test {
namespace {

/// Callers on n1, callees on n2 and n3, so that every ask goes to another node.
cluster_plan callers_and_callees() {
  cluster_plan how;
  how.hosts = {
      {0, "taxi.call,taxi.driver,taxi.callList"}, {1, "taxi.payment"}, {2, "taxi.payment"}};
  return how;
}

TEST_CASE("asks end one way or the other while the callee's owner is killed") {
  stage on{callers_and_callees()};
  on.cluster().start();
  taxi_rides rides{on};
  const int times = rounds(4, 60);
  for (int i = 0; i < times; ++i) {
    const std::size_t callee = 1 + static_cast<std::size_t>(i) % 2;
    rides.go_on(30, "before the callee is killed");
    on.cluster().node(callee).kill();
    if (i / 2 % 2 == 0) on.cluster().end_lease(callee);
    rides.go_on(10, "while its shards move on");
    on.cluster().start();
  }
  rides.check();
}

TEST_CASE("asks end one way or the other while the callee moves") {
  stage on{callers_and_callees()};
  on.cluster().start();
  taxi_rides rides{on};
  const int times = rounds(4, 60);
  for (int i = 0; i < times; ++i) {
    auto& callee = on.cluster().node(1 + static_cast<std::size_t>(i) % 2);
    rides.go_on(30, "before the callee leaves");
    CHECK(callee.stop() == 0);
    rides.go_on(10, "after it left");
    on.cluster().start();
  }
  rides.check();
}

TEST_CASE("asks end one way or the other while the asking owner is killed") {
  stage on;
  on.cluster().start();
  taxi_rides rides{on};
  const int times = rounds(3, 60);
  for (int i = 0; i < times; ++i) {
    const std::size_t victim = static_cast<std::size_t>(i) % 3;
    rides.go_on(30, "before a node is killed");
    on.cluster().node(victim).kill();
    on.cluster().end_lease(victim);
    rides.go_on(10, "after it was killed");
    on.cluster().start();
  }
  rides.check();
}

} // namespace
} // namespace troupe::test
