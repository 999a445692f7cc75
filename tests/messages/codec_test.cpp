#include "messages/codec.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace troupe;

namespace {

/// Bytes from a literal that may hold zeros.
template <std::size_t Size> std::string bytes(const char (&literal)[Size]) {
  return {literal, Size - 1};
}

error refusal(std::string_view encoded, const codec_limits& limits = {}) {
  document parsed;
  const auto done = parsed.parse(encoded, limits);
  REQUIRE_FALSE(done.ok());
  CHECK_FALSE(parsed.root().exists());
  CHECK_FALSE(done.error().message.empty());
  return done.error();
}

bool accepted(std::string_view encoded, const codec_limits& limits = {}) {
  document parsed;
  return parsed.parse(encoded, limits).ok();
}

std::string map_of(std::uint32_t entries) {
  std::string encoded;
  writer out{encoded};
  out.map(entries);
  for (std::uint32_t i = 0; i < entries; ++i) {
    out.text(std::to_string(i));
    out.nil();
  }
  return encoded;
}

} // namespace

TEST_CASE("values of every kind survive msgpack") {
  const value from{value::object{
      {"nil", nullptr},
      {"truth", value::array{true, false}},
      {"integers", value::array{0, 127, 128, 255, 256, 65535, 65536, std::int64_t{1} << 32, -1, -32,
                                -33, -128, -129, -32768, -32769, -(std::int64_t{1} << 40),
                                std::numeric_limits<std::int64_t>::min(),
                                std::numeric_limits<std::int64_t>::max()}},
      {"reals", value::array{0.0, -1.5, 1e300, std::numeric_limits<double>::infinity()}},
      {"texts", value::array{"", "short", std::string(31, 'a'), std::string(32, 'b'),
                             std::string(256, 'c'), std::string(65536, 'd')}},
      {"nested", value::array{value::array{}, value::object{}, value::object{{"a", 1}}}},
  }};
  const auto read = decode_value(encode_value(from));
  REQUIRE(read.ok());
  CHECK(*read == from);
}

TEST_CASE("a document gives typed access without copying") {
  std::string encoded;
  writer out{encoded};
  out.map(6);
  out.text("skip");
  out.array(2);
  out.integer(1);
  out.map(1);
  out.text("id");
  out.nil();
  out.text("id");
  out.integer(42);
  out.text("name");
  out.text("call");
  out.text("blob");
  out.binary(bytes("\0\x01"));
  out.text("real");
  out.real(2.5);
  out.text("truth");
  out.boolean(true);

  document parsed;
  REQUIRE(parsed.parse(encoded).ok());
  const auto root = parsed.root();
  CHECK(root.kind() == node_kind::map);
  CHECK(root.size() == 6);
  std::int64_t id = 0;
  CHECK(root.find("id").read(id));
  CHECK(id == 42);
  std::string_view name;
  CHECK(root.find("name").read(name));
  CHECK(name == "call");
  CHECK(name.data() > encoded.data());
  std::string_view blob;
  CHECK(root.find("blob").read_binary(blob));
  CHECK(blob == bytes("\0\x01"));
  CHECK_FALSE(root.find("blob").read(name));
  CHECK_FALSE(root.find("name").read_binary(blob));
  double real = 0;
  CHECK(root.find("real").read(real));
  CHECK(real == 2.5);
  CHECK(root.find("id").read(real));
  CHECK(real == 42.0);
  bool truth = false;
  CHECK(root.find("truth").read(truth));
  CHECK(truth);
  CHECK_FALSE(root.find("absent").exists());
  CHECK(root.find("absent").is_nil());
  CHECK_FALSE(root.find("absent").read(id));
  CHECK_FALSE(root.find("id").find("id").exists());
  CHECK_FALSE(root.find("id").element(0).exists());
  CHECK(root.find("skip").element(1).find("id").is_nil());
  CHECK_FALSE(root.find("skip").element(2).exists());
}

