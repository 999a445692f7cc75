#include "messages/value.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

TEST_CASE("members of a value are found and added by key") {
  value made;
  made["a"] = 1;
  made["b"]["c"] = "deep";
  made["a"] = 2;
  CHECK(made == value(value::object{{"a", 2}, {"b", value::object{{"c", "deep"}}}}));
  CHECK(made.find("x") == nullptr);
  CHECK(value(1).find("x") == nullptr);
  CHECK_THROWS(value(1)["x"]);
}
