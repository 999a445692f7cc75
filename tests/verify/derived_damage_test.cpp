#include "tests/persistence/raw_database.hpp"
#include "tests/verify/damage.hpp"
#include "tests/verify/lived_directory.hpp"
#include "tests/verify/proof.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

/// Damage in what was derived from sound journals: states, marks, snapshots, views.
namespace troupe::test {
namespace {

const std::string calls = "taxi.call.0.journal";

bool is_turn_with_event(const record& from) {
  return from.aggregate.given() && !from.events.empty();
}

TEST_CASE("a view's row that is off by one, lost or made up is named") {
  const lived_directory lived;
  const std::string view = "taxi.callList.0.view";
  const auto table =
      ask_raw(lived.file(view), "SELECT '\"' || name || '\"' FROM sqlite_master WHERE "
                                "type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'");
  const auto key = ask_raw(lived.file(view), "SELECT max(rowid) FROM " + table + " WHERE cost > 0");
  const auto found_at = [&](const verify::report& found, std::int64_t row, const char* words) {
    return std::any_of(found.findings().begin(), found.findings().end(), [&](const auto& each) {
      return each.broken == rule::views && each.where.file == view && each.where.aggregate == row &&
             each.what.find(words) != std::string::npos;
    });
  };
  const auto row = std::stoll(key);
  SECTION("off by one") {
    run_raw(lived.file(view), "UPDATE " + table + " SET cost = cost + 1 WHERE rowid = " + key);
    const auto found = verified(lived.path());
    INFO(all_of(found));
    CHECK(found.total() == 1);
    CHECK(found_at(found, row, "column cost is "));
  }
  SECTION("lost") {
    run_raw(lived.file(view), "DELETE FROM " + table + " WHERE rowid = " + key);
    const auto found = verified(lived.path());
    INFO(all_of(found));
    CHECK(found_at(found, row, "the row is missing"));
    CHECK(found_at(found, 0, "the file counts"));
  }
  SECTION("made up") {
    run_raw(lived.file(view), "UPDATE " + table + " SET rowid = 9999 WHERE rowid = " + key);
    const auto found = verified(lived.path());
    INFO(all_of(found));
    CHECK(found_at(found, 9'999, "in no event"));
    CHECK(found_at(found, row, "the row is missing"));
  }
}

TEST_CASE("a view whose position was moved is named") {
  const lived_directory lived;
  const std::string view = "taxi.callList.0.view";
  run_raw(lived.file(view), "UPDATE _positions SET next = 2 WHERE context = 'taxi.call'");
  const auto found = verified(lived.path());
  INFO(all_of(found));
  CHECK(found.found_of(rule::views) > 0);
}

TEST_CASE("a derived state that was altered, lost, or is older than said is named") {
  const lived_directory lived;
  const std::string derived = "taxi.call.0.derived";
  const auto id = ask_raw(lived.file(derived), "SELECT max(id) FROM states");
  const auto head =
      std::stoull(ask_raw(lived.file(derived), "SELECT head FROM states WHERE id = " + id));
  SECTION("altered") {
    run_raw(lived.file(derived), "UPDATE states SET state = x'80' WHERE id = " + id);
    const auto found = verified(lived.path());
    INFO(all_of(found));
    CHECK(names(found, rule::states, calls, head, "checksum"));
  }
  SECTION("lost") {
    run_raw(lived.file(derived), "DELETE FROM states WHERE id = " + id);
    const auto found = verified(lived.path());
    INFO(all_of(found));
    CHECK(found.found_of(rule::states) > 0);
  }
  SECTION("older than said") {
    run_raw(lived.file(derived), "UPDATE states SET head = head - 1 WHERE id = " + id);
    const auto found = verified(lived.path());
    INFO(all_of(found));
    CHECK(found.found_of(rule::states) > 0);
  }
  SECTION("snapshot") {
    run_raw(lived.file(derived), "UPDATE snapshot SET position = position - 1");
    const auto found = verified(lived.path());
    INFO(all_of(found));
    CHECK(found.found_of(rule::states) == 1);
  }
}

TEST_CASE("a mark that remembers a command by a stranger's record is named") {
  const lived_directory lived;
  const journal_damage journal{lived.file(calls)};
  const auto index = journal.newest(is_turn_with_event);
  record decoded;
  const auto bytes = journal.read(index);
  REQUIRE(decode_record(bytes, decoded).ok());
  std::string id;
  for (const char each : decoded.command.text())
    if (each != '-') id.push_back(each);
  const auto remember = [&](std::uint64_t at) {
    run_raw(lived.file("taxi.call.0.derived"),
            "INSERT INTO marks(part, id, hash, at) VALUES(0, x'" + id + "', 0, " +
                std::to_string(at) + ")");
    return verified(lived.path());
  };
  SECTION("its own") {
    CHECK(remember(index).clean());
  }
  SECTION("a stranger's") {
    const auto found = remember(index - 1);
    INFO(all_of(found));
    CHECK(found.total() == 1);
    CHECK(names(found, rule::one_effect, calls, index - 1, "does not speak of it"));
  }
}

TEST_CASE("an index that is gone is named, because lists would miss rows") {
  const lived_directory lived;
  const auto file = GENERATE(as<std::string>{}, "taxi.call.0.derived", "taxi.callList.0.view");
  run_raw(lived.file(file), "PRAGMA writable_schema = ON;"
                            "DELETE FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL");
  const auto found = verified(lived.path());
  INFO(all_of(found));
  CHECK(names(found, rule::files, file, 0, ""));
}

} // namespace
} // namespace troupe::test
