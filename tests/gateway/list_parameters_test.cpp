#include "net/gateway/list_parameters.hpp"

#include "tests/gateway/shop_contexts.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::gateway;

namespace {
[[nodiscard]] result<page_request> read(const std::string& query) {
  return read_page_request(shop_contexts()[0], *parse_target("/shop/orders?" + query));
}
} // namespace

TEST_CASE("lists take page, size, sort and the declared filters in their types") {
  const auto wanted = read("page=2&size=1000&sort=amount,desc&amount=5&item=tea");
  REQUIRE(wanted);
  CHECK(wanted.value().page == 2);
  CHECK(wanted.value().size == 1000);
  CHECK(wanted.value().sort == "amount");
  CHECK(wanted.value().descending);
  CHECK(wanted.value().filter == value::object{{"amount", 5}, {"item", "tea"}});
  CHECK(read("").value().size == 20);
  CHECK(read("sort=id,desc").value().sort.empty());
}

TEST_CASE("other parameters are refused and the message names the allowed ones") {
  CHECK(read("color=red").error().message ==
        "unknown query parameter; allowed are: page, size, sort, item, amount");
  CHECK(read("status=x").error().code == errc::malformed); // a field, but no declared filter
  for (const auto* query : {"page=-1", "page=x", "page=99999999999", "size=0", "size=1001",
                            "sort=status", "sort=amount,up", "amount=many"})
    CHECK(read(query).error().code == errc::malformed);
}
