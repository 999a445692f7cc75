#include "tests/support/served_system.hpp"

#include <catch2/catch.hpp>

/// Acceptance scenarios 1 to 7 of the siren system, over HTTP, and what its rules refuse.
namespace troupe::test {
namespace {

using object = value::object;

struct shop : served_system {
  explicit shop(const std::string& shards = "1") : served_system("siren", shards) {}

  [[nodiscard]] std::int64_t product(const value& price, const char* status = "Available") const {
    return made("products", object{{"price", price}, {"status", status}});
  }
  /// A product that the order service has heard of.
  [[nodiscard]] std::int64_t known(const value& price, const char* status = "Available") const {
    const auto id = product(price, status);
    REQUIRE(shows("orderProducts", id, "status", status));
    return id;
  }
  /// The answer to an order; a busy machine's late lookups are asked for again.
  [[nodiscard]] http_said order(std::int64_t product) const {
    http_said said;
    CHECK(eventually([&] {
      said = post("orders", object{{"productId", product}, {"customerId", 2}});
      return said.status != 503 && said.status != 504;
    }));
    return said;
  }
  void check_refused(std::int64_t product, const char* reason) const {
    const auto said = order(product);
    INFO(product);
    CHECK(said.status == 409);
    CHECK(said.code() == reason);
  }
  [[nodiscard]] http_said change_product(std::int64_t id, const value& body) const {
    return change("PATCH", "products", id, body);
  }
};

TEST_CASE("siren 1: a registered product shows price and status") {
  const shop by;
  const auto said =
      by.gateway().ask("POST", "/siren/products", R"({"price":"3500","status":"Available"})");
  CHECK(said.status == 201);
  const auto id = number(said.body, "id");
  CHECK(said.header("Location").ends_with(by.path("products", id)));
  const auto shown = by.get("products", id);
  CHECK(shown.status == 200);
  CHECK(number(shown.body, "price") == 3500);
  CHECK(text(shown.body, "status") == "Available");
  CHECK(shown.body.find("sellingPrice") == nullptr); // the context's own affair
  CHECK(by.total("products?status=Available") == 1);
  CHECK(by.total("products?status=SoldOut") == 0);
}

TEST_CASE("siren 2: the order service's copy and the report hear of a product") {
  const shop by{"4"};
  const auto id = by.product(3500);
  CHECK(by.shows("orderProducts", id, "status", "Available"));
  CHECK(by.shows("reports", id, "status", "Available"));
  CHECK(number(by.get("reports", id).body, "price") == 3500);
  const auto copy = by.get("orderProducts", id).body;
  CHECK(copy.find("price") == nullptr);
  CHECK(copy.find("productId") == nullptr);
  CHECK(by.total("orderProducts") == 1);
  for (const char* verb : {"PUT", "PATCH", "DELETE"}) {
    CHECK(by.change(verb, "orderProducts", id, object{}).status == 405);
    CHECK(by.change(verb, "reports", id, object{}).status == 405);
  }
  CHECK(by.post("orderProducts", object{{"productId", id}}).status == 405);
  CHECK(by.post("reports", object{}).status == 405);
}

TEST_CASE("siren 3: an order takes the product's price") {
  const shop by;
  const auto id = by.known(3500);
  const auto said = by.order(id);
  CHECK(said.status == 201);
  CHECK(number(said.body, "productId") == id);
  CHECK(number(said.body, "price") == 3500);
  CHECK(said.header("Location").ends_with(by.path("orders", number(said.body, "id"))));
  const auto as_text =
      by.gateway().ask("POST", "/siren/orders", R"({"productId":")" + std::to_string(id) + R"("})");
  CHECK(as_text.status == 201);
  CHECK(number(as_text.body, "price") == 3500);
}

TEST_CASE("siren 4: an order shows its product and price, also when the price changes later") {
  const shop by{"4"};
  const auto id = by.known(3500);
  const auto order = number(by.order(id).body, "id");
  CHECK(by.change_product(id, object{{"price", 4000}}).status == 200);
  const auto shown = by.get("orders", order);
  CHECK(shown.status == 200);
  CHECK(number(shown.body, "productId") == id);
  CHECK(number(shown.body, "price") == 3500);
  CHECK(by.total("orders?productId=" + std::to_string(id)) == 1);
  for (const char* verb : {"PUT", "PATCH", "DELETE"})
    CHECK(by.change(verb, "orders", order, object{}).status == 405);
}

TEST_CASE("siren 5: a product's changes reach the copy and the report") {
  const shop by;
  const auto id = by.known(3500);
  const auto sold_out = by.change_product(id, object{{"status", "SoldOut"}});
  CHECK(sold_out.status == 200);
  CHECK(text(sold_out.body, "status") == "SoldOut");
  CHECK(number(sold_out.body, "price") == 3500);
  CHECK(by.shows("orderProducts", id, "status", "SoldOut"));
  CHECK(by.shows("reports", id, "status", "SoldOut"));
  CHECK(number(by.get("reports", id).body, "price") == 3500);
  CHECK(by.change_product(id, object{{"price", "4000"}}).status == 200);
  CHECK(by.shows("reports", id, "price", 4000));
  CHECK(text(by.get("reports", id).body, "status") == "SoldOut");
  CHECK(by.change_product(id, object{}).status == 200); // says nothing, changes nothing
  CHECK(by.change_product(999, object{{"status", "SoldOut"}}).status == 404);
  CHECK(by.change("PUT", "products", id, object{{"status", "SoldOut"}}).status == 405);
  CHECK(by.gateway().ask("DELETE", by.path("products", id)).status == 405);
}

TEST_CASE("siren 6: what is sold out is not ordered until it is available again") {
  const shop by;
  const auto id = by.known(3500);
  REQUIRE(by.change_product(id, object{{"status", "SoldOut"}}).status == 200);
  REQUIRE(by.shows("orderProducts", id, "status", "SoldOut"));
  by.check_refused(id, "SOLD_OUT");
  by.check_refused(by.known(3500, "available"), "SOLD_OUT"); // the word is exact
  CHECK(by.total("orders") == 0);
  REQUIRE(by.change_product(id, object{{"status", "Available"}}).status == 200);
  REQUIRE(by.shows("orderProducts", id, "status", "Available"));
  CHECK(by.order(id).status == 201);
  CHECK(by.total("orders") == 1);
}

TEST_CASE("siren 7: what has no price is not ordered, and what is unknown neither") {
  const shop by;
  by.check_refused(by.known(0), "NOT_FOR_SALE");
  by.check_refused(by.known(-5), "NOT_FOR_SALE");
  by.check_refused(by.known(nullptr), "NOT_FOR_SALE");
  by.check_refused(999, "UNKNOWN_PRODUCT");
  by.check_refused(0, "UNKNOWN_PRODUCT");
  by.check_refused(-1, "UNKNOWN_PRODUCT");
  const auto empty = by.post("orders", object{{"customerId", 2}});
  CHECK(empty.status == 400);
  CHECK(empty.code() == "MALFORMED");
  CHECK(by.post("orders", object{{"productId", "coffee"}}).status == 400);
  CHECK(by.total("orders") == 0);
}

TEST_CASE("siren: what an order pays can be asked for over HTTP") {
  const shop by;
  const auto asked = [&](std::int64_t id) {
    return by.gateway().get("/siren/products/checkProduct?productId=" + std::to_string(id));
  };
  CHECK(asked(by.product(3500)).body == value{3500});
  CHECK(asked(by.product(3500, "SoldOut")).body == value{3500}); // the state is not its business
  CHECK(asked(by.product(0)).body == value{0});
  CHECK(asked(by.product(-5)).body == value{0});
  CHECK(asked(by.product(nullptr)).body == value{0});
  CHECK(asked(999).status == 404);
  CHECK(by.gateway().get("/siren/products/checkProduct").status == 400);
}

} // namespace
} // namespace troupe::test
