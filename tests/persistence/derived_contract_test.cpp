#include "tests/persistence/engines.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace troupe;
using namespace troupe::test;

namespace {

std::unique_ptr<derived_store> open_rides(storage& in) {
  auto opened = in.open_derived(shard_of_rides(), rides());
  REQUIRE(opened.ok());
  return std::move(opened).value();
}

void write_some(derived_store& to) {
  const std::vector<state_row> rows = {ride(1, "Bonn", 7.5, 4, true), ride(2, "Ulm", 3, 2, false),
                                       ride(3, "Bonn", 1, 2, false), ride(4, "Kiel", 9, 4, true),
                                       ride(5, "Bonn", 7.5, 2, true)};
  REQUIRE(to.write(rows, {5}).ok());
}

using keys = std::vector<std::int64_t>;

keys listed(derived_store& in, value::object filter, const std::string& sort = "",
            bool descending = false) {
  const auto page = in.list({{0}, std::move(filter), sort, descending, 0, 100});
  REQUIRE(page.ok());
  REQUIRE(page->total == page->rows.size());
  return keys_of(*page);
}

} // namespace

TEST_CASE("States are loaded as written and survive closing, with their position") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  {
    auto store = open_rides(*storage);
    REQUIRE(store->states_position().value == 0);
    REQUIRE_FALSE((*store->load({1})).has_value());
    write_some(*store);
  }
  auto store = open_rides(*storage);
  REQUIRE(store->states_position().value == 5);
  const auto loaded = store->load({1});
  REQUIRE(loaded.ok());
  const state_row expected = ride(1, "Bonn", 7.5, 4, true);
  REQUIRE((*loaded)->seq == expected.seq);
  REQUIRE((*loaded)->head == expected.head);
  REQUIRE((*loaded)->live);
  REQUIRE((*loaded)->state == expected.state);
  REQUIRE((*loaded)->filters == expected.filters);
}

TEST_CASE("A later state replaces the earlier one in loads and lists") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto store = open_rides(*storage);
  write_some(*store);
  state_row moved = ride(1, "Ulm", 7.5, 4, true);
  moved.seq = 2;
  state_row same_filters = ride(2, "Ulm", 3, 2, false);
  same_filters.seq = 9;
  same_filters.state = encode_value(value::object{{"city", "Ulm"}, {"n", 222}});
  REQUIRE(store->write(std::vector{moved, same_filters}, {7}).ok());
  REQUIRE((*store->load({1}))->seq == 2);
  REQUIRE((*store->load({2}))->seq == 9);
  REQUIRE((*store->load({2}))->state == same_filters.state);
  REQUIRE(listed(*store, {{"city", "Bonn"}}) == keys{3, 5});
  REQUIRE(listed(*store, {{"city", "Ulm"}}) == keys{1, 2});
  REQUIRE(listed(*store, {}) == keys{1, 2, 3, 4, 5});
}

TEST_CASE("A state that is no longer live can be loaded but is not listed") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto store = open_rides(*storage);
  write_some(*store);
  state_row burned = ride(3, "Bonn", 1, 2, false);
  burned.live = false;
  REQUIRE(store->write(std::vector{burned}, {6}).ok());
  REQUIRE(store->write(std::vector{burned}, {6}).ok()); // twice counts once
  REQUIRE_FALSE((*store->load({3}))->live);
  REQUIRE(listed(*store, {}) == keys{1, 2, 4, 5});
  REQUIRE(listed(*store, {{"city", "Bonn"}}) == keys{1, 5});
  burned.live = true;
  REQUIRE(store->write(std::vector{burned}, {7}).ok());
  REQUIRE(listed(*store, {}) == keys{1, 2, 3, 4, 5});
}

