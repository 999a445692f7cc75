#include "tests/verify/damage.hpp"

#include "tests/persistence/raw_database.hpp"
#include "tests/verify/lived_directory.hpp"
#include "tests/verify/proof.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>

/// Every kind of damage is planted in a directory that a node has lived in, and must be named.
namespace troupe::test {
namespace {

const std::string calls = "taxi.call.0.journal";
const std::string drivers = "taxi.driver.0.journal";

bool is_turn_with_event(const record& from) {
  return from.aggregate.given() && !from.events.empty();
}

TEST_CASE("a directory that a node has lived in is sound, and all of it was checked") {
  const lived_directory lived;
  const auto found = verified(lived.path(), {lived.ledger()});
  INFO(all_of(found));
  CHECK(found.clean());
  CHECK(found.notes().empty());
  for (const auto& each : verify::rules) {
    INFO(each.name);
    CHECK(found.checked_of(each.which) > 10);
  }
  CHECK(found.derived_files == found.journals);
  CHECK(found.view_files == 1); // my page of screening keeps its rows in memory
}

TEST_CASE("journals alone are sound too") {
  const lived_directory lived;
  lived.forget_derived();
  const auto found = verified(lived.path(), {lived.ledger()});
  INFO(all_of(found));
  CHECK(found.clean());
}

TEST_CASE("a deleted record is named") {
  const lived_directory lived;
  const journal_damage journal{lived.file(calls)};
  const auto index = journal.newest(is_turn_with_event) - 3;
  journal.remove(index);
  const auto found = verified(lived.path());
  INFO(all_of(found));
  CHECK(names(found, rule::sequence, calls, index, "missing"));
}

TEST_CASE("records that were renumbered to hide a deleted one break their chains") {
  const lived_directory lived;
  const journal_damage journal{lived.file(drivers)};
  const auto removed =
      journal.newest([](const record& from) { return is_turn_with_event(from) && from.seq == 1; });
  const auto head = journal.head();
  for (auto index = removed; index < head; ++index)
    journal.write(index, journal.read(index + 1));
  journal.remove(head);
  const auto found = verified(lived.path());
  INFO(all_of(found));
  CHECK(found.found_of(rule::sequence) > 0);
}

TEST_CASE("a doubled record is named") {
  const lived_directory lived;
  const journal_damage journal{lived.file(calls)};
  const auto index = journal.newest(is_turn_with_event);
  const auto at = journal.head() + 1;
  journal.append(journal.read(index));
  const auto found = verified(lived.path());
  INFO(all_of(found));
  CHECK(names(found, rule::sequence, calls, at, "a second time"));
  CHECK(names(found, rule::one_effect, calls, at, "decided again"));
}

TEST_CASE("reordered records are named") {
  const lived_directory lived;
  const journal_damage journal{lived.file(drivers)};
  const auto second = journal.newest([](const record& from) { return from.seq == 2; });
  record decoded;
  const auto bytes = journal.read(second);
  REQUIRE(decode_record(bytes, decoded).ok());
  const auto first = decoded.previous.value;
  journal.swap(first, second);
  const auto found = verified(lived.path());
  INFO(all_of(found));
  CHECK(names(found, rule::sequence, drivers, first, "is missing"));
  CHECK(names(found, rule::sequence, drivers, second, "a second time"));
}

TEST_CASE("a flipped bit is named") {
  const lived_directory lived;
  const journal_damage journal{lived.file(calls)};
  const auto index = journal.newest(is_turn_with_event);
  journal.flip_a_bit(index);
  const auto found = verified(lived.path());
  INFO(all_of(found));
  CHECK(names(found, rule::whole, calls, index, "checksum"));
}

TEST_CASE("an event that was altered with its checksum differs from the derived state") {
  const lived_directory lived;
  const journal_damage journal{lived.file(calls)};
  const auto index = journal.newest(is_turn_with_event);
  std::string payload;
  journal.change(index, [&](record& from) {
    payload = from.events.front().payload;
    const auto at = payload.find("status") + 8;
    REQUIRE(at < payload.size());
    payload[at] = payload[at] == 'X' ? 'Y' : 'X';
    from.events.front().payload = payload;
  });
  const auto found = verified(lived.path());
  INFO(all_of(found));
  CHECK(found.found_of(rule::states) > 0);
  CHECK(found.found_of(rule::sequence) == 0);
}

TEST_CASE("a forked sequence is named") {
  const lived_directory lived;
  const journal_damage journal{lived.file(calls)};
  const auto index = journal.newest(is_turn_with_event);
  const auto at = journal.head() + 1;
  journal.append_changed(index, [](record& from) {
    from.command.low += 1; // another command on the same turn: two owners have written
    from.command_name = "callTaxi";
  });
  const auto found = verified(lived.path());
  INFO(all_of(found));
  CHECK(names(found, rule::sequence, calls, at, "a second time"));
  CHECK(found.found_of(rule::one_effect) == 0);
}

TEST_CASE("a stale epoch in the middle is named, and one from nowhere") {
  const lived_directory lived;
  const journal_damage journal{lived.file(calls)};
  const auto index = journal.newest(is_turn_with_event);
  SECTION("stale") {
    journal.change(index, [](record& from) { from.epoch.value -= 1; });
    const auto found = verified(lived.path());
    INFO(all_of(found));
    CHECK(names(found, rule::one_writer, calls, index, "stale owner"));
  }
  SECTION("from nowhere") {
    const auto newest = journal.head();
    journal.change(newest, [](record& from) { from.epoch.value += 100; });
    const auto found = verified(lived.path());
    INFO(all_of(found));
    CHECK(names(found, rule::one_writer, calls, newest, "from nowhere"));
  }
}

TEST_CASE("a lost end is found by the ledger, or by what was derived") {
  const lived_directory lived;
  const journal_damage journal{lived.file(calls)};
  const auto index = journal.newest([](const record& from) {
    return from.command_name == "callTaxi" && from.outcome == turn_outcome::accepted;
  });
  journal.cut_behind(index - 1);
  SECTION("ledger") {
    lived.forget_derived();
    const auto found = verified(lived.path(), {lived.ledger()}, "taxi.call");
    INFO(all_of(found));
    CHECK(std::any_of(found.findings().begin(), found.findings().end(), [](const auto& each) {
      return each.broken == rule::acknowledged && each.what.find("lost") != std::string::npos;
    }));
  }
  SECTION("derived file") {
    const auto found = verified(lived.path(), {}, "taxi.call");
    INFO(all_of(found));
    CHECK(names(found, rule::acknowledged, calls, index - 1, "its end is lost"));
  }
  SECTION("view") {
    const auto found = verified(lived.path(), {}, "taxi.callList");
    INFO(all_of(found));
    CHECK(names(found, rule::views, "taxi.callList.0.view", 0, "but that journal ends at"));
  }
}

TEST_CASE("a lost journal is named by its derived file and by who read it") {
  const lived_directory lived;
  for (const char* kind : {"", "-wal", "-shm"})
    std::filesystem::remove(lived.file(calls + kind));
  const auto found = verified(lived.path());
  INFO(all_of(found));
  CHECK(names(found, rule::acknowledged, "taxi.call.0.derived", 0, "without its journal"));
  CHECK(found.found_of(rule::causes) > 0);
  CHECK(found.found_of(rule::views) > 0);
}

TEST_CASE("a command that was applied twice is named") {
  const lived_directory lived;
  const journal_damage journal{lived.file(calls)};
  const auto index = journal.newest([](const record& from) {
    return is_turn_with_event(from) && from.outcome == turn_outcome::accepted;
  });
  const auto at = journal.head() + 1;
  journal.append_changed(index, [&](record& from) {
    from.seq += 1; // a turn of its own, well chained
    from.previous = {index};
    from.ask_closed.reset();
  });
  const auto found = verified(lived.path());
  INFO(all_of(found));
  CHECK(names(found, rule::one_effect, calls, at,
              "record " + std::to_string(index) + " has accepted the same command"));
  CHECK(found.found_of(rule::sequence) == 0);
}

TEST_CASE("an ask that ends twice, and an effect after its void, are named") {
  const lived_directory lived;
  SECTION("ask") {
    const journal_damage journal{lived.file(calls)};
    const auto index =
        journal.newest([](const record& from) { return from.ask_closed.has_value(); });
    const auto at = journal.head() + 1;
    journal.append_changed(index, [&](record& from) {
      from.seq += 1;
      from.previous = {index};
    });
    const auto found = verified(lived.path());
    INFO(all_of(found));
    CHECK(names(found, rule::promises, calls, at, "which is not open"));
  }
  SECTION("void") {
    const std::string payments = "taxi.payment.0.journal";
    const journal_damage journal{lived.file(payments)};
    const auto at = journal.head() + 2;
    const auto acted = journal.newest(is_turn_with_event);
    command_id late;
    journal.append_changed(acted, [&](record& from) {
      late = from.command;
      late.low += 1;
      const auto epoch = from.epoch;
      const auto time = from.time_ms;
      from.clear();
      from.epoch = epoch;
      from.time_ms = time;
      from.voided = late;
    });
    journal.append_changed(acted, [&](record& from) {
      from.command = late;
      from.aggregate = {from.aggregate.number + 1'000};
      from.seq = 1;
      from.previous = {};
    });
    const auto found = verified(lived.path());
    INFO(all_of(found));
    CHECK(names(found, rule::one_effect, payments, at, "voided it"));
  }
}

TEST_CASE("a timer that fires without having been set is named") {
  const lived_directory lived;
  const journal_damage journal{lived.file(calls)};
  const auto index = journal.newest(is_turn_with_event);
  const auto fire = [&](const char* name, std::int64_t due_ms) {
    const auto last = journal.newest([](const record& from) { return from.aggregate.given(); });
    journal.append_changed(last, [&](record& from) {
      const auto epoch = from.epoch;
      const auto time = from.time_ms;
      const auto id = from.aggregate;
      const auto seq = from.seq;
      from.clear();
      from.epoch = epoch;
      from.time_ms = time;
      from.aggregate = id;
      from.seq = seq + 1;
      from.previous = {last};
      from.command = command_id::of_event(due_ms, std::string{"timer/"} + name, 0,
                                          static_cast<std::uint64_t>(id.number), 0);
      from.timers_cleared = {name};
      from.timers_set = {{"again", due_ms + 1, "callTaxi", {}}};
    });
  };
  REQUIRE(index > 0);
  const auto first = journal.head() + 1;
  fire("never", 1'700'000'000'000);
  fire("again", 1'700'000'000'001);
  const auto found = verified(lived.path());
  INFO(all_of(found));
  CHECK(names(found, rule::promises, calls, first, "timer 'never' fired"));
  CHECK_FALSE(names(found, rule::promises, calls, first + 1, "timer 'again'"));
}

TEST_CASE("a cause that does not exist is named") {
  const lived_directory lived;
  const journal_damage journal{lived.file(drivers)};
  const auto index = journal.newest([](const record& from) { return from.cause.has_value(); });
  journal.change(index, [](record& from) { from.cause->index.value += 10'000; });
  const auto found = verified(lived.path());
  INFO(all_of(found));
  CHECK(names(found, rule::causes, drivers, index, "is not there"));
}

TEST_CASE("a policy's position that goes back, or lies ahead of its source, is named") {
  const lived_directory lived;
  const journal_damage journal{lived.file(drivers)};
  const auto index = journal.newest([](const record& from) { return !from.positions.empty(); });
  const auto at = journal.head() + 1;
  SECTION("back") {
    journal.append_changed(index, [](record& from) { from.positions.front().next.value -= 1; });
    const auto found = verified(lived.path());
    INFO(all_of(found));
    CHECK(names(found, rule::views, drivers, at, "goes back"));
  }
  SECTION("ahead") {
    journal.append_changed(index, [](record& from) { from.positions.front().next.value += 1'000; });
    const auto found = verified(lived.path());
    INFO(all_of(found));
    CHECK(names(found, rule::views, drivers, at, "but that journal ends at"));
  }
}

TEST_CASE("a journal of a newer format, of another context, or that is no database is named") {
  const lived_directory lived;
  SECTION("newer") {
    run_raw(lived.file(calls), "UPDATE meta SET value = 99 WHERE key = 'format'");
    const auto found = verified(lived.path());
    CHECK(names(found, rule::files, calls, 0, "use a newer one"));
  }
  SECTION("another's") {
    run_raw(lived.file(calls), "UPDATE meta SET value = 'taxi.other' WHERE key = 'context'");
    const auto found = verified(lived.path());
    CHECK(names(found, rule::files, calls, 0, "it belongs to taxi.other"));
  }
  SECTION("no database") {
    for (const char* kind : {"-wal", "-shm"})
      std::filesystem::remove(lived.file(calls + kind));
    std::ofstream{lived.file(calls)} << "these are not the pages of a database, whoever reads them";
    const auto found = verified(lived.path());
    INFO(all_of(found));
    CHECK(found.found_of(rule::files) > 0);
  }
}

TEST_CASE("where there is nothing to check, nothing is said to be proven") {
  const temp_folder empty;
  const auto code_of = [](const std::filesystem::path& of, const std::string& context = {}) {
    const auto made = verify::verify({of, {}, context});
    REQUIRE(!made.ok());
    return made.error().code;
  };
  CHECK(code_of(empty.path()) == errc::not_found);
  CHECK(code_of(empty.path() / "absent") == errc::not_found);
  const lived_directory lived;
  CHECK(code_of(lived.ledger()) == errc::malformed);
  CHECK(code_of(lived.path(), "taxi.nobody") == errc::not_found);
}

TEST_CASE("findings beyond the wanted number are counted") {
  const lived_directory lived;
  run_raw(lived.file(calls), "DELETE FROM log WHERE idx % 7 = 3");
  const auto made = verify::verify({lived.path(), {}, {}, 2});
  REQUIRE(made);
  CHECK(made->findings().size() == 2);
  CHECK(made->total() > 5);
}

} // namespace
} // namespace troupe::test
