#include "supervisors/letter_verbs.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

namespace {

value letter(std::int64_t time_ms, const char* id) {
  return value{value::object{{"time_ms", time_ms}, {"id", id}}};
}
value page(std::int64_t total, value::array items) {
  return value{value::object{{"total", total}, {"items", std::move(items)}}};
}

} // namespace

TEST_CASE("admin verbs that shards answer say whom they are for", "[letters]") {
  CHECK(reach_of("actor") == verb_reach::aggregate);
  CHECK(reach_of("quarantine") == verb_reach::aggregate);
  CHECK(reach_of("deadletter-retry") == verb_reach::letter);
  CHECK(reach_of("deadletters") == verb_reach::all);
  CHECK(reach_of("cause") == verb_reach::record);
  CHECK(reach_of("journal") == verb_reach::record);
  CHECK(reach_of("actor-dry-run") == verb_reach::aggregate);
  CHECK(reach_of("top") == verb_reach::own);
  CHECK(reach_of("shard-move") == verb_reach::none);
  CHECK(reach_of("status") == verb_reach::none);
}

TEST_CASE("the shards' dead letters are one list by time", "[letters]") {
  std::vector<value> said;
  said.push_back(page(2, {letter(5, "b"), letter(9, "c")}));
  said.push_back(page(1, {letter(5, "a")}));
  const auto all = merge_letters(said, 10);
  CHECK(*all.find("total") == value{3});
  const auto& items = *all.find("items")->get_if<value::array>();
  REQUIRE(items.size() == 3);
  CHECK(*items[0].find("id") == value{"a"});
  CHECK(*items[1].find("id") == value{"b"});
  CHECK(*items[2].find("id") == value{"c"});
  const auto first = merge_letters(said, 1);
  CHECK(first.find("items")->get_if<value::array>()->size() == 1);
  CHECK(*first.find("total") == value{3});
}
