#include "tests/handoff/shard_pauses.hpp"

#include <catch2/catch.hpp>

namespace troupe::test {
namespace {

using std::chrono::milliseconds;

TEST_CASE("a pause is from the last success of one epoch to the first of the next") {
  shard_pauses pauses;
  const shard_pauses::time start{};
  const auto note = [&](std::uint64_t epoch, int began, int ended) {
    pauses.note({"taxi.call", {1}}, {epoch}, start + milliseconds{began},
                start + milliseconds{ended});
  };
  CHECK(pauses.sum_up().moves == 0);
  note(1, 0, 10);
  note(1, 5, 20);
  note(2, 18, 50);
  note(2, 55, 60);
  note(3, 55, 58); // answered before the last one of its predecessor was received
  pauses.note({"taxi.call", {2}}, {9}, start, start + milliseconds{1});
  const auto seen = pauses.sum_up();
  CHECK(seen.moves == 2);
  CHECK(seen.most.count() == Approx(30));
  CHECK(seen.p50.count() == Approx(0));
  CHECK(seen.slowest_call.count() == Approx(32));
}

} // namespace
} // namespace troupe::test
