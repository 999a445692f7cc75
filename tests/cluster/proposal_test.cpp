#include "net/cluster/proposal.hpp"

#include "tests/cluster/fake_store.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using troupe::test::context_of;
using troupe::test::fake_store;
using troupe::test::member_of;
using troupe::test::shard_of;

namespace {

const member_key n1{"n1", 1};
const member_key n2{"n2", 1};

} // namespace

TEST_CASE("a proposal shows what the store will hold once it is accepted") {
  fake_store store;
  store.change(1, {{member_of("n2", {"a"}), member_of("n3", {"a"}, member_state::dead)},
                   {context_of("a", 3)},
                   {},
                   {}});
  store.change(2, {{}, {}, {shard_of("a", 1, n2, 4)}, {}});
  const cluster_view before = store.read();
  proposal made{before};
  CHECK(made.empty());
  made.put(member_of("n1", {"a"}));
  made.put(shard_of("a", 1, n1, 5));
  made.put(shard_of("a", 0, n1, 1));
  made.put(shard_of("a", 0, n2, 1)); // The last word counts.
  made.forget({"n3", 1});
  made.note("one");
  made.note("two");
  CHECK_FALSE(made.empty());
  CHECK(made.why() == "one; two");
  CHECK(made.writes({"a", {0}}));
  CHECK_FALSE(made.writes({"a", {2}}));

  const cluster_view expected = made.as_it_will_be();
  REQUIRE(store.change(before.version, made.change()));
  const cluster_view after = store.read();
  CHECK(expected.members == after.members);
  CHECK(expected.contexts == after.contexts);
  CHECK(expected.shards == after.shards);
}
