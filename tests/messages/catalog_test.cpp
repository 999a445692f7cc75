#include "messages/descriptor.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

TEST_CASE("the catalogue of this build is sound and found by full names") {
  CHECK(check_catalogue(all_contexts()).empty());
  const context_info* call = find_context("taxi.call");
  REQUIRE(call != nullptr);
  CHECK(call->full_name() == "taxi.call");
  for (const context_info& each : all_contexts())
    CHECK(find_context(each.full_name()) == &each);
  for (const auto* absent : {"", ".", "taxi", "taxi.", ".call", "taxi.calls", "call.taxi"})
    CHECK(find_context(absent) == nullptr);
}
