#include "actors/journal_desk.hpp"

#include "persistence/storage.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

using namespace troupe;

namespace {

/// The journal of one aggregate with so many turns.
struct long_journal {
  std::unique_ptr<storage> disk = make_memory_storage();
  std::unique_ptr<journal> from;
  shard_memory memory{1};
  journal_desk desk;

  long_journal(std::uint64_t turns, std::size_t event_bytes)
      : from(disk->open_journal({"bank.account", {0}, 1, "n1", {}}).value()),
        desk({*from, memory, "bank.account", {0}}) {
    const std::string payload(event_bytes, 'x');
    for (std::uint64_t seq = 1; seq <= turns; ++seq) {
      record turn;
      turn.epoch = from->epoch();
      turn.aggregate = {1};
      turn.seq = seq;
      turn.previous = {seq - 1};
      turn.command = {seq, 7};
      turn.command_name = "deposit";
      turn.events = {{"Deposited", payload}};
      std::string body;
      encode_record(body, turn);
      const std::string_view bodies[] = {body};
      REQUIRE(from->commit(bodies).ok());
      record read;
      REQUIRE(decode_record(body, read).ok());
      REQUIRE(memory.fold(read, {seq}).ok());
    }
  }
  template <class Look> value in_pieces(const Look& look, std::size_t& pieces) {
    journal_search search;
    for (pieces = 1;; ++pieces) {
      search.next_piece();
      if (auto said = look(search)) return said->value();
    }
  }
};

std::int64_t number_of(const value& of, std::string_view name) {
  return *of.find(name)->get_if<std::int64_t>();
}

} // namespace

TEST_CASE("turns far back are looked for in pieces", "[journal]") {
  long_journal with{300, 10};
  std::size_t pieces = 0;
  const value wanted = value::object{{"id", 1}, {"seq", 2}};
  const auto cause = with.in_pieces([&](auto& to) { return with.desk.cause(wanted, to); }, pieces);
  CHECK(number_of(cause, "seq") == 2);
  CHECK(pieces == 5); // of 64 turns each
  CHECK(cause == with.desk.cause(wanted).value());

  const value page = value::object{{"id", 1}, {"from", 1}, {"limit", 3}};
  const auto past = with.in_pieces([&](auto& to) { return with.desk.history(page, to); }, pieces);
  CHECK(pieces == 5);
  CHECK(past.find("items")->get_if<value::array>()->size() == 3);
  CHECK(number_of(past, "next") == 4);
  CHECK(number_of(past, "total") == 300);
  CHECK(past == with.desk.history(page).value());
}

TEST_CASE("large turns end a piece and an answer early, and the next one goes on", "[journal]") {
  long_journal with{40, 100'000};
  std::size_t pieces = 0;
  std::int64_t next = 1;
  std::int64_t seen = 0;
  while (next <= 40) {
    const value wanted = value::object{{"id", 1}, {"from", next}};
    const auto past =
        with.in_pieces([&](auto& to) { return with.desk.history(wanted, to); }, pieces);
    if (next == 1) CHECK(pieces == 4); // of about 11 turns each
    const auto& items = *past.find("items")->get_if<value::array>();
    REQUIRE(items.size() <= 2);
    for (const auto& each : items)
      CHECK(number_of(each, "seq") == ++seen);
    REQUIRE(number_of(past, "next") > next);
    next = number_of(past, "next");
  }
  CHECK(seen == 40);
}

TEST_CASE("a page of the journal counts what it looked at in bytes, found or not", "[journal]") {
  long_journal with{40, 100'000};
  const auto page = with.desk.page(value::object{{"grep", "nowhere"}}).value();
  CHECK(page.find("items")->get_if<value::array>()->empty());
  CHECK(number_of(page, "next") == 11); // 1 MiB
  CHECK(number_of(page, "head") == 40);
}
