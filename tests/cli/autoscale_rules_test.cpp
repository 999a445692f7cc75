#include "bin/launcher/autoscale_rules.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <functional>
#include <optional>

using namespace troupe;
using namespace troupe::cli;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

autoscale_plan plan_of(node_range nodes, std::vector<load_target> targets = {{}}) {
  return {nodes, std::move(targets), {}};
}

/// A cluster whose nodes share a load, under a clock that the test moves second by second. What is
/// decided is done at once, or after `takes` seconds.
struct stage {
  autoscale_rules rules;
  std::uint32_t nodes;
  monotonic_time now{std::chrono::hours{1}};
  std::vector<scale_decision> done;
  std::vector<long> done_at; ///< second since the beginning
  scale_decision last;
  long second = 0;
  int takes = 0;
  std::uint32_t silent = 0; ///< the newest nodes do not answer
  std::string hindrance;

  explicit stage(autoscale_plan plan) : rules(plan), nodes(plan.nodes.least) {}

  /// One look at nodes that show this value each.
  void look(double cpu, double mailbox_ms = 0) {
    autoscale_facts facts{nodes, {}, hindrance};
    for (std::uint32_t i = 0; i < nodes; ++i) {
      node_sample sample{"n" + std::to_string(i + 1), {}};
      if (i + silent < nodes) {
        sample.of(load_metric::cpu) = cpu;
        sample.of(load_metric::mailbox_p95) = mailbox_ms;
      }
      facts.samples.push_back(std::move(sample));
    }
    last = rules.decide(now, facts);
    if (last.verdict == scale_verdict::scale) {
      done.push_back(last);
      done_at.push_back(second);
      nodes = last.to;
      now += seconds{takes};
      second += takes;
      rules.acted(now);
    }
    now += seconds{1};
    ++second;
  }
  /// So many seconds of a load that all nodes share: percent of a core, in all.
  void share(double load, long for_seconds) {
    for (const long until = second + for_seconds; second < until;)
      look(load / nodes);
  }
};

} // namespace

TEST_CASE("A step of load is followed after it held, and its end after it held") {
  stage on{plan_of({1, 3})};
  on.share(150, 60); // 150 % over one node: 2.5 nodes at 60 % each
  REQUIRE(on.done.size() == 2);
  CHECK(on.done_at[0] == 10);
  CHECK(on.done[0].to == 2);  // no more than twice as many at once
  CHECK(on.done_at[1] == 25); // 15 s after the first
  CHECK(on.nodes == 3);
  on.share(0, 300);
  REQUIRE(on.done.size() == 3);
  CHECK(on.done_at[2] == 60 + 59); // its last sample of the load is 60 s old
  CHECK(on.nodes == 1);
  CHECK(on.last.verdict == scale_verdict::stay);
}

TEST_CASE("The reasons have the numbers") {
  stage on{plan_of({1, 4})};
  on.look(150);
  CHECK(on.last.verdict == scale_verdict::wait);
  CHECK(on.last.why == "cpu is 150% on average, target 60%: 1 x 150/60 asks for 3 nodes; that has "
                       "to hold for 10.0 s");
  on.share(150, 10);
  REQUIRE(on.done.size() == 1);
  CHECK(on.done[0].why == "cpu is 150% on average, target 60%: 1 x 150/60 asks for 3 nodes; at "
                          "least 3 for 10.0 s, but no more than twice as many at once");
  on.share(150, 2);
  CHECK(on.last.verdict == scale_verdict::wait);
  on.share(150, 9);
  CHECK(on.last.why.find("; the last change was 11.0 s ago, the next waits 15.0 s") !=
        std::string::npos);
}

