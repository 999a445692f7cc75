#include "net/gateway/dashboard_picture.hpp"

#include "messages/codec.hpp"
#include "messages/json.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::gateway;
using namespace std::chrono_literals;

namespace {

/// A picture whose clock the test moves.
struct watched {
  dashboard_picture picture;
  simulated_clock time;
  std::vector<map_member> cluster{{"n1", 1, "tcp://a:1", "b1", "active"},
                                  {"n2", 1, "tcp://a:2", "b1", "active"}};

  [[nodiscard]] moment now() const { return {time.wall(), time.monotonic()}; }
  void members() { picture.members(cluster, now()); }
  void status(const std::string& node, std::int64_t commits, std::int64_t pid = 7) {
    const auto text = R"({"node":"x","pid":)" + std::to_string(pid) +
                      R"(,"state":"up","contexts":[{"name":"a.b","resident":3,"turns":10,)"
                      R"("deadletters":2}],"lanes":[{"lane":0,"state":"up","commits":)" +
                      std::to_string(commits) +
                      R"(}],"load":{"commands_per_s":4.5,"mailbox_p99_ms":2.0}})";
    picture.answered(node, "status", parse_json(text).value(), now());
  }
  [[nodiscard]] std::string state(const std::string& node) const {
    const auto all = picture.present();
    const auto* of = all.find("nodes")->find(node);
    return of == nullptr ? "none" : *of->find("state")->get_if<std::string>();
  }
  [[nodiscard]] std::vector<std::string> kinds() const {
    std::vector<std::string> all;
    for (const auto& each : picture.news())
      all.push_back(*each.find("kind")->get_if<std::string>());
    return all;
  }
  [[nodiscard]] static double at(const dashboard_picture::sample& from, std::string_view column) {
    const auto& all = dashboard_picture::columns;
    return from[static_cast<std::size_t>(std::find(all.begin(), all.end(), column) - all.begin())];
  }
};

using words = std::vector<std::string>;

} // namespace

TEST_CASE("a node that answers nothing for a second is silent, and heals with its next answer") {
  watched of;
  of.members();
  CHECK_FALSE(of.picture.pulse(of.now()));
  CHECK(of.state("n1") == "asked");
  of.status("n1", 1);
  of.status("n2", 1);
  CHECK(of.picture.pulse(of.now()));
  CHECK(of.state("n1") == "up");

  of.time.advance(900ms);
  of.status("n1", 1);
  of.time.advance(150ms); // n2 was heard of 1,050 ms ago, n1 150 ms ago
  CHECK(of.picture.pulse(of.now()));
  CHECK(of.state("n1") == "up");
  CHECK(of.state("n2") == "silent");
  CHECK(of.kinds() == words{"node-silent"});
  CHECK_FALSE(of.picture.pulse(of.now()));

  of.time.advance(3s);
  of.status("n1", 1);
  of.status("n2", 1);
  CHECK(of.picture.pulse(of.now()));
  CHECK(of.state("n2") == "up");
  CHECK(of.kinds() == words{"node-silent", "node-answers"});
}

TEST_CASE("a refusal is a sign of life too, and says what the node does not know") {
  watched of;
  of.members();
  of.time.advance(800ms);
  of.picture.refused("n1", "shards", fail(errc::unknown_command, "no such verb"), of.now());
  of.time.advance(800ms);
  (void)of.picture.pulse(of.now());
  CHECK(of.state("n1") == "up");
  CHECK(of.state("n2") == "silent");
  const auto all = of.picture.present();
  CHECK(*all.find("nodes")->find("n1")->find("refused")->find("shards") == value{"no such verb"});
}

TEST_CASE("nobody looked for an hour: no node is called silent for that") {
  watched of;
  of.members();
  of.status("n1", 1);
  of.status("n2", 1);
  (void)of.picture.pulse(of.now());
  of.time.advance(1h);
  of.picture.resume(of.now());
  CHECK_FALSE(of.picture.pulse(of.now()));
  CHECK(of.kinds().empty());
}

TEST_CASE("who was gone before nobody looked is gone for the next viewer, without any news") {
  watched of;
  of.members();
  of.status("n1", 1);
  of.status("n2", 1);
  (void)of.picture.pulse(of.now());
  of.cluster.erase(of.cluster.begin()); // n1 leaves while it answers, n2 is killed
  of.members();
  (void)of.picture.pulse(of.now());
  of.time.advance(2s);
  (void)of.picture.pulse(of.now());
  REQUIRE(of.state("n1") == "left");
  REQUIRE(of.state("n2") == "silent");
  const auto known = of.picture.newest();
  of.picture.resume(of.now());
  for (int i = 0; i < 8; ++i) {
    CHECK_FALSE(of.picture.pulse(of.now()));
    CHECK(of.state("n1") == "left");
    CHECK(of.state("n2") == "silent");
    of.time.advance(250ms);
  }
  CHECK(of.picture.newest() == known);
  of.status("n2", 1);
  CHECK(of.picture.pulse(of.now()));
  CHECK(of.state("n2") == "up");
}

