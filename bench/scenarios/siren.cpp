#include "messages/siren.hpp"

#include "bench/scenarios.hpp"

#include <algorithm>
#include <map>

namespace troupe::bench {

namespace {

using namespace siren;

constexpr std::uint32_t wares_min = 16;
constexpr std::uint64_t clerk_share = 16; ///< one story of so many is the clerk's
constexpr std::string_view status_sold_out = "SoldOut";

/// A product on sale, also its replica and its row of the report.
struct ware {
  aggregate_id id;
  std::int64_t price = 0;
};

struct cup {
  aggregate_id order;
  std::size_t ware = 0;
};

class siren_scenario final : public scenario {
public:
  /// Every user has a product to be the clerk of; customers order any.
  [[nodiscard]] result<void> prepare(client& through, std::uint32_t users) override {
    std::vector<register_product> all;
    for (std::uint32_t number = 0; number < std::max(users, wares_min); ++number)
      all.push_back({words{status_available}, 3000 + 100 * (number % 20)});
    const auto made = make_all(through, "siren.product", all);
    if (!made) return made.error();
    for (std::size_t number = 0; number < all.size(); ++number)
      wares_.push_back({(*made)[number], *all[number].price});
    const auto there = audit_until_clean(through, true, [this](audit& into) { check_wares(into); });
    if (!there.clean()) return fail(errc::timeout, "the products did not reach order and report");
    return {};
  }

  [[nodiscard]] story tell(user& by) override {
    return by.random.next() % clerk_share == 0 ? sell_out(by) : order(by);
  }

  void check(audit& into) override {
    const auto& cups = cups_.entries();
    into.rows<order_state>(
        "an order has its product's price", "siren.order", cups,
        [](const cup& each) { return each.order; },
        [this](const cup& each, const std::optional<order_state>& row) {
          const ware& ordered = wares_[each.ware];
          return row == order_state{ordered.id.number, ordered.price};
        });
    std::vector<std::uint64_t> sold(wares_.size());
    for (const cup& each : cups)
      ++sold[each.ware];
    for (std::size_t number = 0; number < wares_.size(); ++number)
      into.count("every order has one effect, and a refused one none", "siren.order",
                 {{"productId", wares_[number].id.number}}, sold[number]);
    check_wares(into);
  }

private:
  [[nodiscard]] story order(user& by) {
    const std::size_t number = by.random.next() % wares_.size();
    const place_order wish{wares_[number].id.number};
    const auto ordered = co_await by.tries("order", sold_out, "siren.order", {}, wish);
    if (ordered) cups_.add({ordered->target, number});
  }

  [[nodiscard]] story sell_out(user& by) {
    const aggregate_id product = wares_[by.place].id;
    const change_product none_left{words{status_sold_out}, {}};
    const change_product fresh_ones{words{status_available}, {}};
    co_await by.sends("sold out", "siren.product", product, none_left);
    co_await by.sees<report_row>(
        "report shows it sold out", "siren.report", product,
        [](const report_row& row) { return row.status == status_sold_out; });
    co_await by.sends("available again", "siren.product", product, fresh_ones);
    co_await by.sees<report_row>(
        "report shows it available", "siren.report", product,
        [](const report_row& row) { return row.status == status_available; });
  }

  /// The order service and the clerk's report say what the product says.
  void check_wares(audit& into) const {
    std::map<std::int64_t, words> status;
    const auto id_of = [](const ware& each) { return each.id; };
    into.rows<product_state>("a product keeps its price", "siren.product", wares_, id_of,
                             [&](const ware& each, const std::optional<product_state>& row) {
                               if (row) status[each.id.number] = row->status;
                               return row && row->price == each.price;
                             });
    into.rows<order_product_state>(
        "the order service knows each product's status", "siren.orderProduct", wares_, id_of,
        [&](const ware& each, const std::optional<order_product_state>& row) {
          return row && row->status == status[each.id.number];
        });
    into.rows<report_row>("the report shows each product's status and price", "siren.report",
                          wares_, id_of,
                          [&](const ware& each, const std::optional<report_row>& row) {
                            return row == report_row{status[each.id.number], each.price};
                          });
  }

  std::vector<ware> wares_;
  ledger<cup> cups_;
};

} // namespace

std::unique_ptr<scenario> make_siren_scenario(std::int64_t) {
  return std::make_unique<siren_scenario>();
}

} // namespace troupe::bench
