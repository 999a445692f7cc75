#include "messages/list_reply.hpp"
#include "tests/net/fake_cluster.hpp"

#include <catch2/catch.hpp>
#include <troupe/client.hpp>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace {

client connected(const std::vector<std::string>& endpoints, client_options options = {}) {
  options.endpoints = endpoints;
  auto made = client::connect(options);
  REQUIRE(made.ok());
  return std::move(*made);
}

result<call_reply> call(client& by, std::int64_t target, std::chrono::milliseconds deadline = 10s) {
  return by.send("taxi.call", {target}, "callTaxi", "\x80", {.deadline = deadline}).get();
}

/// Many calls at once, counted as they end.
struct flood {
  std::atomic<int> ended{0};
  std::atomic<int> good{0};

  void send(client& by, int first, int count) {
    for (int i = first; i < first + count; ++i) {
      by.send("taxi.call", {i + 1}, "callTaxi", "\x80",
              [this, i](result<call_reply> outcome) {
                good += outcome.ok() && outcome->target.number == i + 1;
                ++ended;
              },
              {.deadline = 30s});
    }
  }
  [[nodiscard]] bool done(int count) {
    return eventually([this, count] { return ended == count; }, 40s);
  }
};

} // namespace

TEST_CASE("calls go straight to the owners of their shards, over one link to each node") {
  fake_cluster nodes{3, 6};
  auto caller = connected({nodes.endpoint(0)});
  for (std::int64_t target = 1; target <= 30; ++target)
    REQUIRE(call(caller, target).ok());
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(nodes.node(i).seen_count() == 10);
    CHECK(nodes.connections(i) == 1);
    for (const auto& each : nodes.node(i).seen())
      CHECK(shard_of(each.content.target, 6).value % 3 == i);
  }
}

TEST_CASE("a command without a target goes to the shard that its id chooses") {
  fake_cluster nodes{2, 8};
  auto caller = connected({nodes.endpoint(1)});
  for (int i = 0; i < 40; ++i)
    REQUIRE(call(caller, 0).ok());
  CHECK(nodes.sends() == 40);
  CHECK(nodes.node(0).seen_count() > 0);
  CHECK(nodes.node(1).seen_count() > 0);
}

TEST_CASE("a redirect is followed at once, with the same command id, and remembered") {
  fake_cluster nodes{2, 2};
  auto caller = connected({nodes.endpoint(0)});
  REQUIRE(call(caller, 1).ok());
  nodes.move(0, 1);
  const auto done = call(caller, 1);
  REQUIRE(done.ok());
  CHECK(done->epoch.value == 2);
  REQUIRE(call(caller, 1).ok());
  const auto old = nodes.node(0).seen();
  const auto now = nodes.node(1).seen();
  REQUIRE(old.size() == 2);
  REQUIRE(now.size() == 2);
  CHECK(old[1].content.command == now[0].content.command);
  CHECK(now[0].content.command == done->command);
}

TEST_CASE("moves while thousands of calls are under way fail none of them") {
  fake_cluster nodes{3, 12};
  auto caller = connected({nodes.endpoint(0), nodes.endpoint(1)});
  flood calls;
  constexpr int rounds = 20;
  constexpr int per_round = 500;
  for (int round = 0; round < rounds; ++round) {
    calls.send(caller, round * per_round, per_round);
    nodes.move(static_cast<std::uint32_t>(round) % 12, static_cast<std::size_t>(round + 1) % 3);
    nodes.move(static_cast<std::uint32_t>(round + 5) % 12, static_cast<std::size_t>(round) % 3);
  }
  REQUIRE(calls.done(rounds * per_round));
  CHECK(calls.good == rounds * per_round);
  CHECK(nodes.sends() < 3 * rounds * per_round);
}