TEST_CASE("reading a number out of the range of its type fails and leaves the target alone") {
  const auto read = [](const std::string& encoded, auto to) {
    document parsed;
    REQUIRE(parsed.parse(encoded).ok());
    const auto before = to;
    const bool done = parsed.root().read(to);
    if (!done) CHECK(to == before);
    return done;
  };
  std::string large;
  writer{large}.unsigned_integer(std::numeric_limits<std::uint64_t>::max());
  CHECK(read(large, std::uint64_t{1}));
  CHECK_FALSE(read(large, std::int64_t{1}));
  CHECK_FALSE(read(large, std::uint32_t{1}));
  CHECK(read(large, 1.0));
  CHECK_FALSE(read(encode_value(-1), std::uint64_t{1}));
  CHECK_FALSE(read(encode_value(-1), std::uint32_t{1}));
  CHECK(read(encode_value(-1), std::int32_t{1}));
  CHECK_FALSE(read(encode_value(std::int64_t{1} << 31), std::int32_t{1}));
  CHECK_FALSE(read(encode_value(-(std::int64_t{1} << 31) - 1), std::int32_t{1}));
  CHECK(read(encode_value(std::int64_t{1} << 31), std::uint32_t{1}));
  CHECK_FALSE(read(encode_value(std::int64_t{1} << 32), std::uint32_t{1}));
  CHECK_FALSE(read(encode_value(1.5), std::int64_t{1}));
  CHECK_FALSE(read(encode_value("1"), 1.0));
  CHECK_FALSE(read(encode_value(1), false));

  CHECK(decode_value(large).error().code == errc::malformed);
  document parsed;
  REQUIRE(parsed.parse(large).ok());
  CHECK(parsed.root().to_value() == value(18446744073709551615.0));
}

TEST_CASE("malformed msgpack is refused with where and why") {
  CHECK(refusal("").message == "input is empty");
  CHECK(refusal("\xc1").message.find("starts no value") != std::string::npos);
  CHECK(refusal(bytes("\x01\x02")).message == "1 bytes follow the value, from byte 1");
  CHECK(refusal(bytes("\x81\x01\x02")).message.find("a map key is not text") == 0);
  CHECK(refusal(bytes("\x81\x90\x02")).message.find("a map key is not text") == 0);
  CHECK(refusal(bytes("\x81\xc4\x01z\x02")).message.find("a map key is not text") == 0);
  for (const auto& extension :
       {bytes("\xd4\x01z"), bytes("\xd5\x01zz"), bytes("\xd6\x01zzzz"), bytes("\xd7\x01zzzzzzzz"),
        bytes("\xd8\x01zzzzzzzzzzzzzzzz"), bytes("\xc7\x01\x01z"), bytes("\xc8\0\x01\x01z"),
        bytes("\xc9\0\0\0\x01\x01z"), bytes("\xd6\xff\0\0\0\0")})
    CHECK(refusal(extension).message.find("extension types are not accepted") == 0);
  CHECK(refusal(bytes("\x93\x01\x02\xc1")).message.find("near byte 3") != std::string::npos);
}

TEST_CASE("every prefix of a document is refused as cut off") {
  const std::string whole = encode_value(value::object{
      {"a", value::array{1, 300, 70000, std::int64_t{1} << 40, -5, -300, 1.5, "text"}},
      {"b", value::object{{"c", std::string(40, 'x')}, {"d", std::string(300, 'y')}}},
      {"e", nullptr}});
  REQUIRE(accepted(whole));
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK(refusal(whole.substr(0, length)).code == errc::malformed);
}

TEST_CASE("duplicate keys are refused in small and in large maps, by name") {
  CHECK(refusal(bytes("\x82\xa1k\x01\xa1k\x02")).message.find("duplicate map key 'k'") == 0);
  CHECK(accepted(bytes("\x82\xa1k\x81\xa1k\x01\xa1l\x81\xa1k\x02")));
  for (const std::uint32_t entries : {2U, 15U, 16U, 17U, 999U}) {
    std::string encoded = map_of(entries);
    CHECK(accepted(encoded));
    std::string twice;
    writer out{twice};
    out.map(entries + 1);
    out.raw(std::string_view{encoded}.substr(entries < 16 ? 1 : 3));
    out.text(std::to_string(entries / 2));
    out.array(0);
    CHECK(refusal(twice).message.find("duplicate map key '" + std::to_string(entries / 2) + "'") ==
          0);
  }
}

