#include "supervisors/watchdog.hpp"

#include "actors/noted_turn.hpp"
#include "supervisors/node_report.hpp"
#include "tests/supervisors/waiting.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

/// Business code that does not return until it is let go. With a name that a stack dump can show.
extern "C" __attribute__((noinline)) void handler_that_does_not_return(std::atomic<bool>& go_on) {
  while (!go_on.load())
    std::this_thread::yield();
}

namespace {

constexpr part_key key{0, 3};
constexpr int died_of_it = 71;

/// Runs its handler for whatever it receives: noted as business code, or outside of any.
class endless_part final : public lane_part {
public:
  endless_part(lane& on, std::atomic<bool>& go_on, bool noted)
      : on_(on), go_on_(go_on), noted_(noted) {}
  void receive(inbound&) override {
    if (!noted_) return handler_that_does_not_return(go_on_);
    const noted_turn note{on_.note(), {"shop.till", {3}, {1}, {7}, {}, "Sell"}, on_.now()};
    handler_that_does_not_return(go_on_);
  }
  void receive(answer&) override {}
  void commit() override {}
  bool maintain(bool) override { return false; }

private:
  lane& on_;
  std::atomic<bool>& go_on_;
  bool noted_;
};

class nowhere final : public request_handler {
public:
  void submit(std::vector<inbound>& batch) override { batch.clear(); }
};

/// A lane with such a part, and a watchdog with short limits that hears what is told.
struct watched_lane {
  std::atomic<bool> go_on{false};
  std::atomic<bool> excused{false};
  std::atomic<int> given_up{0};
  nowhere router;
  actor_runtime runtime;
  std::vector<std::unique_ptr<lane>> lanes;
  std::mutex mutex;
  std::vector<supervision_event> events;
  std::unique_ptr<watchdog> dog;

  explicit watched_lane(bool noted, std::function<void(const std::string&)> stuck = {},
                        watch_limits limits = {200ms, 1'000ms}) {
    lanes.push_back(std::make_unique<lane>(lane_options{}, runtime, router, real_clock()));
    auto& on = *lanes.front();
    on.add(key, std::make_unique<endless_part>(on, go_on, noted));
    on.start();
    watchdog::setting with;
    with.limits = limits;
    with.excused = [this](const lane&) { return excused.load(); };
    with.tell = [this](supervision_event what) {
      const std::lock_guard lock{mutex};
      events.push_back(std::move(what));
    };
    with.stuck = stuck ? std::move(stuck) : [this](const std::string&) { ++given_up; };
    dog = std::make_unique<watchdog>(std::move(with), lanes, real_clock());
  }
  ~watched_lane() {
    go_on = true;
    dog.reset();
    lanes.front()->stop();
  }
  void post() {
    std::vector<lane::mail> batch(1);
    batch[0].to = key;
    lanes.front()->post(batch);
  }
  [[nodiscard]] bool heard(const std::string& kind) {
    const std::lock_guard lock{mutex};
    return std::any_of(events.begin(), events.end(),
                       [&](const auto& each) { return each.kind == kind; });
  }
  [[nodiscard]] supervision_event first(const std::string& kind) {
    const std::lock_guard lock{mutex};
    const auto at = std::find_if(events.begin(), events.end(),
                                 [&](const auto& each) { return each.kind == kind; });
    REQUIRE(at != events.end());
    return *at;
  }
};

/// What the process writes to stderr while it lives, in a file.
class captured_stderr {
public:
  explicit captured_stderr(const std::string& path)
      : before_(::dup(STDERR_FILENO)),
        file_(::open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600)) {
    ::dup2(file_, STDERR_FILENO);
  }
  ~captured_stderr() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    ::close(file_);
  }

private:
  int before_;
  int file_;
};

