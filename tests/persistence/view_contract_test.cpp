#include "tests/persistence/engines.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::test;

namespace {

std::unique_ptr<view_store> open_board(storage& in) {
  auto opened = in.open_view({"taxi.rideBoard", {0}, 1, "n1"}, ride_board());
  REQUIRE(opened.ok());
  return std::move(opened).value();
}

value row(view_store& in, std::int64_t key) {
  const auto found = in.get(key);
  REQUIRE(found.ok());
  if (!found->has_value()) return {};
  const auto decoded = decode_value(**found);
  REQUIRE(decoded.ok());
  return *decoded;
}

const std::vector<source_position> at_seven = {{"taxi.ride", {0}, {7}}, {"taxi.ride", {1}, {3}}};

void apply_some(view_store& to) {
  const std::vector<row_change> changes = {
      row_change::upsert(1, {{"city", "Bonn"}, {"fare", 3.5}, {"seats", 2}, {"shared", true}}),
      row_change::upsert(2, {{"seats", 4}}),
      row_change::upsert(3, {{"city", "Ulm"}, {"note", "late"}}),
  };
  REQUIRE(to.apply(changes, at_seven).ok());
}

} // namespace

TEST_CASE("Rows and positions of a view are kept together") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  {
    auto board = open_board(*storage);
    REQUIRE(board->positions()->empty());
    apply_some(*board);
  }
  auto board = open_board(*storage);
  REQUIRE(*board->positions() == at_seven);
  REQUIRE(row(*board, 1) ==
          value{value::object{
              {"city", "Bonn"}, {"fare", 3.5}, {"seats", 2}, {"shared", true}, {"note", nullptr}}});
  REQUIRE(row(*board, 4).is_null());
}

TEST_CASE("A change sets only the columns it names") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto board = open_board(*storage);
  apply_some(*board);
  const std::vector<row_change> changes = {
      row_change::upsert(1, {{"seats", 5}, {"city", nullptr}}),
      row_change::update(3, {{"note", "later"}}),
      row_change::update(9, {{"note", "not there"}}),
      row_change::upsert(10, {}),
      row_change::update(10, {}),
      row_change::erase(2),
      row_change::erase(77),
  };
  REQUIRE(board->apply(changes, std::vector<source_position>{{"taxi.ride", {0}, {9}}}).ok());
  REQUIRE(*row(*board, 1).find("seats") == value{5});
  REQUIRE(row(*board, 1).find("city")->is_null());
  REQUIRE(*row(*board, 1).find("fare") == value{3.5});
  REQUIRE(*row(*board, 3).find("note") == value{"later"});
  REQUIRE(*row(*board, 3).find("city") == value{"Ulm"});
  REQUIRE(row(*board, 9).is_null());
  REQUIRE(row(*board, 10).find("city")->is_null());
  REQUIRE(row(*board, 2).is_null());
  REQUIRE((*board->positions())[0].next.value == 9);
  REQUIRE((*board->positions())[1].next.value == 3);
}

TEST_CASE("A change of an unknown column or a wrong type changes nothing at all") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto board = open_board(*storage);
  apply_some(*board);
  for (const value::object& wrong :
       {value::object{{"colour", "red"}}, value::object{{"seats", "two"}},
        value::object{{"seats", 1}, {"seats", 2}}}) {
    const std::vector<row_change> changes = {row_change::erase(1), row_change::upsert(2, wrong)};
    const auto done = board->apply(changes, std::vector<source_position>{{"taxi.ride", {0}, {9}}});
    REQUIRE_FALSE(done.ok());
    REQUIRE(done.error().code == errc::malformed);
    REQUIRE_FALSE(row(*board, 1).is_null());
    REQUIRE(*board->positions() == at_seven);
  }
}

