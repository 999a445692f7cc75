#include "bin/cli/fields.hpp"

#include <catch2/catch.hpp>

#include <array>

using namespace troupe;
using namespace troupe::cli;

namespace {

const std::array fields{
    field_info{"cost", field_type::integer, true}, field_info{"rate", field_type::real, false},
    field_info{"open", field_type::boolean, false}, field_info{"note", field_type::text, true}};

value::object read(std::vector<std::string> words) {
  auto made = parse_fields(fields, words);
  REQUIRE(made);
  return *made;
}
std::string refused(std::vector<std::string> words) {
  const auto made = parse_fields(fields, words);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == errc::malformed);
  return made.error().message;
}

} // namespace

TEST_CASE("Words become values of the field's type") {
  CHECK(read({"cost=500", "rate=2", "open=true", "note=a=b"}) ==
        value::object{{"cost", 500}, {"rate", 2.0}, {"open", true}, {"note", "a=b"}});
  CHECK(read({"cost=", "note=null"}) == value::object{{"cost", nullptr}, {"note", "null"}});
}

TEST_CASE("A word that does not fit says which field wants what") {
  CHECK(refused({"cost=abc"}) == "field 'cost' takes a whole number or null, not 'abc'");
  CHECK(refused({"cost=1.5"}).find("whole number") != std::string::npos);
  CHECK(refused({"cost=99999999999999999999"}).find("64 bits") != std::string::npos);
  CHECK(refused({"open=yes"}) == "field 'open' takes true or false, not 'yes'");
  CHECK(refused({"rate=inf"}).find("a number") != std::string::npos);
  CHECK(refused({"rate=null"}).find("a number") != std::string::npos);
  CHECK(refused({"cost=1", "cost=2"}) == "field 'cost' is given twice");
  CHECK(refused({"cots=1"}).find("did you mean cost?") != std::string::npos);
  CHECK(refused({"cost"}).find("field=value") != std::string::npos);
}

TEST_CASE("JSON fields are checked the same way") {
  const auto made = parse_json_fields(fields, R"({"cost":"500","rate":3,"note":null})");
  REQUIRE(made);
  CHECK(*made == value::object{{"cost", 500}, {"rate", 3.0}, {"note", nullptr}});
  CHECK_FALSE(parse_json_fields(fields, R"({"note":5})"));
  CHECK_FALSE(parse_json_fields(fields, R"([1])"));
  CHECK_FALSE(parse_json_fields(fields, R"({"cost":1)"));
  CHECK_FALSE(parse_json_fields(fields, R"({"nope":1})"));
}

TEST_CASE("Targets name a context and perhaps an id") {
  const auto one = parse_target("taxi.call/42");
  REQUIRE(std::holds_alternative<target>(one));
  CHECK(std::get<target>(one).context == find_context("taxi.call"));
  CHECK(std::get<target>(one).id.number == 42);
  for (const char* wrong : {"taxi.call/", "taxi.call/0", "taxi.call/x", "taxi.call/-1",
                            "taxi.call/1/2", "taxi.call/99999999999999999999"})
    CHECK(std::get<failure>(parse_target(wrong)).exit == 2);
  CHECK(std::get<failure>(parse_one("taxi.call")).exit == 2);
  CHECK(std::get<failure>(parse_context("taxi.call/1")).exit == 2);
}

TEST_CASE("An unknown context or command comes with what was meant and what there is") {
  const auto context = std::get<failure>(parse_target("taxi.drivr/3"));
  CHECK(context.exit == 5);
  CHECK(context.code == "UNKNOWN_CONTEXT");
  CHECK(context.why.find("did you mean taxi.driver?") == 0);
  CHECK(context.why.find("taxi.payment") != std::string::npos);
  CHECK(context.next == "taxi.driver/3");
  CHECK(std::get<failure>(parse_target("callList")).next == "taxi.callList");

  const auto command =
      std::get<failure>(find_command(*find_context("taxi.driver"), "changestatus"));
  CHECK(command.code == "UNKNOWN_COMMAND");
  CHECK(command.why.find("did you mean changeStatus?") == 0);
  const auto view = std::get<failure>(find_command(*find_context("taxi.callList"), "x"));
  CHECK(view.why.find("view") != std::string::npos);
}