TEST_CASE("each limit of the codec is exact") {
  const auto too_large = [](const std::string& encoded, const codec_limits& limits) {
    return refusal(encoded, limits).code == errc::too_large;
  };
  codec_limits limits;
  limits.depth_max = 3;
  CHECK(accepted(bytes("\x91\x91\x90"), limits));
  CHECK(too_large(bytes("\x91\x91\x91\x90"), limits));
  CHECK(too_large(bytes("\x81\xa1z\x91\x81\xa1z\x80"), limits));

  limits = {.array_entries_max = 2};
  CHECK(accepted(bytes("\x92\x01\x02"), limits));
  CHECK(too_large(bytes("\x93\x01\x02\x03"), limits));

  limits = {.map_entries_max = 2};
  CHECK(accepted(map_of(2), limits));
  CHECK(too_large(map_of(3), limits));

  limits = {.text_bytes_max = 40, .binary_bytes_max = 50};
  CHECK(accepted(encode_value(std::string(40, 'x')), limits));
  CHECK(too_large(encode_value(std::string(41, 'x')), limits));
  std::string binary;
  writer{binary}.binary(std::string(50, 'x'));
  CHECK(accepted(binary, limits));
  binary.clear();
  writer{binary}.binary(std::string(51, 'x'));
  CHECK(too_large(binary, limits));

  limits = {.nodes_max = 4};
  CHECK(accepted(bytes("\x93\x01\x02\x03"), limits));
  CHECK(too_large(bytes("\x94\x01\x02\x03\x04"), limits));
  CHECK(too_large(bytes("\x93\x01\x91\x02\x03"), limits));
  limits = {.nodes_max = 3};
  CHECK(accepted(map_of(1), limits));
  CHECK(too_large(map_of(2), limits));
}

TEST_CASE("the default limits hold and no limit allows endless nesting") {
  CHECK(accepted(std::string(15, '\x91') + '\x90'));
  CHECK(refusal(std::string(16, '\x91') + '\x90').code == errc::too_large);
  const codec_limits generous{.depth_max = 1'000'000};
  CHECK(accepted(std::string(63, '\x91') + '\x90', generous));
  CHECK(refusal(std::string(100'000, '\x91'), generous).code == errc::too_large);
  CHECK(refusal(map_of(1001)).code == errc::too_large);
}

TEST_CASE("a few bytes that claim billions of entries cost nothing") {
  codec_limits unlimited;
  unlimited.array_entries_max = unlimited.map_entries_max = unlimited.text_bytes_max =
      unlimited.binary_bytes_max = unlimited.nodes_max = std::numeric_limits<std::uint32_t>::max();
  for (const auto& bomb :
       {bytes("\xdd\xff\xff\xff\xff"), bytes("\xdf\xff\xff\xff\xff"), bytes("\xdd\x80\0\0\0"),
        bytes("\xdf\x80\0\0\0"), bytes("\xc6\xff\xff\xff\xff"), bytes("\xdb\xff\xff\xff\xff"),
        bytes("\xc9\xff\xff\xff\xff\x01"), bytes("\xdc\xff\xff\x01")}) {
    document parsed;
    CHECK_FALSE(parsed.parse(bomb).ok());
    CHECK_FALSE(parsed.parse(bomb, unlimited).ok());
    CHECK(parsed.nodes().capacity() < 16);
  }
}

TEST_CASE("several values in one buffer are read one after the other") {
  const std::string frame = encode_value(1) + encode_value("two") + encode_value(value::array{3});
  document parsed;
  std::size_t offset = 0;
  REQUIRE(parsed.parse_next(frame, offset).ok());
  CHECK(parsed.root().to_value() == value(1));
  REQUIRE(parsed.parse_next(frame, offset).ok());
  CHECK(parsed.root().to_value() == value("two"));
  REQUIRE(parsed.parse_next(frame, offset).ok());
  CHECK(parsed.root().to_value() == value(value::array{3}));
  CHECK(offset == frame.size());
  CHECK_FALSE(parsed.parse_next(frame, offset).ok());
  CHECK(offset == frame.size());
  offset = frame.size() + 5;
  CHECK_FALSE(parsed.parse_next(frame, offset).ok());
}

TEST_CASE("a document can be used again after success and after failure") {
  document parsed;
  REQUIRE(parsed.parse(encode_value(value::array{1, 2, 3})).ok());
  CHECK_FALSE(parsed.parse("\xc1").ok());
  CHECK(parsed.nodes().empty());
  REQUIRE(parsed.parse(encode_value("again")).ok());
  CHECK(parsed.nodes().size() == 1);
}
