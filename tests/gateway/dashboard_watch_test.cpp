#include "net/gateway/dashboard_watch.hpp"

#include "messages/codec.hpp"
#include "messages/json.hpp"
#include "net/gateway/dashboard_delta.hpp"
#include "tests/gateway/fake_backend.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::gateway;
using namespace std::chrono_literals;

namespace {

/// A viewer that keeps what it was told.
class viewer final : public stream_sink {
public:
  void write(std::shared_ptr<const std::string> piece) override { text += *piece; }
  void close() override { is_open = false; }
  [[nodiscard]] bool open() const override { return is_open; }

  /// The data of every event of a name so far.
  [[nodiscard]] std::vector<value> events(std::string_view name) const {
    std::vector<value> all;
    const std::string head = "event: " + std::string{name} + "\ndata: ";
    for (auto at = text.find(head); at != std::string::npos; at = text.find(head, at + 1)) {
      const auto from = at + head.size();
      all.push_back(
          parse_json(text.substr(from, text.find("\n\n", from) - from), {.bytes_max = 1024 * 1024})
              .value());
    }
    return all;
  }

  std::string text;
  bool is_open = true;
};

/// One node, whose answers the test can stop, watched step by step.
struct one_node {
  fake_backend cluster;
  simulated_clock time;
  bool answers = true;
  std::int64_t commits = 0;
  dashboard_watch watch{cluster, time, value::object{{"version", "1"}}};

  one_node() {
    cluster.members = {{"n1", 1, "tcp://a:1", "b", "active"}};
    cluster.node_says = [this](const admin_call& call) -> result<value> {
      if (!answers) return fail(errc::unreachable, "nobody answers");
      if (call.verb != "status") return value{value::object{}};
      commits += 10;
      return parse_json(R"({"pid":1,"state":"up","lanes":[{"lane":0,"commits":)" +
                        std::to_string(commits) + "}]}")
          .value();
    };
  }
  std::shared_ptr<viewer> join() {
    auto made = std::make_shared<viewer>();
    watch.join(made);
    return made;
  }
  void steps(int n) {
    for (int i = 0; i < n; ++i) {
      watch.step();
      time.advance(dashboard_watch::step_time);
    }
  }
  [[nodiscard]] std::size_t asked() const { return cluster.asked_verbs().size(); }
  /// The picture that a viewer has after all it was told.
  [[nodiscard]] static value seen(const viewer& by) {
    value picture = *by.events("picture").front().find("present");
    for (const auto& each : by.events("delta"))
      apply_patch(picture, *each.find("patch"));
    return picture;
  }
};

} // namespace

TEST_CASE("nobody is asked while nobody looks, and all see the same") {
  one_node of;
  of.steps(8);
  CHECK(of.asked() == 0);
  const auto first = of.join();
  of.steps(9);
  const auto second = of.join();
  of.steps(8);
  REQUIRE(first->events("picture").size() == 1);
  REQUIRE(second->events("picture").size() == 1);
  CHECK(one_node::seen(*first) == one_node::seen(*second));
  CHECK(*one_node::seen(*first).find("nodes")->find("n1")->find("state") == value{"up"});
  CHECK(*first->events("picture").front().find("about")->find("version") == value{"1"});
  // One node and two viewers: the number of questions does not grow with the viewers.
  const auto before = of.asked();
  of.steps(20);
  const auto by_two = of.asked() - before;
  for (int i = 0; i < 10; ++i)
    (void)of.join();
  const auto again = of.asked();
  of.steps(20);
  CHECK(of.asked() - again == by_two);
}

TEST_CASE("deltas are numbered one by one and carry a sample a second") {
  one_node of;
  const auto by = of.join();
  of.steps(41);
  auto last = *by->events("picture").front().find("seq")->get_if<std::int64_t>();
  int samples = 0;
  for (const auto& each : by->events("delta")) {
    CHECK(*each.find("seq")->get_if<std::int64_t>() == ++last);
    if (const auto* sample = each.find("sample")) {
      ++samples;
      CHECK(sample->get_if<value::array>()->size() == dashboard_picture::columns.size());
    }
  }
  CHECK(samples == 10);
}

TEST_CASE("a node that falls silent is told within a second and a half, out of turn") {
  one_node of;
  const auto by = of.join();
  of.steps(12);
  of.answers = false;
  of.steps(6); // 1.5 s
  CHECK(*one_node::seen(*by).find("nodes")->find("n1")->find("state") == value{"silent"});
  REQUIRE(by->events("feed").size() == 1);
  of.answers = true;
  of.steps(2);
  CHECK(*one_node::seen(*by).find("nodes")->find("n1")->find("state") == value{"up"});
}

TEST_CASE("what happens on a node is told at once, and it is followed once") {
  one_node of;
  const auto by = of.join();
  of.steps(6);
  CHECK(of.cluster.followers() == 1);
  published_event event;
  event.name = "breaker-opened";
  event.payload = encode_value(value::object{{"subject", "a -> b"}, {"text", "<b>too slow</b>"}});
  of.cluster.happen("tcp://a:1", {event});
  of.steps(1);
  const auto told = by->events("feed");
  REQUIRE(told.size() == 1);
  const auto& item = told.front().find("items")->get_if<value::array>()->front();
  CHECK(*item.find("node") == value{"n1"});
  CHECK(*item.find("text") == value{"<b>too slow</b>"});
}

TEST_CASE("a feed that a node ended is followed again") {
  one_node of;
  const auto by = of.join();
  of.steps(6);
  of.cluster.end_feeds();
  REQUIRE(of.cluster.followers() == 0);
  of.steps(dashboard_watch::steps_a_second);
  CHECK(of.cluster.followers() == 1);
  published_event event;
  event.name = "breaker-opened";
  event.payload = encode_value(value::object{{"subject", "a"}, {"text", "b"}});
  of.cluster.happen("tcp://a:1", {event});
  of.steps(1);
  CHECK(by->events("feed").size() == 1);
}

TEST_CASE("the last viewer's leaving ends the questions, the next one begins them again") {
  one_node of;
  auto by = of.join();
  of.steps(10);
  by->close();
  of.steps(1);
  const auto before = of.asked();
  of.steps(40);
  CHECK(of.asked() == before);
  CHECK(of.cluster.followers() == 0);
  of.time.advance(1h);
  by = of.join();
  of.steps(6);
  CHECK(of.asked() > before);
  // It sees the history of before, and no node is called silent for the hour.
  const auto picture = by->events("picture").front();
  CHECK(picture.find("history")->find("time")->get_if<value::array>()->size() >= 2);
  CHECK(by->events("feed").empty());
}

TEST_CASE("as many may watch as there is room for, and none after the end") {
  one_node of;
  std::vector<std::shared_ptr<viewer>> all;
  for (std::size_t i = 0; i < dashboard_watch::viewers_max; ++i)
    all.push_back(of.join());
  const auto full = of.watch.room();
  REQUIRE_FALSE(full);
  CHECK(full.error().code == errc::overloaded);
  CHECK_FALSE(of.join()->is_open);
  all.front()->close();
  of.steps(1);
  CHECK(of.watch.room());
  of.watch.stop();
  CHECK_FALSE(all.back()->is_open);
  CHECK(of.watch.room().error().code == errc::shutting_down);
  CHECK_FALSE(of.join()->is_open);
}