TEST_CASE("A view lists by its key, filters and indexes") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto board = open_board(*storage);
  apply_some(*board);
  const auto listed = [&](value::object filter, const std::string& sort) {
    const auto page = board->list({{0}, std::move(filter), sort, false, 0, 10});
    REQUIRE(page.ok());
    return keys_of(*page);
  };
  using keys = std::vector<std::int64_t>;
  REQUIRE(listed({}, "") == keys{1, 2, 3});
  REQUIRE(listed({}, "seats") == keys{3, 1, 2});
  REQUIRE(listed({{"city", "Ulm"}}, "") == keys{3});
  REQUIRE(listed({{"city", nullptr}, {"seats", 4}}, "city") == keys{2});
  REQUIRE(listed({{"id", 2}}, "") == keys{2});
  const auto page = board->list({{0}, {}, "", true, 1, 1});
  REQUIRE(page->total == 3);
  REQUIRE(keys_of(*page) == keys{2});
  REQUIRE(*decode_value(page->rows[0].second)->find("seats") == value{4});
  const auto refused = board->list({{0}, {{"note", "late"}}, "", false, 0, 1});
  REQUIRE(refused.error().code == errc::malformed);
  REQUIRE_THAT(refused.error().message, Catch::Contains("id, city, seats"));
}

TEST_CASE("An update with a condition changes the row only while it holds") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto board = open_board(*storage);
  apply_some(*board);
  const auto set = [&](std::int64_t key, std::string_view column, std::vector<value> one_of) {
    const std::vector<row_change> changes = {
        row_change::update(key, {{"note", "set"}}).only_if(column, std::move(one_of))};
    REQUIRE(board->apply(changes, {}).ok());
    return *row(*board, key).find("note") == value{"set"};
  };
  SECTION("one of several values") {
    REQUIRE_FALSE(set(1, "city", {"Ulm", "Kiel"}));
    REQUIRE(set(1, "city", {"Ulm", "Bonn"}));
  }
  SECTION("none at all") {
    REQUIRE_FALSE(set(1, "city", {}));
  }
  SECTION("null is a value like others") {
    REQUIRE_FALSE(set(1, "city", {nullptr}));
    REQUIRE_FALSE(set(2, "city", {"Bonn"}));
    REQUIRE(set(2, "city", {"Bonn", nullptr}));
  }
  SECTION("every type of column") {
    REQUIRE_FALSE(set(1, "fare", {3.25}));
    REQUIRE(set(1, "fare", {3.5}));
    REQUIRE_FALSE(set(3, "shared", {true, false}));
    REQUIRE(set(2, "seats", {4}));
  }
  SECTION("the column that it sets") {
    REQUIRE(set(3, "note", {"late"}));
    REQUIRE(set(3, "note", {"set"}));
  }
  SECTION("a row that is not there") {
    const std::vector<row_change> changes = {
        row_change::update(9, {{"note", "set"}}).only_if("city", {nullptr})};
    REQUIRE(board->apply(changes, {}).ok());
    REQUIRE(row(*board, 9).is_null());
  }
}

TEST_CASE("A condition sees what earlier changes of the same write did") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto board = open_board(*storage);
  const std::vector<row_change> changes = {
      row_change::upsert(1, {{"city", "Bonn"}}),
      row_change::update(1, {{"city", "Ulm"}}).only_if("city", {"Bonn"}),
      row_change::update(1, {{"city", "Kiel"}}).only_if("city", {"Bonn"}),
  };
  REQUIRE(board->apply(changes, {}).ok());
  REQUIRE(*row(*board, 1).find("city") == value{"Ulm"});
}

TEST_CASE("A condition on an unknown column, of a wrong type or not of an update changes nothing") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto board = open_board(*storage);
  apply_some(*board);
  for (const row_change& wrong :
       {row_change::update(1, {{"seats", 9}}).only_if("colour", {"red"}),
        row_change::update(1, {}).only_if("colour", {}),
        row_change::update(1, {{"seats", 9}}).only_if("id", {1}),
        row_change::update(1, {{"seats", 9}}).only_if("seats", {2, "two"}),
        row_change::upsert(1, {{"seats", 9}}).only_if("seats", {2}),
        row_change::erase(1).only_if("seats", {2})}) {
    const std::vector<row_change> changes = {row_change::erase(2), wrong};
    const auto done = board->apply(changes, std::vector<source_position>{{"taxi.ride", {0}, {9}}});
    REQUIRE(done.error().code == errc::malformed);
    REQUIRE(*row(*board, 1).find("seats") == value{2});
    REQUIRE_FALSE(row(*board, 2).is_null());
    REQUIRE(*board->positions() == at_seven);
  }
}

