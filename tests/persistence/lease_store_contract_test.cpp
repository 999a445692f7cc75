#include "tests/persistence/clusters.hpp"

#include <atomic>
#include <thread>

using namespace troupe;
using namespace troupe::test;

namespace {

const member_key n1{"n1", 1};
const member_key n2{"n2", 4};

/// A refusal that leaves everything as it was.
void refused(lease_store& store, const cluster_change& what, const std::string& why) {
  const cluster_view before = view_of(store);
  const auto done = store.change(before.version, what);
  INFO(why);
  REQUIRE_FALSE(done.ok());
  REQUIRE(done.error().code == errc::malformed);
  REQUIRE_THAT(done.error().message, Catch::Contains(why));
  const cluster_view after = view_of(store);
  REQUIRE(after.version == before.version);
  REQUIRE(after.members == before.members);
  REQUIRE(after.contexts == before.contexts);
  REQUIRE(after.shards == before.shards);
  REQUIRE(after.leases == before.leases);
}

/// Writes one row into a context's setting, again and again until it was not overtaken. For any
/// thread: no checks of the test framework in it.
bool set_delay(lease_store& store, const std::string& delay) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until) {
    const auto view = store.read();
    if (!view) return false;
    cluster_change what;
    what.contexts = {*view->find_context("taxi.call")};
    what.contexts[0].delay = delay;
    const auto done = store.change(view->version, what);
    if (!done) return false;
    if (*done) return true;
  }
  return false;
}

struct waited {
  bool at_once = false;
  bool over = false;
};

/// How a wait of `at_most` ended: far before its end or not.
waited wait_on(lease_store& store, std::uint64_t seen, milliseconds at_most) {
  const auto began = std::chrono::steady_clock::now();
  store.wait(seen, at_most);
  const auto took = std::chrono::steady_clock::now() - began;
  return {took < at_most / 2, took >= at_most};
}

} // namespace

TEST_CASE("A new cluster is empty, of version 0, and has a secret of its own") {
  const auto which = GENERATE(engine::memory, engine::sqlite);
  const fresh_cluster cluster{which};
  const fresh_cluster other{which};
  auto store = cluster.open();
  const cluster_view view = view_of(*store);
  REQUIRE(view.version == 0);
  REQUIRE((view.members.empty() && view.contexts.empty() && view.shards.empty()));
  REQUIRE((view.leases.empty() && view.votes.empty()));
  REQUIRE(view.secret.size() == 64);
  REQUIRE(view.secret.find_first_not_of("0123456789abcdef") == std::string::npos);
  REQUIRE(view.secret == view_of(*cluster.open()).secret);
  REQUIRE(view.secret != view_of(*other.open()).secret);
}

TEST_CASE("Rows that were written are read back, sorted and whole, by every store") {
  const fresh_cluster cluster{GENERATE(engine::memory, engine::sqlite)};
  auto store = cluster.open();
  cluster_change what;
  what.members = {member("n2", 4, member_state::leaving), member("n10", 1), member("n2", 3)};
  what.members[1].hosts.clear();
  what.contexts = {{"taxi.payment", 1, true, "2s"}, {"taxi.call", 12, false, "off"}};
  shard_row moving = owned(11, n2, 7);
  moving.target = {"n10", 1};
  moving.target_ready = true;
  moving.held = true;
  what.shards = {moving, owned(2, {}, 0)};
  must_change(*store, what);
  const cluster_view view = view_of(*cluster.open());
  REQUIRE(view.version == 1);
  REQUIRE(view.members == std::vector{what.members[1], what.members[2], what.members[0]});
  REQUIRE(view.contexts == std::vector{what.contexts[1], what.contexts[0]});
  REQUIRE(view.shards == std::vector{what.shards[1], what.shards[0]});
  REQUIRE(view.leases == std::vector<lease_row>{{{"n10", 1}}, {{"n2", 3}}, {{"n2", 4}}});
  REQUIRE(view.find({"n2", 3}) == &view.members[1]);
  REQUIRE(view.find({"n2", 5}) == nullptr);
  REQUIRE(view.find_context("taxi.payment") == &view.contexts[1]);
  REQUIRE(view.find_context("taxi") == nullptr);
  REQUIRE(view.find_shard({"taxi.call", {11}}) == &view.shards[1]);
  REQUIRE(view.find_shard({"taxi.call", {3}}) == nullptr);
  REQUIRE(view.find_lease({"n10", 1}) == &view.leases[0]);
  REQUIRE(view.find_lease({"n1", 1}) == nullptr);
}

