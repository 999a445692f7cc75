#include "net/gateway/field_input.hpp"

#include "messages/codec.hpp"
#include "messages/json.hpp"
#include "tests/gateway/shop_contexts.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::gateway;

namespace {
const command_info& place_order() {
  return *shop_contexts()[0].command("placeOrder");
}
const command_info& take_in() {
  return *shop_contexts()[1].command("takeIn");
}

[[nodiscard]] std::string read(const command_info& command, std::string_view json,
                               aggregate_id path_id = {}) {
  const auto input = read_command(command, *parse_json(json), path_id);
  return input ? to_json(*decode_value(input.value().payload)) : input.error().message;
}
} // namespace

TEST_CASE("numbers may come as texts and texts as numbers") {
  CHECK(read(place_order(), R"({"amount":"500","price":"2.5","gift":"true","item":7})") ==
        R"({"item":"7","amount":500,"price":2.5,"gift":true})");
  CHECK(read(place_order(), R"({"amount":5e2,"price":3,"item":true})") ==
        read(place_order(), R"({"amount":500,"price":3.0,"item":"true"})"));
  CHECK(read(place_order(), R"({"amount":"-9223372036854775808"})") ==
        R"({"amount":-9223372036854775808})");
}

TEST_CASE("missing, null and empty fields are absent, unknown ones are ignored") {
  CHECK(read(place_order(), R"({"id":9,"status":"Done","amount":null,"price":"","item":""})") ==
        R"({"item":""})");
  CHECK(read(place_order(), "{}") == "{}");
}

TEST_CASE("a wrong type is an error that names the field") {
  CHECK(read(place_order(), R"({"amount":"many"})") == "field 'amount' must be an integer");
  CHECK(read(place_order(), R"({"amount":1.5})") == "field 'amount' must be an integer");
  CHECK(read(place_order(), R"({"amount":" 5"})") == "field 'amount' must be an integer");
  CHECK(read(place_order(), R"({"amount":true})") == "field 'amount' must be an integer");
  CHECK(read(place_order(), R"({"amount":"9223372036854775808"})") ==
        "field 'amount' must be an integer");
  CHECK(read(place_order(), R"({"price":"inf"})") == "field 'price' must be a number");
  CHECK(read(place_order(), R"({"gift":1})") == "field 'gift' must be true or false");
  CHECK(read(place_order(), R"({"item":{}})") == "field 'item' must be a text");
  CHECK(read(place_order(), R"([1])") == "the body must be a JSON object");
  const std::string long_text = R"({"item":")" + std::string(70'000, 'x') + R"("})";
  CHECK(read(place_order(), long_text) == "field 'item' is over 64 KiB");
}

TEST_CASE("a command that takes its id from a field needs that field") {
  CHECK(read_command(take_in(), *parse_json(R"({"productId":"7"})"), {}).value().target ==
        aggregate_id{7});
  CHECK(read(take_in(), "{}") == "field 'productId' is missing");
  CHECK(read(take_in(), R"({"productId":0})") == "field 'productId' must be an id of 1 or more");
  CHECK(read(take_in(), "{}", {3}) == R"({"productId":3})");
  CHECK(read(take_in(), R"({"productId":4})", {3}) ==
        "field 'productId' is not the id of the path");
}
