#include "supervisors/tree.hpp"

#include "supervisors/rules.hpp"
#include "supervisors/self_healing.hpp"
#include "tests/supervisors/waiting.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <mutex>

using namespace troupe;
using namespace troupe::test;

namespace {

/// Opens nothing: says what the test wants it to say, and remembers what it was asked.
class scripted_keeper final : public part_keeper {
public:
  void open(context_state&, std::uint32_t, opened_callback opened,
            std::function<void(const error&)> failed) override {
    {
      const std::lock_guard lock{mutex_};
      failed_ = std::move(failed);
    }
    ++openings;
    if (openings > failures.load())
      opened({});
    else
      opened(fail(errc::storage_failed, "it does not open (made so by a test)"));
  }
  void close(context_state&, std::uint32_t, std::function<void()> closed) override {
    ++closings;
    closed();
  }
  void changed(context_state&, std::uint32_t) override { ++changes; }
  void part_fails() {
    std::function<void(const error&)> told;
    {
      const std::lock_guard lock{mutex_};
      told = failed_;
    }
    told(fail(errc::fenced, "it gives up (made so by a test)"));
  }
  std::atomic<int> openings{0};
  std::atomic<int> closings{0};
  std::atomic<int> changes{0};
  std::atomic<int> failures{0}; ///< so many first openings fail

private:
  std::mutex mutex_;
  std::function<void(const error&)> failed_;
};

/// Rules with short delays; a child that failed three times is given up.
supervision_settings hasty() {
  supervision_settings settings;
  settings.shard.immediate = 1;
  settings.shard.backoff_first = std::chrono::milliseconds{2};
  settings.shard.failures_max = 3;
  return settings;
}

struct supervised {
  context_behaviour behaviour = all_behaviours().front();
  context_state context;
  default_supervision_rules rules{std::make_unique<seeded_random>(1), hasty()};
  self_healing heals{real_clock(), {}, [](const supervision_event&) {}};
  scripted_keeper keeper;
  std::atomic<int> escalations{0};
  actor_runtime runtime;
  std::unique_ptr<supervision_tree> tree;

  explicit supervised(int failures) {
    keeper.failures = failures;
    context.behaviour = &behaviour;
    context.name = behaviour.info->full_name();
    context.parts.push_back(std::make_unique<part_state>());
    tree = std::make_unique<supervision_tree>(runtime, rules, heals, keeper, real_clock(),
                                              std::vector<context_state*>{&context},
                                              [this](const std::string&) { ++escalations; });
  }
};

} // namespace

TEST_CASE("a supervisor opens its parts and closes them when the operator says so", "[tree]") {
  supervised with{0};
  REQUIRE(eventually([&] { return with.context.up.load(); }));
  with.tree->stop(with.context);
  REQUIRE(eventually([&] { return with.keeper.closings == 1; }));
  CHECK_FALSE(with.context.up);
  REQUIRE(eventually([&] { return with.context.parts[0]->phase == part_phase::stopped; }));
  with.tree->start(with.context);
  REQUIRE(eventually([&] { return with.context.up.load(); }));
  CHECK(with.keeper.openings == 2);
}

TEST_CASE("a part that does not open is tried again", "[tree]") {
  supervised with{2};
  REQUIRE(eventually([&] { return with.context.up.load(); }));
  CHECK(with.keeper.openings == 3);
  CHECK(with.context.parts[0]->restarts == 2);
  const std::lock_guard lock{with.context.error_mutex};
  CHECK(with.context.last_error.find("does not open") != std::string::npos);
}

TEST_CASE("a part that gives up is taken off its lane and opened again", "[tree]") {
  supervised with{0};
  REQUIRE(eventually([&] { return with.context.up.load(); }));
  with.keeper.part_fails();
  REQUIRE(eventually([&] { return with.keeper.openings == 2; }));
  REQUIRE(eventually([&] { return with.context.up.load(); }));
  CHECK(with.keeper.closings == 1);
}

TEST_CASE("what cannot be helped escalates through every level, once", "[tree]") {
  supervised with{1'000'000};
  REQUIRE(eventually([&] { return with.escalations == 1; }));
  // Three failures of the part end a context supervisor; three of those its system; three, the
  // node.
  CHECK(with.keeper.openings >= 27);
  CHECK(with.context.parts[0]->phase != part_phase::up);
}
