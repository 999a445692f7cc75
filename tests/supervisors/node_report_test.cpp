#include "supervisors/node_report.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe;

namespace {

value listing(std::vector<int> ids, std::int64_t total) {
  value::array items;
  for (const int id : ids)
    items.push_back(value{id});
  return value{value::object{{"items", std::move(items)}, {"total", total}}};
}

/// Two contexts of the first system, on one lane that never runs.
struct reported {
  actor_runtime runtime;
  simulated_clock time;
  default_supervision_rules rules{std::make_unique<seeded_random>(1)};
  struct nowhere final : request_handler {
    void submit(std::vector<inbound>& batch) override { batch.clear(); }
  } router;
  std::string name = "n7";
  std::string build = "troupe/test";
  std::vector<std::unique_ptr<lane>> lanes;
  std::vector<std::unique_ptr<context_state>> contexts;
  std::vector<std::pair<std::string, std::function<value()>>> more{
      {"front", [] { return value{3}; }}};

  reported() {
    lanes.push_back(std::make_unique<lane>(lane_options{}, runtime, router, time));
    for (const auto& each : all_behaviours()) {
      auto made = std::make_unique<context_state>();
      made->behaviour = &each;
      made->name = each.info->full_name();
      made->parts.push_back(std::make_unique<part_state>());
      made->parts[0]->on = lanes[0].get();
      contexts.push_back(std::move(made));
    }
  }
  node_report report() {
    return {name, build, contexts, lanes, rules, time, time.monotonic() - std::chrono::seconds{2},
            more};
  }
  void all_up() {
    for (auto& each : contexts) {
      each->up = true;
      each->parts[0]->phase = part_phase::up;
    }
  }
};

const value& item(const value& of, std::string_view list, std::size_t at) {
  return of.find(list)->get_if<value::array>()->at(at);
}

} // namespace

TEST_CASE("the status of a node adds up what its parts counted", "[report]") {
  reported with;
  CHECK(*with.report().status().find("state") == value{"starting"});
  with.all_up();
  with.contexts[0]->parts[0]->shard.turns = 5;
  const auto said = with.report().status();
  CHECK(*said.find("node") == value{"n7"});
  CHECK(*said.find("state") == value{"up"});
  CHECK(*said.find("uptime_ms") == value{2'000});
  CHECK(*said.find("front") == value{3});
  CHECK(*item(said, "contexts", 0).find("turns") == value{5});
  CHECK(*item(said, "lanes", 0).find("rounds") == value{0});
}

TEST_CASE("the status of a view tells how far it is and what it does without", "[report]") {
  reported with;
  with.all_up();
  const auto at = std::find_if(with.contexts.begin(), with.contexts.end(),
                               [](const auto& each) { return each->is_view(); });
  REQUIRE(at != with.contexts.end());
  auto& view = **at;
  const auto place = static_cast<std::size_t>(at - with.contexts.begin());
  const auto told = [&](std::string_view member) {
    const auto said = with.report().status();
    return *item(said, "contexts", place).find(member);
  };
  auto& counters = view.parts[0]->view;
  counters.state = view_state::following;
  counters.rows = 12;
  counters.lag = 3;
  CHECK(told("state") == value{"up"});
  CHECK(told("rows") == value{12});
  CHECK(told("lag") == value{3});
  CHECK(told("note").is_null());
  CHECK(view.unready().empty());
  counters.state = view_state::building;
  counters.folded = 1'200;
  counters.to_fold = 5'000;
  CHECK(told("state") == value{"rebuilding"});
  CHECK(told("note") == value{"1200/5000"});
  CHECK(view.unready() == "rebuilding 1200/5000");
  CHECK(*with.report().status().find("state") == value{"starting"});
  SECTION("a source that is stopped") {
    const auto name = std::string{view.behaviour->info->view.sources.front()};
    for (auto& each : with.contexts) {
      if (each->name != name) continue;
      each->wanted = false;
      each->up = false;
    }
    CHECK(told("note") == value{"1200/5000, " + name + " is stopped"});
  }
  SECTION("a rebuild beside rows that are served keeps nobody waiting") {
    counters.state = view_state::rebuilding;
    CHECK(told("state") == value{"rebuilding"});
    CHECK(view.unready().empty());
    CHECK(*with.report().status().find("state") == value{"up"});
  }
  SECTION("one that an operator stopped keeps nobody waiting") {
    view.wanted = false;
    view.up = false;
    CHECK(told("state") == value{"stopped"});
    CHECK(*with.report().status().find("state") == value{"up"});
  }
}

TEST_CASE("the tree shows what an operator stopped and what failed", "[report]") {
  reported with;
  with.all_up();
  with.contexts[0]->wanted = false;
  with.contexts[1]->up = false;
  with.contexts[1]->parts[0]->phase = part_phase::failed;
  with.contexts[1]->note_error("the disk is on fire");
  const auto said = with.report().tree();
  std::vector<value> found;
  for (const auto& system : *said.find("children")->get_if<value::array>()) {
    for (const auto& context : *system.find("children")->get_if<value::array>())
      found.push_back(context);
  }
  const auto state_of = [&](const std::string& name) -> value {
    for (const auto& each : found) {
      if (*each.find("name") == value{name}) return *each.find("state");
    }
    return {};
  };
  CHECK(state_of(with.contexts[0]->name) == value{"stopped"});
  CHECK(state_of(with.contexts[1]->name) == value{"failed"});
  CHECK(state_of(with.contexts[2]->name) == value{"up"});
  CHECK(encode_value(said).find("the disk is on fire") != std::string::npos);
}

TEST_CASE("listings of shards are put together, cut, and counted whole", "[report]") {
  const auto merged = merge_actors({listing({1, 2}, 2), listing({3, 4}, 7)}, 3);
  CHECK(merged == listing({1, 2, 3}, 9));
  CHECK(merge_actors({}, 3) == listing({}, 0));
}
