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

TEST_CASE("a hello says what role its caller wants, and its answer where operators are heard") {
  const auto asked = decode_hello_request(
      encode_hello_request({.name = "me", .build = "x", .role = "inspect", .key = "a key"}));
  REQUIRE(asked.ok());
  CHECK(asked->role == "inspect");
  CHECK(asked->key == "a key");
  CHECK(asked->secret.empty());
  hello_reply some{"n", "b", 1, 1, {}};
  some.admin_endpoint = "ipc:///data/n.admin.sock";
  const auto read = decode_hello_reply(encode_hello_reply(some));
  REQUIRE(read.ok());
  CHECK(read->admin_endpoint == some.admin_endpoint);
  CHECK(read->cluster.version == 0);
}

TEST_CASE("who has no admin endpoint leaves it out, as nodes did before there was one") {
  const auto bytes = encode_hello_reply({"n", "b", 1, 1, {}});
  CHECK(decode_value(bytes)->find("admin") == nullptr);
  CHECK(decode_hello_reply(bytes)->admin_endpoint.empty());
  const auto asked = decode_value(encode_hello_request({"me", "x"}));
  CHECK(asked->get_if<value::object>()->size() == 2);
  CHECK_FALSE(decode_hello_reply(encode_value(value::object{{"admin", 7}})).ok());
  CHECK_FALSE(decode_hello_request(encode_value(value::object{{"role", 7}})).ok());
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

TEST_CASE(
    "the shard map in a hello reads back as it was written, and is left out by who is alone") {
  hello_reply some{"n1", "b", 1, 1, {{"taxi.call", 3}}};
  CHECK_FALSE(decode_value(encode_hello_reply(some))->find("cluster"));
  CHECK(decode_hello_reply(encode_hello_reply(some))->cluster == shard_map{});

  some.cluster.version = 12;
  some.cluster.members = {{"n1", 1, "tcp://a:1", "b1", "active"},
                          {"n2", 4, "ipc://b", "b2", "leaving"}};
  some.cluster.contexts["taxi.call"] = {{1, {7}}, {map_owner::nobody, {2}}, {0, {1}}};
  some.cluster.contexts["taxi.callList"] = {{0, {1}}};
  const auto read = decode_hello_reply(encode_hello_reply(some));
  REQUIRE(read.ok());
  CHECK(read->cluster == some.cluster);
}

TEST_CASE("a shard map of wrong types is refused by name") {
  const auto refused = [](const value::object& cluster) {
    const auto read = decode_hello_reply(encode_value(value::object{{"cluster", cluster}}));
    return read.ok() ? std::string{} : read.error().message;
  };
  const value::array none;
  CHECK(refused({{"version", 1}, {"members", none}, {"owners", none}}).empty());
  CHECK(refused({{"members", none}, {"owners", none}}).find("cluster.version") !=
        std::string::npos);
  CHECK(refused({{"version", 1}, {"owners", none}}).find("cluster.members") != std::string::npos);
  CHECK(refused({{"version", 1}, {"members", none}}).find("cluster.owners") != std::string::npos);
  const value::array nameless{value::object{{"generation", 1}, {"endpoint", "x"}}};
  CHECK(refused({{"version", 1}, {"members", nameless}, {"owners", none}}).find("members") !=
        std::string::npos);
  for (const value& shards : {value{value::array{1}}, value{value::array{1, "x"}}, value{7}}) {
    const value::array owners{value::object{{"context", "taxi.call"}, {"shards", shards}}};
    CHECK(refused({{"version", 1}, {"members", none}, {"owners", owners}}).find("owners") !=
          std::string::npos);
  }
}

TEST_CASE("the secret between nodes is sent only if there is one") {
  CHECK_FALSE(decode_value(encode_hello_request({"n1", "b"}))->find("secret"));
  const auto read = decode_hello_request(encode_hello_request({"n1", "b", "s3cret"}));
  REQUIRE(read.ok());
  CHECK(read->secret == "s3cret");
  CHECK_FALSE(decode_hello_request(encode_value(value::object{{"secret", 1}})).ok());
}
