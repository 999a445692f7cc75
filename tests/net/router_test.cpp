#include "net/sdk/router.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

std::string at(int node) {
  return "tcp://10.0.0." + std::to_string(node) + ":7100";
}

constexpr int nobody = 0;

/// A map of nodes 1 to 3 in which each shard of taxi.call has an owner (`nobody`: none) and epoch.
shard_map a_map(std::uint64_t version, const std::vector<std::pair<int, std::uint64_t>>& owners) {
  shard_map made;
  made.version = version;
  for (int node = 1; node <= 3; ++node)
    made.members.push_back({"n" + std::to_string(node), 1, at(node), "test", "active"});
  for (const auto& [node, epoch] : owners) {
    const auto member = node == nobody ? map_owner::nobody : static_cast<std::uint32_t>(node - 1);
    made.contexts["taxi.call"].push_back({member, {epoch}});
  }
  return made;
}

hello_reply said(const std::string& node, shard_map map) {
  return {node, "test", 1, 1, {}, std::move(map)};
}

struct fixture {
  seeded_random random{7};
  simulated_clock time;
  router ways{random};

  void hear(const shard_map& map, link_number from = home_link, const std::string& node = "n9") {
    ways.take_hello(from, said(node, map), time.monotonic());
  }
  [[nodiscard]] route_key key(std::uint32_t shard) const { return ways.key_of("taxi.call", shard); }
  [[nodiscard]] route where(std::uint32_t shard) const { return ways.where(key(shard)); }
  /// Endpoint that the requests of a shard go to; empty: none.
  [[nodiscard]] std::string to(std::uint32_t shard) const {
    const auto link = where(shard).link;
    return link == no_link ? std::string{} : ways.endpoint(link);
  }
};

request command_to(std::int64_t target, command_id id = {}) {
  request made;
  made.context = "taxi.call";
  made.target = {target};
  made.command = id;
  return made;
}

} // namespace

TEST_CASE("without a cluster, nothing has a shard") {
  fixture with;
  with.hear({});
  CHECK_FALSE(with.ways.clustered());
  CHECK_FALSE(with.ways.key_of(command_to(1), router::no_shard).known());
  CHECK(with.ways.any() == home_link);
}

TEST_CASE("a request goes to its shard's owner: by target, by command id, by the payload's shard") {
  fixture with;
  with.hear(a_map(1, {{1, 1}, {2, 1}, {3, 1}}));
  CHECK(with.ways.key_of(command_to(1), router::no_shard).shard == 0);
  CHECK(with.ways.key_of(command_to(6), router::no_shard).shard == 2);
  for (std::uint64_t i = 1; i < 50; ++i) {
    const auto id = command_id::make(1, i, i);
    CHECK(with.ways.key_of(command_to(0, id), router::no_shard).shard == shard_of(id, 3).value);
  }
  CHECK(with.ways.key_of(command_to(0), 1).shard == 1);
  CHECK(with.to(0) == at(1));
  CHECK(with.to(2) == at(3));
}

TEST_CASE("what the map does not know has no shard, and goes to any node") {
  fixture with;
  with.hear(a_map(1, {{1, 1}}));
  auto other = command_to(1);
  other.context = "taxi.payment";
  CHECK_FALSE(with.ways.key_of(other, router::no_shard).known());
  CHECK_FALSE(with.key(1).known());
  auto hello = command_to(0);
  hello.kind = request_kind::hello;
  CHECK_FALSE(with.ways.key_of(hello, router::no_shard).known());
  CHECK(with.ways.any() == home_link);
  const auto second = with.ways.intern(at(2));
  with.ways.link_up(second);
  CHECK(with.ways.any() == second);
  with.ways.link_up(home_link);
  CHECK(with.ways.any() == home_link);
}

TEST_CASE("the higher version of the map wins, whatever the order") {
  std::vector<std::uint64_t> versions{1, 2, 3, 4};
  do {
    fixture with;
    for (const auto version : versions)
      with.hear(a_map(version, {{static_cast<int>(version % 3) + 1, version}}));
    CHECK(with.ways.version() == 4);
    CHECK(with.to(0) == at(2));
  } while (std::ranges::next_permutation(versions).found);
}

