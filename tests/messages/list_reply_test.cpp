#include "messages/list_reply.hpp"

#include "messages/codec.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

namespace {

list_row row(std::int64_t id, value cost) {
  return {{id}, encode_value(value::object{{"cost", std::move(cost)}})};
}

} // namespace

TEST_CASE("values of any type have one order") {
  const std::vector<value> ordered{nullptr, false, true, -1, 0.5, 1, "a", "b"};
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    for (std::size_t j = 0; j < ordered.size(); ++j)
      CHECK(compare_for_list(ordered[i], ordered[j]) == (i <=> j));
  }
}

TEST_CASE("a list reply reads back as it was written, and nonsense is refused") {
  const list_reply some{9, {row(1, 2), row(3, "x")}};
  const auto read = decode_list_reply(encode_list_reply(some));
  REQUIRE(read.ok());
  CHECK(read->total == 9);
  REQUIRE(read->rows.size() == 2);
  CHECK(read->rows[1].state == some.rows[1].state);
  CHECK_FALSE(decode_list_reply("\x80").ok());
  CHECK_FALSE(decode_list_reply(encode_value(value::object{{"total", 1}, {"rows", 2}})).ok());
  CHECK_FALSE(decode_list_reply("").ok());
}