TEST_CASE("A change of an older version changes nothing") {
  const fresh_cluster cluster{GENERATE(engine::memory, engine::sqlite)};
  auto one = cluster.open();
  auto other = cluster.open();
  start_small(*one);
  const std::uint64_t seen = view_of(*other).version;
  cluster_change what;
  what.shards = {owned(0, n1, 1)};
  REQUIRE(*one->change(seen, what));
  what.shards = {owned(0, n2, 1)};
  REQUIRE_FALSE(*other->change(seen, what));
  REQUIRE_FALSE(*other->change(seen + 2, what));
  REQUIRE(view_of(*other).find_shard({"taxi.call", {0}})->owner == n1);
  REQUIRE(view_of(*other).version == seen + 1);
}

TEST_CASE("Of changes by two threads none is lost") {
  const fresh_cluster cluster{GENERATE(engine::memory, engine::sqlite)};
  auto store = cluster.open();
  start_small(*store);
  constexpr int changes_each = 100;
  std::atomic<int> done = 0;
  const auto work = [&](std::unique_ptr<lease_store> own, const std::string& name) {
    for (int i = 0; i < changes_each; ++i)
      if (set_delay(*own, name + std::to_string(i))) ++done;
  };
  std::thread one{work, cluster.open(), "a"};
  std::thread other{work, cluster.open(), "b"};
  one.join();
  other.join();
  REQUIRE(done == 2 * changes_each);
  REQUIRE(view_of(*store).version == 1 + 2 * changes_each);
}

TEST_CASE("Renewals count beats and leave the version alone") {
  const fresh_cluster cluster{GENERATE(engine::memory, engine::sqlite)};
  auto store = cluster.open();
  auto other = cluster.open();
  start_small(*store);
  for (int i = 0; i < 3; ++i)
    REQUIRE(store->renew(n1).ok());
  REQUIRE(other->renew(n1).ok());
  const cluster_view view = view_of(*other);
  REQUIRE(view.version == 1);
  REQUIRE(view.find_lease(n1)->beats == 4);
  REQUIRE(view.find_lease(n2)->beats == 0);
  // A row that is written again is the same member with the same lease.
  cluster_change what;
  what.members = {member("n1", 1, member_state::leaving)};
  must_change(*store, what);
  REQUIRE(view_of(*other).find_lease(n1)->beats == 4);
}

TEST_CASE("Whoever is dead, unknown or seen to have ended cannot renew") {
  const fresh_cluster cluster{GENERATE(engine::memory, engine::sqlite)};
  auto store = cluster.open();
  start_small(*store);
  REQUIRE(store->renew({"n1", 2}).error().code == errc::fenced);
  REQUIRE(store->renew({"n9", 1}).error().code == errc::fenced);
  REQUIRE(store->renew(n1).ok());
  REQUIRE(store->end_lease(n1).ok());
  REQUIRE(store->end_lease(n1).ok());
  REQUIRE(store->end_lease({"n9", 1}).ok());
  REQUIRE(view_of(*store).version == 1);
  REQUIRE(view_of(*store).find_lease(n1)->ended);
  REQUIRE(view_of(*store).find_lease(n1)->beats == 1);
  REQUIRE(store->renew(n1).error().code == errc::fenced);
  REQUIRE(view_of(*store).find_lease(n1)->beats == 1);
  REQUIRE(view_of(*store).leases.size() == 2);
  REQUIRE_FALSE(view_of(*store).find_lease(n2)->ended);
  cluster_change what;
  what.members = {member("n2", 4, member_state::dead)};
  must_change(*store, what);
  REQUIRE(store->renew(n2).error().code == errc::fenced);
  REQUIRE(view_of(*store).find_lease(n2) == nullptr);
  REQUIRE(store->end_lease(n2).ok());
}

TEST_CASE("Votes are given, repeated and taken back without a new version") {
  const fresh_cluster cluster{GENERATE(engine::memory, engine::sqlite)};
  auto store = cluster.open();
  start_small(*store);
  for (int i = 0; i < 2; ++i)
    REQUIRE(store->vote({n2, n1}, true).ok());
  REQUIRE(store->vote({n1, n2}, true).ok());
  REQUIRE(view_of(*store).votes == std::vector<vote_row>{{n1, n2}, {n2, n1}});
  REQUIRE(view_of(*store).version == 1);
  for (int i = 0; i < 2; ++i)
    REQUIRE(store->vote({n2, n1}, false).ok());
  REQUIRE(view_of(*store).votes == std::vector<vote_row>{{n1, n2}});
  // Crossing a burial: neither the dead nor the unknown vote or are voted on.
  REQUIRE(store->vote({{"n9", 1}, n1}, true).ok());
  REQUIRE(store->vote({n1, {"n9", 1}}, true).ok());
  REQUIRE(view_of(*store).votes == std::vector<vote_row>{{n1, n2}});
}