TEST_CASE("whatever the order of maps and redirects, the newest ownership is the one used") {
  // Ownerships of one shard by epoch: 1, 2, 1, nobody, 3. Each is told by a map or by a redirect.
  const std::vector<int> owners{1, 2, 1, nobody, 3};
  std::vector<std::uint64_t> order{1, 2, 3, 4, 5};
  do {
    for (unsigned by_map = 0; by_map < 32; ++by_map) {
      fixture with;
      with.hear(a_map(1, {{1, 0}}));
      std::uint64_t newest = 0;
      for (const auto epoch : order) {
        const int owner = owners[epoch - 1];
        const std::string endpoint = owner == nobody ? "" : at(owner);
        const bool known_to_map = (by_map & (1U << (epoch - 1))) != 0;
        if (known_to_map)
          with.hear(a_map(1 + epoch, {{owner, epoch}}));
        else
          with.ways.moved(with.key(0), {endpoint, epoch});
        newest = std::max(newest, epoch);
        REQUIRE(with.where(0).epoch == newest);
        REQUIRE(with.to(0) == (owners[newest - 1] == nobody ? "" : at(owners[newest - 1])));
      }
    }
  } while (std::ranges::next_permutation(order).found);
}

TEST_CASE("a redirect that is not newer, or names no endpoint at all, changes nothing") {
  fixture with;
  with.hear(a_map(1, {{1, 5}}));
  (void)with.ways.take_changed();
  with.ways.moved(with.key(0), {at(2), 5});
  with.ways.moved(with.key(0), {at(2), 4});
  with.ways.moved(with.key(0), {"http://elsewhere", 9});
  with.ways.moved({}, {at(2), 9});
  CHECK(with.to(0) == at(1));
  CHECK_FALSE(with.ways.take_changed());
}

TEST_CASE("answers of an older ownership than the newest heard of are stale") {
  fixture with;
  with.hear(a_map(1, {{1, 3}, {1, 3}}));
  CHECK(with.ways.is_current(with.key(0), {3}));
  CHECK_FALSE(with.ways.is_current(with.key(0), {2}));
  CHECK(with.ways.is_current(with.key(0), {0})); // says nothing
  CHECK(with.ways.is_current(with.key(0), {4}));
  CHECK_FALSE(with.ways.is_current(with.key(0), {3}));
  CHECK(with.ways.is_current(with.key(1), {3}));
  with.ways.moved(with.key(1), {at(2), 7});
  CHECK_FALSE(with.ways.is_current(with.key(1), {6}));
  with.hear(a_map(2, {{2, 9}, {2, 7}}));
  CHECK_FALSE(with.ways.is_current(with.key(0), {8}));
  CHECK(with.ways.is_current({}, {1}));
}

TEST_CASE("a refresh is asked for once, of the links that are up in turn, with growing pauses") {
  fixture with;
  with.hear(a_map(1, {{1, 1}}));
  const auto now = [&with] { return with.time.monotonic(); };
  CHECK_FALSE(with.ways.refresh_due(now()));
  with.ways.want_refresh(now());
  CHECK_FALSE(with.ways.refresh_due(now())); // nobody to ask
  CHECK_FALSE(with.ways.next_refresh());
  const auto second = with.ways.intern(at(2));
  with.ways.link_up(home_link);
  with.ways.link_up(second);
  const auto first_asked = with.ways.refresh_due(now());
  REQUIRE(first_asked);
  CHECK_FALSE(with.ways.refresh_due(now()));
  with.time.advance(30ms);
  const auto next_asked = with.ways.refresh_due(now());
  REQUIRE(next_asked);
  CHECK(*next_asked != *first_asked);
  with.time.advance(2s);
  CHECK_FALSE(with.ways.refresh_due(now())); // both owe an answer
  with.time.advance(2s);
  CHECK(with.ways.refresh_due(now())); // long enough

  // Answered without anything new, and wanted again each time.
  std::vector<std::chrono::microseconds> pauses;
  auto last = now();
  for (int i = 0; i < 12; ++i) {
    with.hear(a_map(1, {{1, 1}}));
    with.hear(a_map(1, {{1, 1}}), second);
    with.ways.want_refresh(now());
    REQUIRE(with.ways.next_refresh());
    const auto due = std::max(*with.ways.next_refresh(), now());
    with.time.advance(std::chrono::ceil<std::chrono::milliseconds>(due - now()));
    REQUIRE(with.ways.refresh_due(now()));
    pauses.push_back(std::chrono::duration_cast<std::chrono::microseconds>(now() - last));
    last = now();
  }
  CHECK(pauses.back() >= 500ms);
  CHECK(pauses.back() <= 751ms);
  with.hear(a_map(2, {{1, 2}}));
  with.ways.want_refresh(now());
  CHECK(*with.ways.next_refresh() <= now() + 20ms);
}