TEST_CASE("a node dies under load: its calls go to the heirs, with their command ids") {
  std::atomic<bool> mute{false};
  fake_cluster nodes{3, 6, [&mute](std::size_t node, const inbound&) {
                       std::optional<std::vector<answer>> none;
                       if (node == 1 && mute) none.emplace();
                       return none;
                     }};
  auto caller = connected({nodes.endpoint(1), nodes.endpoint(2)});
  REQUIRE(call(caller, 2).ok());
  mute = true;
  const auto before = nodes.node(1).seen_count();
  flood calls;
  calls.send(caller, 0, 600);
  REQUIRE(eventually([&] { return nodes.node(1).seen_count() == before + 200; }));
  nodes.kill(1);
  calls.send(caller, 600, 600);
  nodes.bury(1, 2);
  REQUIRE(calls.done(1200));
  CHECK(calls.good == 1200);

  std::set<command_id> of_the_dead;
  const auto died_with = nodes.node(1).seen();
  for (auto i = before; i < died_with.size(); ++i)
    of_the_dead.insert(died_with[i].content.command);
  for (const auto& each : nodes.node(2).seen())
    of_the_dead.erase(each.content.command);
  CHECK(of_the_dead.empty());

  SECTION("and when it is back, it gets its share") {
    mute = false;
    nodes.revive(1);
    nodes.move(1, 1);
    REQUIRE(eventually(
        [&] { return call(caller, 2).ok() && nodes.node(1).seen_count() > before + 201; }));
  }
  CHECK(caller.state() == connection_state::up);
}

TEST_CASE("what an owner who hangs was sent goes to the next owner, although the link stands") {
  fake_cluster nodes{2, 2, [](std::size_t node, const inbound&) {
                       std::optional<std::vector<answer>> none;
                       if (node == 0) none.emplace();
                       return none;
                     }};
  auto caller = connected({nodes.endpoint(0)});
  auto waiting = caller.send("taxi.call", {1}, "callTaxi", "\x80", {.deadline = 20s});
  REQUIRE(eventually([&] { return nodes.node(0).seen_count() == 1; }));
  nodes.move(0, 1);
  // Another call runs into its deadline, which makes the client ask for a newer map.
  CHECK(call(caller, 3, 100ms).error().code == errc::timeout);
  const auto done = waiting.get();
  REQUIRE(done.ok());
  CHECK(done->command == nodes.node(0).seen()[0].content.command);
  CHECK(done->epoch.value == 2);
}

TEST_CASE("a node that restarts before anyone takes over gets its calls again") {
  fake_cluster nodes{2, 2};
  auto caller = connected({nodes.endpoint(0)});
  REQUIRE(call(caller, 2).ok());
  nodes.kill(1);
  auto waiting = caller.send("taxi.call", {2}, "callTaxi", "\x80", {.deadline = 10s});
  REQUIRE(call(caller, 1).ok());
  nodes.revive(1);
  CHECK(waiting.get().ok());
}

TEST_CASE("an answer of a stale owner is ignored, and the owner is asked") {
  std::optional<origin> held;
  std::mutex mutex;
  fake_cluster nodes{2, 2, [&](std::size_t node, const inbound& to) {
                       std::optional<std::vector<answer>> none;
                       const std::lock_guard lock{mutex};
                       if (node == 0 && !held) {
                         held = to.from;
                         none.emplace();
                       }
                       return none;
                     }};
  auto caller = connected({nodes.endpoint(0)});
  auto first = caller.send("taxi.call", {1}, "callTaxi", "\x80", {.deadline = 10s});
  REQUIRE(eventually([&] { return nodes.node(0).seen_count() == 1; }));
  nodes.move(0, 1);
  REQUIRE(call(caller, 3).ok()); // shard 0 as well: the client learns of epoch 2
  std::vector<answer> late{{*held, reply_content{{1}, 77, {1}, false, "\x80"}}};
  held->port->deliver(late);
  const auto done = first.get();
  REQUIRE(done.ok());
  CHECK(done->seq == 1);
  CHECK(done->epoch.value == 2);
}

TEST_CASE("a replayed answer counts whatever its epoch: it is on record") {
  fake_cluster nodes{1, 1, [](std::size_t, const inbound& to) {
                       return std::optional{std::vector<answer>{
                           {to.from, reply_content{to.content.target, 1, {1}, true, "\x80"}}}};
                     }};
  nodes.move(0, 0);
  nodes.move(0, 0);
  auto caller = connected({nodes.endpoint(0)});
  CHECK(call(caller, 1).ok());
  CHECK(nodes.sends() == 1);
}

