#pragma once

#include "messages/error.hpp"
#include "messages/value.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace troupe::cli {

/// Answers the admin verb `cause` for its arguments: nodes in production, a script in tests.
using cause_asker = std::function<result<value>(const value& arguments)>;

/// Hops that are followed in one direction; a chain of more has another end than its own.
inline constexpr std::size_t hops_max = 256;
/// Turns that a tree of effects shows at most.
inline constexpr std::size_t effects_max = 500;

/// Why a turn happened, back to where the chain ends.
struct cause_chain {
  /// The turn itself first; each has a member `relation` that says what it did for the one before
  /// ("asked", "event", "timer", "gave up", "retried"; of the first "turn").
  value::array turns;
  /// What stands at the end: `client`, `unknown`, `gap` (somebody did not answer or the record is
  /// not there), `long`.
  std::string end;
  std::string why; ///< a sentence for people
};
/// Follows the callers of a turn: asks, policies, timers, voids, retried dead letters.
[[nodiscard]] result<cause_chain> causes_of(value first, const cause_asker& ask);

/// What a turn led to, as a tree: the turn's own value with `relation` and `effects`, each of which
/// is again such a value. What could not be looked at stands in a leaf's `gap`.
[[nodiscard]] value effects_of(value first, const cause_asker& ask);

/// "taxi.call/42#3".
[[nodiscard]] std::string turn_name(const value& turn);
/// A chain as a tree of lines: the turn, below it what caused it, and so on. `lines`: drawn with
/// box characters.
[[nodiscard]] std::string chain_text(const cause_chain& from, bool lines, bool color);
/// A tree of effects likewise.
[[nodiscard]] std::string effects_text(const value& from, bool lines, bool color);

} // namespace troupe::cli
