#include "messages/redaction.hpp"

#include "messages/codec.hpp"
#include "messages/json.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

namespace {

context_info visits() {
  context_info made;
  made.sensitive = {"name", "phone"};
  return made;
}

value shown(value from) {
  redact(visits(), from);
  return from;
}

} // namespace

TEST_CASE("what a sensitive field holds is not shown, of whatever type and wherever it stands") {
  CHECK(to_json(shown(value::object{{"name", "Somebody"}, {"phone", 42}, {"room", 7}})) ==
        R"({"name":"[redacted]","phone":"[redacted]","room":7})");
  const value deep = value::object{
      {"items", value::array{value::object{{"at", value::object{{"name", value::array{1, 2}}}}}}}};
  CHECK(to_json(shown(deep)) == R"({"items":[{"at":{"name":"[redacted]"}}]})");
}

TEST_CASE("nothing stays nothing: that a field was left out is no secret") {
  CHECK(to_json(shown(value::object{{"name", value{}}})) == R"({"name":null})");
  CHECK(shown(value{"name"}) == value{"name"});
}

TEST_CASE("a payload is shown without what is sensitive, and as nothing if it cannot be read") {
  const auto payload = encode_value(value::object{{"name", "Somebody"}, {"room", 7}});
  CHECK(to_json(shown_payload(visits(), payload)) == R"({"name":"[redacted]","room":7})");
  CHECK(shown_payload(visits(), "\xc1").is_null());
}

TEST_CASE("names, addresses and destinations of people are declared sensitive in every system") {
  const auto hides = [](std::string_view context, std::string_view field) {
    const auto* known = find_context(context);
    return known != nullptr && known->is_sensitive(field);
  };
  for (const auto* context : {"taxi.call", "taxi.driver", "taxi.payment", "taxi.callList"})
    CHECK(hides(context, "destination"));
  for (const auto* context : {"screening.screening", "screening.reservation", "screening.myPage"})
    CHECK(hides(context, "custNm"));
  for (const auto* field : {"guest", "host", "address"})
    CHECK(hides("mybnb.booking", field));
  CHECK(hides("mybnb.alarm", "receiver"));
  for (const auto* context : {"edu.app", "edu.education", "edu.payment", "edu.mypage"})
    CHECK(hides(context, "userId"));
  CHECK_FALSE(hides("taxi.call", "status"));
}