TEST_CASE("Death is final, takes lease and votes along, and only the dead are forgotten") {
  const fresh_cluster cluster{GENERATE(engine::memory, engine::sqlite)};
  auto store = cluster.open();
  start_small(*store);
  cluster_change what;
  what.members = {member("n3", 1)};
  must_change(*store, what);
  for (const vote_row& vote : {vote_row{n1, n2}, {n2, n1}, {{"n3", 1}, n1}, {{"n3", 1}, n2}})
    REQUIRE(store->vote(vote, true).ok());
  what.members = {member("n2", 4, member_state::dead)};
  must_change(*store, what);
  must_change(*store, what); // burying twice is fine
  REQUIRE(view_of(*store).votes == std::vector<vote_row>{{{"n3", 1}, n1}});
  REQUIRE(view_of(*store).find(n2)->state == member_state::dead);
  for (const auto state : {member_state::joining, member_state::active, member_state::leaving}) {
    what.members = {member("n2", 4, state)};
    refused(*store, what, "never returns");
  }
  what = {};
  what.forgotten = {n1};
  refused(*store, what, "only dead members");
  what.members = {member("n2", 5)}; // the next generation of the name is somebody else
  what.forgotten = {n2, {"n9", 9}};
  must_change(*store, what);
  REQUIRE(view_of(*store).find(n2) == nullptr);
  REQUIRE(view_of(*store).find_lease({"n2", 5})->beats == 0);
}

TEST_CASE("Epochs never go back and each new owner has its own") {
  const fresh_cluster cluster{GENERATE(engine::memory, engine::sqlite)};
  auto store = cluster.open();
  start_small(*store);
  cluster_change what;
  what.shards = {owned(0, n1, 0)};
  refused(*store, what, "from 1");
  what.shards = {owned(0, n1, 3)};
  must_change(*store, what);
  what.shards = {owned(0, n1, 2)};
  refused(*store, what, "never goes back");
  what.shards = {owned(0, {}, 2)};
  refused(*store, what, "never goes back");
  what.shards = {owned(0, n2, 3)};
  refused(*store, what, "needs an epoch above 3");
  what.shards = {owned(0, n1, 3)}; // the same owner under the same epoch
  what.shards[0].target = n2;
  must_change(*store, what);
  what.shards = {owned(0, {}, 3)};
  must_change(*store, what);
  what.shards = {owned(0, n1, 3)};
  refused(*store, what, "needs an epoch above 3");
  what.shards = {owned(0, n2, 4)};
  must_change(*store, what);
  REQUIRE(view_of(*store).find_shard({"taxi.call", {0}})->epoch.value == 4);
}

TEST_CASE("The number of shards of a context is fixed and no shard lies beyond it") {
  const fresh_cluster cluster{GENERATE(engine::memory, engine::sqlite)};
  auto store = cluster.open();
  start_small(*store);
  cluster_change what;
  what.contexts = {{"taxi.call", 4, false, "off"}};
  refused(*store, what, "2 shards for ever, not 4");
  what.contexts = {{"taxi.payment", 0, false, "off"}};
  refused(*store, what, "at least one shard");
  what.contexts = {{"taxi.call", 2, true, "1s"}};
  must_change(*store, what);
  what = {};
  what.shards = {owned(2, n1, 1)};
  refused(*store, what, "the context has 2 shards");
  what.shards = {owned(0, n1, 1)};
  what.shards[0].which.context = "taxi.unknown";
  refused(*store, what, "the context is unknown");
}

TEST_CASE("A change with one bad row changes nothing at all, and names must be names") {
  const fresh_cluster cluster{GENERATE(engine::memory, engine::sqlite)};
  auto store = cluster.open();
  start_small(*store);
  cluster_change what;
  what.members = {member("n3", 1), member("n1", 1, member_state::dead)};
  what.shards = {owned(0, {"n3", 1}, 1), owned(7, {"n3", 1}, 1)};
  refused(*store, what, "shard 7 of taxi.call");
  what = {};
  for (const char* name : {"", "../n3", ".n3", "a,b"}) {
    what.members = {member(name, 1)};
    refused(*store, what, "needs a name");
  }
  what.members = {member("n3", 0)};
  refused(*store, what, "a generation");
  what.members = {member("n3", 1, static_cast<member_state>(9))};
  refused(*store, what, "no such state");
  what.members = {member("n3", 1)};
  what.members[0].hosts = {"a,b"};
  refused(*store, what, "names of contexts");
  what = {};
  what.contexts = {{"a/b", 1, false, "off"}};
  refused(*store, what, "needs a name");
}

