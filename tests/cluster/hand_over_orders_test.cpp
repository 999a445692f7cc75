#include "tests/cluster/cluster_model.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

using namespace troupe;
using troupe::test::cluster_model;
using troupe::test::model_options;

namespace {

using std::chrono::milliseconds;

constexpr std::size_t source = 0;
constexpr std::size_t target = 1;
constexpr std::size_t order_length = 9;
const shard_ref only_shard{"a", {0}};

enum class accident : std::uint8_t {
  none,
  source_crashes,
  target_crashes,
  source_is_killed, ///< and its lease ended by who saw it
  target_is_killed,
  source_is_paused, ///< past its lease, and goes on
  target_is_paused
};

void happen(cluster_model& model, accident what) {
  switch (what) {
  case accident::none:
    return;
  case accident::source_crashes:
  case accident::source_is_killed:
    return model.crash(source, what == accident::source_is_killed);
  case accident::target_crashes:
  case accident::target_is_killed:
    return model.crash(target, what == accident::target_is_killed);
  case accident::source_is_paused:
    return model.pause(source);
  case accident::target_is_paused:
    return model.pause(target);
  }
}

/// The source owns the only shard, is told to leave, and both act in the order of the bits; the
/// accident comes before the step at its place. What broke; empty: nothing.
std::string hand_over(std::uint32_t order, accident what, std::size_t place, bool locks) {
  model_options options;
  options.nodes = 2;
  options.contexts = {{"a", 1}};
  options.locks = locks;
  options.timing.expected_members = 2;
  cluster_model model{options};
  for (int round = 0; round < 4; ++round)
    for (const std::size_t node : {source, target}) {
      model.turn(node);
      model.finish(node);
    }
  if (model.open_at(only_shard) != source) return "the source does not own the shard";
  model.leave(source);
  for (std::size_t step = 0; step < order_length; ++step) {
    if (step == place) happen(model, what);
    model.act((order >> step & 1U) == 0 ? source : target);
    model.commit_everywhere();
    model.advance(milliseconds{50});
  }
  // Longer than a lease and a take-over; who is paused goes on in the middle of it.
  for (int tick = 0; tick < 30 && model.broken().empty(); ++tick) {
    if (tick == 14) model.resume(source), model.resume(target);
    model.start(target);
    for (const std::size_t node : {target, source}) {
      model.act(node);
      model.act(node);
    }
    model.commit_everywhere();
    if (model.open_at(only_shard) == target && !model.running(source)) return model.broken();
    model.advance(milliseconds{500});
  }
  return model.broken().empty() ? "the target never got it" : model.broken();
}

} // namespace

TEST_CASE(
    "a shard is handed over in every order of steps, whoever crashes or stops at any of them") {
  int orders = 0;
  for (std::uint32_t order = 0; order < (1U << order_length); ++order)
    for (const accident what : {accident::none, accident::source_crashes, accident::target_crashes,
                                accident::source_is_killed, accident::target_is_killed,
                                accident::source_is_paused, accident::target_is_paused})
      for (std::size_t place = 0; place < (what == accident::none ? 1 : order_length); ++place) {
        const bool locks = (order + place) % 2 == 0;
        const std::string broken = hand_over(order, what, place, locks);
        INFO("order " << order << ", accident " << static_cast<int>(what) << " before step "
                      << place << ", locks " << locks << ": " << broken);
        REQUIRE(broken.empty());
        ++orders;
      }
  CHECK(orders == 512 * (1 + 6 * 9));
}
