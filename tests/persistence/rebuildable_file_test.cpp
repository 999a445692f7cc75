#include "persistence/rebuildable_file.hpp"

#include "tests/persistence/engines.hpp"
#include "tests/persistence/raw_database.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>

using namespace troupe;
using namespace troupe::test;

namespace fs = std::filesystem;

namespace {

fs::path derived_file(const fresh_storage& in) {
  return in.path() / "taxi.ride.0.derived";
}

std::unique_ptr<derived_store> open_rides(fresh_storage& in) {
  auto opened = in->open_derived(shard_of_rides(), rides());
  REQUIRE(opened.ok());
  return std::move(opened).value();
}

void write_one(derived_store& to) {
  REQUIRE(to.write(std::vector{ride(1, "Bonn", 1, 1, true)}, {1}).ok());
  REQUIRE(to.save_snapshot({1}, "the shard").ok());
}

} // namespace

TEST_CASE("A derived file that is missing, damaged or foreign is made again, empty") {
  fresh_storage storage{engine::sqlite};
  write_one(*open_rides(storage));
  const fs::path file = derived_file(storage);
  settle_log(file);
  SECTION("missing") {
    fs::remove(file);
  }
  SECTION("no database") {
    std::ofstream{file} << std::string(9000, 'x');
  }
  SECTION("cut") {
    fs::resize_file(file, 700);
  }
  SECTION("empty") {
    fs::resize_file(file, 0);
  }
  SECTION("of another kind") {
    run_raw(file, "UPDATE _meta SET value = 'other' WHERE key = 'signature'");
  }
  SECTION("without a table") {
    run_raw(file, "DROP TABLE marks");
  }
  auto store = open_rides(storage);
  REQUIRE(store->states_position().value == 0);
  REQUIRE_FALSE((*store->load({1})).has_value());
  REQUIRE_FALSE(store->load_snapshot().has_value());
  write_one(*store);
  REQUIRE((*store->load({1})).has_value());
}

TEST_CASE("A damaged state is not served, and the file is made again at the next opening") {
  fresh_storage storage{engine::sqlite};
  write_one(*open_rides(storage));
  run_raw(derived_file(storage), "UPDATE states SET seq = 2");
  {
    auto store = open_rides(storage);
    REQUIRE(store->load({1}).error().code == errc::corrupt);
    REQUIRE(store->list({{0}, {}, "", false, 0, 10}).error().code == errc::corrupt);
  }
  REQUIRE(open_rides(storage)->states_position().value == 0);
}

TEST_CASE("A damaged snapshot is as good as none") {
  fresh_storage storage{engine::sqlite};
  write_one(*open_rides(storage));
  run_raw(derived_file(storage), "UPDATE snapshot SET bytes = 'the shart'");
  auto store = open_rides(storage);
  REQUIRE_FALSE(store->load_snapshot().has_value());
  REQUIRE(store->states_position().value == 1);
}

TEST_CASE("What was derived from a lost journal is not believed beside its successor") {
  fresh_storage storage{engine::sqlite};
  const fs::path log = storage.path() / "taxi.ride.0.journal";
  const auto write_both = [&] {
    auto opened = storage->open_journal(shard_of_rides());
    REQUIRE(opened.ok());
    REQUIRE(commit_texts(**opened, {"one"}).ok());
    write_one(*open_rides(storage));
    REQUIRE(open_rides(storage)->states_position().value == 1); // reopening keeps it
  };
  write_both();
  SECTION("begun again") {
    for (const char* suffix : {"", "-wal", "-shm"})
      fs::remove(log.string() + suffix);
  }
  SECTION("restored from before") {
    run_raw(log, "DELETE FROM log");
  }
  auto opened = storage->open_journal(shard_of_rides());
  REQUIRE(opened.ok());
  auto store = open_rides(storage);
  REQUIRE(store->states_position().value == 0);
  REQUIRE_FALSE(store->load_snapshot().has_value());
}

TEST_CASE("Lists by a filter or in its order read its index, not all states") {
  fresh_storage storage{engine::sqlite};
  write_one(*open_rides(storage));
  const std::vector<std::string> names = {"by_city", "by_fare"};
  list_plan plan;
  plan.limit = 10;
  SECTION("filter") {
    plan.matches = {{0, value{"Bonn"}}};
  }
  SECTION("order") {
    plan.sort_column = 0;
  }
  SECTION("both by one field, backwards") {
    plan.matches = {{0, value{"Bonn"}}};
    plan.sort_column = 0;
    plan.descending = true;
  }
  const list_sql sql = sql_of(plan, {"states", "id", names, "live = 1"});
  std::string statement = "EXPLAIN QUERY PLAN SELECT id FROM states" + sql.condition + sql.order;
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(derived_file(storage).c_str(), &db) == SQLITE_OK);
  std::string steps;
  REQUIRE(sqlite3_exec(
              db, statement.c_str(),
              [](void* to, int, char** columns, char**) {
                *static_cast<std::string*>(to) += columns[3] + std::string{"; "};
                return 0;
              },
              &steps, nullptr) == SQLITE_OK);
  sqlite3_close(db);
  REQUIRE_THAT(steps, Catch::Contains("states_0"));
  REQUIRE_THAT(steps, !Catch::Contains("TEMP B-TREE"));
}

TEST_CASE("A view can be read with plain SQL under the name of its resource") {
  fresh_storage storage{engine::sqlite};
  {
    auto opened = storage->open_view({"taxi.rideBoard", {0}, 1, "n1"}, ride_board());
    REQUIRE(opened.ok());
    const std::vector<row_change> changes = {
        row_change::upsert(7, {{"city", "Bonn"}, {"seats", 2}, {"shared", true}})};
    REQUIRE((*opened)->apply(changes, {}).ok());
  }
  REQUIRE(ask_raw(storage.path() / "taxi.rideBoard.0.view",
                  "SELECT id || city || seats || shared FROM rideBoards WHERE seats = 2") ==
          "7Bonn21");
}
