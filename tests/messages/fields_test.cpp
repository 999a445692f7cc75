#include "messages/fields.hpp"

#include "messages/taxi.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

TEST_CASE("a message survives its encoding, with fields given and left open") {
  const taxi::call_taxi full{7, "Airport \xf0\x9f\x9b\xab", 1200};
  CHECK(*decoded<taxi::call_taxi>(encoded(full)) == full);
  const taxi::call_taxi open{};
  CHECK(*decoded<taxi::call_taxi>(encoded(open)) == open);
  CHECK(*decoded<taxi::settle_cost>(encoded(taxi::settle_cost{})) == taxi::settle_cost{});
  const taxi::updated_status event{1, 2, "Completed", 3};
  CHECK(*decoded<taxi::updated_status>(encoded(event)) == event);
}

TEST_CASE("on the wire a message is a map with the published names") {
  const auto held = decode_value(encoded(taxi::call_taxi{7, "Airport", {}}));
  REQUIRE(held.ok());
  CHECK(*held ==
        value(value::object{{"customerId", 7}, {"destination", "Airport"}, {"cost", nullptr}}));
}

TEST_CASE("unknown fields are skipped and missing ones keep their default") {
  const auto read = decoded<taxi::called_taxi>(encode_value(value::object{
      {"later", value::array{1, value::object{{"id", 9}}}}, {"id", 4}, {"status", "Called"}}));
  REQUIRE(read.ok());
  CHECK(*read == taxi::called_taxi{4, {}, {}, "Called", {}});
}

TEST_CASE("a field of the wrong type is refused by name") {
  const auto text_as_number = decoded<taxi::call_taxi>(encode_value(value::object{{"cost", "x"}}));
  REQUIRE_FALSE(text_as_number.ok());
  CHECK(text_as_number.error().code == errc::malformed);
  CHECK(text_as_number.error().message == "field 'cost' has the wrong type");
  CHECK_FALSE(decoded<taxi::call_taxi>(encode_value(value::object{{"cost", 1.5}})).ok());
  CHECK_FALSE(decoded<taxi::called_taxi>(encode_value(value::object{{"id", nullptr}})).ok());
  CHECK_FALSE(decoded<taxi::called_taxi>(encode_value(value::array{1})).ok());
  CHECK_FALSE(decoded<taxi::called_taxi>("").ok());
}
