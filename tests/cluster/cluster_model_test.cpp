#include "tests/cluster/cluster_model.hpp"

#include <catch2/catch.hpp>

#include <chrono>

using namespace troupe;
using troupe::test::cluster_model;
using troupe::test::model_events;
using troupe::test::model_options;
using troupe::test::planted;

namespace {

using std::chrono::milliseconds;

model_options options_of(std::uint64_t seed) {
  model_options options;
  options.seed = seed;
  options.nodes = static_cast<std::uint32_t>(2 + seed % 3);
  options.locks = seed % 2 == 0;
  options.faults_percent = 2 + seed % 7;
  options.timing.expected_members = static_cast<std::uint32_t>(1 + seed % options.nodes);
  options.timing.move_pause = milliseconds{8'000};
  return options;
}

/// What broke; empty: nothing.
std::string walk(const model_options& options, bool to_the_end, model_events& seen) {
  cluster_model model{options};
  for (int step = 0; step < 600 && model.broken().empty(); ++step)
    model.step();
  if (to_the_end && model.broken().empty()) model.settle();
  const model_events& of_one = model.seen();
  seen.commits += of_one.commits;
  seen.fenced += of_one.fenced;
  seen.hand_overs += of_one.hand_overs;
  seen.take_overs += of_one.take_overs;
  seen.burials += of_one.burials;
  seen.ends += of_one.ends;
  return model.broken();
}

} // namespace

TEST_CASE("whatever happens to nodes, links and actions, no rule breaks, and all ends well") {
  model_events seen;
  for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
    const std::string broken = walk(options_of(seed), seed % 4 < 2, seen);
    INFO(broken);
    REQUIRE(broken.empty());
  }
  CAPTURE(seen.commits, seen.fenced, seen.hand_overs, seen.take_overs, seen.burials, seen.ends);
  CHECK(seen.commits > 1'000'000);
  CHECK(seen.fenced > 100);
  CHECK(seen.hand_overs > 1'000);
  CHECK(seen.take_overs > 1'000);
  CHECK(seen.burials > 1'000);
  CHECK(seen.ends > 100);
}

TEST_CASE("the model finds planted mistakes") {
  const auto mistake = GENERATE(
      planted::hand_over_without_closing, planted::old_epoch_in_the_journal,
      planted::no_lease_check, planted::burial_of_the_living, planted::open_before_owner,
      planted::epoch_stands_still, planted::ended_nodes_go_on, planted::renewal_dated_late);
  std::string broken;
  model_events seen;
  std::uint64_t seed = 0;
  while (broken.empty() && ++seed <= 400) {
    model_options options = options_of(seed);
    options.mistake = mistake;
    broken = walk(options, true, seen);
  }
  INFO("mistake " << static_cast<int>(mistake));
  CHECK_FALSE(broken.empty());
}
