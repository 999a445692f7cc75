#include "persistence/record.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe;

namespace {

record plain_turn() {
  record turn;
  turn.epoch = {7};
  turn.aggregate = {42};
  turn.seq = 3;
  turn.previous = {1000};
  turn.time_ms = 1'700'000'000'123;
  turn.command = {0x018bcfe568007abc, 0x8123456789abcdef};
  turn.command_hash = 0x1122334455667788;
  turn.command_name = "callTaxi";
  turn.correlation = "trace-1";
  turn.events = {{"CalledTaxi", "\x81\xa1x\x01"}};
  return turn;
}

recorded_ask some_ask() {
  return {{1, 2}, "taxi.payment", {9}, "registerFare", "\x80", 1500, true};
}

record full_turn() {
  record turn = plain_turn();
  turn.outcome = turn_outcome::rejected;
  turn.cause = recorded_cause{"taxi.driver", {3}, {77}};
  turn.reply = std::string_view{"\x80"};
  turn.rejection = error{errc::rejected, "NO_TAXI", "no taxi is free", 250};
  turn.ask_opened = some_ask();
  turn.open_command_payload = "\x81\xa1y\x02";
  turn.ask_closed = command_id{3, 4};
  turn.void_opened = some_ask();
  turn.void_closed = command_id{5, 6};
  turn.voided = command_id{7, 8};
  turn.timers_set = {{"expiry", 1'700'000'001'000, "expire", "\x80"}, {"nudge", -1, "nudge", ""}};
  turn.timers_cleared = {"old", "older"};
  turn.positions = {{"UpdateStatus", "taxi.driver", {1}, {78}}};
  turn.crash_noted = recorded_crash{{9, 10}, crash_kind::process, {6}, 11, 0xfeed, "boom"};
  turn.letter_opened = recorded_letter{
      command_origin::compensation, crash_kind::process, 6, 0xbeef, 3, "again", {7, 8}, "\x80"};
  turn.letters_closed = {{{1, 1}, letter_end::expired}, {{1, 2}, letter_end::retried}};
  turn.quarantined = recorded_quarantine{{42}, "odd", 1'700'000'002'000, 2};
  turn.released = aggregate_id{43};
  turn.degraded = degraded_mark{5, 250};
  turn.trace = {0x4bf92f3577b34da6, 0xa3ce929d0e0e4736, 0x00f067aa0ba902b7, 1};
  turn.caller = recorded_caller{command_caller::kind::undo, "taxi.call", {2}, {90}};
  return turn;
}

std::string encoded_record(const record& from) {
  std::string bytes;
  encode_record(bytes, from);
  return bytes;
}

void require_same(const recorded_ask& left, const recorded_ask& right) {
  REQUIRE(left.id == right.id);
  REQUIRE(left.target_context == right.target_context);
  REQUIRE(left.target == right.target);
  REQUIRE(left.name == right.name);
  REQUIRE(left.payload == right.payload);
  REQUIRE(left.timeout_ms == right.timeout_ms);
  REQUIRE(left.reads_only == right.reads_only);
}

void require_same_plain(const record& left, const record& right) {
  REQUIRE(left.epoch == right.epoch);
  REQUIRE(left.aggregate == right.aggregate);
  REQUIRE(left.seq == right.seq);
  REQUIRE(left.previous == right.previous);
  REQUIRE(left.time_ms == right.time_ms);
  REQUIRE(left.command == right.command);
  REQUIRE(left.command_hash == right.command_hash);
  REQUIRE(left.outcome == right.outcome);
  REQUIRE(left.command_name == right.command_name);
  REQUIRE(left.correlation == right.correlation);
  REQUIRE(left.events.size() == right.events.size());
  for (std::size_t i = 0; i < left.events.size(); ++i) {
    REQUIRE(left.events[i].name == right.events[i].name);
    REQUIRE(left.events[i].payload == right.events[i].payload);
  }
}

} // namespace

TEST_CASE("A record with every part comes back as it was written") {
  const record written = full_turn();
  const std::string bytes = encoded_record(written);
  record read;
  REQUIRE(decode_record(bytes, read).ok());
  require_same_plain(read, written);
  REQUIRE(read.cause->context == "taxi.driver");
  REQUIRE(read.cause->shard.value == 3);
  REQUIRE(read.cause->index.value == 77);
  REQUIRE(read.reply == written.reply);
  REQUIRE(read.rejection == written.rejection);
  require_same(*read.ask_opened, *written.ask_opened);
  REQUIRE(read.open_command_payload == written.open_command_payload);
  REQUIRE(read.ask_closed == written.ask_closed);
  require_same(*read.void_opened, *written.void_opened);
  REQUIRE(read.void_closed == written.void_closed);
  REQUIRE(read.voided == written.voided);
  REQUIRE(read.timers_set.size() == 2);
  REQUIRE(read.timers_set[1].name == "nudge");
  REQUIRE(read.timers_set[0].due_ms == 1'700'000'001'000);
  REQUIRE(read.timers_set[1].due_ms == -1);
  REQUIRE(read.timers_cleared == written.timers_cleared);
  REQUIRE(read.positions.size() == 1);
  REQUIRE(read.positions[0].policy == "UpdateStatus");
  REQUIRE(read.positions[0].next.value == 78);
  REQUIRE(read.crash_noted->command == command_id{9, 10});
  REQUIRE(read.crash_noted->how == crash_kind::process);
  REQUIRE(read.crash_noted->epoch.value == 6);
  REQUIRE(read.crash_noted->signal == 11);
  REQUIRE(read.crash_noted->stack_hash == 0xfeed);
  REQUIRE(read.crash_noted->cause == "boom");
  REQUIRE(read.letter_opened->made_by == command_origin::compensation);
  REQUIRE(read.letter_opened->how == crash_kind::process);
  REQUIRE(read.letter_opened->attempts == 3);
  REQUIRE(read.letter_opened->cause == "again");
  REQUIRE(read.letter_opened->ask == command_id{7, 8});
  REQUIRE(read.letter_opened->payload == "\x80");
  REQUIRE(read.letters_closed.size() == 2);
  REQUIRE(read.letters_closed[0].how == letter_end::expired);
  REQUIRE(read.letters_closed[1].command == command_id{1, 2});
  REQUIRE(read.quarantined->aggregate.number == 42);
  REQUIRE(read.quarantined->reason == "odd");
  REQUIRE(read.quarantined->trials == 2);
  REQUIRE(read.released == aggregate_id{43});
  REQUIRE(read.degraded == degraded_mark{5, 250});
  REQUIRE(read.trace == written.trace);
  REQUIRE(read.caller->why == command_caller::kind::undo);
  REQUIRE(read.caller->context == "taxi.call");
  REQUIRE(read.caller->shard.value == 2);
  REQUIRE(read.caller->index.value == 90);
}

