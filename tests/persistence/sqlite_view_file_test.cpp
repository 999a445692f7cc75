#include "persistence/sqlite_view_file.hpp"

#include "seams/random.hpp"
#include "tests/persistence/engines.hpp"
#include "tests/persistence/raw_database.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

using namespace troupe;
using namespace troupe::test;

namespace fs = std::filesystem;

namespace {

const journal_identity whose{"taxi.rideBoard", {0}, 1, "n1"};

context_info big_board() {
  context_info info = ride_board();
  info.filters = {"city", "seats", "shared"};
  return info;
}

struct board {
  fresh_storage in{engine::sqlite};
  std::unique_ptr<view_store> view;
  board() {
    auto opened = in->open_view(whose, big_board());
    REQUIRE(opened.ok());
    view = std::move(opened).value();
  }
  [[nodiscard]] fs::path file() const { return in.path() / "taxi.rideBoard.0.view"; }
};

/// What SQLite does for a list: its own words, one step after the other.
std::string steps_of(const board& with, const list_request& wanted, const list_path& by = {},
                     const char* what = "*") {
  const sqlite_view_shape shape{big_board(), view_columns(big_board()).value()};
  const auto plan = plan_list(shape.columns, shape.key_name, wanted);
  REQUIRE(plan.ok());
  const auto sql = sql_of(*plan, {shape.table, shape.key, shape.quoted, ""}, by);
  const std::string statement = "EXPLAIN QUERY PLAN SELECT " + std::string{what} + " FROM " +
                                shape.table + sql.condition + sql.order;
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(with.file().c_str(), &db) == SQLITE_OK);
  std::string steps;
  const int code = sqlite3_exec(
      db, statement.c_str(),
      [](void* to, int, char** columns, char**) {
        *static_cast<std::string*>(to) += columns[3] + std::string{"; "};
        return 0;
      },
      &steps, nullptr);
  sqlite3_close(db);
  REQUIRE(code == SQLITE_OK);
  return steps;
}

/// What a program printed to stdout; the test fails with it.
std::string said_by(const std::string& command) {
  std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string said;
  std::array<char, 256> some{};
  while (std::fgets(some.data(), some.size(), pipe) != nullptr)
    said += some.data();
  INFO(command << ": " << said);
  REQUIRE(::pclose(pipe) == 0);
  return said;
}

} // namespace

TEST_CASE("Lists by declared columns read their index, and nothing is sorted") {
  const board with;
  const bool descending = GENERATE(false, true);
  const auto steps = [&](value::object filter, const char* sort, list_path by = {}) {
    list_request wanted{{0}, std::move(filter), sort, descending, 0, 20};
    const std::string said = steps_of(with, wanted, by);
    INFO(said);
    REQUIRE_THAT(said, !Catch::Contains("TEMP B-TREE"));
    return said;
  };
  using Catch::Contains;
  SECTION("in the order of keys") {
    CHECK_THAT(steps({}, ""), Contains("SCAN rideBoards"));
    CHECK_THAT(steps({}, "id"), Contains("SCAN rideBoards"));
  }
  SECTION("in the order of a column") {
    for (const char* column : {"city", "seats", "shared"})
      CHECK_THAT(steps({}, column), Contains(std::string{"rideBoards_by_"} + column));
  }
  SECTION("filtered, in the order of keys") {
    CHECK_THAT(steps({{"city", "Ulm"}}, ""), Contains("SEARCH rideBoards USING INDEX"));
    CHECK_THAT(steps({{"city", nullptr}}, ""), Contains("SEARCH rideBoards USING INDEX"));
    CHECK_THAT(steps({{"id", 7}}, ""), Contains("INTEGER PRIMARY KEY"));
  }
  SECTION("filtered and sorted by the same column") {
    CHECK_THAT(steps({{"seats", 4}}, "seats"), Contains("SEARCH rideBoards USING INDEX"));
    CHECK_THAT(steps({{"city", "Ulm"}, {"seats", 4}}, "seats", {.match = 0}),
               Contains("rideBoards_by_city"));
  }
  SECTION("filtered by several, by the index that was chosen") {
    const value::object both = {{"city", "Ulm"}, {"seats", 4}};
    CHECK_THAT(steps(both, "", {.match = 0}), Contains("rideBoards_by_city"));
    CHECK_THAT(steps(both, "", {.match = 1}), Contains("rideBoards_by_seats"));
  }
  SECTION("filtered, in the order of another column that is chosen") {
    CHECK_THAT(steps({{"city", "Ulm"}}, "seats", {.match = {}, .in_order = true}),
               Contains("SCAN rideBoards USING INDEX rideBoards_by_seats"));
  }
}

TEST_CASE("Counting the matches of a filter reads its index alone") {
  const board with;
  const list_request wanted{{0}, {{"city", "Ulm"}}, "", false, 0, 20};
  CHECK_THAT(steps_of(with, wanted, {}, "count(*)"), Catch::Contains("COVERING INDEX"));
}

