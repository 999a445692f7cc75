#include "net/cluster/assignment.hpp"

#include "seams/random.hpp"
#include "tests/cluster/fake_store.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <string>

using namespace troupe;
using troupe::test::context_of;
using troupe::test::member_of;

namespace {

const member_key n1{"n1", 1};
const member_key n2{"n2", 1};
const member_key n3{"n3", 1};
const member_key n4{"n4", 1};

/// A cluster in which plans are carried out at once.
struct planned_cluster {
  cluster_view view;
  std::set<member_key> evacuated;
  std::set<shard_ref> pinned;
  cluster_timing timing;
  std::map<shard_ref, std::uint32_t> changes_of_owner;

  planned_cluster& with(const member_row& row) {
    view.members.push_back(row);
    std::ranges::sort(view.members, {}, &member_row::who);
    return *this;
  }
  planned_cluster& with(const context_row& row) {
    view.contexts.push_back(row);
    std::ranges::sort(view.contexts, {}, &context_row::name);
    return *this;
  }
  member_row& member(const member_key& who) {
    return *std::ranges::find(view.members, who, &member_row::who);
  }

  [[nodiscard]] member_facts facts() const {
    member_facts facts;
    for (const member_row& row : view.members)
      if (row.state != member_state::dead) facts.live.insert(row.who);
    facts.evacuated = evacuated;
    facts.pinned = [this](const shard_ref& which) { return pinned.contains(which); };
    return facts;
  }
  [[nodiscard]] std::vector<shard_row> plan() const {
    return plan_assignment(view, facts(), timing);
  }
  void write(const shard_row& row) {
    const auto at = std::ranges::find(view.shards, row.which, &shard_row::which);
    if (at == view.shards.end()) {
      view.shards.push_back(row);
      std::ranges::sort(view.shards, {}, &shard_row::which);
    } else {
      changes_of_owner[row.which] += row.owner.given() && row.owner != at->owner ? 1 : 0;
      *at = row;
    }
  }
  void apply(const std::vector<shard_row>& rows) {
    for (const shard_row& row : rows)
      write(row);
  }
  void finish_moves() {
    for (shard_row row : std::vector{view.shards})
      if (row.target.given()) write({row.which, row.target, {row.epoch.value + 1}, {}, false});
  }
  /// Until nothing is left to be done; the number of plans that said something.
  int settle() {
    for (int plans = 0; plans < 1000; ++plans) {
      const auto rows = plan();
      if (rows.empty() && targets() == 0) return plans;
      apply(rows);
      finish_moves();
    }
    FAIL("plans never end");
    return 0;
  }
  [[nodiscard]] std::uint32_t owned(const member_key& who, const std::string& context = {}) const {
    return static_cast<std::uint32_t>(std::ranges::count_if(view.shards, [&](const auto& row) {
      return row.owner == who && (context.empty() || row.which.context == context);
    }));
  }
  [[nodiscard]] std::uint32_t moves() const {
    std::uint32_t sum = 0;
    for (const auto& [which, times] : changes_of_owner)
      sum += times;
    return sum;
  }
  [[nodiscard]] std::uint32_t targets() const {
    return static_cast<std::uint32_t>(
        std::ranges::count_if(view.shards, [](const auto& row) { return row.target.given(); }));
  }
};

const std::vector<std::string> both{"a", "b"};

planned_cluster three_nodes() {
  planned_cluster cluster;
  cluster.with(member_of("n1", both)).with(member_of("n2", both)).with(member_of("n3", both));
  cluster.with(context_of("a", 8)).with(context_of("b", 4));
  return cluster;
}

} // namespace

TEST_CASE("first owners are spread evenly over all, and in each context") {
  planned_cluster cluster = three_nodes();
  const auto rows = cluster.plan();
  CHECK(rows.size() == 12);
  for (const shard_row& row : rows) {
    CHECK(row.epoch == epoch_number{1});
    CHECK_FALSE(row.target.given());
  }
  cluster.apply(rows);
  for (const member_key& who : {n1, n2, n3}) {
    CHECK(cluster.owned(who) == 4);
    CHECK(cluster.owned(who, "a") >= 2);
    CHECK(cluster.owned(who, "a") <= 3);
    CHECK(cluster.owned(who, "b") >= 1);
    CHECK(cluster.owned(who, "b") <= 2);
  }
  CHECK(cluster.plan().empty());
}