TEST_CASE("A reused record keeps nothing of the one before") {
  const std::string full = encoded_record(full_turn());
  const std::string plain = encoded_record(plain_turn());
  const std::string empty = encoded_record(record{});
  record read;
  REQUIRE(decode_record(full, read).ok());
  REQUIRE(decode_record(plain, read).ok());
  require_same_plain(read, plain_turn());
  REQUIRE_FALSE(read.cause.has_value());
  REQUIRE_FALSE(read.rejection.has_value());
  REQUIRE_FALSE(read.degraded.has_value());
  REQUIRE_FALSE(read.trace.given());
  REQUIRE_FALSE(read.caller.has_value());
  REQUIRE_FALSE(read.ask_opened.has_value());
  REQUIRE(read.timers_set.empty());
  REQUIRE(read.positions.empty());
  REQUIRE(encoded_record(read) == plain);
  REQUIRE(decode_record(empty, read).ok());
  REQUIRE_FALSE(read.command.given());
  REQUIRE(encoded_record(read) == empty);
}

TEST_CASE("The bytes of a record are those of docs/journal.md") {
  record turn;
  turn.epoch = {7};
  turn.aggregate = {42};
  turn.seq = 3;
  turn.previous = {1000};
  turn.time_ms = 1'700'000'000'123;
  turn.command = {0x018bcfe568007abc, 0x8123456789abcdef};
  turn.command_hash = 255;
  turn.command_name = "go";
  turn.events = {{"Went", "\x80"}};
  turn.voided = command_id{1, 2};
  using namespace std::string_literals;
  const std::string expected = "\x9c\x07\x2a\x03\xcd\x03\xe8\xcf\x00\x00\x01\x8b\xcf\xe5\x68\x7b"
                               "\xc4\x10\x01\x8b\xcf\xe5\x68\x00\x7a\xbc\x81\x23\x45\x67\x89\xab"
                               "\xcd\xef\xcc\xff\x00\xa2go\xa0\x92\xa4Went\xc4\x01\x80"
                               "\x81\x09\xc4\x10\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02"s;
  REQUIRE(encoded_record(turn) == expected);
}

TEST_CASE("The bytes of a trace and a caller are those of docs/journal.md") {
  record turn;
  turn.trace = {0x4bf92f3577b34da6, 0xa3ce929d0e0e4736, 0x00f067aa0ba902b7, 1};
  turn.caller = recorded_caller{command_caller::kind::ask, "taxi.call", {1}, {300}};
  using namespace std::string_literals;
  const std::string parts = "\x82\x13\xc4\x19\x4b\xf9\x2f\x35\x77\xb3\x4d\xa6\xa3\xce\x92\x9d"
                            "\x0e\x0e\x47\x36\x00\xf0\x67\xaa\x0b\xa9\x02\xb7\x01"
                            "\x14\x94\x00\xa9taxi.call\x01\xcd\x01\x2c"s;
  const auto bytes = encoded_record(turn);
  REQUIRE(bytes.substr(bytes.size() - parts.size()) == parts);
}

TEST_CASE("Every cut of a record is refused and leaves an empty record") {
  const std::string bytes = encoded_record(full_turn());
  record read;
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto done = decode_record(std::string_view{bytes}.substr(0, length), read);
    REQUIRE_FALSE(done.ok());
    REQUIRE(done.error().code == errc::corrupt);
    REQUIRE(read.events.empty());
    REQUIRE(read.seq == 0);
  }
  REQUIRE_FALSE(decode_record(bytes + '\0', read).ok());
}

TEST_CASE("No flipped bit makes the decoder read outside of its bytes") {
  const std::string bytes = encoded_record(full_turn());
  record read;
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      (void)decode_record(damaged, read).ok(); // either way, as long as nothing is overrun
    }
  SUCCEED();
}

TEST_CASE("A record of a newer format is refused as a whole") {
  const std::string plain = encoded_record(plain_turn());
  record read;
  std::string newer = plain;
  newer.back() = '\x81'; // one optional part instead of none …
  newer += "\x15\xc0";   // … of a number that this build does not know
  auto done = decode_record(newer, read);
  REQUIRE_FALSE(done.ok());
  REQUIRE(done.error().code == errc::wrong_format);
  REQUIRE(read.events.empty());

  newer = plain + '\xc0';
  newer.front() = '\x9d'; // a thirteenth entry
  done = decode_record(newer, read);
  REQUIRE_FALSE(done.ok());
  REQUIRE(done.error().code == errc::wrong_format);
}
