#include "messages/envelope.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

TEST_CASE("events that are wrong are refused with their position and field") {
  const auto wrong = decode_events(encode_value(value::array{value::array{1, 2, "x"}}));
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().message == "event 0: ordinal: wrong type or out of range");
  CHECK(decode_events(encode_value(value::array{1})).error().message ==
        "event 0: a message is an array");
  CHECK_FALSE(decode_events(encode_value(1)).ok());
  CHECK(decode_events(encode_value(value::array{}))->empty());
}

TEST_CASE("the largest push of events is within the limits") {
  std::string payload;
  writer out{payload};
  out.array(10'000);
  for (int i = 0; i < 10'000; ++i)
    append_event(out, {.name = "E", .payload = "\x80"});
  REQUIRE(decode_events(payload).ok());
  CHECK(decode_events(payload)->size() == 10'000);
}

TEST_CASE("list requests survive, and keep their defaults where nothing is said") {
  const list_request from{.shard = {3},
                          .filter = {{"status", "Called"}, {"customerId", 7}, {"cost", nullptr}},
                          .sort = "cost",
                          .descending = true,
                          .skip = 40,
                          .limit = list_limit_max,
                          .after = {},
                          .settled = true};
  const auto read = decode_list_request(encode_list_request(from));
  REQUIRE(read.ok());
  CHECK(read->shard == from.shard);
  CHECK(read->filter == from.filter);
  CHECK(read->sort == from.sort);
  CHECK(read->descending);
  CHECK(read->skip == 40);
  CHECK(read->limit == list_limit_max);
  CHECK(read->settled);
  CHECK(decode_list_request(encode_list_request({.after = {17}}))->after.number == 17);
  const auto least = decode_list_request(encode_value(value::object{{"later", 1}}));
  REQUIRE(least.ok());
  CHECK(least->limit == 20);
  CHECK(least->filter.empty());
}

TEST_CASE("list requests that are wrong are refused by field") {
  const auto message = [](std::string_view field, value held) {
    const auto read =
        decode_list_request(encode_value(value::object{{std::string{field}, std::move(held)}}));
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().message.find(field) == 0);
    return read.error().message;
  };
  (void)message("shard", -1);
  (void)message("filter", 1);
  CHECK(message("filter", value::object{{"a", value::array{}}}).find("filter.a") == 0);
  (void)message("filter", value::object{{std::string(129, 'a'), 1}});
  (void)message("sort", 1);
  (void)message("sort", std::string(129, 's'));
  (void)message("desc", 1);
  (void)message("skip", -1);
  (void)message("limit", 0);
  (void)message("after", -1);
  (void)message("settled", 1);
  (void)message("limit", std::int64_t{list_limit_max} + 1);
  CHECK_FALSE(decode_list_request(encode_value(1)).ok());
  CHECK_FALSE(decode_list_request("").ok());
}

TEST_CASE("subscribe requests survive and wrong ones are refused by field") {
  const auto read = decode_subscribe_request(
      encode_subscribe_request({.shard = {2}, .from = {9}, .only_new = true, .credit = 5}));
  REQUIRE(read.ok());
  CHECK(read->shard == shard_number{2});
  CHECK(read->from == record_index{9});
  CHECK(read->only_new);
  CHECK(read->credit == 5);
  CHECK(decode_subscribe_request(encode_value(value::object{}))->credit == 256);
  for (const auto* field : {"shard", "from", "new", "credit"}) {
    const auto wrong = decode_subscribe_request(encode_value(value::object{{field, "x"}}));
    REQUIRE_FALSE(wrong.ok());
    CHECK(wrong.error().message.find(field) == 0);
  }
}
