#include "actors/trouble_book.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

namespace {

record crash(command_id id, std::int64_t time_ms) {
  record of;
  of.time_ms = time_ms;
  of.crash_noted = recorded_crash{id, crash_kind::exception, {0}, 0, 5, "boom"};
  return of;
}

record letter(command_id id, std::int64_t time_ms) {
  record of;
  of.time_ms = time_ms;
  of.aggregate = {1};
  of.command = id;
  of.outcome = turn_outcome::rejected;
  of.letter_opened = recorded_letter{};
  return of;
}

} // namespace

TEST_CASE("crashes are counted for a day", "[book]") {
  trouble_book book;
  const command_id id{1, 2};
  book.fold(crash(id, 1'000), {1});
  book.fold(crash(id, 2'000), {2});
  CHECK(book.crashes_of(id, 2'000).times == 2);
  CHECK(book.crashes_of(id, 2'000).stack_hash == 5);
  CHECK(book.crashes_of(id, 2'001 + trouble_book::crashes_kept_ms).times == 0);
  book.fold(crash(id, 3'000 + trouble_book::crashes_kept_ms), {3});
  CHECK(book.crashes_of(id, 3'000 + trouble_book::crashes_kept_ms).times == 1);
}

TEST_CASE("a command that ended has no crashes any more", "[book]") {
  trouble_book book;
  const command_id id{1, 2};
  book.fold(crash(id, 1'000), {1});
  record end;
  end.aggregate = {1};
  end.command = id;
  book.fold(end, {2});
  CHECK_FALSE(book.any_crashes());
}

TEST_CASE("of too many crashes the oldest are forgotten", "[book]") {
  trouble_book book;
  for (std::uint64_t i = 0; i <= trouble_book::crashes_max; ++i)
    book.fold(crash({1, i + 1}, static_cast<std::int64_t>(i)), {i + 1});
  CHECK(book.all_crashes().size() == trouble_book::crashes_max);
  CHECK(book.crashes_of({1, 1}, 10).times == 0);
  CHECK(book.crashes_of({1, 2}, 10).times == 1);
}

TEST_CASE("what is in a snapshot of the book is what was in it", "[book]") {
  trouble_book book;
  book.fold(crash({1, 1}, 1'000), {1});
  record death = crash({1, 2}, 1'500);
  death.crash_noted->how = crash_kind::process;
  death.crash_noted->epoch = {7};
  book.fold(death, {2});
  book.fold(letter({1, 3}, 2'000), {3});
  book.fold(letter({1, 4}, 2'500), {4});
  record retried;
  retried.letters_closed = {{{1, 4}, letter_end::retried}};
  book.fold(retried, {5});
  record apart;
  apart.quarantined = recorded_quarantine{{42}, "odd", 9'000, 1};
  book.fold(apart, {6});
  std::string bytes;
  writer out{bytes};
  book.save(out);
  document parsed;
  REQUIRE(parsed.parse(bytes).ok());
  trouble_book again;
  REQUIRE(again.load(parsed.root()));
  CHECK(again.all_crashes() == book.all_crashes());
  CHECK(again.letters() == book.letters());
  CHECK(again.by_age() == book.by_age());
  CHECK(again.quarantines() == book.quarantines());
  CHECK(again.deaths_until().value == 7);
  CHECK(again.letter_of({1, 4})->retried);
}