TEST_CASE("shards go only to members that host their context") {
  planned_cluster cluster;
  cluster.with(member_of("n1", {"a"})).with(member_of("n2", both)).with(member_of("n3", {"b"}));
  cluster.with(context_of("a", 4)).with(context_of("b", 4));
  cluster.settle();
  CHECK(cluster.owned(n1, "b") == 0);
  CHECK(cluster.owned(n3, "a") == 0);
  CHECK(cluster.owned(n1, "a") == 2);
  CHECK(cluster.owned(n3, "b") == 2);
}

TEST_CASE("a shard nobody can host has no owner, and gets one as soon as somebody can") {
  planned_cluster cluster;
  cluster.with(member_of("n1", {"a"})).with(member_of("n2", {"b"}));
  cluster.with(context_of("a", 2)).with(context_of("b", 2));
  cluster.settle();
  cluster.member(n2).state = member_state::dead;
  const auto rows = cluster.plan();
  REQUIRE(rows.size() == 2);
  for (const shard_row& row : rows) {
    CHECK(row.which.context == "b");
    CHECK_FALSE(row.owner.given());
    CHECK(row.epoch == epoch_number{1});
  }
  cluster.apply(rows);
  CHECK(cluster.plan().empty());
  cluster.with(member_of("n3", both));
  cluster.settle();
  CHECK(cluster.owned(n3, "b") == 2);
  CHECK(cluster.view.shards.back().epoch == epoch_number{2});
}

TEST_CASE("joining members get nothing") {
  planned_cluster cluster;
  cluster.with(member_of("n1", {"a"}, member_state::joining)).with(context_of("a", 2));
  CHECK(cluster.plan().empty());
}

TEST_CASE("a death moves only the dead member's shards, and leaves the others even") {
  planned_cluster cluster = three_nodes();
  cluster.settle();
  cluster.changes_of_owner.clear();
  cluster.member(n2).state = member_state::dead;
  const auto rows = cluster.plan();
  CHECK(rows.size() == 4);
  cluster.apply(rows);
  CHECK(cluster.owned(n1) == 6);
  CHECK(cluster.owned(n3) == 6);
  CHECK(cluster.moves() == 4);
  for (const shard_row& row : rows)
    CHECK(row.epoch == epoch_number{2});
  CHECK(cluster.plan().empty());
}

TEST_CASE("who joins gets its share and no shard moves twice") {
  planned_cluster cluster = three_nodes();
  cluster.settle();
  cluster.changes_of_owner.clear();
  cluster.with(member_of("n4", both));
  cluster.settle();
  for (const member_key& who : {n1, n2, n3, n4})
    CHECK(cluster.owned(who) == 3);
  CHECK(cluster.moves() == 3);
}

TEST_CASE("who leaves gives everything away, only its shards move, whatever is pinned") {
  planned_cluster cluster = three_nodes();
  cluster.settle();
  cluster.changes_of_owner.clear();
  for (const shard_row& row : cluster.view.shards)
    cluster.pinned.insert(row.which);
  cluster.member(n3).state = member_state::leaving;
  const auto rows = cluster.plan();
  CHECK(rows.size() == cluster.timing.moves_at_once);
  for (const shard_row& row : rows) {
    CHECK(row.owner == n3);
    CHECK(row.epoch == epoch_number{1});
    CHECK((row.target == n1 || row.target == n2));
    CHECK_FALSE(row.target_ready);
  }
  cluster.settle();
  CHECK(cluster.owned(n3) == 0);
  CHECK(cluster.owned(n1) == 6);
  CHECK(cluster.owned(n2) == 6);
  CHECK(cluster.moves() == 4);
}

TEST_CASE("the last one who can host a context keeps it though it leaves") {
  planned_cluster cluster;
  cluster.with(member_of("n1", {"a"})).with(member_of("n2", {"b"}));
  cluster.with(context_of("a", 2)).with(context_of("b", 2));
  cluster.settle();
  cluster.member(n1).state = member_state::leaving;
  CHECK(cluster.plan().empty());
}

