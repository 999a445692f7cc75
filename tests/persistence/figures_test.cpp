// Figures, not assertions: run `test_persistence "[.figures]"` on a quiet machine.

#include "persistence/record.hpp"
#include "tests/persistence/engines.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>

using namespace troupe;
using namespace troupe::test;

namespace {

double micros_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
      .count();
}

std::string some_record(record& turn, std::uint64_t number) {
  turn.epoch = {3};
  turn.aggregate = {static_cast<std::int64_t>(number % 10'000 + 1)};
  turn.seq = number / 10'000 + 1;
  turn.previous = {number > 10'000 ? number - 10'000 : 0};
  turn.time_ms = 1'700'000'000'000 + static_cast<std::int64_t>(number);
  turn.command = {0x018bcfe568007abc + number, 0x8123456789abcdef * number};
  turn.command_hash = 0x1122334455667788 * number;
  turn.command_name = "callTaxi";
  static const std::string payload =
      encode_value(value::object{{"customerId", 1}, {"destination", "Bonn"}, {"cost", 7}});
  turn.events = {{"CalledTaxi", payload}};
  std::string bytes;
  encode_record(bytes, turn);
  return bytes;
}

} // namespace

TEST_CASE("Figures of the record codec", "[.figures]") {
  record turn;
  const std::string bytes = some_record(turn, 123'456);
  constexpr int rounds = 2'000'000;
  std::string out;
  auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < rounds; ++i) {
    out.clear();
    encode_record(out, turn);
  }
  std::cout << "record of " << out.size() << " bytes: encode "
            << micros_since(start) * 1000 / rounds << " ns";
  record read;
  start = std::chrono::steady_clock::now();
  for (int i = 0; i < rounds; ++i)
    REQUIRE_FALSE(!decode_record(bytes, read));
  std::cout << ", decode (with a test macro) " << micros_since(start) * 1000 / rounds << " ns";
  std::uint64_t sum = 0;
  start = std::chrono::steady_clock::now();
  for (int i = 0; i < rounds; ++i) {
    if (!decode_record(bytes, read)) return;
    sum += read.seq;
  }
  std::cout << ", decode " << micros_since(start) * 1000 / rounds << " ns (" << sum << ")\n";
}

TEST_CASE("Figures of the journal", "[.figures]") {
  fresh_storage storage{engine::sqlite};
  record turn;
  auto opened = storage->open_journal(shard_of_rides());
  REQUIRE(opened.ok());
  journal& log = **opened;
  for (const std::size_t batch : {1U, 64U, 250U, 512U}) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < batch; ++i)
      texts.push_back(some_record(turn, i + 1));
    const std::vector<std::string_view> bodies{texts.begin(), texts.end()};
    std::vector<double> micros;
    double all = 0;
    for (int i = 0; i < 2000; ++i) {
      const auto start = std::chrono::steady_clock::now();
      REQUIRE(log.commit(bodies).ok());
      micros.push_back(micros_since(start));
      REQUIRE(log.checkpoint(false).ok());
      all += micros_since(start);
    }
    std::sort(micros.begin(), micros.end());
    std::cout << "batch " << batch << ": commit p50 " << micros[1000] << " us, p99 " << micros[1980]
              << " us, with checkpoints " << 2000.0 * static_cast<double>(batch) / all * 1e6
              << " rows/s\n";
  }
  std::uint64_t events = 0;
  record read;
  auto start = std::chrono::steady_clock::now();
  REQUIRE(log.scan({1}, [](record_index, std::string_view) { return true; }).ok());
  const double plain = micros_since(start);
  start = std::chrono::steady_clock::now();
  REQUIRE(log.scan({1},
                   [&](record_index, std::string_view body) {
                     if (!decode_record(body, read)) return false;
                     events += read.events.size();
                     return true;
                   })
              .ok());
  const double decoding = micros_since(start);
  const auto rows = static_cast<double>(log.head().value);
  std::cout << "scan of " << rows << " rows: " << rows / plain << " M/s, with decoding "
            << rows / decoding << " M/s (" << events << " events)\n";
  start = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < 20'000; ++i)
    REQUIRE(log.read({i * 7919 % log.head().value + 1}).ok());
  std::cout << "random read " << micros_since(start) / 20'000 << " us\n";
}

