#include "messages/descriptor.hpp"

#include "messages/taxi.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

TEST_CASE("a hidden field is known by its type and shown to nobody") {
  auto state = describe<taxi::payment_state>("Payment", {"cost"});
  CHECK_FALSE(state.fields[0].hidden);
  CHECK(state.fields[1].name == "cost");
  CHECK(state.fields[1].hidden);
  context_info payment;
  payment.state = state;
  payment.filters = {"callId", "cost"};
  CHECK(payment.shown_filters() == std::vector<std::string_view>{"callId"});
}

TEST_CASE("a descriptor finds its parts by name") {
  const context_info& driver = *find_context("taxi.driver");
  REQUIRE(driver.command("changeStatus") != nullptr);
  CHECK(driver.command("changeStatus")->has(http_verb::patch));
  CHECK(driver.command("callTaxi") == nullptr);
  REQUIRE(driver.event("UpdatedStatus") != nullptr);
  CHECK_FALSE(driver.event("UpdatedStatus")->internal);
  CHECK(driver.event("CalledTaxi") == nullptr);
  CHECK(driver.ask("taxi.payment", "settleCost") != nullptr);
  CHECK(driver.ask("taxi.call", "settleCost") == nullptr);
  CHECK(find_context("taxi.payment")->query("settleCost") != nullptr);
  CHECK(find_context("taxi.payment")->query("other") == nullptr);
}

TEST_CASE("a shape rereads bytes as its struct: what the struct does not know is gone") {
  const message_info shape = describe<taxi::change_status>();
  REQUIRE(shape.reread != nullptr);
  const auto understood =
      shape.reread(encode_value(value::object{{"status", "Accepted"}, {"colour", "red"}}));
  REQUIRE(understood);
  CHECK(*decode_value(*understood) == value{value::object{{"status", "Accepted"}}});
  CHECK(shape.reread(encode_value(value::object{{"status", 7}})).error().code == errc::malformed);
}

TEST_CASE("a command that makes an aggregate, or names it in a field, goes to the path of all") {
  command_info command;
  command.verbs = {http_verb::post};
  CHECK_FALSE(command.on_collection());
  command.creates = true;
  CHECK(command.on_collection());
  command.creates = false;
  command.id_from = "callId";
  CHECK(command.on_collection());
  command.verbs = {http_verb::patch};
  CHECK_FALSE(command.on_collection());
}

TEST_CASE("the shape of a message is read off its struct") {
  const message_info shape = describe<taxi::updated_status>();
  CHECK(shape.name == "UpdatedStatus");
  REQUIRE(shape.fields.size() == 4);
  CHECK(shape.fields[0].name == "id");
  CHECK(shape.fields[0].type == field_type::integer);
  CHECK_FALSE(shape.fields[0].nullable);
  CHECK(shape.fields[2].type == field_type::text);
  CHECK(shape.fields[3].nullable);
}
