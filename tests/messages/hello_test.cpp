#include "messages/hello.hpp"

#include "messages/codec.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

TEST_CASE("a hello and its answer read back as they were written") {
  const hello_reply some{"n",
                         "b",
                         1,
                         2,
                         {{"taxi.call", 4, false, true},
                          {"taxi.callList", 1, true, false},
                          {"taxi.board", 1, true, true, "rebuilding 12/50"}}};
  const auto read = decode_hello_reply(encode_hello_reply(some));
  REQUIRE(read.ok());
  CHECK(read->node == "n");
  CHECK(read->contexts == some.contexts);
  CHECK(read->protocol_max == 2);
  CHECK(decode_hello_request(encode_hello_request({"me", "x"}))->name == "me");
}

TEST_CASE("fields that a hello leaves out keep their default") {
  const auto read = decode_hello_reply("\x80");
  REQUIRE(read.ok());
  CHECK(read->protocol_min == 1);
  CHECK(read->contexts.empty());
}

TEST_CASE("a hello of wrong types is refused") {
  CHECK_FALSE(decode_hello_request("\x90").ok());
  CHECK_FALSE(decode_hello_reply("\x90").ok());
  CHECK_FALSE(decode_hello_reply("").ok());
  CHECK_FALSE(decode_hello_reply(encode_value(value::object{{"contexts", 1}})).ok());
  CHECK_FALSE(decode_hello_reply(encode_value(value::object{{"protocol", "x"}})).ok());
  const value no_shards{value::object{
      {"contexts", value::array{value::object{{"name", "taxi.call"}, {"shards", 0}}}}}};
  CHECK_FALSE(decode_hello_reply(encode_value(no_shards)).ok());
  const value no_text{value::object{
      {"contexts", value::array{value::object{{"name", "taxi.call"}, {"waiting", 0}}}}}};
  CHECK_FALSE(decode_hello_reply(encode_value(no_text)).ok());
}
