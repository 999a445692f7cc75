#include "messages/siren.hpp"
#include "tests/actors/random_walk.hpp"

#include <catch2/catch.hpp>

/// The siren system as a whole, under accidents: the copy and the report agree with the products,
/// and no order is taken without a price.
namespace troupe::siren {
namespace {

using namespace troupe::test;
using namespace std::chrono_literals;

const std::string orders = "siren.order";
const std::string copies = "siren.orderProduct";
const std::string products = "siren.product";
const std::string reports = "siren.report";

request any_command(random_walk& walk) {
  const auto what = walk.below(100);
  auto& node = walk.node();
  const aggregate_id product{walk.number(1, 8)};
  const char* const status = walk.below(3) == 0 ? "SoldOut" : "Available";
  if (what < 25)
    return simulated_node::command(products, {}, register_product{status, walk.number(-1, 3)},
                                   node.fresh_id());
  if (what < 40)
    return simulated_node::command(products, product, change_product{status, {}}, node.fresh_id());
  if (what < 50)
    return simulated_node::command(products, product, change_product{{}, walk.number(0, 3)},
                                   node.fresh_id());
  return simulated_node::command(orders, {}, place_order{product.number}, node.fresh_id());
}

void check_followers(simulated_node& node) {
  const auto all = node.list(products);
  const auto copied = node.list(copies);
  const auto reported = node.list(reports);
  REQUIRE(copied.size() == all.size());
  REQUIRE(reported.size() == all.size());
  for (const auto& [id, each] : all) {
    INFO("product " << id);
    REQUIRE(copied.count(id) == 1);
    REQUIRE(reported.count(id) == 1);
    CHECK(*copied.at(id).find("status") == *each.find("status"));
    CHECK(*copied.at(id).find("productId") == value{id});
    CHECK(*reported.at(id).find("status") == *each.find("status"));
    CHECK(*reported.at(id).find("price") == *each.find("price"));
  }
}

/// Notes by the way how many orders were taken.
void check_orders(random_walk& walk, std::size_t& taken) {
  auto times = walk.events_of(orders);
  const auto all = walk.node().list(orders);
  taken += all.size();
  CHECK(times.size() == all.size()); // one event each, and no order without one
  const auto known = walk.node().list(products);
  for (const auto& [id, each] : all) {
    INFO("order " << id);
    CHECK(times[{id, "Ordered"}] == 1);
    CHECK(*each.find("price")->get_if<std::int64_t>() > 0);
    CHECK(known.count(*each.find("productId")->get_if<std::int64_t>()) == 1);
  }
  for (const auto& [what, often] : walk.events_of(copies)) {
    if (what.second == "CheckedProductStatus") CHECK(often == 1);
  }
}

struct open_shop {
  simulated_node node{behaviours_of("siren"), {.shards = 2, .lanes = 2}};
  aggregate_id coffee;
  open_shop() {
    coffee = sell("Available", 3500);
    node.pass(100ms);
  }
  aggregate_id sell(words status, count price) {
    return node.say(products, {}, register_product{std::move(status), price}).reply().target;
  }
  said order(aggregate_id of) { return node.say(orders, {}, place_order{of.number}); }
};

} // namespace

TEST_CASE("orders under accidents: a price each, and copy and report agree with the products",
          "[siren][property]") {
  const auto [first, end] = random_walk::seeds();
  std::size_t taken = 0;
  for (auto seed = first; seed < end; ++seed) {
    INFO("replay with: TROUPE_SEED=" << seed << " test_actors '[siren][property]'");
    random_walk walk{"siren", seed, any_command};
    walk.live(80);
    walk.check_answers();
    check_followers(walk.node());
    check_orders(walk, taken);
    walk.check_rebuild();
  }
  if (end - first > 1) CHECK(taken > 200); // a replay need not show everything
}

TEST_CASE("an order is taken at the price that the product has then", "[siren]") {
  open_shop shop;
  const auto first = shop.order(shop.coffee);
  CHECK(first.as<order_state>() == order_state{shop.coffee.number, 3500});
  REQUIRE(shop.node.say(products, shop.coffee, change_product{{}, 4000}).ok());
  CHECK(shop.order(shop.coffee).as<order_state>().price == 4000); // nobody waits for the copy
  CHECK(shop.node.get(orders, first.reply().target.number).as<order_state>().price == 3500);
}

TEST_CASE("what is unknown, sold out or free of charge is not ordered, and nothing stays",
          "[siren]") {
  open_shop shop;
  CHECK(shop.order({99}).failure().reason == "UNKNOWN_PRODUCT");
  const auto gift = shop.sell("Available", 0);
  const auto unpriced = shop.sell("Available", {});
  const auto unnamed = shop.sell({}, 3500);
  REQUIRE(shop.node.say(products, shop.coffee, change_product{"SoldOut", {}}).ok());
  shop.node.pass(100ms);
  CHECK(shop.order(gift).failure().reason == "NOT_FOR_SALE");
  CHECK(shop.order(unpriced).failure().reason == "NOT_FOR_SALE");
  CHECK(shop.order(unnamed).failure().reason == "SOLD_OUT");
  CHECK(shop.order(shop.coffee).failure().reason == "SOLD_OUT");
  CHECK(shop.node.list(orders).empty());
  REQUIRE(shop.node.say(products, shop.coffee, change_product{"Available", {}}).ok());
  shop.node.pass(100ms);
  CHECK(shop.order(shop.coffee).ok());
}

TEST_CASE("without product no order is taken, but what is sold out is known to be", "[siren]") {
  open_shop shop;
  const auto tea = shop.sell("SoldOut", 2000);
  shop.node.pass(100ms);
  shop.node.stop(products);
  CHECK(shop.order(shop.coffee).failure().code == errc::callee_failed);
  CHECK(shop.order(tea).failure().reason == "SOLD_OUT");
  CHECK(shop.node.list(orders).empty());
  shop.node.start(products);
  CHECK(shop.order(shop.coffee).ok());
}

TEST_CASE("the copy catches up with products that changed while it was stopped", "[siren]") {
  open_shop shop;
  shop.node.stop(copies);
  const auto tea = shop.sell("Available", 2000);
  REQUIRE(shop.node.say(products, shop.coffee, change_product{"SoldOut", {}}).ok());
  CHECK(shop.order(tea).failure().code == errc::callee_failed);
  shop.node.start(copies);
  shop.node.pass(1'000ms);
  CHECK(shop.order(tea).ok());
  CHECK(shop.order(shop.coffee).failure().reason == "SOLD_OUT");
}

TEST_CASE("what an order pays can be asked for, without seeing it in the product", "[siren]") {
  open_shop shop;
  request asking;
  asking.kind = request_kind::query;
  asking.context = products;
  asking.target = shop.coffee;
  asking.name = check_product::name;
  CHECK(shop.node.say(asking).as<product_state>().selling_price == 3500);
  asking.target = {99};
  CHECK(shop.node.say(asking).failure().code == errc::not_found);
}

} // namespace troupe::siren
