#include "net/cluster/lease_watch.hpp"

#include "tests/cluster/fake_store.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using troupe::test::fake_store;
using troupe::test::member_of;

namespace {

using std::chrono::milliseconds;

const member_key n1{"n1", 1};
const member_key n2{"n2", 1};

struct watched_cluster {
  fake_store store;
  lease_watch watch{cluster_timing{}};
  monotonic_time now{std::chrono::hours{1}};

  watched_cluster() {
    store.change(1, {{member_of("n1", {}), member_of("n2", {})}, {}, {}, {}});
    read_after(milliseconds{0});
  }
  void read_after(milliseconds pause) {
    now += pause;
    watch.saw(store.read(), now);
  }
};

} // namespace

TEST_CASE("a lease is over when its beats stood still for the whole time") {
  watched_cluster cluster;
  for (int reading = 0; reading < 3; ++reading) {
    cluster.store.renew(n1);
    cluster.read_after(milliseconds{1'000});
  }
  CHECK_FALSE(cluster.watch.expired(n2));
  CHECK(cluster.watch.next_expiry(n1) == cluster.now + milliseconds{1'000});
  cluster.store.renew(n1);
  cluster.read_after(milliseconds{999});
  CHECK_FALSE(cluster.watch.expired(n2));
  cluster.read_after(milliseconds{1});
  CHECK(cluster.watch.expired(n2));
  CHECK_FALSE(cluster.watch.expired(n1));
}

TEST_CASE("a beat in the last moment gives the whole lease again") {
  watched_cluster cluster;
  for (int reading = 0; reading < 3; ++reading)
    cluster.read_after(milliseconds{1'300});
  cluster.store.renew(n2);
  cluster.read_after(milliseconds{200});
  CHECK_FALSE(cluster.watch.expired(n2));
  CHECK(cluster.watch.next_expiry(n1) == cluster.now + milliseconds{4'000});
}

TEST_CASE("a watcher that was paused itself does not take the others for dead") {
  watched_cluster cluster;
  cluster.read_after(milliseconds{1'000});
  cluster.read_after(milliseconds{60'000});
  CHECK_FALSE(cluster.watch.expired(n2));
  cluster.read_after(milliseconds{1'000});
  CHECK(cluster.watch.expired(n2));
}

TEST_CASE("an ended lease is over at once; the dead and the unknown have none") {
  watched_cluster cluster;
  cluster.store.end_lease(n2);
  cluster.read_after(milliseconds{1});
  CHECK(cluster.watch.expired(n2));
  CHECK(cluster.watch.expired({"n9", 1}));
  member_row dead = member_of("n1", {}, member_state::dead);
  cluster.store.change(cluster.store.version(), {{dead}, {}, {}, {}});
  cluster.read_after(milliseconds{1});
  CHECK(cluster.watch.expired(n1));
  CHECK(cluster.watch.next_expiry({}) == monotonic_time::max());
}
