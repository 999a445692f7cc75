#include "net/gateway/routes.hpp"

#include "tests/gateway/shop_contexts.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::gateway;

namespace {
[[nodiscard]] route at(std::string_view path) {
  static const route_table table{shop_contexts()};
  return table.match(*parse_target(path));
}
} // namespace

TEST_CASE("paths lead to collections, items, queries and the platform's own routes") {
  CHECK(at("/shop/orders").kind == route_kind::collection);
  CHECK(at("/shop/orders/").kind == route_kind::collection);
  CHECK(at("/shop/orders").context_name == "shop.order");
  CHECK(at("/shop/orders/42").kind == route_kind::item);
  CHECK(at("/shop/orders/42").id == aggregate_id{42});
  CHECK(at("/shop/stocks/howMany").kind == route_kind::query);
  CHECK(at("/").kind == route_kind::index);
  CHECK(at("/shop").kind == route_kind::system_index);
  CHECK(at("/health/live").kind == route_kind::live);
  CHECK(at("/actuator/health").kind == route_kind::live);
  CHECK(at("/health/ready").kind == route_kind::ready);
  CHECK(at("/openapi.json").kind == route_kind::openapi);
  CHECK(at("/metrics").kind == route_kind::metrics);
}

TEST_CASE("a path that names nothing has no route") {
  for (const auto* path : {"/nothing", "/shop/nothing", "/other/orders", "/shop/orders/abc",
                           "/shop/orders/0", "/shop/orders/-1", "/shop/orders/01",
                           "/shop/orders/9223372036854775808", "/shop/orders/1/more"})
    CHECK(at(path).kind == route_kind::unknown);
}

TEST_CASE("methods stand for exposed commands only, on the path they belong to") {
  CHECK(route_table::command(at("/shop/orders"), http_method::post)->message.name == "placeOrder");
  CHECK(route_table::command(at("/shop/orders/1"), http_method::patch)->message.name ==
        "changeStatus");
  CHECK(route_table::command(at("/shop/orders/1"), http_method::post) == nullptr);
  CHECK(route_table::command(at("/shop/orders/1"), http_method::put) == nullptr);
  CHECK(route_table::command(at("/shop/orders"), http_method::patch) == nullptr);
  CHECK(route_table::command(at("/shop/boards"), http_method::post) == nullptr);
  CHECK(route_table::allowed_methods(at("/shop/orders")) == "GET, HEAD, POST, OPTIONS");
  CHECK(route_table::allowed_methods(at("/shop/orders/1")) == "GET, HEAD, PATCH, DELETE, OPTIONS");
  CHECK(route_table::allowed_methods(at("/shop/stocks/1")) == "GET, HEAD, PUT, OPTIONS");
  CHECK(route_table::allowed_methods(at("/shop/boards")) == "GET, HEAD, OPTIONS");
}

TEST_CASE("every context of this build has its routes") {
  const route_table table{all_contexts()};
  for (const auto& context : all_contexts()) {
    const auto found = table.match(*parse_target(resource_path(context)));
    CHECK(found.kind == route_kind::collection);
    CHECK(found.context == &context);
  }
}