TEST_CASE("Lists filter by every type of field and by several at once") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto store = open_rides(*storage);
  write_some(*store);
  REQUIRE(listed(*store, {{"city", "Bonn"}}) == keys{1, 3, 5});
  REQUIRE(listed(*store, {{"fare", 7.5}}) == keys{1, 5});
  REQUIRE(listed(*store, {{"fare", 3}}) == keys{2});
  REQUIRE(listed(*store, {{"seats", 2}}) == keys{2, 3, 5});
  REQUIRE(listed(*store, {{"shared", true}}) == keys{1, 4, 5});
  REQUIRE(listed(*store, {{"seats", 2}, {"city", "Bonn"}}) == keys{3, 5});
  REQUIRE(listed(*store, {{"id", 4}}) == keys{4});
  REQUIRE(listed(*store, {{"id", 4}, {"city", "Bonn"}}).empty());
  REQUIRE(listed(*store, {{"city", "bonn"}}).empty());
  REQUIRE(listed(*store, {{"city", nullptr}}).empty());
}

TEST_CASE("Null is a value that lists can filter by and that comes first") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto store = open_rides(*storage);
  write_some(*store);
  state_row unknown = ride(6, "Ulm", std::numeric_limits<double>::quiet_NaN(), 1, false);
  unknown.filters[0] = nullptr;
  REQUIRE(store->write(std::vector{unknown}, {6}).ok());
  REQUIRE(listed(*store, {{"city", nullptr}}) == keys{6});
  REQUIRE(listed(*store, {{"fare", nullptr}}) == keys{6});
  REQUIRE(listed(*store, {}, "city") == keys{6, 1, 3, 5, 4, 2});
  REQUIRE(listed(*store, {}, "city", true) == keys{2, 4, 5, 3, 1, 6});
}

TEST_CASE("Lists sort by id or a declared field, equal values by id, either way") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto store = open_rides(*storage);
  write_some(*store);
  REQUIRE(listed(*store, {}, "", true) == keys{5, 4, 3, 2, 1});
  REQUIRE(listed(*store, {}, "id") == keys{1, 2, 3, 4, 5});
  REQUIRE(listed(*store, {}, "fare") == keys{3, 2, 1, 5, 4});
  REQUIRE(listed(*store, {}, "fare", true) == keys{4, 5, 1, 2, 3});
  REQUIRE(listed(*store, {}, "shared") == keys{2, 3, 1, 4, 5});
  REQUIRE(listed(*store, {{"city", "Bonn"}}, "seats") == keys{3, 5, 1});
  REQUIRE(listed(*store, {{"city", "Bonn"}}, "seats", true) == keys{1, 5, 3});
}

TEST_CASE("Pages skip and limit, and tell the number of all matches") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto store = open_rides(*storage);
  write_some(*store);
  auto page = store->list({{0}, {}, "", false, 1, 2});
  REQUIRE(page.ok());
  REQUIRE(page->total == 5);
  REQUIRE(keys_of(*page) == keys{2, 3});
  REQUIRE(page->rows[0].second == ride(2, "Ulm", 3, 2, false).state);
  page = store->list({{0}, {{"city", "Bonn"}}, "fare", true, 2, 2});
  REQUIRE(page->total == 3);
  REQUIRE(keys_of(*page) == keys{3});
  REQUIRE(keys_of(*store->list({{0}, {}, "city", false, 3, 1})) == keys{4});
  REQUIRE(store->list({{0}, {}, "", false, 9, 2})->rows.empty());
  REQUIRE(store->list({{0}, {}, "", false, 0, 0})->total == 5);
}

TEST_CASE("Lists go on behind an id, so that pages do not shift when rows come and go") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto store = open_rides(*storage);
  write_some(*store);
  const auto behind = [&](std::int64_t id, value::object filter, std::uint64_t matches) {
    auto page = store->list({.filter = std::move(filter), .limit = 2, .after = {id}});
    REQUIRE(page.ok());
    CHECK(page->total == matches);
    return keys_of(*page);
  };
  CHECK(behind(2, {}, 3) == keys{3, 4});
  CHECK(behind(1, {{"city", "Bonn"}}, 2) == keys{3, 5});
  CHECK(behind(5, {}, 0).empty());
  CHECK(behind(2, {{"id", 2}}, 0).empty());
  CHECK(behind(1, {{"id", 2}}, 1) == keys{2});
  REQUIRE(store->list({.sort = "city", .after = {1}}).error().code == errc::malformed);
  REQUIRE(store->list({.descending = true, .after = {1}}).error().code == errc::malformed);
}

