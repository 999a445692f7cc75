#include "bench/story_run.hpp"

#include "messages/fields.hpp"
#include "tests/bench/answering_node.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>

using namespace troupe;
using namespace troupe::bench;
using troupe::test::answering_node;

namespace {

using answered = std::variant<reply_content, error>;

struct run_errand {
  static constexpr std::string_view name = "runErrand";
  std::int64_t place = 0;
  static constexpr auto fields() { return std::tuple{field{"place", &run_errand::place}}; }
};
struct thank {
  static constexpr std::string_view name = "thank";
  static constexpr auto fields() { return std::tuple{}; }
};
struct errand_row {
  bool done = false;
  static constexpr auto fields() { return std::tuple{field{"done", &errand_row::done}}; }
};

/// Counts the stories that exist.
class alive {
public:
  explicit alive(std::atomic<int>& count) : count_(count) { ++count_; }
  ~alive() { --count_; }
  alive(const alive&) = delete;
  alive& operator=(const alive&) = delete;

private:
  std::atomic<int>& count_;
};

/// Somebody runs an errand, sees that it was done, and says thanks.
class errands final : public scenario {
public:
  result<void> prepare(client&, std::uint32_t) override { return {}; }
  story tell(user& by) override {
    const alive here{under_way};
    const run_errand command{by.place};
    const auto id = (co_await by.sends("run", "test.errand", {}, command)).target;
    co_await by.sees<errand_row>("done", "test.errand", id,
                                 [](const errand_row& row) { return row.done; });
    const thank thanks;
    const auto said = co_await by.tries("thank", "SHY", "test.errand", id, thanks);
    if (!said) ++shy;
    told.add(id.number);
  }
  void check(audit&) override {}

  std::atomic<int> under_way{0};
  std::atomic<std::uint64_t> shy{0};
  ledger<std::int64_t> told;
};

/// Gives each errand a number and shows it done at the third look.
class errand_node {
public:
  [[nodiscard]] answered answer(const request& from) {
    const std::lock_guard lock{mutex};
    ++calls[from.kind == request_kind::get ? "look" : from.name];
    reply_content reply{.target = from.target, .seq = 1};
    if (from.name == run_errand::name) {
      reply.target = {++errands_made};
      places.insert(decoded<run_errand>(from.payload)->place);
    }
    if (from.kind == request_kind::get) {
      const int look = ++looks[from.target.number];
      if (look == 1) return fail(errc::not_found, "not yet");
      reply.payload = encoded(errand_row{look >= 3});
    }
    return reply;
  }

  std::mutex mutex;
  std::int64_t errands_made = 0;
  std::map<std::int64_t, int> looks;
  std::map<std::string, std::uint64_t> calls;
  std::set<std::int64_t> places;
};

[[nodiscard]] story_options on(const answering_node& node, std::uint64_t stories) {
  story_options how;
  how.endpoint = node.endpoint();
  how.users = 8;
  how.stories = stories;
  return how;
}

} // namespace

TEST_CASE("users live one story after another until so many are told, each step counted") {
  errand_node behind;
  answering_node node{[&](const request& from) { return behind.answer(from); }};
  auto how = on(node, 100);
  how.connections = 2;
  how.node = process_id{getpid()};
  errands told;
  const auto seen = run_stories(told, how);
  REQUIRE(seen.ok());
  INFO(seen->first_error);
  CHECK(seen->errors.empty());
  CHECK(seen->all_ended);
  CHECK(seen->told == 100);
  CHECK(seen->completed() == 100);
  CHECK(told.told.entries().size() == 100);
  CHECK(told.under_way == 0);
  CHECK(behind.calls ==
        std::map<std::string, std::uint64_t>{{"runErrand", 100}, {"look", 300}, {"thank", 100}});
  CHECK(behind.places.size() == 8);
  CHECK(seen->node_cpu_us.has_value());
  CHECK(seen->client_cpu_us.has_value());

  const auto& steps = seen->figures.steps;
  REQUIRE(steps.size() == 3);
  CHECK(steps[0].name == "run");
  CHECK(steps[1].name == "done");
  CHECK(steps[1].sight);
  CHECK(steps[2].name == "thank");
  for (const auto& each : steps)
    CHECK(each.latency_ns.count() == 100);
  CHECK(seen->figures.looks == 300);
}

TEST_CASE(
    "what was waited for is known between the last look that missed it and the one that saw") {
  errand_node behind;
  answering_node node{[&](const request& from) { return behind.answer(from); }};
  errands told;
  const auto seen = run_stories(told, on(node, 20));
  REQUIRE(seen.ok());
  const auto& done = seen->figures.steps.at(1);
  CHECK(done.at_least_ns.count() == 20);
  CHECK(done.at_least_ns.least() >= 1'000'000); // the pause before the look that missed it
  CHECK(done.at_least_ns.at_share(0.5) < done.latency_ns.at_share(0.5));
}