TEST_CASE("Figures of the derived store", "[.figures]") {
  fresh_storage storage{engine::sqlite};
  auto opened = storage->open_derived(shard_of_rides(), rides());
  REQUIRE(opened.ok());
  derived_store& store = **opened;
  constexpr std::int64_t rows = 200'000;
  for (const char* round : {"new", "same filters", "other filters"}) {
    const auto start = std::chrono::steady_clock::now();
    for (std::int64_t first = 1; first <= rows; first += 1000) {
      std::vector<state_row> batch;
      for (std::int64_t id = first; id < first + 1000; ++id)
        batch.push_back(ride(id, round[0] == 'o' ? "Ulm" : "Bonn", static_cast<double>(id % 997),
                             id % 7, id % 2 == 0));
      REQUIRE(store.write(batch, {1}).ok());
    }
    std::cout << "states, " << round << ": " << rows / micros_since(start) * 1e6 << " rows/s\n";
  }
  const auto listing = [&](const char* what, value::object filter) {
    const auto start = std::chrono::steady_clock::now();
    std::uint64_t total = 0;
    for (int i = 0; i < 100; ++i)
      total = store.list({{0}, filter, "", false, 0, 20})->total;
    std::cout << "list " << what << ": " << micros_since(start) / 100 << " us, " << total
              << " matches\n";
  };
  listing("all", {});
  listing("by fare", {{"fare", 5.0}});
  listing("by seats", {{"seats", 5}});
  const auto remember = [&](const char* what, std::uint64_t from, std::uint64_t step) {
    std::vector<dedup_mark> marks;
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 1; i <= 300'000; ++i) {
      marks.push_back({{i * step, i}, i, {from + i}});
      if (marks.size() < 1000) continue;
      REQUIRE(store.remember(marks).ok());
      marks.clear();
    }
    std::cout << "marks with " << what << " ids: " << 300'000 / micros_since(begin) * 1e6
              << " rows/s\n";
  };
  remember("ordered", 0, 1);
  remember("random", 300'000, 0x9e3779b97f4a7c15);
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t i = 1; i <= 10'000; ++i)
    REQUIRE(store.find({i, i}).ok());
  std::cout << "find no mark: " << micros_since(start) / 10'000 << " us\n";
}

TEST_CASE("Figures of a view of a million rows", "[.figures]") {
  const auto which = GENERATE(engine::sqlite, engine::memory);
  std::cout << (which == engine::sqlite ? "sqlite" : "memory") << " view\n";
  fresh_storage storage{which};
  context_info info = ride_board();
  info.filters = {"city", "seats", "shared"};
  auto opened = storage->open_view({"taxi.rideBoard", {0}, 1, "n1"}, info);
  REQUIRE(opened.ok());
  view_store& view = **opened;
  constexpr std::int64_t rows = 1'000'000;
  constexpr std::array cities{"Bonn", "Kiel", "Ulm", "Hof"};
  const auto fill = [&](const char* what) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<row_change> changes;
    for (std::int64_t id = 1; id <= rows; ++id) {
      changes.push_back(row_change::upsert(id, {{"city", cities[id % 4]},
                                                {"fare", static_cast<double>(id % 997)},
                                                {"seats", id * 7919 % 100'003},
                                                {"shared", id % 100 == 0},
                                                {"note", "as usual"}}));
      if (changes.size() < 1'000) continue;
      REQUIRE(view.apply(changes, {}).ok());
      changes.clear();
    }
    std::cout << what << ": " << rows / micros_since(start) * 1e6 << " rows/s\n";
  };
  fill("new rows");
  REQUIRE(view.begin_rebuild().ok());
  fill("built beside them");
  const auto swapping = std::chrono::steady_clock::now();
  REQUIRE(view.finish_rebuild().ok());
  std::cout << "  put in place: " << micros_since(swapping) << " us\n";
  const auto listing = [&](const char* what, value::object filter, const char* sort,
                           std::uint64_t skip = 0) {
    for (const char* round : {"first", "again"}) {
      const int times = round[0] == 'f' ? 1 : 20;
      list_page page;
      const auto start = std::chrono::steady_clock::now();
      for (int i = 0; i < times; ++i)
        page = view.list({{0}, filter, sort, false, skip, 20}).value();
      std::cout << "  " << what << ", " << round << ": " << micros_since(start) / times << " us, "
                << page.total << " matches\n";
    }
  };
  listing("first page", {}, "");
  listing("deep page", {}, "", 9'980);
  listing("sorted", {}, "seats");
  listing("sorted, deep page", {}, "seats", 9'980);
  listing("a quarter", {{"city", "Ulm"}}, "");
  listing("a quarter, deep page", {{"city", "Ulm"}}, "", 9'980);
  listing("a few", {{"seats", 5}}, "");
  listing("a quarter and a few", {{"city", "Ulm"}, {"seats", 5}}, "");
  listing("a few and a quarter", {{"seats", 5}, {"city", "Ulm"}}, "");
  listing("a quarter, sorted", {{"city", "Ulm"}}, "seats");
  listing("a hundredth, sorted", {{"shared", true}}, "seats");
  listing("half of nothing", {{"city", "Ulm"}, {"shared", true}}, "");
  fill("known rows, with totals kept");
}
