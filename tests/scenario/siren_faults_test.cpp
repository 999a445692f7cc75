#include "tests/support/served_system.hpp"

#include <catch2/catch.hpp>

/// Acceptance scenarios 8 to 11 of the siren system: one context at a time is stopped and the
/// others go on; then the whole node is killed.
namespace troupe::test {
namespace {

using object = value::object;

struct shop : served_system {
  std::int64_t coffee = 0; ///< known to the order service
  explicit shop(const std::string& shards = "1") : served_system("siren", shards) {
    coffee = product();
    REQUIRE(shows("orderProducts", coffee, "status", "Available"));
  }
  [[nodiscard]] std::int64_t product() const {
    return made("products", object{{"price", 3500}, {"status", "Available"}});
  }
  [[nodiscard]] http_said order(std::int64_t of) const {
    return post("orders", object{{"productId", of}});
  }
  [[nodiscard]] std::int64_t ordered(std::int64_t of) const {
    return made("orders", object{{"productId", of}});
  }
  [[nodiscard]] bool sell_out(std::int64_t id) const {
    return change("PATCH", "products", id, object{{"status", "SoldOut"}}).status == 200;
  }
};

TEST_CASE("siren 8: without product no order is taken, and later ones succeed") {
  shop by;
  REQUIRE(by.shows("reports", by.coffee, "price", 3500));
  REQUIRE(by.stop("product"));
  check_refused_as_down([&] { return by.order(by.coffee); });
  check_refused_as_down([&] { return by.get("products", by.coffee); });
  CHECK(by.total("orders") == 0);
  CHECK(by.shows("orderProducts", by.coffee, "status", "Available")); // the copy is the order's own
  CHECK(number(by.get("reports", by.coffee).body, "price") == 3500);  // and so is the report
  REQUIRE(by.start("product"));
  const auto order = by.ordered(by.coffee);
  CHECK(number(by.get("orders", order).body, "price") == 3500);
  CHECK(by.total("orders") == 1);
}

TEST_CASE("siren 8: a product that answers too late is like one that does not answer") {
  shop by;
  REQUIRE(by.delay("product", "650..700ms")); // it has 610 ms
  for (int i = 0; i < 3; ++i) {
    const auto said = by.order(by.coffee);
    INFO(said.code());
    const bool too_late = said.status == 504 && said.code() == "ASK_TIMEOUT";
    const bool refused = said.status == 503 && said.code() == "CIRCUIT_OPEN";
    CHECK((too_late || refused));
  }
  REQUIRE(by.delay("product", "off"));
  CHECK(by.total("orders") == 0);
  CHECK(number(by.get("orders", by.ordered(by.coffee)).body, "price") == 3500);
  CHECK(by.total("orders") == 1);
}

TEST_CASE("siren 9: without order products are registered, and its copy catches up") {
  shop by;
  REQUIRE(by.stop("order"));
  check_refused_as_down([&] { return by.order(by.coffee); });
  check_refused_as_down([&] { return by.get("orderProducts", by.coffee); }); // stops with its owner
  const auto tea = by.product();
  CHECK(text(by.get("products", tea).body, "status") == "Available");
  REQUIRE(by.sell_out(by.coffee));
  CHECK(by.shows("reports", tea, "price", 3500));
  REQUIRE(by.start("order"));
  CHECK(by.shows("orderProducts", tea, "status", "Available"));
  CHECK(by.shows("orderProducts", by.coffee, "status", "SoldOut"));
  CHECK(by.times("orderProduct", tea, "CheckedProductStatus") == 1);
  CHECK(by.times("orderProduct", by.coffee, "CheckedProductStatus") == 1);
  CHECK(by.times("orderProduct", by.coffee, "ProductStatusFollowed") == 1);
  (void)by.ordered(tea);
  CHECK(by.order(by.coffee).code() == "SOLD_OUT");
}

TEST_CASE("siren 9: the copy cannot be stopped without its owner") {
  shop by;
  const auto said =
      by.nodes().admin("context-stop", value::object{{"context", "siren.orderProduct"}}).get();
  REQUIRE_FALSE(said.ok());
  CHECK(said.error().code == errc::malformed);
  CHECK(by.shows("orderProducts", by.coffee, "status", "Available"));
}

TEST_CASE("siren 10: without report products and orders work, and it catches up") {
  shop by;
  REQUIRE(by.shows("reports", by.coffee, "price", 3500));
  REQUIRE(by.stop("report"));
  const auto tea = by.product();
  REQUIRE(by.shows("orderProducts", tea, "status", "Available"));
  (void)by.ordered(tea);
  REQUIRE(by.sell_out(by.coffee));
  check_refused_as_down([&] { return by.gateway().get("/siren/reports"); });
  REQUIRE(by.start("report"));
  CHECK(by.shows("reports", tea, "status", "Available"));
  CHECK(by.shows("reports", by.coffee, "status", "SoldOut"));
  CHECK(by.total("reports") == 2);
}

/// The original gave the report service a wrong topic: it saw nothing, and nobody else noticed.
/// Here it is stopped before it has seen anything.
TEST_CASE("siren 11: a report that hears of nothing disturbs nobody") {
  served_system by{"siren"};
  const auto none = by.gateway().get("/siren/reports");
  CHECK(none.status == 200);
  CHECK(number(none.body, "page/totalElements") == 0);
  CHECK(part(none.body, "_embedded/reports") == value{value::array{}});
  REQUIRE(by.stop("report"));
  const auto id = by.made("products", object{{"price", 3500}, {"status", "Available"}});
  CHECK(text(by.get("products", id).body, "status") == "Available");
  CHECK(by.shows("orderProducts", id, "status", "Available"));
  const auto order = by.made("orders", object{{"productId", id}});
  CHECK(number(by.get("orders", order).body, "price") == 3500);
  CHECK(by.gateway().get("/health/ready").status == 200);
}

TEST_CASE("siren: a node killed in the middle keeps what it acknowledged and catches up once") {
  constexpr int requests = 60;
  shop by{"2"};
  REQUIRE(by.stop("order"));
  const auto missed = by.product();
  REQUIRE(by.sell_out(missed));
  REQUIRE(by.kill_and_restart());
  REQUIRE(by.start("order"));
  CHECK(by.shows("orderProducts", missed, "status", "SoldOut"));
  persistent_posts products{by.gateway(), by.path("products"),
                            object{{"price", 3500}, {"status", "Available"}}, requests};
  persistent_posts orders{by.gateway(), by.path("orders"), object{{"productId", by.coffee}},
                          requests};
  REQUIRE(eventually([&] {
    return products.acknowledged() >= requests / 4 && orders.acknowledged() >= requests / 4;
  }));
  REQUIRE(by.kill_and_restart());
  const auto products_made = products.ids();
  const auto orders_taken = orders.ids();
  REQUIRE(products_made.size() == requests);
  REQUIRE(orders_taken.size() == requests);
  for (const auto id : orders_taken)
    CHECK(number(by.get("orders", id).body, "price") == 3500);
  for (const auto id : products_made) {
    CHECK(by.shows("orderProducts", id, "status", "Available"));
    CHECK(by.shows("reports", id, "price", 3500));
  }
  CHECK(by.total("orders") == requests);
  for (const char* list : {"products", "orderProducts", "reports"})
    CHECK(by.total(list) == requests + 2);
  for (const auto id : {missed, products_made.front(), products_made.back()})
    CHECK(by.times("orderProduct", id, "CheckedProductStatus") == 1);
  CHECK(by.times("orderProduct", missed, "ProductStatusFollowed") == 1);
}

} // namespace
} // namespace troupe::test
