#include "messages/siren.hpp"
#include "tests/support/sdk_door.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

/// The same story with typed messages, without HTTP.
namespace troupe::test {
namespace {

using namespace troupe::siren;

constexpr auto orders = "siren.order";
constexpr auto copies = "siren.orderProduct";
constexpr auto products = "siren.product";
constexpr auto reports = "siren.report";

/// Sent again while a busy machine's lookups come too late.
result<call_reply> place(client& nodes, aggregate_id product) {
  auto said = nodes.send_sync(orders, {}, place_order{product.number});
  (void)eventually([&] {
    if (said.ok() || info(said.error().code).again != retry::new_command) return true;
    said = nodes.send_sync(orders, {}, place_order{product.number});
    return false;
  });
  return said;
}

bool copy_shows(client& nodes, aggregate_id product, const char* status) {
  return eventually([&] {
    const auto copy = nodes.get(copies, product).get();
    return copy.ok() && copy->as<order_product_state>().value().status == status;
  });
}

TEST_CASE("an order over the client library looks at the copy and asks for the price") {
  const temp_folder scratch;
  test_node node{scratch.path() / "data", {"--system", "siren"}};
  node.start();
  auto nodes = connect_to(node);
  REQUIRE(all_up(nodes));

  const auto unknown = place(nodes, {7});
  REQUIRE_FALSE(unknown.ok());
  CHECK(unknown.error().shown_code() == "UNKNOWN_PRODUCT");

  const auto registered = nodes.send_sync(products, {}, register_product{"Available", 3500});
  REQUIRE(registered.ok());
  const auto coffee = registered->target;
  REQUIRE(copy_shows(nodes, coffee, "Available"));
  const auto taken = place(nodes, coffee);
  REQUIRE(taken.ok());
  CHECK(taken->as<order_state>().value() == order_state{coffee.number, 3500});

  const auto dearer = nodes.send_sync(products, coffee, change_product{{}, 4000});
  REQUIRE(dearer.ok());
  const auto dear = place(nodes, coffee);
  REQUIRE(dear.ok());
  CHECK(dear->as<order_state>().value().price == 4000);

  REQUIRE(nodes.send_sync(products, coffee, change_product{"SoldOut", {}}).ok());
  REQUIRE(copy_shows(nodes, coffee, "SoldOut"));
  const auto refused = place(nodes, coffee);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().shown_code() == "SOLD_OUT");
  CHECK(eventually([&] {
    const auto row = nodes.get(reports, coffee).get();
    return row.ok() && row->as<report_row>().value() == report_row{"SoldOut", 4000};
  }));
  const auto first = nodes.get(orders, taken->target).get();
  REQUIRE(first.ok());
  CHECK(first->as<order_state>().value() == order_state{coffee.number, 3500});
  const auto all = nodes.list(orders, {}).get();
  REQUIRE(all.ok());
  CHECK(all->total == 2);
}

} // namespace
} // namespace troupe::test
