#include "bin/cli/output.hpp"

#include "messages/json.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace troupe;
using namespace troupe::cli;

namespace {

listing sample() {
  return {"ThingList",
          {value{value::object{{"id", 7}, {"name", "a\nb"}, {"state", "up"}}},
           value{value::object{{"id", 1234}, {"name", nullptr}, {"state", "stopped"}}}},
          {member_column("ID", "id"), member_column("NAME", "name"),
           member_column("STATE", "state", true)},
          [](const value& item) { return "thing/" + cell_text(*item.find("id")); },
          {{"total", 2}}};
}
std::string printed(output_format format, bool color = false) {
  settings how;
  how.format = format;
  how.color = color;
  std::ostringstream out;
  print(out, how, sample());
  return out.str();
}

} // namespace

TEST_CASE("Tables align numbers right and escape what they show") {
  CHECK(printed(output_format::table) == "  ID  NAME  STATE\n"
                                         "   7  a\\nb  up\n"
                                         "1234  -     stopped\n");
}

TEST_CASE("Colour surrounds the word of a state and nothing else") {
  CHECK(printed(output_format::table, true).find("\x1b[32mup\x1b[0m") != std::string::npos);
  CHECK(printed(output_format::table).find('\x1b') == std::string::npos);
  CHECK(printed(output_format::json, true).find('\x1b') == std::string::npos);
}

TEST_CASE("JSON is one envelope with kind, api and items") {
  const auto parsed = parse_json(printed(output_format::json));
  REQUIRE(parsed);
  CHECK(*parsed->find("kind") == value{"ThingList"});
  CHECK(*parsed->find("api") == value{"troupe/v1"});
  CHECK(*parsed->find("total") == value{2});
  CHECK(parsed->find("items")->get_if<value::array>()->size() == 2);
}

TEST_CASE("JSON lines and names are an item a line") {
  CHECK(printed(output_format::jsonl) == R"({"id":7,"name":"a\nb","state":"up"})"
                                         "\n"
                                         R"({"id":1234,"name":null,"state":"stopped"})"
                                         "\n");
  CHECK(printed(output_format::name) == "thing/7\nthing/1234\n");
}

TEST_CASE("An empty table says so; empty data stays data") {
  settings how;
  std::ostringstream out;
  print(out, how, {"ThingList", {}, {}, {}});
  CHECK(out.str() == "nothing found\n");
  out.str({});
  how.format = output_format::jsonl;
  print(out, how, {"ThingList", {}, {}, {}});
  CHECK(out.str().empty());
}
