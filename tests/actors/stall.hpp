#pragma once

#include "actors/behaviour.hpp"
#include "actors/decision.hpp"
#include "actors/type_lists.hpp"

#include <string>
#include <variant>
#include <vector>

/// A small system for tests of declared fallbacks: sales ask for the price of goods and fall back
/// to 0, and what they make of that price depends on the customer's mood. Registered nowhere.
namespace troupe::test::stall {

struct good_state {
  std::int64_t price = 0;
  static constexpr auto fields() { return std::tuple{field{"price", &good_state::price}}; }
};
struct put_out {
  static constexpr std::string_view name = "putOut";
  std::int64_t price = 0;
  static constexpr auto fields() { return std::tuple{field{"price", &put_out::price}}; }
};
struct tell_price {
  static constexpr std::string_view name = "tellPrice";
  static constexpr auto fields() { return std::tuple{}; }
};
struct was_put_out {
  static constexpr std::string_view name = "PutOut";
  std::int64_t price = 0;
  static constexpr auto fields() { return std::tuple{field{"price", &was_put_out::price}}; }
};
struct good {
  using state = good_state;
  using event = std::variant<was_put_out>;
  using commands = type_list<put_out>;
  using settles = type_list<>;
  using compensates = type_list<>;
  static decision<event> decide(const state&, const put_out&, const turn_info&);
  static state evolve(state, const was_put_out&);
};

struct sale_state {
  std::int64_t paid = 0;
  static constexpr auto fields() { return std::tuple{field{"paid", &sale_state::paid}}; }
};
/// `mood`, if the price is 0: "strict" refuses it, "glad" takes the good, "curious" asks again,
/// "mad" throws.
struct sell {
  static constexpr std::string_view name = "sell";
  std::int64_t item = 0;
  std::string mood;
  static constexpr auto fields() {
    return std::tuple{field{"item", &sell::item}, field{"mood", &sell::mood}};
  }
};
struct sold {
  static constexpr std::string_view name = "Sold";
  std::int64_t price = 0;
  static constexpr auto fields() { return std::tuple{field{"price", &sold::price}}; }
};
struct sale {
  using state = sale_state;
  using event = std::variant<sold>;
  using commands = type_list<sell>;
  using settles = type_list<settled_by<sell, good_state>>;
  using compensates = type_list<>;
  static decision<event> decide(const state&, const sell&, const turn_info&);
  static decision<event> settle(const state&, const sell&, const good_state&, const turn_info&);
  static state evolve(state, const sold&);
};

/// stall.good, stall.sale: in this order.
[[nodiscard]] const std::vector<context_behaviour>& behaviours();

inline const std::string goods = "stall.good";
inline const std::string sales = "stall.sale";

} // namespace troupe::test::stall