TEST_CASE("Lists refuse what they do not know and name what they do") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto store = open_rides(*storage);
  for (const auto& wanted : {list_request{{0}, {{"note", "x"}}, "", false, 0, 1},
                             list_request{{0}, {}, "nothing", false, 0, 1}}) {
    const auto page = store->list(wanted);
    REQUIRE_FALSE(page.ok());
    REQUIRE(page.error().code == errc::malformed);
    REQUIRE_THAT(page.error().message, Catch::Contains("id, city, fare, seats, shared"));
  }
  REQUIRE(store->list({{0}, {{"seats", "two"}}, "", false, 0, 1}).error().code == errc::malformed);
  REQUIRE(store->list({{0}, {}, "", false, 0, list_limit_max + 1}).error().code == errc::malformed);
}

TEST_CASE("A refused write changes nothing") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto store = open_rides(*storage);
  write_some(*store);
  state_row wrong = ride(9, "Ulm", 1, 1, true);
  wrong.filters[2] = "many";
  const auto done = store->write(std::vector{ride(8, "Ulm", 1, 1, true), wrong}, {9});
  REQUIRE_FALSE(done.ok());
  REQUIRE(done.error().code == errc::malformed);
  REQUIRE(store->states_position().value == 5);
  REQUIRE(listed(*store, {}) == keys{1, 2, 3, 4, 5});
  REQUIRE_FALSE((*store->load({8})).has_value());
}

TEST_CASE("A store made for other columns is dropped and made again") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  write_some(*open_rides(*storage));
  context_info changed = rides();
  changed.filters = {"city", "note"};
  auto opened = storage->open_derived(shard_of_rides(), changed);
  REQUIRE(opened.ok());
  REQUIRE((*opened)->states_position().value == 0);
  REQUIRE_FALSE((*(*opened)->load({1})).has_value());
}

TEST_CASE("Marks are found until they are old enough to be forgotten") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  constexpr std::uint64_t far = 50'000'000;
  {
    auto store = open_rides(*storage);
    std::vector<dedup_mark> marks;
    for (std::uint64_t i = 1; i <= 2500; ++i)
      marks.push_back({{i, ~i}, i * 3, {i}});
    marks.push_back({{9, 9}, 99, {far}});
    marks.push_back({{1, ~1ULL}, 3, {far + 1}}); // remembered again: as young as that
    REQUIRE(store->remember(marks).ok());
    REQUIRE(store->remember({}).ok());
  }
  auto store = open_rides(*storage);
  const auto found = store->find({7, ~7ULL});
  REQUIRE(found.ok());
  REQUIRE((*found)->command_hash == 21);
  REQUIRE((*found)->at.value == 7);
  REQUIRE((*store->find({9, 9}))->at.value == far);
  REQUIRE((*store->find({1, ~1ULL}))->at.value == far + 1);
  REQUIRE_FALSE((*store->find({7, 7})).has_value());
  std::uint32_t calls = 0;
  std::uint32_t forgotten = 0;
  for (std::uint32_t now = 1; now > 0; ++calls) {
    REQUIRE(calls < 100);
    const auto some = store->forget_marks({far});
    REQUIRE(some.ok());
    now = *some;
    forgotten += now;
  }
  REQUIRE(calls > 2); // in small steps
  REQUIRE(forgotten == 2500);
  REQUIRE_FALSE((*store->find({7, ~7ULL})).has_value());
  REQUIRE((*store->find({9, 9})).has_value());
  REQUIRE((*store->find({1, ~1ULL}))->at.value == far + 1);
}

TEST_CASE("The newest snapshot is loaded") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  {
    auto store = open_rides(*storage);
    REQUIRE_FALSE(store->load_snapshot().has_value());
    REQUIRE(store->save_snapshot({3}, "old").ok());
    REQUIRE(store->save_snapshot({5}, std::string("n\0w", 3)).ok());
  }
  const auto loaded = open_rides(*storage)->load_snapshot();
  REQUIRE(loaded.has_value());
  REQUIRE(loaded->position.value == 5);
  REQUIRE(loaded->blob == std::string("n\0w", 3));
}

TEST_CASE("A derived store can be opened once at a time") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto store = open_rides(*storage);
  const auto second = storage->open_derived(shard_of_rides(), rides());
  REQUIRE_FALSE(second.ok());
  REQUIRE(second.error().code == errc::storage_locked);
}
