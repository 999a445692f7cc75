#include "actors/noted_turn.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

TEST_CASE("two calls in one round are told apart, though the lane's time stands still") {
  turn_note note;
  const auto round = monotonic_time{std::chrono::seconds{5}};
  std::int64_t first = 0;
  {
    const noted_turn noted{note, {"a.b", {1}, {2}, {3}, {4, 5}, "doIt"}, round};
    first = note.since_ns.load();
    CHECK(std::string_view{note.name.data()} == "doIt");
    CHECK(note.command_low == 5);
  }
  CHECK(note.since_ns.load() == 0);
  const noted_turn noted{note, {"a.b", {1}, {2}, {3}, {4, 6}, "doIt"}, round};
  CHECK(note.since_ns.load() > first);
}
