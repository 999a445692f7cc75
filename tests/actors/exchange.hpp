#pragma once

#include "actors/behaviour.hpp"
#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/fields.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

/// A small system for tests of breakers: callers that ask callees over and over, by a command or by
/// a query, and keep nothing of it, so that long times can be simulated. Registered nowhere.
namespace troupe::test::exchange {

struct nobody_state {
  std::int64_t number = 0;
  static constexpr auto fields() { return std::tuple{field{"number", &nobody_state::number}}; }
};
/// Makes a caller or a callee.
struct join {
  static constexpr std::string_view name = "join";
  static constexpr auto fields() { return std::tuple{}; }
};
struct joined {
  static constexpr std::string_view name = "Joined";
  static constexpr auto fields() { return std::tuple{}; }
};
/// Asks the callee of that number to `serve`.
struct call {
  static constexpr std::string_view name = "call";
  std::int64_t callee = 0;
  static constexpr auto fields() { return std::tuple{field{"callee", &call::callee}}; }
};
/// Asks it to `show`, which only reads.
struct glance {
  static constexpr std::string_view name = "glance";
  std::int64_t callee = 0;
  static constexpr auto fields() { return std::tuple{field{"callee", &glance::callee}}; }
};
/// Refused by the business if it is told so.
struct serve {
  static constexpr std::string_view name = "serve";
  bool refused = false;
  static constexpr auto fields() { return std::tuple{field{"refused", &serve::refused}}; }
};
struct show {
  static constexpr std::string_view name = "show";
  static constexpr auto fields() { return std::tuple{}; }
};
/// Asks for a service that the callee's business refuses.
struct beg {
  static constexpr std::string_view name = "beg";
  std::int64_t callee = 0;
  static constexpr auto fields() { return std::tuple{field{"callee", &beg::callee}}; }
};

struct caller {
  using state = nobody_state;
  using event = std::variant<joined>;
  using commands = type_list<join, call, glance, beg>;
  using settles = type_list<settled_by<call, nobody_state>, settled_by<glance, nobody_state>,
                            settled_by<beg, nobody_state>>;
  using compensates = type_list<>;

  static decision<event> decide(const state&, const join&, const turn_info&);
  static decision<event> decide(const state&, const call&, const turn_info&);
  static decision<event> decide(const state&, const glance&, const turn_info&);
  static decision<event> decide(const state&, const beg&, const turn_info&);
  static decision<event> settle(const state&, const call&, const nobody_state&, const turn_info&);
  static decision<event> settle(const state&, const glance&, const nobody_state&, const turn_info&);
  static decision<event> settle(const state&, const beg&, const nobody_state&, const turn_info&);
  static state evolve(state, const joined&);
};

struct callee {
  using state = nobody_state;
  using event = std::variant<joined>;
  using commands = type_list<join, serve>;
  using settles = type_list<>;
  using compensates = type_list<serve>;

  static decision<event> decide(const state&, const join&, const turn_info&);
  static decision<event> decide(const state&, const serve&, const turn_info&);
  static decision<event> compensate(const state&, const serve&, const turn_info&);
  static state evolve(state, const joined&);
};

inline constexpr std::chrono::milliseconds timeout{610}; ///< of its asks
inline const std::string callers = "exchange.caller";
inline const std::string callees = "exchange.callee";

/// exchange.caller, exchange.callee.
[[nodiscard]] const std::vector<context_behaviour>& behaviours();

} // namespace troupe::test::exchange
