#pragma once

#include "messages/descriptor.hpp"
#include "messages/fields.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Published language of the siren system, a coffee shop: what its contexts say to each other and
/// to the outside. Field names on the wire are those of the original services.
namespace troupe::siren {

using count = std::optional<std::int64_t>;
using words = std::optional<std::string>;

// -- order: a customer orders a product -------------------------------------------------------

struct order_state {
  count product_id;
  count price; ///< of the product when it was ordered
  static constexpr auto fields() {
    return std::tuple{field{"productId", &order_state::product_id},
                      field{"price", &order_state::price}};
  }
  bool operator==(const order_state&) const = default;
};

/// S-C3: the product must be available and have a price.
struct place_order {
  static constexpr std::string_view name = "placeOrder";
  count product_id;
  static constexpr auto fields() {
    return std::tuple{field{"productId", &place_order::product_id}};
  }
  bool operator==(const place_order&) const = default;
};

struct ordered {
  static constexpr std::string_view name = "Ordered";
  std::int64_t id = 0; ///< of the order
  std::int64_t product_id = 0;
  std::int64_t price = 0;
  static constexpr auto fields() {
    return std::tuple{field{"id", &ordered::id}, field{"productId", &ordered::product_id},
                      field{"price", &ordered::price}};
  }
  bool operator==(const ordered&) const = default;
};

// -- orderProduct: what the order service knows of a product -----------------------------------

struct order_product_state {
  words status;
  count product_id; ///< hidden, it is the replica's own id; null: not heard of yet
  static constexpr auto fields() {
    return std::tuple{field{"status", &order_product_state::status},
                      field{"productId", &order_product_state::product_id}};
  }
  bool operator==(const order_product_state&) const = default;
};

/// Asks whether the product can be ordered; changes nothing.
struct check_status {
  static constexpr std::string_view name = "checkStatus";
  static constexpr auto fields() { return std::tuple{}; }
  bool operator==(const check_status&) const = default;
};

/// Policies CopyProduct and FollowProductStatus: the product has this status.
struct follow_product {
  static constexpr std::string_view name = "followProduct";
  std::int64_t product_id = 0;
  words status;
  static constexpr auto fields() {
    return std::tuple{field{"productId", &follow_product::product_id},
                      field{"status", &follow_product::status}};
  }
  bool operator==(const follow_product&) const = default;
};

/// The order service has heard of a product.
struct checked_product_status {
  static constexpr std::string_view name = "CheckedProductStatus";
  std::int64_t id = 0; ///< of the product
  words status;
  static constexpr auto fields() {
    return std::tuple{field{"id", &checked_product_status::id},
                      field{"status", &checked_product_status::status}};
  }
  bool operator==(const checked_product_status&) const = default;
};

/// Internal to orderProduct: the status followed the product's.
struct product_status_followed {
  static constexpr std::string_view name = "ProductStatusFollowed";
  words status;
  static constexpr auto fields() {
    return std::tuple{field{"status", &product_status_followed::status}};
  }
  bool operator==(const product_status_followed&) const = default;
};

// -- product: what the shop sells -------------------------------------------------------------

struct product_state {
  words status;
  count price;
  std::int64_t selling_price =
      0; ///< hidden, what an order pays: the price if it is above 0, else 0
  static constexpr auto fields() {
    return std::tuple{field{"status", &product_state::status},
                      field{"price", &product_state::price},
                      field{"sellingPrice", &product_state::selling_price}};
  }
  bool operator==(const product_state&) const = default;
};

/// S-C1.
struct register_product {
  static constexpr std::string_view name = "registerProduct";
  words status;
  count price;
  static constexpr auto fields() {
    return std::tuple{field{"status", &register_product::status},
                      field{"price", &register_product::price}};
  }
  bool operator==(const register_product&) const = default;
};

/// S-C2: changes what is given and leaves the rest.
struct change_product {
  static constexpr std::string_view name = "changeProduct";
  words status;
  count price;
  static constexpr auto fields() {
    return std::tuple{field{"status", &change_product::status},
                      field{"price", &change_product::price}};
  }
  bool operator==(const change_product&) const = default;
};

/// S-C4: asks what an order pays; changes nothing.
struct check_product {
  static constexpr std::string_view name = "checkProduct";
  static constexpr auto fields() { return std::tuple{}; }
  bool operator==(const check_product&) const = default;
};

/// What the events of a product tell.
struct product_facts {
  std::int64_t id = 0; ///< of the product
  words status;
  count price;
  static constexpr auto fields() {
    return std::tuple{field{"id", &product_facts::id}, field{"status", &product_facts::status},
                      field{"price", &product_facts::price}};
  }
  bool operator==(const product_facts&) const = default;
};
struct product_registered : product_facts {
  static constexpr std::string_view name = "ProductRegistered";
};
/// Also when only the price changed.
struct updated_product_status : product_facts {
  static constexpr std::string_view name = "UpdatedProductStatus";
};

// -- report: the products as the clerk sees them, a view ---------------------------------------

struct report_row {
  words status;
  count price;
  static constexpr auto fields() {
    return std::tuple{field{"status", &report_row::status}, field{"price", &report_row::price}};
  }
  bool operator==(const report_row&) const = default;
};

inline constexpr std::string_view status_available = "Available";
inline constexpr std::string_view unknown_product = "UNKNOWN_PRODUCT";
inline constexpr std::string_view sold_out = "SOLD_OUT";
inline constexpr std::string_view not_for_sale = "NOT_FOR_SALE";

/// The replica stops and starts with its order context: an answer is only a turn of a lane away,
/// and half of what a product may take is plenty.
inline constexpr std::chrono::milliseconds replica_timeout{300};
inline constexpr std::chrono::milliseconds product_timeout{610};

[[nodiscard]] inline context_info order_context() {
  context_info order;
  order.system = "siren";
  order.name = "order";
  order.resource = "orders";
  order.entity = "order";
  order.purpose = "A customer orders a product that is available and has a price.";
  order.state = describe<order_state>("Order");
  order.filters = {"productId"};
  order.commands = {{.message = describe<place_order>(),
                     .meaning = "order a product; its status and price are looked up first",
                     .creates = true,
                     .verbs = {http_verb::post}}};
  order.events = {{describe<ordered>()}};
  order.asks = {{.target = "siren.orderProduct",
                 .command = check_status::name,
                 .timeout = replica_timeout,
                 .reads_only = true,
                 .missing = unknown_product},
                {.target = "siren.product",
                 .command = check_product::name,
                 .timeout = product_timeout,
                 .reads_only = true,
                 .missing = unknown_product,
                 .fallback = encoded(product_state{}), // its selling price is 0
                 .fallback_meaning = "nobody can tell the price, and without one nothing is "
                                     "ordered"}};
  order.rejections = {{unknown_product, "the order service knows no such product (yet)"},
                      {sold_out, "the product is not available"},
                      {not_for_sale, "the product has no price"}};
  return order;
}

[[nodiscard]] inline context_info order_product_context() {
  context_info replica;
  replica.system = "siren";
  replica.name = "orderProduct";
  replica.resource = "orderProducts";
  replica.entity = "orderProduct";
  replica.purpose = "The order service's own copy of product states, under the products' ids.";
  replica.part_of = "siren.order";
  replica.state = describe<order_product_state>("OrderProduct", {"productId"});
  replica.filters = {"status"};
  replica.commands = {{.message = describe<follow_product>(),
                       .meaning = "copy the status of a product",
                       .creates = true,
                       .id_from = "productId"}};
  replica.queries = {
      {check_status::name, "whether a product can be ordered", "productId", "status"}};
  replica.events = {{describe<checked_product_status>()},
                    {describe<product_status_followed>(), true}};
  replica.policies = {
      {"CopyProduct", "siren.product", product_registered::name, follow_product::name},
      {"FollowProductStatus", "siren.product", updated_product_status::name, follow_product::name}};
  return replica;
}

[[nodiscard]] inline context_info product_context() {
  context_info product;
  product.system = "siren";
  product.name = "product";
  product.resource = "products";
  product.entity = "product";
  product.purpose = "What the shop sells, with state and price.";
  product.state = describe<product_state>("Product", {"sellingPrice"});
  product.filters = {"status"};
  product.commands = {{.message = describe<register_product>(),
                       .meaning = "register a product",
                       .creates = true,
                       .verbs = {http_verb::post}},
                      {.message = describe<change_product>(),
                       .meaning = "change state or price; what is left out stays",
                       .verbs = {http_verb::patch}}};
  product.queries = {
      {check_product::name, "what an order pays; 0: not for sale", "productId", "sellingPrice"}};
  product.events = {{describe<product_registered>()}, {describe<updated_product_status>()}};
  return product;
}

[[nodiscard]] inline context_info report_context() {
  context_info report;
  report.system = "siren";
  report.name = "report";
  report.resource = "reports";
  report.entity = "report";
  report.purpose = "The clerk's report: every product with state and price.";
  report.kind = context_kind::view;
  report.rank = ranking::supporting;
  report.state = describe<report_row>("Report");
  report.filters = {"status"};
  report.view = {.sources = {"siren.product"}, .key = "id", .indexes = {"status"}};
  return report;
}

[[nodiscard]] inline std::vector<context_info> contexts() {
  return {order_context(), order_product_context(), product_context(), report_context()};
}

} // namespace troupe::siren