TEST_CASE("a run of some time counts only what ends in it, and lets the last stories end") {
  errand_node behind;
  answering_node node{[&](const request& from) { return behind.answer(from); }};
  auto how = on(node, 0);
  how.warm_up = std::chrono::milliseconds{50};
  how.duration = std::chrono::milliseconds{200};
  errands told;
  const auto seen = run_stories(told, how);
  REQUIRE(seen.ok());
  CHECK(seen->errors.empty());
  CHECK(seen->all_ended);
  CHECK(seen->seconds >= 0.2);
  CHECK(seen->completed() > 0);
  CHECK(seen->completed() < seen->told);
  CHECK(seen->told == told.told.entries().size());
}

TEST_CASE("a step that fails ends its story there, and the others go on") {
  errand_node behind;
  answering_node node{[&](const request& from) -> answered {
    auto answer = behind.answer(from);
    if (from.name == run_errand::name && std::get<reply_content>(answer).target.number % 10 == 0)
      return error{errc::rejected, "CLOSED", "not today", 0};
    return answer;
  }};
  errands told;
  const auto seen = run_stories(told, on(node, 100));
  REQUIRE(seen.ok());
  CHECK(seen->told == 90);
  CHECK(seen->errors == error_counts{{"CLOSED", 10}});
  CHECK(seen->first_error == "run: not today");
  CHECK(seen->all_ended);
  CHECK(told.under_way == 0);
  CHECK(behind.calls["thank"] == 90);
}

TEST_CASE("a run in which everything fails is given up, and no call is left behind") {
  std::atomic<std::uint64_t> refused{0};
  answering_node node{[&](const request&) -> answered {
    ++refused;
    return error{errc::rejected, "CLOSED", "not today", 0};
  }};
  auto how = on(node, 0);
  how.users = 4096; // 10,000 failures at 10 ms each come soon
  how.warm_up = std::chrono::milliseconds{0};
  how.duration = std::chrono::milliseconds{60'000};
  errands told;
  const auto begun = std::chrono::steady_clock::now();
  const auto seen = run_stories(told, how);
  REQUIRE(seen.ok());
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::milliseconds{55'000});
  CHECK(seen->told == 0);
  CHECK(seen->completed() == 0);
  CHECK(seen->errors.at("CLOSED") >= 10'000);
  CHECK(seen->errors.at("CLOSED") == refused);
  CHECK(seen->all_ended);
  CHECK(told.under_way == 0);
}

TEST_CASE("a refusal that the story reckons with is no failure") {
  errand_node behind;
  const bool reckoned = GENERATE(true, false);
  answering_node node{[&](const request& from) -> answered {
    if (from.name == thank::name) return error{errc::rejected, reckoned ? "SHY" : "DEAF", "no", 0};
    return behind.answer(from);
  }};
  errands told;
  const auto seen = run_stories(told, on(node, 20));
  REQUIRE(seen.ok());
  CHECK(told.shy == (reckoned ? 20 : 0));
  CHECK(seen->figures.refusals == (reckoned ? 20 : 0));
  CHECK(seen->errors == (reckoned ? error_counts{} : error_counts{{"DEAF", 20}}));
}

TEST_CASE("what never comes to be, and what is no row, are failures of their own") {
  const bool unreadable = GENERATE(true, false);
  errand_node behind;
  answering_node node{[&](const request& from) -> answered {
    if (from.kind != request_kind::get) return behind.answer(from);
    if (unreadable) return reply_content{.target = from.target, .seq = 1, .payload = "\xc1"};
    return fail(errc::not_found, "not yet");
  }};
  auto how = on(node, 8);
  how.patience = std::chrono::milliseconds{30};
  errands told;
  const auto seen = run_stories(told, how);
  REQUIRE(seen.ok());
  CHECK(seen->told == 0);
  CHECK(seen->errors == error_counts{{unreadable ? wrong_answer : not_seen, 8}});
}

TEST_CASE("stories on nothing fail instead of showing zeros") {
  errands told;
  story_options how;
  how.endpoint = "tcp://127.0.0.1:1";
  how.call_deadline = std::chrono::milliseconds{200};
  CHECK_FALSE(run_stories(told, how).ok());
  how.connections = how.users + 1;
  CHECK(run_stories(told, how).error().code == errc::malformed);
  how.connections = 1;
  how.stories = stories_max + 1;
  CHECK(run_stories(told, how).error().code == errc::malformed);
}
