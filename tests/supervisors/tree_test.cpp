#include "supervisors/tree.hpp"

#include "supervisors/rules.hpp"
#include "supervisors/self_healing.hpp"
#include "tests/supervisors/waiting.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <map>
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
  std::mutex mutex;
  std::vector<supervision_event> events;
  default_supervision_rules rules{
      std::make_unique<seeded_random>(1), hasty(), {}, [this](const supervision_event& what) {
        const std::lock_guard lock{mutex};
        events.push_back(what);
      }};
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
  ~supervised() { tree->end(); }
  [[nodiscard]] std::ptrdiff_t told(const std::string& kind, const std::string& subject) {
    const std::lock_guard lock{mutex};
    return std::count_if(events.begin(), events.end(), [&](const auto& each) {
      return each.kind == kind && each.subject == subject;
    });
  }
};

/// Opens everything at once, but for what a test lets fail; remembers in which order.
class family_keeper final : public part_keeper {
public:
  void open(context_state& context, std::uint32_t shard, opened_callback opened,
            std::function<void(const error&)> failed) override {
    {
      const std::lock_guard lock{mutex_};
      openings_.push_back(context.name + "/" + std::to_string(shard));
      failed_[context.name + "/" + std::to_string(shard)] = std::move(failed);
    }
    opened({});
  }
  void close(context_state&, std::uint32_t, std::function<void()> closed) override { closed(); }
  void changed(context_state&, std::uint32_t) override {}
  void fails(const std::string& part) {
    std::function<void(const error&)> told;
    {
      const std::lock_guard lock{mutex_};
      told = failed_[part];
    }
    told(fail(errc::internal, "it gives up (made so by a test)"));
  }
  [[nodiscard]] std::ptrdiff_t opened(const std::string& part) {
    const std::lock_guard lock{mutex_};
    return std::count(openings_.begin(), openings_.end(), part);
  }

private:
  std::mutex mutex_;
  std::vector<std::string> openings_;
  std::map<std::string, std::function<void(const error&)>> failed_;
};

/// A context with a companion, and one beside them: three contexts of one system.
struct family {
  context_info infos[3];
  context_behaviour behaviours[3];
  context_state contexts[3];
  default_supervision_rules rules{std::make_unique<seeded_random>(1), hasty()};
  self_healing heals{real_clock(), {}, [](const supervision_event&) {}};
  family_keeper keeper;
  actor_runtime runtime;
  std::unique_ptr<supervision_tree> tree;

  family() {
    constexpr const char* names[] = {"order", "orderProduct", "report"};
    std::vector<context_state*> all;
    for (std::size_t i = 0; i < 3; ++i) {
      infos[i].system = "shop";
      infos[i].name = names[i];
      behaviours[i].info = &infos[i];
      contexts[i].behaviour = &behaviours[i];
      contexts[i].name = infos[i].full_name();
      for (int part = 0; part < 2; ++part)
        contexts[i].parts.push_back(std::make_unique<part_state>());
      all.push_back(&contexts[i]);
    }
    infos[1].part_of = "shop.order";
    tree = std::make_unique<supervision_tree>(runtime, rules, heals, keeper, real_clock(), all,
                                              [](const std::string&) {});
    REQUIRE(eventually([this] { return up(); }));
  }
  ~family() { tree->end(); }
  [[nodiscard]] bool up() const {
    return std::all_of(std::begin(contexts), std::end(contexts),
                       [](const auto& each) { return each.up.load(); });
  }
  /// The part fails until its context is restarted as a whole.
  void break_context(std::size_t number) {
    const auto part = contexts[number].name + "/0";
    for (int i = 0; i < 3; ++i) {
      const auto before = keeper.opened(part);
      keeper.fails(part);
      REQUIRE(eventually([&] { return keeper.opened(part) > before; }));
      REQUIRE(eventually([this] { return up(); }));
    }
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
  CHECK(with.told("escalated", with.context.name) == 9);
  CHECK(with.told("escalated", std::string{with.behaviour.info->system}) == 3);
  CHECK(with.told("escalated", "node") == 1);
  CHECK(with.heals.of(healing_action::restart_context).tried ==
        8); // 6 of the context, 2 of its system
  CHECK(with.context.parts[0]->phase != part_phase::up);
}

TEST_CASE("a part that fails begins again alone", "[tree]") {
  family with;
  with.keeper.fails("shop.order/0");
  REQUIRE(eventually([&] { return with.keeper.opened("shop.order/0") == 2 && with.up(); }));
  for (const char* each : {"shop.order/1", "shop.orderProduct/0", "shop.report/0"})
    CHECK(with.keeper.opened(each) == 1);
  CHECK(with.heals.of(healing_action::restart_shard).done == 1);
}

TEST_CASE("a context that fails begins again with its companions, and nobody else", "[tree]") {
  family with;
  with.break_context(0);
  CHECK(with.contexts[0].restarts == 1);
  REQUIRE(eventually([&] { return with.keeper.opened("shop.orderProduct/1") == 2; }));
  CHECK(with.keeper.opened("shop.order/1") == 2); // closed and opened again, though it was well
  CHECK(with.keeper.opened("shop.report/0") == 1);
  REQUIRE(eventually([&] { return with.heals.of(healing_action::restart_context).done == 1; }));
}

TEST_CASE("a companion that fails leaves the context it belongs to alone", "[tree]") {
  family with;
  with.break_context(1);
  CHECK(with.keeper.opened("shop.orderProduct/1") == 2);
  CHECK(with.keeper.opened("shop.order/0") == 1);
  CHECK(with.keeper.opened("shop.order/1") == 1);
}

TEST_CASE("a restart that is switched off waits until it is switched on", "[tree]") {
  family with;
  with.heals.turn(healing_action::restart_shard, false);
  with.keeper.fails("shop.report/1");
  REQUIRE(eventually([&] { return with.heals.of(healing_action::restart_shard).off > 0; }));
  CHECK(with.keeper.opened("shop.report/1") == 1);
  CHECK_FALSE(with.contexts[2].up);
  CHECK(with.contexts[2].parts[1]->phase == part_phase::waiting);
  CHECK(with.contexts[0].up);
  with.heals.turn(healing_action::restart_shard, true);
  REQUIRE(eventually([&] { return with.up(); }));
  CHECK(with.keeper.opened("shop.report/1") == 2);
}