TEST_CASE("evacuated members lose what is not pinned, and get only what nobody else can host") {
  planned_cluster cluster = three_nodes();
  cluster.settle();
  cluster.evacuated = {n3};
  for (const shard_row& row : cluster.view.shards)
    if (row.owner == n3) cluster.pinned.insert(row.which);
  CHECK(cluster.plan().empty());
  cluster.pinned.clear();
  cluster.settle();
  CHECK(cluster.owned(n3) == 0);
  CHECK(cluster.owned(n1) == 6);
  cluster.with(context_of("c", 1));
  cluster.member(n3).hosts = {"a", "b", "c"};
  cluster.settle();
  CHECK(cluster.owned(n3, "c") == 1);
  cluster.member(n1).state = member_state::dead;
  cluster.settle();
  CHECK(cluster.owned(n2) == 12);
}

TEST_CASE("pinned shards do not move for balance") {
  planned_cluster cluster;
  cluster.with(member_of("n1", {"a"})).with(context_of("a", 4));
  cluster.settle();
  cluster.with(member_of("n2", {"a"}));
  for (const shard_row& row : cluster.view.shards)
    cluster.pinned.insert(row.which);
  CHECK(cluster.plan().empty());
  cluster.pinned.erase({"a", {2}});
  const auto rows = cluster.plan();
  REQUIRE(rows.size() == 1);
  CHECK(rows.front().which == shard_ref{"a", {2}});
  CHECK(rows.front().target == n2);
}

TEST_CASE("no more shards are under way at a time than allowed") {
  planned_cluster cluster;
  cluster.with(member_of("n1", {"a"})).with(context_of("a", 32));
  cluster.settle();
  cluster.with(member_of("n2", {"a"}));
  cluster.timing.moves_at_once = 3;
  cluster.apply(cluster.plan());
  CHECK(cluster.targets() == 3);
  CHECK(cluster.plan().empty());
  cluster.finish_moves();
  CHECK(cluster.targets() == 0);
  cluster.settle();
  CHECK(cluster.owned(n2) == 16);
}

TEST_CASE("moves to members that died or leave are called off, and go elsewhere") {
  planned_cluster cluster = three_nodes();
  cluster.settle();
  cluster.member(n3).state = member_state::leaving;
  cluster.apply(cluster.plan());
  REQUIRE(cluster.targets() == 4);
  const auto lost_state = GENERATE(member_state::dead, member_state::leaving);
  cluster.member(n2).state = lost_state;
  cluster.apply(cluster.plan());
  for (const shard_row& row : cluster.view.shards)
    CHECK(row.target != n2);
  cluster.settle();
  CHECK(cluster.owned(n1) == 12);
}

TEST_CASE("if an owner dies during a hand-over, the target takes over") {
  planned_cluster cluster = three_nodes();
  cluster.settle();
  cluster.member(n3).state = member_state::leaving;
  cluster.apply(cluster.plan());
  const auto before = cluster.view.shards;
  cluster.member(n3).state = member_state::dead;
  cluster.apply(cluster.plan());
  for (std::size_t at = 0; at < before.size(); ++at) {
    if (!before[at].target.given()) continue;
    CHECK(cluster.view.shards[at].owner == before[at].target);
    CHECK(cluster.view.shards[at].epoch.value == before[at].epoch.value + 1);
    CHECK_FALSE(cluster.view.shards[at].target.given());
  }
}

TEST_CASE("however members come and go, plans agree, end, and spread evenly") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    seeded_random random{seed};
    planned_cluster cluster;
    cluster.with(context_of("a", 7)).with(context_of("b", 16)).with(context_of("c", 1));
    const std::vector<std::string> all{"a", "b", "c"};
    const auto names = 2 + random.next() % 6;
    for (std::uint64_t name = 0; name < names; ++name)
      cluster.with(member_of("n" + std::to_string(name), all));
    for (int step = 0; step < 12; ++step) {
      member_row& one = cluster.view.members[random.next() % names];
      if (one.who.node != "n0") one.state = static_cast<member_state>(2 + random.next() % 3);
      REQUIRE(cluster.plan() == cluster.plan());
      cluster.changes_of_owner.clear();
      cluster.settle();
      for (const auto& [which, times] : cluster.changes_of_owner)
        CHECK(times <= 2);
      for (const std::string context : {"a", "b", "c", ""}) {
        std::uint32_t least = ~0U;
        std::uint32_t most = 0;
        for (const member_row& member : cluster.view.members) {
          const auto has = cluster.owned(member.who, context);
          if (member.state != member_state::active) {
            CHECK(has == 0);
            continue;
          }
          least = std::min(least, has);
          most = std::max(most, has);
        }
        CHECK(most - least <= 1);
      }
    }
  }
}
