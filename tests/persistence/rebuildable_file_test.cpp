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

namespace {

std::unique_ptr<view_store> open_board(fresh_storage& in, const context_info& info = ride_board()) {
  auto opened = in->open_view({"taxi.rideBoard", {0}, 1, "n1"}, info);
  REQUIRE(opened.ok());
  return std::move(opened).value();
}

void write_row(view_store& to, std::int64_t key) {
  const std::vector<source_position> position = {{"taxi.ride", {0}, {7}}};
  REQUIRE(to.apply(std::vector{row_change::upsert(key, {{"seats", 2}})}, position).ok());
}

/// The files of a closed view whose rebuild, with row 8 instead of 7, is about to take its place:
/// what a crash leaves in that moment. `old_too`: the old file is not yet gone.
void leave_whole_rebuild(fresh_storage& in, bool old_too) {
  const fs::path file = in.path() / "taxi.rideBoard.0.view";
  auto board = open_board(in);
  write_row(*board, 7);
  board.reset();
  settle_log(file);
  fs::copy_file(file, in.path() / "old");
  board = open_board(in);
  REQUIRE(board->begin_rebuild().ok());
  write_row(*board, 8);
  REQUIRE(board->finish_rebuild().ok());
  board.reset();
  settle_log(file);
  fs::rename(file, file.string() + ".rebuild");
  if (old_too) fs::rename(in.path() / "old", file);
}

/// Names of the view's files, without SQLite's own and the lock.
std::vector<std::string> files_of(const fresh_storage& in) {
  std::vector<std::string> names;
  for (const auto& each : fs::directory_iterator{in.path()})
    if (const auto name = each.path().filename().string();
        name.starts_with("taxi.rideBoard") && !name.ends_with(".lock") &&
        !name.ends_with(".view-wal") && !name.ends_with(".view-shm"))
      names.push_back(name);
  return names;
}

const std::vector<std::string> view_alone = {"taxi.rideBoard.0.view"};

} // namespace

TEST_CASE("A rebuild that a crash cut leaves the old rows and no file") {
  fresh_storage storage{engine::sqlite};
  SECTION("while it was filled") {
    auto board = open_board(storage);
    write_row(*board, 7);
    REQUIRE(board->begin_rebuild().ok());
    write_row(*board, 8);
    // What a crash leaves is what is there now; the object's end would tidy up.
    for (const char* suffix : {"", "-wal", "-shm"}) {
      const auto file = storage.path() / ("taxi.rideBoard.0.view.rebuild" + std::string{suffix});
      fs::copy_file(file, storage.path() / ("copy" + std::string{suffix}));
    }
    board.reset();
    REQUIRE(files_of(storage) == view_alone);
    for (const char* suffix : {"", "-wal", "-shm"})
      fs::rename(storage.path() / ("copy" + std::string{suffix}),
                 storage.path() / ("taxi.rideBoard.0.view.rebuild" + std::string{suffix}));
  }
  SECTION("when it was whole") {
    leave_whole_rebuild(storage, true);
  }
  REQUIRE(files_of(storage).size() > 1);
  auto board = open_board(storage);
  REQUIRE(keys_of(*board->list({})) == std::vector<std::int64_t>{7});
  REQUIRE(files_of(storage) == view_alone);
}

TEST_CASE("A whole rebuild whose old file is gone takes its place") {
  fresh_storage storage{engine::sqlite};
  leave_whole_rebuild(storage, false);
  std::ofstream{storage.path() / "taxi.rideBoard.0.view-wal"} << "of the file that is gone";
  auto board = open_board(storage);
  REQUIRE(keys_of(*board->list({})) == std::vector<std::int64_t>{8});
  REQUIRE((*board->positions())[0].next.value == 7);
  REQUIRE(files_of(storage) == view_alone);
  write_row(*board, 9);
  board.reset();
  REQUIRE(open_board(storage)->rows() == 2);
}

TEST_CASE("A leftover that is not whole, damaged or of other columns never takes the place") {
  fresh_storage storage{engine::sqlite};
  leave_whole_rebuild(storage, false);
  const fs::path leftover = storage.path() / "taxi.rideBoard.0.view.rebuild";
  context_info info = ride_board();
  SECTION("not whole") {
    run_raw(leftover, "DELETE FROM _meta WHERE key = 'whole'");
  }
  SECTION("damaged") {
    fs::resize_file(leftover, 700);
  }
  SECTION("other columns") {
    info.state.fields.push_back({"driver", field_type::text, true});
  }
  auto board = open_board(storage, info);
  REQUIRE(board->rows() == 0);
  REQUIRE(board->positions()->empty());
  REQUIRE(files_of(storage) == view_alone);
}

TEST_CASE("A view says why its rows were thrown away, so that somebody can count it") {
  fresh_storage storage{engine::sqlite};
  {
    auto board = open_board(storage);
    REQUIRE(board->remade().empty()); // there was none
    write_row(*board, 7);
  }
  REQUIRE(open_board(storage)->remade().empty());
  const fs::path file = storage.path() / view_alone.front();
  settle_log(file);
  SECTION("damaged") {
    fs::resize_file(file, 700);
    REQUIRE(open_board(storage)->remade() == "its file is damaged");
  }
  SECTION("of another structure") {
    run_raw(file, "UPDATE _meta SET value = 'other' WHERE key = 'signature'");
    REQUIRE(open_board(storage)->remade() == "its file has another structure than it should");
  }
  REQUIRE(open_board(storage)->remade().empty());
}