TEST_CASE("redirects in a circle end at the deadline, after a bounded number of sends") {
  const bool growing = GENERATE(true, false);
  std::atomic<std::uint64_t> epoch{10};
  fake_cluster nodes{
      2, 1, [&](std::size_t node, const inbound& to) {
        const auto next = growing ? ++epoch : epoch.load();
        return std::optional{fake_cluster::redirect(to, {nodes.endpoint(1 - node), next})};
      }};
  auto caller = connected({nodes.endpoint(0)});
  const auto done = call(caller, 1, 1s);
  REQUIRE(!done.ok());
  // A send that was not answered yet at the deadline leaves it at that.
  if (done.error().code != errc::timeout) {
    CHECK(done.error().code == errc::not_owner);
    CHECK(done.error().message.find("the shard's owner did not answer") == 0);
  }
  CHECK(nodes.sends() >= 4);
  CHECK(nodes.sends() < 60);
}

TEST_CASE("an owner that is still opening its shard is asked again after its hint") {
  std::atomic<int> opening{3};
  fake_cluster nodes{1, 1, [&](std::size_t, const inbound& to) {
                       std::optional<std::vector<answer>> none;
                       if (opening-- > 0)
                         return std::optional{fake_cluster::redirect(to, nodes.place(0), 20)};
                       return none;
                     }};
  auto caller = connected({nodes.endpoint(0)}, {.attempts_max = 1});
  const auto start = std::chrono::steady_clock::now();
  REQUIRE(call(caller, 1).ok());
  CHECK(std::chrono::steady_clock::now() - start >= 60ms);
  CHECK(nodes.sends() == 4);
}

TEST_CASE("a node that is leaving or was fenced is no reason to fail") {
  const auto code = GENERATE(errc::shutting_down, errc::fenced, errc::not_owner);
  std::atomic<bool> leaving{true};
  fake_cluster nodes{2, 1, [&](std::size_t node, const inbound& to) {
                       std::optional<std::vector<answer>> none;
                       if (node == 0 && leaving) none = {{to.from, fail(code, "not here")}};
                       return none;
                     }};
  auto caller = connected({nodes.endpoint(0)}, {.attempts_max = 1});
  auto waiting = caller.send("taxi.call", {1}, "callTaxi", "\x80", {.deadline = 10s});
  REQUIRE(eventually([&] { return nodes.node(0).seen_count() >= 5; }));
  nodes.move(0, 1);
  CHECK(waiting.get().ok());
}

TEST_CASE("what nobody owns waits for an owner without being sent, up to its deadline") {
  fake_cluster nodes{2, 2};
  nodes.orphan(0);
  auto caller = connected({nodes.endpoint(0)});
  REQUIRE(call(caller, 2).ok());
  const auto sent = nodes.sends();
  const auto none = call(caller, 1, 200ms);
  REQUIRE(!none.ok());
  CHECK(none.error().code == errc::not_owner);
  CHECK(info(none.error().code).effect == outcome::not_applied);
  CHECK(nodes.sends() == sent);
  auto waiting = caller.send("taxi.call", {1}, "callTaxi", "\x80", {.deadline = 10s});
  REQUIRE(call(caller, 2).ok());
  nodes.move(0, 1);
  CHECK(waiting.get().ok());
}

TEST_CASE("a client whose node joins a cluster later follows it") {
  fake_cluster nodes{2, 2};
  nodes.node(0).tell({}); // not yet joined
  auto caller = connected({nodes.endpoint(0)});
  REQUIRE(call(caller, 1).ok());
  nodes.tell_all();
  CHECK(call(caller, 2).ok()); // redirected: the first sign of a cluster
  CHECK(nodes.node(1).seen_count() == 1);
}

