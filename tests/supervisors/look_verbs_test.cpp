#include "supervisors/look_verbs.hpp"

#include "messages/json.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

namespace {

value json(std::string_view text) {
  return parse_json(text).value();
}

std::vector<std::string> ids_of(const value& from) {
  std::vector<std::string> ids;
  for (const auto& each : *from.find("items")->get_if<value::array>())
    ids.push_back(*each.find("id")->get_if<std::string>());
  return ids;
}

} // namespace

TEST_CASE("the first of several shards are the first of them all", "[looks]") {
  const auto one = json(R"({"by":"p99","residents":3,"window_ms":5000,"took_us":70,
    "items":[{"id":"a","p99_us":90,"rate":1},{"id":"b","p99_us":10,"rate":2}]})");
  const auto other = json(R"({"by":"p99","residents":4,"window_ms":6000,"took_us":30,
    "items":[{"id":"c","p99_us":90,"rate":7.5},{"id":"d","p99_us":null,"rate":9}]})");
  const auto merged = merge_top({one, other}, 3);
  CHECK(ids_of(merged) == std::vector<std::string>{"c", "a", "b"});
  CHECK(*merged.find("residents") == value{7});
  CHECK(*merged.find("window_ms") == value{6'000});
  CHECK(*merged.find("took_us") == value{100});
  CHECK(ids_of(merge_top({}, 3)).empty());
}

TEST_CASE("shards that do not run are listed with the others", "[looks]") {
  const auto merged =
      merge_shards({json(R"({"id":"2","context":"b.c","shard":1})"),
                    json(R"({"id":"1","context":"a.b","shard":10})")},
                   {json(R"({"id":"3","context":"a.b","shard":9,"state":"recovering"})")});
  CHECK(ids_of(merged) == std::vector<std::string>{"3", "1", "2"});
}

TEST_CASE("items of several answers are one list", "[looks]") {
  const auto merged = merge_items({json(R"({"items":[{"id":"x"}]})"), json(R"({"items":[]})"),
                                   json(R"({"items":[{"id":"y"},{"id":"z"}]})")});
  CHECK(ids_of(merged) == std::vector<std::string>{"x", "y", "z"});
}
