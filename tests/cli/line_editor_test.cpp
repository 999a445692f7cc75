#include "bin/cli/line_editor.hpp"

#include <catch2/catch.hpp>

using namespace troupe::cli;

TEST_CASE("A tab adds what all ways share, and a blank behind the only one") {
  CHECK(addition("tr", {"tree"}) == "ee ");
  CHECK(addition("", {"actor", "actors"}) == "actor");
  CHECK(addition("a", {"actor", "audit"}) == "");
  CHECK(addition("taxi.c", {"taxi.call/"}) == "all/");
  CHECK(addition("x", {}) == "");
  CHECK(addition("tree", {"tree"}) == " ");
}