TEST_CASE("A view knows how many rows it has") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  {
    auto board = open_board(*storage);
    REQUIRE(board->rows() == 0);
    apply_some(*board);
    REQUIRE(board->rows() == 3);
    const std::vector<row_change> changes = {
        row_change::upsert(2, {{"seats", 1}}), row_change::upsert(4, {}), row_change::upsert(4, {}),
        row_change::update(9, {{"seats", 1}}), row_change::erase(1),      row_change::erase(1)};
    REQUIRE(board->apply(changes, {}).ok());
    REQUIRE(board->rows() == 3);
    const std::vector<row_change> refused = {row_change::erase(2),
                                             row_change::upsert(7, {{"colour", "red"}})};
    REQUIRE_FALSE(board->apply(refused, {}).ok());
    REQUIRE(board->rows() == 3);
    REQUIRE(board->list({})->total == 3);
  }
  REQUIRE(open_board(*storage)->rows() == 3);
}

TEST_CASE("A view is rebuilt beside the rows that are served") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  {
    auto board = open_board(*storage);
    apply_some(*board);
    REQUIRE(board->begin_rebuild().ok());
    REQUIRE(board->positions()->empty());
    const std::vector<row_change> changes = {row_change::upsert(8, {{"city", "Kiel"}}),
                                             row_change::upsert(9, {{"city", "Kiel"}})};
    const std::vector<source_position> at_two = {{"taxi.ride", {0}, {2}}};
    REQUIRE(board->apply(changes, at_two).ok());
    REQUIRE(*board->positions() == at_two);
    REQUIRE(board->rows() == 3);
    REQUIRE(keys_of(*board->list({})) == std::vector<std::int64_t>{1, 2, 3});
    REQUIRE(row(*board, 8).is_null());

    REQUIRE(board->finish_rebuild().ok());
    REQUIRE(*board->positions() == at_two);
    REQUIRE(board->rows() == 2);
    REQUIRE(keys_of(*board->list({{0}, {{"city", "Kiel"}}, "", false, 0, 9})) ==
            std::vector<std::int64_t>{8, 9});
    REQUIRE(board->apply(std::vector{row_change::erase(8)}, {}).ok());
  }
  auto board = open_board(*storage);
  REQUIRE(keys_of(*board->list({})) == std::vector<std::int64_t>{9});
  REQUIRE(board->rows() == 1);
}

TEST_CASE("A rebuild that is dropped, begun again or cut by a closing leaves the rows alone") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  {
    auto board = open_board(*storage);
    apply_some(*board);
    REQUIRE(board->finish_rebuild().error().code == errc::internal);
    board->drop_rebuild();
    for (int times = 0; times < 2; ++times) {
      REQUIRE(board->begin_rebuild().ok());
      REQUIRE(board->positions()->empty());
      REQUIRE(board->apply(std::vector{row_change::upsert(8, {})}, at_seven).ok());
    }
    board->drop_rebuild();
    REQUIRE(*board->positions() == at_seven);
    REQUIRE(board->rows() == 3);
    REQUIRE(board->begin_rebuild().ok());
    REQUIRE(board->apply(std::vector{row_change::upsert(8, {})}, {}).ok());
  }
  auto board = open_board(*storage);
  REQUIRE(*board->positions() == at_seven);
  REQUIRE(keys_of(*board->list({})) == std::vector<std::int64_t>{1, 2, 3});
}

TEST_CASE("Changing the columns of a view makes it start from the beginning") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  apply_some(*open_board(*storage));
  context_info changed = ride_board();
  changed.state.fields.push_back({"driver", field_type::text, true});
  auto opened = storage->open_view({"taxi.rideBoard", {0}, 1, "n1"}, changed);
  REQUIRE(opened.ok());
  REQUIRE((*opened)->positions()->empty());
  REQUIRE((*opened)->rows() == 0);
  REQUIRE((*opened)->list({})->total == 0);
}

TEST_CASE("A view can be opened once at a time") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto board = open_board(*storage);
  REQUIRE(storage->open_view({"taxi.rideBoard", {0}, 1, "n2"}, ride_board()).error().code ==
          errc::storage_locked);
}