TEST_CASE("a breaker that is held open counts among the open ones, one that is probed does not") {
  watched of;
  of.members();
  of.status("n1", 1);
  of.picture.answered("n1", "breakers",
                      parse_json(R"({"items":[{"asking":"a","state":"open"},
                          {"asking":"b","state":"forced-open"},{"asking":"c","state":"half-open"},
                          {"asking":"d","state":"closed"}]})")
                          .value(),
                      of.now());
  (void)of.picture.pulse(of.now());
  CHECK(of.at(of.picture.take_sample(of.now()), "breakers") == 2.0);
}

TEST_CASE("a node that left is shown for a while, one that was lost for longer") {
  watched of;
  of.members();
  of.status("n1", 1);
  of.status("n2", 1);
  (void)of.picture.pulse(of.now());
  of.time.advance(1200ms);
  of.status("n1", 1);
  (void)of.picture.pulse(of.now());
  REQUIRE(of.state("n2") == "silent");
  of.cluster.pop_back();
  of.members(); // the cluster gave n2 up
  (void)of.picture.pulse(of.now());
  CHECK(of.state("n2") == "silent");
  of.time.advance(2min);
  of.members();
  CHECK(of.state("n2") == "silent");
  of.time.advance(10min);
  of.members();
  CHECK(of.state("n2") == "none");

  of.status("n1", 1);
  (void)of.picture.pulse(of.now());
  of.cluster.clear(); // n1 leaves while it answers
  of.members();
  (void)of.picture.pulse(of.now());
  CHECK(of.state("n1") == "left");
  of.time.advance(61s);
  of.members();
  CHECK(of.state("n1") == "none");
}

TEST_CASE("figures are sums and rates over the nodes that answer") {
  watched of;
  of.members();
  of.status("n1", 100);
  of.status("n2", 200);
  of.time.advance(500ms);
  of.status("n1", 150);
  of.status("n2", 200);
  (void)of.picture.pulse(of.now());
  auto taken = of.picture.take_sample(of.now());
  CHECK(of.at(taken, "commands") == 9.0);
  CHECK(of.at(taken, "p99") == 2.0);
  CHECK(of.at(taken, "commits") == 100.0);
  CHECK(of.at(taken, "actors") == 6.0);
  CHECK(of.at(taken, "letters") == 4.0);
  CHECK(of.at(taken, "nodes") == 2.0);

  of.time.advance(500ms);
  of.status("n1", 3, 8); // another process: its counters began anew
  of.time.advance(700ms);
  of.status("n1", 3, 8);
  (void)of.picture.pulse(of.now());
  taken = of.picture.take_sample(of.now());
  CHECK(of.at(taken, "commits") == 0.0);
  CHECK(of.at(taken, "nodes") == 1.0);
  CHECK(of.at(taken, "commands") == 4.5);
}

TEST_CASE("history, news and nodes are bounded") {
  watched of;
  of.members();
  for (int i = 0; i < 1'000; ++i)
    (void)of.picture.take_sample(of.now());
  const auto history = of.picture.history();
  CHECK(history.find("time")->get_if<value::array>()->size() == dashboard_picture::history_max);
  std::vector<published_event> events(500);
  for (auto& each : events) {
    each.name = "breaker-opened";
    each.payload = encode_value(value::object{{"subject", "a"}, {"text", "b"}});
  }
  of.picture.happened("n1", events);
  CHECK(of.picture.news().size() == dashboard_picture::news_max);
  CHECK(of.picture.newest() == 500);
  CHECK(of.picture.news(498).size() == 2);
  CHECK(of.picture.news(500).empty());
  for (int i = 0; i < 1'000; ++i)
    of.cluster.push_back({"x" + std::to_string(i), 1, "tcp://a:3", "b", "active"});
  of.members();
  CHECK(of.picture.places().size() == dashboard_picture::nodes_max);
}

TEST_CASE("a node that was started anew is news, however quick that was") {
  watched of;
  of.members();
  of.members();
  CHECK(of.kinds().empty());
  of.cluster[1].generation = 2;
  of.members();
  of.members();
  CHECK(of.kinds() == words{"node-restarted"});
}

TEST_CASE("shards that came or went are news") {
  watched of;
  of.members();
  const auto tree = [](int up) {
    std::string shards;
    for (int i = 0; i < 3; ++i)
      shards += std::string{i > 0 ? "," : ""} + R"({"kind":"shard","state":")" +
                (i < up ? "up" : "stopped") + R"(","restarts":1})";
    return parse_json(R"({"kind":"node","restarts":0,"children":[)" + shards + "]}").value();
  };
  of.picture.answered("n1", "tree", tree(2), of.now());
  CHECK(of.kinds().empty());
  of.picture.answered("n1", "tree", tree(3), of.now());
  CHECK(of.kinds() == words{"shards-changed"});
  const auto all = of.picture.present();
  CHECK(*all.find("nodes")->find("n1")->find("shards") == value{3});
  CHECK(*all.find("nodes")->find("n1")->find("restarts") == value{3});
}
