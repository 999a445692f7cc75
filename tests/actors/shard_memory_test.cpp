#include "actors/shard_memory.hpp"

#include "actors/resident.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

namespace {

record turn(std::int64_t aggregate, std::uint64_t seq, std::uint64_t previous) {
  record made;
  made.epoch = {3};
  made.aggregate = {aggregate};
  made.seq = seq;
  made.previous = {previous};
  made.command = command_id::make(1'000, static_cast<std::uint64_t>(aggregate), seq);
  made.command_hash = seq;
  return made;
}

} // namespace

TEST_CASE("a record that does not follow from the ones before is corrupt", "[memory]") {
  shard_memory memory{1};
  REQUIRE(memory.fold(turn(1, 1, 0), {1}).ok());
  CHECK(memory.fold(turn(1, 2, 1), {3}).error().code == errc::corrupt); // a gap in the journal
  CHECK(memory.fold(turn(1, 3, 1), {2}).error().code == errc::corrupt); // a gap in the turns
  CHECK(memory.fold(turn(1, 2, 0), {2}).error().code == errc::corrupt); // another past
  auto older = turn(1, 2, 1);
  older.epoch = {2};
  CHECK(memory.fold(older, {2}).error().code == errc::corrupt);
  REQUIRE(memory.fold(turn(1, 2, 1), {2}).ok());
  CHECK(memory.head().value == 2);
  CHECK(memory.next_local() == 2);
}

TEST_CASE("a snapshot says the same as the records it stands for", "[memory]") {
  shard_memory memory{1};
  auto asking = turn(1, 1, 0);
  asking.outcome = turn_outcome::asked;
  asking.ask_opened = recorded_ask{command_id::make(1, 2, 3), "a.b", {9}, "pay", "p", 700, false};
  asking.open_command_payload = "payload";
  REQUIRE(memory.fold(asking, {1}).ok());
  auto timed = turn(2, 1, 0);
  timed.timers_set = {{"t", 5'000, "ring", "r"}};
  timed.positions = {{"P", "a.c", {4}, {17}}};
  timed.void_opened = recorded_ask{command_id::make(4, 5, 6), "a.d", {8}, "take", "q", 10, false};
  REQUIRE(memory.fold(timed, {2}).ok());
  shard_memory loaded{1};
  REQUIRE(loaded.load(memory.save(), {2}).ok());
  CHECK(loaded.head() == memory.head());
  CHECK(loaded.next_local() == 3);
  CHECK(loaded.find({2})->seq == 1);
  REQUIRE(loaded.ask_of({1}) != nullptr);
  CHECK(loaded.ask_of({1})->command_payload == "payload");
  CHECK(loaded.voids().size() == 1);
  CHECK(loaded.timers().at({{2}, "t"}).due_ms == 5'000);
  CHECK(loaded.positions().at({"P", "a.c", {4}}).value == 17);
  CHECK(loaded.dedup().find(asking.command)->is == dedup_window::phase::asking);
  CHECK(loaded.dedup().find(timed.command)->is == dedup_window::phase::done);
  CHECK(loaded.save().size() == memory.save().size()); // entries come in no particular order
}

TEST_CASE("a damaged snapshot is refused", "[memory]") {
  shard_memory memory{1};
  REQUIRE(memory.fold(turn(1, 1, 0), {1}).ok());
  auto blob = memory.save();
  constexpr std::size_t mark = 32; // whole marks at the end are the store's checksum to miss
  for (std::size_t left = 0; left < blob.size() - mark; ++left) {
    shard_memory loaded{1};
    CHECK_FALSE(loaded.load(std::string_view{blob}.substr(0, left), {1}).ok());
  }
}