TEST_CASE("A wait ends at once for another version, an ended lease and a changed vote") {
  const fresh_cluster cluster{GENERATE(engine::memory, engine::sqlite)};
  const std::string news = GENERATE("a version", "an ended lease", "a vote");
  auto store = cluster.open();
  auto other = cluster.open();
  start_small(*other);
  REQUIRE(wait_on(*store, 0, patience).at_once);
  const std::uint64_t seen = view_of(*store).version;
  REQUIRE(wait_on(*store, seen, milliseconds{20}).over);
  std::atomic<bool> at_once = false;
  std::thread waiter{[&] { at_once = wait_on(*store, seen, patience).at_once; }};
  const bool done = news == "a version"        ? set_delay(*other, "1s")
                    : news == "an ended lease" ? other->end_lease(n1).ok()
                                               : other->vote({n1, n2}, true).ok();
  waiter.join();
  REQUIRE(done);
  REQUIRE(at_once);
  // It is not news any more once it was read.
  const std::uint64_t now = view_of(*store).version;
  REQUIRE(wait_on(*store, now, milliseconds{20}).over);
}

TEST_CASE("Renewals and repeated votes do not end a wait") {
  const fresh_cluster cluster{GENERATE(engine::memory, engine::sqlite)};
  auto store = cluster.open();
  auto other = cluster.open();
  start_small(*other);
  REQUIRE(other->vote({n1, n2}, true).ok());
  const std::uint64_t seen = view_of(*store).version;
  std::atomic<bool> over = false;
  std::atomic<bool> fine = true;
  std::thread renewing{[&] {
    while (!over)
      if (!other->renew(n1) || !other->vote({n1, n2}, true) || !other->end_lease({"n9", 1}))
        fine = false;
  }};
  const bool whole = wait_on(*store, seen, milliseconds{300}).over;
  over = true;
  renewing.join();
  REQUIRE(whole);
  REQUIRE(fine);
}

TEST_CASE("Interrupting ends the wait of another thread, or the next one, once") {
  const fresh_cluster cluster{GENERATE(engine::memory, engine::sqlite)};
  auto store = cluster.open();
  const std::uint64_t seen = view_of(*store).version;
  std::atomic<bool> at_once = false;
  std::thread waiter{[&] { at_once = wait_on(*store, seen, patience).at_once; }};
  store->interrupt();
  waiter.join();
  REQUIRE(at_once);
  store->interrupt();
  store->interrupt();
  REQUIRE(wait_on(*store, seen, patience).at_once);
  REQUIRE(wait_on(*store, seen, milliseconds{20}).over);
  store->wait(seen, milliseconds{0});
  store->wait(seen, milliseconds{-5});
}

TEST_CASE("A cluster that is opened again has all it had") {
  const fresh_cluster cluster{GENERATE(engine::memory, engine::sqlite)};
  cluster_view before;
  {
    auto store = cluster.open();
    start_small(*store);
    cluster_change what;
    what.shards = {owned(0, n1, 1)};
    must_change(*store, what);
    REQUIRE(store->renew(n1).ok());
    REQUIRE(store->vote({n1, n2}, true).ok());
    REQUIRE(store->end_lease(n2).ok());
    before = view_of(*store);
  }
  const cluster_view after = view_of(*cluster.open());
  REQUIRE(after.version == before.version);
  REQUIRE(after.secret == before.secret);
  REQUIRE(after.members == before.members);
  REQUIRE(after.contexts == before.contexts);
  REQUIRE(after.shards == before.shards);
  REQUIRE(after.leases == before.leases);
  REQUIRE(after.votes == before.votes);
}

TEST_CASE("The states of members have names") {
  REQUIRE(name_of(member_state::joining) == "joining");
  REQUIRE(name_of(member_state::active) == "active");
  REQUIRE(name_of(member_state::leaving) == "leaving");
  REQUIRE(name_of(member_state::dead) == "dead");
  REQUIRE(name_of(static_cast<member_state>(0)) == "unknown");
  REQUIRE(name_of(static_cast<member_state>(200)) == "unknown");
}