TEST_CASE("the home link stands for the member it leads to, as long as that life of it lasts") {
  fixture with;
  const auto map = a_map(1, {{1, 1}, {2, 1}});
  with.ways.link_up(home_link);
  with.hear(map, home_link, "n2");
  CHECK(with.where(1).link == home_link);
  CHECK(with.to(0) == at(1));
  const auto second = with.ways.intern(at(2));
  CHECK_FALSE(with.ways.wants(second));
  CHECK(with.ways.wants(with.ways.intern(at(1))));

  SECTION("until it is lost") {
    with.ways.link_down(home_link);
    CHECK(with.where(1).link == second);
    CHECK(with.ways.wants(second));
  }
  SECTION("until the node has a new life") {
    auto later = a_map(2, {{1, 1}, {2, 2}});
    later.members[1].generation = 2;
    with.hear(later);
    CHECK(with.where(1).link == second);
    with.hear(map, home_link, "n2"); // what the old process believes changes nothing
    CHECK(with.where(1).link == second);
  }
  SECTION("and not if that member has its own link already") {
    with.ways.link_down(home_link);
    with.ways.link_up(second);
    with.ways.link_up(home_link);
    with.hear(map, home_link, "n2");
    CHECK(with.where(1).link == second);
  }
  SECTION("nor once that member's own link, which was on its way, came up") {
    with.ways.link_up(second);
    CHECK(with.ways.wants(second));
    CHECK(with.where(1).link == second);
    with.ways.want_refresh(with.time.monotonic());
    while (const auto asked = with.ways.refresh_due(with.time.monotonic())) {
      CHECK(with.ways.wants(*asked));
      with.time.advance(1s);
    }
  }
}

TEST_CASE("the home link rests while another one is up") {
  fixture with;
  CHECK_FALSE(with.ways.home_may_rest());
  with.hear(a_map(1, {{1, 1}}));
  CHECK_FALSE(with.ways.home_may_rest());
  const auto first = with.ways.intern(at(1));
  with.ways.link_up(first);
  CHECK(with.ways.home_may_rest());
  with.ways.link_down(first);
  CHECK_FALSE(with.ways.home_may_rest());
}

TEST_CASE("links to who left are left over once they own nothing; their numbers serve others") {
  fixture with;
  with.hear(a_map(1, {{3, 1}}));
  const auto third = with.ways.intern(at(3));
  CHECK_FALSE(with.ways.is_left_over(third));
  auto without = a_map(2, {{3, 1}});
  without.members.pop_back();
  without.contexts["taxi.call"][0] = {0, {2}};
  with.hear(without);
  CHECK(with.ways.is_left_over(third));
  with.ways.give_up(third);
  CHECK_FALSE(with.ways.wants(third));
  CHECK_FALSE(with.ways.is_left_over(third));
  CHECK(with.ways.intern(at(7)) == third);
}

TEST_CASE("the number of links has a bound") {
  fixture with;
  for (int i = 0; i < 300; ++i)
    (void)with.ways.intern("tcp://10.0.1.1:" + std::to_string(10'000 + i));
  CHECK(with.ways.links() == router::endpoints_max + 1);
  CHECK(with.ways.intern("tcp://10.0.2.1:1") == home_link);
}