TEST_CASE("a list gathers the shards from their owners, and survives the loss of one") {
  std::atomic<bool> hold{false};
  const auto rows = [&hold](std::size_t node, const inbound& to) {
    std::optional<std::vector<answer>> own;
    if (to.content.kind != request_kind::list) return own;
    if (node == 1 && hold) {
      own.emplace(); // never answered: it dies with the question
      return own;
    }
    const auto shard = decode_list_request(to.content.payload)->shard.value;
    list_reply some{1, {{{shard + 1}, "\x80"}}};
    own = {fake_node::reply_to(to, encode_list_reply(some))};
    return own;
  };
  fake_cluster nodes{3, 6, rows};
  auto caller = connected({nodes.endpoint(0)});
  const auto whole = caller.list("taxi.call", {}, {.deadline = 10s}).get();
  REQUIRE(whole.ok());
  CHECK(whole->total == 6);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(nodes.node(i).seen_count() == 2);

  hold = true;
  auto cut = caller.list("taxi.call", {}, {.deadline = 10s});
  REQUIRE(eventually([&] { return nodes.node(1).seen_count() == 4; }));
  nodes.kill(1);
  nodes.bury(1, 2);
  const auto second = cut.get();
  REQUIRE(second.ok());
  CHECK(second->total == 6);
  CHECK(second->items.size() == 6);
}

TEST_CASE("the contexts are what all nodes say, and a silent node's are down") {
  fake_cluster nodes{2, 2};
  auto caller = connected({nodes.endpoint(0)});
  const auto all = caller.contexts().get();
  REQUIRE(all.ok());
  REQUIRE(all->size() == 1);
  CHECK(all->front().up);
  nodes.kill(1);
  const auto some = caller.contexts({.deadline = 300ms}).get();
  REQUIRE(some.ok());
  CHECK_FALSE(some->front().up);
  nodes.bury(1, 0);
  CHECK(eventually([&] { return caller.contexts({.deadline = 1s}).get()->front().up; }));
}

TEST_CASE("an admin verb reaches the node that is meant, and the nodes can be listed") {
  fake_cluster nodes{2, 2};
  auto caller = connected({nodes.endpoint(0)});
  const auto known = caller.nodes().get();
  REQUIRE(known.ok());
  REQUIRE(known->size() == 2);
  CHECK((*known)[1].endpoint == nodes.endpoint(1));
  CHECK((*known)[1].node == "n1");
  for (std::size_t i : {0U, 1U, 1U}) {
    const auto before = nodes.node(i).seen_count();
    REQUIRE(caller.admin("status", {}, {.endpoint = nodes.endpoint(i)}).get().ok());
    CHECK(nodes.node(i).seen_count() == before + 1);
  }
  CHECK(caller.admin("status", {}, {.endpoint = "nowhere"}).get().error().code == errc::malformed);
  const auto none =
      caller.admin("status", {}, {.deadline = 100ms, .endpoint = "tcp://127.0.0.1:1"}).get();
  CHECK(none.error().code == errc::unreachable);
}

TEST_CASE("a node that is alone is listed as such") {
  fake_node node;
  const auto at = serve(node);
  auto caller = connected({at->endpoint()});
  const auto known = caller.nodes().get();
  REQUIRE(known.ok());
  REQUIRE(known->size() == 1);
  CHECK(known->front().node == "node-1");
  CHECK(known->front().endpoint == at->endpoint());
}

TEST_CASE("a subscription follows its shard") {
  fake_cluster nodes{2, 2, [](std::size_t node, const inbound& to) {
                       std::optional<std::vector<answer>> none;
                       if (node == 0 && to.content.kind == request_kind::subscribe) none.emplace();
                       if (node == 1 && to.content.kind == request_kind::subscribe)
                         none = {{to.from, event_push{0, {43}, "\x90"}}};
                       return none;
                     }};
  auto caller = connected({nodes.endpoint(1)});
  (void)caller.subscribe("taxi.call", {0}, {.from = {1}}, {});
  REQUIRE(eventually([&] { return nodes.node(0).seen_count() == 1; }));
  CHECK(nodes.node(1).seen_count() == 0);
  SECTION("when its owner ends it with a redirect") {
    const auto to = nodes.node(0).seen()[0];
    nodes.move(0, 1);
    auto ends = fake_cluster::redirect(to, nodes.place(0));
    to.from.port->deliver(ends);
  }
  SECTION("when its owner is lost") {
    nodes.kill(0);
    nodes.bury(0, 1);
  }
  REQUIRE(eventually([&] { return nodes.node(1).seen_count() == 1; }));
}
