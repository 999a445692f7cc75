#include "messages/json.hpp"

#include "seams/random.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>
#include <limits>

using namespace troupe;

namespace {

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

} // namespace

TEST_CASE("JSON reads into values that keep type and order") {
  const auto read = parse_json(R"({"z":1,"a":[true,false,null,-2,1.5,"x\u00e9\n"],"o":{},"e":[],)"
                               R"("r":1.0,"big":9223372036854775807})");
  REQUIRE(read.ok());
  const auto& members = *read->get_if<value::object>();
  CHECK(members[0].first == "z");
  CHECK(members[1].first == "a");
  CHECK(*read->find("a") == value(value::array{true, false, nullptr, -2, 1.5, "x\xc3\xa9\n"}));
  CHECK(*read->find("r") == value(1.0));
  CHECK(*read->find("big") == value(std::numeric_limits<std::int64_t>::max()));
  CHECK(*read->find("o") == value(value::object{}));
}

TEST_CASE("scalars alone are JSON too") {
  CHECK(*parse_json("null") == value());
  CHECK(*parse_json(" 7 ") == value(7));
  CHECK(*parse_json("\"\"") == value(""));
  CHECK(*parse_json("-9223372036854775808") == value(std::numeric_limits<std::int64_t>::min()));
}

TEST_CASE("JSON that is wrong is refused with where and why") {
  for (const auto* text :
       {"",    " ",    "{",   "[1,]",      "{\"a\"}",     "{a:1}",    "nul",          "01",
        "1 2", "[1]x", "'a'", "\"\n\"",    "\"\\ud800\"", "\"\xff\"", "\"\xc0\x80\"", "// c\n1",
        "NaN", "[",    "\"",  "{\"a\":1,}"}) {
    INFO(text);
    const auto read = parse_json(text);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().code == errc::malformed);
    CHECK(read.error().message.find("JSON near byte ") == 0);
  }
}

TEST_CASE("JSON numbers that do not fit are refused instead of changed") {
  for (const auto* text : {"9223372036854775808", "18446744073709551615", "18446744073709551616",
                           "-9223372036854775809", "1e999", "[-1e400]"}) {
    INFO(text);
    const auto read = parse_json(text);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().code == errc::malformed);
    CHECK(read.error().message.find("fit") != std::string::npos);
  }
}

TEST_CASE("duplicate keys of one JSON object are refused, equal keys of two are not") {
  const auto read = parse_json(R"({"a":{"k":1},"b":[{"k":1},{"k":2,"k":3}]})");
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().message.find("'k'") != std::string::npos);
  CHECK(parse_json(R"({"a":{"k":1},"b":[{"k":1},{"k":2}]})").ok());
}

TEST_CASE("JSON over its limits is refused") {
  CHECK(parse_json(nested(32)).ok());
  const auto deep = parse_json(nested(33));
  REQUIRE_FALSE(deep.ok());
  CHECK(deep.error().code == errc::too_large);
  CHECK(parse_json(std::string(200'000, '[')).error().code == errc::too_large);
  const auto mixed = parse_json(R"({"a":[{"b":1}]})", {.depth_max = 2});
  CHECK(mixed.error().code == errc::too_large);

  const json_limits small{.bytes_max = 8};
  CHECK(parse_json("[1,2,34]", small).ok());
  CHECK(parse_json("[1,2,345]", small).error().code == errc::too_large);
}

TEST_CASE("an object with tens of thousands of keys is checked quickly") {
  std::string text = "{";
  for (int i = 0; i < 20'000; ++i)
    text += "\"" + std::to_string(i) + "\":0,";
  text += "\"19999\":1}";
  CHECK(parse_json(text).error().code == errc::malformed);
}

TEST_CASE("values are written as JSON that reads back the same") {
  const value from{
      value::object{{"text", "a\"b\\c\n\t\r\x01/\xf0\x9f\x9a\x95\x7f"},
                    {"numbers", value::array{0, -1, 0.1, 1e22, -0.0, 5e-324, 3.0}},
                    {"empty", value::array{value::array{}, value::object{}, "", nullptr}},
                    {"", true}}};
  CHECK(*parse_json(to_json(from)) == from);
  CHECK(*parse_json(to_json(from, true)) == from);
  CHECK(to_json(value::object{{"a", value::array{1, 2.0}}, {"b", "\x01"}}) ==
        R"({"a":[1,2.0],"b":"\u0001"})");
}

TEST_CASE("pretty JSON is indented by two spaces") {
  CHECK(to_json(value::object{{"a", value::array{1, value::object{{"b", nullptr}}}}}, true) ==
        "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ]\n}");
}

TEST_CASE("every finite real survives JSON bit for bit") {
  seeded_random random{99};
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = random.next();
    double from = 0;
    std::memcpy(&from, &bits, sizeof from);
    if (!std::isfinite(from)) continue;
    const auto read = parse_json(to_json(from));
    REQUIRE(read.ok());
    REQUIRE(*read == value(from));
  }
  CHECK(to_json(std::numeric_limits<double>::quiet_NaN()) == "null");
  CHECK(to_json(-std::numeric_limits<double>::infinity()) == "null");
}

TEST_CASE("text that is not UTF-8 is written with replacement characters") {
  CHECK(to_json(std::string_view{"a\xff"
                                 "b"}) == "\"a\xef\xbf\xbd"
                                          "b\"");
  CHECK(to_json(std::string_view{"\xed\xa0\x80"}) == "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
  CHECK(to_json(std::string_view{"\xe2\x82"}) == "\"\xef\xbf\xbd\xef\xbf\xbd\"");
  seeded_random random{3};
  for (int i = 0; i < 5'000; ++i) {
    std::string text(random.next() % 24, ' ');
    for (char& each : text)
      each = static_cast<char>(random.next());
    REQUIRE(parse_json(to_json(text)).ok());
  }
}
