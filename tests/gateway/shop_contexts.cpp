#include "tests/gateway/shop_contexts.hpp"

namespace troupe::gateway {
namespace {

[[nodiscard]] context_info order_context() {
  context_info order;
  order.system = "shop";
  order.name = "order";
  order.resource = "orders";
  order.entity = "order";
  order.purpose = "Orders of customers.";
  order.state = {"Order",
                 {{"item", field_type::text, true},
                  {"amount", field_type::integer, true},
                  {"price", field_type::real, true},
                  {"gift", field_type::boolean, true},
                  {"status", field_type::text, true}}};
  order.filters = {"item", "amount"};
  command_info place;
  place.message = {"placeOrder",
                   {{"item", field_type::text, true},
                    {"amount", field_type::integer, true},
                    {"price", field_type::real, true},
                    {"gift", field_type::boolean, true}}};
  place.meaning = "place an order";
  place.creates = true;
  place.verbs = {http_verb::post};
  command_info change;
  change.message = {"changeStatus", {{"status", field_type::text, true}}};
  change.meaning = "change the status";
  change.verbs = {http_verb::patch};
  command_info cancel;
  cancel.message = {"cancelOrder", {}};
  cancel.meaning = "cancel it";
  cancel.verbs = {http_verb::del};
  command_info follow;
  follow.message = {"followStock", {{"status", field_type::text, true}}};
  follow.meaning = "not exposed";
  order.commands = {place, change, cancel, follow};
  order.rejections = {{"SOLD_OUT", "none is left"}};
  return order;
}

[[nodiscard]] context_info stock_context() {
  context_info stock;
  stock.system = "shop";
  stock.name = "stock";
  stock.resource = "stocks";
  stock.entity = "stock";
  stock.purpose = "What is in the store.";
  stock.state = {"Stock", {{"productId", field_type::integer}, {"left", field_type::integer}}};
  stock.filters = {"productId"};
  command_info take;
  take.message = {"takeIn", {{"productId", field_type::integer}, {"left", field_type::integer}}};
  take.meaning = "take in";
  take.creates = true;
  take.id_from = "productId";
  take.verbs = {http_verb::post};
  command_info replace;
  replace.message = {"recount", {{"left", field_type::integer}}};
  replace.meaning = "replace the count";
  replace.verbs = {http_verb::put};
  stock.commands = {take, replace};
  stock.queries = {{"howMany", "how many are left", "productId", "left"}};
  return stock;
}

[[nodiscard]] context_info board_context() {
  context_info board;
  board.system = "shop";
  board.name = "board";
  board.resource = "boards";
  board.entity = "board";
  board.purpose = "A view.";
  board.kind = context_kind::view;
  board.state = {"Board", {{"status", field_type::text, true}}};
  board.filters = {"status"};
  return board;
}

} // namespace

std::span<const context_info> shop_contexts() {
  static const std::vector<context_info> contexts{order_context(), stock_context(),
                                                  board_context()};
  return contexts;
}

} // namespace troupe::gateway