std::string text_of(const std::string& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

TEST_CASE("a handler that runs too long is told of while it runs, and when it returns",
          "[watchdog]") {
  watched_lane with{true, {}, {200ms, 3'600'000ms}};
  with.post();
  REQUIRE(eventually([&] { return with.heard("handler-slow"); }));
  const auto told = with.first("handler-slow");
  CHECK(told.subject == "shop.till/7");
  CHECK(told.text.find("lane 0: shop.till/7 runs Sell for ") == 0);
  const auto report = with.dog->reports().front();
  CHECK(report.is == lane_watch::state::slow);
  CHECK(report.context == "shop.till");
  CHECK(report.shard == 3);
  CHECK(report.for_ms >= 200);
  CHECK(with.dog->flagged() == 1);
  with.go_on = true;
  REQUIRE(eventually([&] { return with.heard("handler-returned"); }));
  CHECK_FALSE(with.dog->reports().front().stands());
  CHECK(with.given_up == 0);
}

TEST_CASE("a handler that never returns: its stack is written, and the process is given up once",
          "[watchdog]") {
  const temp_folder scratch;
  const auto file = (scratch.path() / "stderr").string();
  {
    const captured_stderr capture{file};
    watched_lane with{true};
    with.post();
    REQUIRE(eventually([&] { return with.given_up > 0; }));
    CHECK(with.heard("handler-slow"));
    CHECK(with.heard("handler-stuck"));
    CHECK(with.dog->reports().front().is == lane_watch::state::stuck);
    CHECK(with.given_up == 1);
  }
  const auto written = text_of(file);
  INFO(written);
  CHECK(written.find("lane 0 is stuck: shop.till/7 runs Sell for ") != std::string::npos);
  CHECK(written.find("handler_that_does_not_return") != std::string::npos);
}

TEST_CASE("a lane that stands outside of business code is noticed when it has mail", "[watchdog]") {
  watched_lane with{false, {}, {200ms, 3'600'000ms}};
  with.post();
  with.post(); // waits behind it
  REQUIRE(eventually([&] { return with.heard("lane-slow"); }));
  CHECK(with.first("lane-slow").subject == "lane 0");
  with.excused = true; // as if it opened a part
  REQUIRE(eventually([&] { return with.heard("lane-returned"); }));
}

TEST_CASE("what a handler keeps from going on is shown as stuck, its neighbours are not",
          "[watchdog]") {
  watched_lane with{true, {}, {200ms, 3'600'000ms}};
  context_info info;
  info.system = "shop";
  info.name = "till";
  context_behaviour behaviour;
  behaviour.info = &info;
  std::vector<std::unique_ptr<context_state>> contexts;
  contexts.push_back(std::make_unique<context_state>());
  contexts[0]->behaviour = &behaviour;
  contexts[0]->name = info.full_name();
  for (int i = 0; i < 4; ++i) {
    contexts[0]->parts.push_back(std::make_unique<part_state>());
    contexts[0]->parts.back()->on = with.lanes.front().get();
    contexts[0]->parts.back()->phase.store(part_phase::up);
  }
  contexts[0]->up.store(true);
  const default_supervision_rules rules{std::make_unique<seeded_random>(1)};
  const std::string name = "n1";
  const std::vector<std::pair<std::string, std::function<value()>>> more;
  const node_report report{
      name, name,          contexts, with.lanes, rules, real_clock(), real_clock().monotonic(),
      more, with.dog.get()};
  const auto parts = [&] {
    const auto system = report.tree().find("children")->get_if<value::array>()->front();
    const auto context = system.find("children")->get_if<value::array>()->front();
    return *context.find("children")->get_if<value::array>();
  };
  CHECK(*report.status().find("state") == value{"up"});
  with.post();
  REQUIRE(eventually([&] { return with.heard("handler-slow"); }));
  CHECK(*report.status().find("state") == value{"stuck"});
  CHECK(*report.status().find("slow_handlers") == value{1});
  CHECK(*report.tree().find("state") == value{"stuck"});
  CHECK(*parts()[3].find("state") == value{"stuck"});
  CHECK(parts()[3].find("detail")->get_if<std::string>()->find("shop.till/7 runs Sell") !=
        std::string::npos);
  CHECK(*parts()[2].find("state") == value{"up"});
}

TEST_CASE("the process of a handler that never returns ends by itself, with its stack",
          "[watchdog]") {
  const temp_folder scratch;
  const auto file = (scratch.path() / "stderr").string();
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const captured_stderr capture{file};
    watched_lane with{true, [](const std::string&) { std::_Exit(died_of_it); }};
    with.post();
    (void)eventually([] { return false; });
    std::_Exit(0);
  }
  int how = 0;
  REQUIRE(::waitpid(child, &how, 0) == child);
  REQUIRE(WIFEXITED(how));
  CHECK(WEXITSTATUS(how) == died_of_it);
  CHECK(text_of(file).find("handler_that_does_not_return") != std::string::npos);
}
