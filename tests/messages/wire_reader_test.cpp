#include "messages/wire_reader.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

TEST_CASE("elements are read in order and the rest is left alone") {
  const std::string encoded = encode_value(value::array{7, "text", nullptr, "rest"});
  document parsed;
  REQUIRE(parsed.parse(encoded).ok());
  wire_reader at{parsed.root()};
  std::uint64_t number = 0;
  std::string text;
  command_id id = command_id::make(1, 2, 3);
  at.number("number", number).text("text", text, 4).command("id", id);
  CHECK(at.ok());
  CHECK(number == 7);
  CHECK(text == "text");
  CHECK_FALSE(id.given());
}

TEST_CASE("the first complaint is kept and what follows is not touched") {
  const std::string encoded = encode_value(value::array{"x", 8, 9});
  document parsed;
  REQUIRE(parsed.parse(encoded).ok());
  wire_reader at{parsed.root()};
  std::uint64_t first = 1;
  std::uint64_t second = 2;
  at.number("first", first).number("second", second);
  CHECK_FALSE(at.ok());
  CHECK(at.failure().message == "first: wrong type or out of range");
  CHECK(first == 1);
  CHECK(second == 2);
}

TEST_CASE("a text over its limit is too large, an element that is not there is missing") {
  const std::string encoded = encode_value(value::array{"12345"});
  document parsed;
  REQUIRE(parsed.parse(encoded).ok());
  std::string text;
  wire_reader narrow{parsed.root()};
  narrow.text("name", text, 4);
  CHECK(narrow.failure() == fail(errc::too_large, "name: longer than 4 bytes"));
  wire_reader wide{parsed.root()};
  wide.text("name", text, 5).text("more", text, 5);
  CHECK(wide.failure() == fail(errc::malformed, "more: missing"));
  CHECK_FALSE(wire_reader{document::cursor{}}.ok());
}

TEST_CASE("a command id is written as 16 bytes, or nil if it is not given") {
  std::string encoded;
  writer out{encoded};
  out.array(2);
  write_command_id(out, command_id::make(1, 2, 3));
  write_command_id(out, {});
  CHECK(encoded.size() == 1 + 2 + 16 + 1);
  document parsed;
  REQUIRE(parsed.parse(encoded).ok());
  wire_reader at{parsed.root()};
  command_id first;
  command_id second = command_id::make(1, 2, 3);
  at.command("first", first).command("second", second);
  CHECK(at.ok());
  CHECK(first == command_id::make(1, 2, 3));
  CHECK_FALSE(second.given());
}
