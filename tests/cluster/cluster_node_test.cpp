#include "net/cluster/cluster_node.hpp"

#include "messages/taxi.hpp"
#include "tests/cluster/seated_node.hpp"
#include "tests/supervisors/waiting.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

cluster_timing quick() {
  cluster_timing timing;
  timing.lease = 4s;
  timing.gather = 5s;
  timing.move_pause = 0s;
  return timing;
}

/// Nodes on the same files and the same store.
struct cluster {
  std::shared_ptr<storage> files{make_memory_storage()};
  std::shared_ptr<memory_cluster> store = make_memory_cluster();
  std::vector<std::unique_ptr<seated_node>> nodes;

  /// Each with the contexts it hosts; none: all of them.
  explicit cluster(std::vector<std::set<std::string>> hosts) {
    auto timing = quick();
    timing.expected_members = static_cast<std::uint32_t>(hosts.size());
    for (auto& each : hosts)
      add(std::move(each), timing);
    REQUIRE(eventually([&] { return settled(); }));
  }
  void add(std::set<std::string> hosts, cluster_timing timing) {
    nodes.push_back(std::make_unique<seated_node>(
        seated_node::place{"n" + std::to_string(nodes.size() + 1), std::move(hosts), timing}, files,
        store));
  }
  [[nodiscard]] bool settled() const {
    std::size_t owned = 0;
    for (const auto& each : nodes) {
      if (!each->settled()) return false;
      owned += each->owned().size();
    }
    return owned == 13; // three contexts of four shards and a view
  }
  [[nodiscard]] client connect(std::size_t to = 0) {
    client_options options;
    options.endpoints = {nodes[to]->endpoint()};
    options.deadline = 20s;
    return client::connect(options).value();
  }
};

aggregate_id call_taxi(client& to, std::int64_t customer) {
  const auto done = to.send_sync("taxi.call", {}, taxi::call_taxi{customer, "junja", 500});
  if (!done) FAIL(done.error().message);
  return done->target;
}

template <class T> T state_of(client& from, const std::string& context, aggregate_id id) {
  const auto got = from.get(context, id).get();
  if (!got) FAIL(context << ": " << got.error().message);
  return got->as<T>().value();
}

} // namespace

TEST_CASE("two nodes share the shards evenly, and a client of one reaches all of them") {
  cluster of{{{}, {}}};
  const auto first = of.nodes[0]->owned().size();
  CHECK((first == 6 || first == 7));
  auto one = of.connect();
  std::set<std::uint32_t> shards;
  for (std::int64_t i = 1; i <= 40; ++i) {
    const auto id = call_taxi(one, i);
    shards.insert(shard_of(id, 4).value);
    CHECK(state_of<taxi::call_state>(one, "taxi.call", id).customer_id == i);
  }
  CHECK(shards.size() == 4);
  CHECK(one.list("taxi.call", {}).get().value().total == 40);
  CHECK(one.nodes().get().value().size() == 2);
}

TEST_CASE("asks, reactions and views reach over nodes") {
  cluster of{{{"taxi.call"}, {"taxi.payment", "taxi.driver", "taxi.callList"}}};
  auto one = of.connect();
  const auto id = call_taxi(one, 7);
  // The ask: paid at the other node before the call exists.
  page_request of_call;
  of_call.filter = {{"callId", id.number}};
  CHECK(one.list("taxi.payment", of_call).get().value().total == 1);
  // The reactions there and back, and the view of all three.
  REQUIRE(eventually([&] { return one.get("taxi.callList", id).get().ok(); }));
}

TEST_CASE("an operator's wish for a context holds on all nodes") {
  cluster of{{{"taxi.call"}, {"taxi.payment", "taxi.driver", "taxi.callList"}}};
  auto one = of.connect();
  value about;
  about["context"] = "taxi.payment";
  REQUIRE(one.admin("context-stop", about).get().ok()); // said to the node that does not have it
  call_options hasty;
  hasty.deadline = 5s;
  REQUIRE(eventually([&] {
    const auto refused = one.get("taxi.payment", {1}, hasty).get();
    return !refused && refused.error().code == errc::context_down;
  }));
  REQUIRE(one.admin("context-start", about).get().ok());
  REQUIRE(eventually([&] {
    return one.send_sync("taxi.call", {}, taxi::call_taxi{1, "a", 5}).ok();
  }));

  about["delay"] = "1..2ms";
  REQUIRE(one.admin("context-delay", about).get().ok());
  auto other = of.connect(1);
  REQUIRE(eventually([&] {
    call_options at;
    at.endpoint = of.nodes[1]->endpoint();
    const auto told = other.admin("status", {}, at).get();
    for (const auto& each : *told->find("contexts")->get_if<value::array>())
      if (*each.find("name")->get_if<std::string>() == "taxi.payment")
        return each.find("delay") != nullptr;
    return false;
  }));
}

TEST_CASE("inspection reaches parts of other nodes") {
  cluster of{{{"taxi.call"}, {"taxi.payment", "taxi.driver", "taxi.callList"}}};
  auto one = of.connect();
  const auto id = call_taxi(one, 7);
  value about;
  about["context"] = "taxi.call";
  about["id"] = id.number;
  for (std::size_t at = 0; at < 2; ++at) {
    call_options there;
    there.endpoint = of.nodes[at]->endpoint();
    const auto history = one.admin("history", about, there).get();
    REQUIRE(history.ok());
    CHECK(*history->find("total")->get_if<std::int64_t>() >= 1);
    const auto actors = one.admin("actors", {}, there).get();
    REQUIRE(actors.ok());
    CHECK(*actors->find("total")->get_if<std::int64_t>() >= 2);
  }
}

TEST_CASE("a node that leaves gives everything away; one that comes gets its share") {
  cluster of{{{}, {}}};
  auto one = of.connect();
  const auto id = call_taxi(one, 7);
  of.nodes[1]->leave();
  CHECK(of.nodes[1]->owned().empty());
  REQUIRE(eventually([&] { return of.nodes[0]->owned().size() == 13; }));
  CHECK(state_of<taxi::call_state>(one, "taxi.call", id).customer_id == 7);
  for (std::int64_t i = 1; i <= 10; ++i)
    call_taxi(one, i);
  of.add({}, quick());
  REQUIRE(eventually([&] { return of.nodes[2]->owned().size() >= 6; }));
  REQUIRE(eventually([&] { return of.nodes[0]->owned().size() <= 7; }));
  for (std::int64_t i = 1; i <= 10; ++i)
    call_taxi(one, i);
  CHECK(one.list("taxi.call", {}).get().value().total == 21);
}

TEST_CASE("a node whose lease was ended is told to end, and answers nothing more") {
  cluster of{{{}, {}}};
  const auto view = of.nodes[0]->store().read().value();
  REQUIRE(of.nodes[0]->store().end_lease({"n2", view.find({"n2", 1})->who.generation}).ok());
  REQUIRE(eventually([&] { return of.nodes[1]->was_ended(); }));
  // Its time is over: its lanes stand still, whatever they are asked.
  client_options options;
  options.endpoints = {of.nodes[1]->endpoint()};
  options.deadline = 200ms;
  auto stale = client::connect(options).value();
  CHECK_FALSE(stale.send_sync("taxi.call", {}, taxi::call_taxi{1, "a", 5}).ok());
}