TEST_CASE("A ramp is followed without a step back, up and down") {
  stage on{plan_of({1, 6})};
  for (int load = 0; load <= 300; ++load)
    on.share(load, 1);
  on.share(300, 60);
  CHECK(on.nodes == 5);
  for (const auto& each : on.done)
    CHECK(each.to > each.from);
  const auto grown = on.done.size();
  for (int load = 300; load >= 0; --load)
    on.share(load, 1);
  on.share(0, 200);
  CHECK(on.nodes == 1);
  for (std::size_t i = grown; i < on.done.size(); ++i)
    CHECK(on.done[i].to < on.done[i].from);
}

TEST_CASE("A load that swings changes nothing back and forth") {
  stage on{plan_of({1, 8})};
  // Between 60 % and 260 % in all, every 20 s: as many as the peaks need, and that stays.
  for (int i = 0; i < 1'200; ++i)
    on.share(160 + 100 * std::sin(i * 2 * 3.14159 / 20), 1);
  for (const auto& each : on.done)
    CHECK(each.to > each.from);
  CHECK(on.done.size() <= 3);
}

TEST_CASE("A peak shorter than the wish has to hold changes nothing") {
  stage on{plan_of({1, 4})};
  for (int i = 0; i < 20; ++i) {
    on.share(300, 9);
    on.share(30, 3);
  }
  CHECK(on.done.empty());
}

TEST_CASE("Within a tenth of the target nothing is wished for") {
  stage on{plan_of({2, 4})};
  on.share(2 * 65.9, 100);
  CHECK(on.last.verdict == scale_verdict::stay);
  CHECK(on.last.why.ends_with("near enough"));
  on.share(2 * 66.1, 20);
  CHECK(on.nodes == 3);
}

TEST_CASE("Silent nodes count against a change, and nobody's word changes nothing") {
  stage out{plan_of({2, 6})};
  out.silent = 1;
  for (int i = 0; i < 30; ++i)
    out.look(100); // the other is taken for idle: 50 % on average is less than the target
  CHECK(out.done.empty());
  CHECK(out.last.why.find("1 node silent, taken for idle") != std::string::npos);
  for (int i = 0; i < 11; ++i)
    out.look(200); // 100 % on average even so
  REQUIRE(out.done.size() == 1);
  CHECK(out.done[0].to == 4);
  CHECK(out.done[0].why.find("2 x 100/60") != std::string::npos);

  stage in{plan_of({1, 4})};
  in.nodes = 4;
  in.silent = 2;
  for (int i = 0; i < 70; ++i)
    in.look(0); // two idle, two just right: half of the nodes
  REQUIRE_FALSE(in.done.empty());
  CHECK(in.done[0].to == 2);

  stage nobody{plan_of({1, 4})};
  nobody.nodes = 3;
  nobody.silent = 3;
  for (int i = 0; i < 200; ++i)
    nobody.look(0);
  CHECK(nobody.done.empty());
}

TEST_CASE("Of several targets the highest wish counts") {
  stage on{plan_of({1, 4}, {{load_metric::cpu, 60}, {load_metric::mailbox_p95, 5}})};
  for (int i = 0; i < 11; ++i)
    on.look(10, 9);
  REQUIRE(on.done.size() == 1);
  CHECK(on.done[0].to == 2);
  CHECK(on.done[0].why.starts_with("mailbox_p95 is 9 ms on average, target 5 ms: 1 x 9/5"));
  for (int i = 0; i < 200; ++i)
    on.look(50, 0); // one asks for fewer, the other for two
  CHECK(on.nodes == 2);
}

TEST_CASE("There are never more or fewer nodes than allowed") {
  stage on{plan_of({2, 3})};
  on.share(2'000, 60);
  CHECK(on.nodes == 3);
  CHECK(on.last.verdict == scale_verdict::held);
  CHECK(on.last.why.ends_with("; 3 is the most there may be"));
  on.share(0, 200);
  CHECK(on.nodes == 2);
  CHECK(on.last.verdict == scale_verdict::stay);
  on.nodes = 7; // by hand, while it was off
  on.look(300);
  CHECK(on.nodes == 3);
  on.nodes = 1;
  on.look(0);
  CHECK(on.nodes == 2);
}

TEST_CASE("While something else is under way nothing is done, and what was then does not count") {
  stage on{plan_of({1, 4})};
  on.share(150, 9);
  on.hindrance = "n1 is backoff, not up";
  on.share(150, 30);
  CHECK(on.done.empty());
  CHECK(on.last.verdict == scale_verdict::held);
  CHECK(on.last.why.ends_with("; nothing is changed while n1 is backoff, not up"));
  on.hindrance.clear();
  on.share(150, 10);
  CHECK(on.done.empty());
  on.share(150, 1);
  CHECK(on.done.size() == 1);
}

TEST_CASE("A wish from before a long silence of the launcher itself does not count") {
  stage on{plan_of({1, 4})};
  on.share(150, 9);
  on.now += seconds{30};
  on.share(150, 10);
  CHECK(on.done.empty());
  on.share(150, 1);
  CHECK(on.done.size() == 1);
}

TEST_CASE("The pauses are counted from the end of a change") {
  stage on{plan_of({1, 4})};
  on.takes = 20;
  on.share(240, 200);
  REQUIRE(on.done.size() == 2);
  CHECK(on.done_at[0] == 10);
  CHECK(on.done_at[1] == 10 + 20 + 15);
  on.share(0, 300);
  REQUIRE(on.done.size() == 3);
  // After an end of load: 60 s of calm, which is also the pause.
  CHECK(on.done[2].to == 1);
}

TEST_CASE("Whatever the load, the number stays in range and never more than doubles") {
  std::uint64_t state = 1;
  const auto draw = [&] {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(state >> 40U) / (1U << 24U);
  };
  for (int round = 0; round < 50; ++round) {
    stage on{plan_of(
        {1 + static_cast<std::uint32_t>(draw() * 3), 4 + static_cast<std::uint32_t>(draw() * 12)})};
    const auto range = on.rules.plan().nodes;
    for (int i = 0; i < 400; ++i) {
      on.silent = draw() < 0.1 ? 1 : 0;
      on.hindrance = draw() < 0.02 ? "n1 is hung, not up" : "";
      on.look(draw() < 0.3 ? draw() * 1e6 : draw() * 120, draw() * 1e5);
    }
    for (std::size_t i = 0; i < on.done.size(); ++i) {
      const auto& each = on.done[i];
      CHECK((each.to >= range.least && each.to <= range.most && each.to <= 2 * each.from));
      const bool grows = each.to > each.from;
      if (i > 0) CHECK(on.done_at[i] - on.done_at[i - 1] >= (grows ? 15 : 60));
    }
  }
}

TEST_CASE("Targets and ranges are read as people write them, and rubbish is refused") {
  CHECK(parse_load_target("cpu=60%").value() == load_target{load_metric::cpu, 60});
  CHECK(parse_load_target("mailbox_p95=5ms").value() == load_target{load_metric::mailbox_p95, 5});
  CHECK(parse_load_target("mailbox_p50=2s").value() ==
        load_target{load_metric::mailbox_p50, 2'000});
  for (const char* each : {"cpu=60%", "cpu=12.5%", "mailbox_p99=250ms"})
    CHECK(text_of(parse_load_target(each).value()) == each);
  for (const char* each : {"", "cpu", "cpu=", "cpu=60", "cpu=0%", "cpu=7000%", "cpu=nan%",
                           "cpu=-5%", "cpu=6 0%", "memory=5%", "mailbox_p95=5", "mailbox_p95=0ms",
                           "mailbox_p95=61s", "mailbox_p95=%", "mailbox_p90=5ms"})
    CHECK_FALSE(parse_load_target(each));
  CHECK(parse_node_range("1..3").value() == node_range{1, 3});
  CHECK(parse_node_range("2..2").value() == node_range{2, 2});
  for (const char* each : {"", "3", "1.3", "1..", "..3", "3..1", "a..b", "1..3..5", "-1..3",
                           "1 ..3", "1..99999999999"})
    CHECK_FALSE(parse_node_range(each));
}