TEST_CASE("The numbers of matches stay exact, however rows change") {
  board with;
  seeded_random random{17};
  const auto any = [&](std::uint64_t below) {
    return static_cast<std::int64_t>(random.next() % below);
  };
  constexpr std::array cities{"Bonn", "Kiel", "Ulm"};
  std::map<std::int64_t, std::pair<std::string, std::int64_t>> rows;
  const auto change = [&](std::int64_t key) -> row_change {
    const std::string city = cities[static_cast<std::size_t>(any(3))];
    const auto seats = any(2);
    const auto held = rows.find(key);
    switch (any(4)) {
    case 0:
      rows.erase(key);
      return row_change::erase(key);
    case 1:
      if (held != rows.end() && held->second.first == "Ulm") held->second = {city, seats};
      return row_change::update(key, {{"city", city}, {"seats", seats}}).only_if("city", {"Ulm"});
    default:
      rows[key] = {city, seats};
      return row_change::upsert(key, {{"city", city}, {"seats", seats}});
    }
  };
  std::vector<row_change> changes;
  for (std::int64_t key = 1; key <= 9'000; ++key)
    changes.push_back(change(key));
  REQUIRE(with.view->apply(changes, {}).ok());
  for (int round = 0; round < 20; ++round) {
    changes.clear();
    for (int i = 0; i < 200; ++i)
      changes.push_back(change(1 + any(9'000)));
    if (round % 5 == 4) { // a refused write changes no number
      changes.push_back(row_change::upsert(1, {{"colour", "red"}}));
      REQUIRE_FALSE(with.view->apply(changes, {}).ok());
      changes.pop_back();
    }
    REQUIRE(with.view->apply(changes, {}).ok());
    for (const char* city : cities) {
      for (const std::int64_t seats : {-1, 0, 1}) {
        value::object filter = {{"city", city}};
        if (seats >= 0) filter.emplace_back("seats", seats);
        const auto expected = std::count_if(rows.begin(), rows.end(), [&](const auto& each) {
          return each.second.first == city && (seats < 0 || each.second.second == seats);
        });
        const auto page = with.view->list({{0}, filter, "", false, 0, 5});
        REQUIRE(page->total == static_cast<std::uint64_t>(expected));
        REQUIRE(page->rows.size() == 5);
      }
    }
    REQUIRE(with.view->list({})->total == rows.size());
  }
}

TEST_CASE("Whatever index a list is read by, it shows the same rows") {
  fresh_storage in{GENERATE(engine::sqlite, engine::memory)};
  auto opened = in->open_view(whose, big_board());
  REQUIRE(opened.ok());
  view_store& view = **opened;
  constexpr std::array cities{"Bonn", "Kiel", "Ulm"};
  std::vector<row_change> changes;
  struct ride_row {
    std::int64_t id, seats;
    std::string city;
  };
  std::vector<ride_row> rows;
  for (std::int64_t id = 1; id <= 5'000; ++id) {
    const ride_row one{id, id * 7919 % 53,
                       id % 50 == 0 ? "Hof" : cities[static_cast<std::size_t>(id % 3)]};
    rows.push_back(one);
    changes.push_back(row_change::upsert(id, {{"city", one.city}, {"seats", one.seats}}));
  }
  REQUIRE(view.apply(changes, {}).ok());
  const bool descending = GENERATE(false, true);
  std::sort(rows.begin(), rows.end(), [&](const ride_row& left, const ride_row& right) {
    const auto order = std::pair{left.seats, left.id} < std::pair{right.seats, right.id};
    return descending ? !order : order;
  });
  // A third of the rows is read in the order of seats, a fiftieth is found and sorted.
  for (const char* city : {"Ulm", "Hof"}) {
    std::vector<std::int64_t> expected;
    for (const auto& each : rows)
      if (each.city == city) expected.push_back(each.id);
    for (const std::uint64_t skip : {std::uint64_t{0}, std::uint64_t{30}, expected.size() - 3,
                                     expected.size(), expected.size() + 7}) {
      const auto page = view.list({{0}, {{"city", city}}, "seats", descending, skip, 20});
      REQUIRE(page->total == expected.size());
      const auto first = std::min<std::size_t>(skip, expected.size());
      const auto last = std::min<std::size_t>(first + 20, expected.size());
      REQUIRE(keys_of(*page) == std::vector(expected.begin() + static_cast<std::ptrdiff_t>(first),
                                            expected.begin() + static_cast<std::ptrdiff_t>(last)));
    }
  }
  const auto both = view.list({{0}, {{"city", "Hof"}, {"seats", 50 * 7919 % 53}}, "", false, 0, 5});
  REQUIRE_FALSE(both->rows.empty());
  REQUIRE(both->rows.front().first.number == 50);
}

TEST_CASE("The sqlite3 shell reads a view while it is open, also in the middle of a rebuild") {
  board with;
  REQUIRE(with.view->apply(std::vector{row_change::upsert(7, {{"city", "Bonn"}, {"seats", 2}})}, {})
              .ok());
  const auto ask = [&](const std::string& sql) {
    return said_by("sqlite3 -readonly '" + with.file().string() + "' \"" + sql + "\"");
  };
  const std::string question = "SELECT id, city, seats FROM rideBoards";
  CHECK(ask(question) == "7|Bonn|2\n");
  REQUIRE(with.view->begin_rebuild().ok());
  REQUIRE(with.view->apply(std::vector{row_change::upsert(8, {{"city", "Ulm"}})}, {}).ok());
  CHECK(ask(question) == "7|Bonn|2\n");
  REQUIRE(with.view->finish_rebuild().ok());
  CHECK(ask(question) == "8|Ulm|\n");
  REQUIRE(with.view->apply(std::vector{row_change::erase(8)}, {}).ok());
  CHECK(ask("SELECT count(*) FROM rideBoards") == "0\n");
}
