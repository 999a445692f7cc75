#pragma once

#include "testkit/troupe/testkit/simulated_node.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::testkit {

/// A breaker's change of state with the numbers that caused it.
struct breaker_change {
  breaker_state from = breaker_state::closed;
  breaker_state to = breaker_state::closed;
  call_counts cause; ///< calls of the state that was left: its window, or its probes
  bool operator==(const breaker_change&) const = default;
  /// "closed -> open: 20 calls, 20 failed, 0 slow".
  [[nodiscard]] std::string text() const;
};

/// The breaker of one declared ask of a simulated node, to be brought into any state. It is the
/// node's own: what it is told goes through the same doors as calls and operators do, so that
/// whatever follows is the product's behaviour. Asks of one context to another share a breaker if
/// both only read or both do not.
///
/// Thread rules and errors as of `simulated_node`, which outlives it.
class breaker_handle {
public:
  /// `name`: the command or query asked. `unexpected` if `asking` declares no such ask of `target`.
  /// `owner`: the node that has the asked shard, where the simulated node has an `owner_of`.
  breaker_handle(simulated_node& in, const std::string& asking, const std::string& target,
                 std::string_view name, std::string owner = {});

  /// Brings it there, whatever it was. The forced states and `disabled` are an operator's word;
  /// `closed` and `open` take it back. `open` comes from failing calls that are counted but never
  /// sent, and takes no time; `half_open` takes as long as a breaker stays open (about 5 s at
  /// first, 60 s at most), and everybody in the node lives through that time.
  void force(breaker_state to);
  [[nodiscard]] breaker_state state() const { return view().state; }
  [[nodiscard]] breaker_view view() const;

  /// Lets time pass until an open breaker would let probes pass; nothing if it is not open.
  void expire_open_time();
  /// Lets ten seconds pass: what was counted while closed is forgotten.
  void expire_window();

  /// All changes since it was made, or since `forget_changes`.
  [[nodiscard]] std::vector<breaker_change> changes() const;
  /// Their texts.
  [[nodiscard]] std::vector<std::string> story() const;
  void forget_changes();

  [[nodiscard]] const ask_direction& direction() const { return which_; }

private:
  void set_mode(breaker_mode to);
  void fail_until_open();
  void probe_once();

  simulated_node& in_;
  ask_direction which_;
  std::shared_ptr<ask_guard> guard_;
  std::size_t first_ = 0; ///< of the node's changes that counts
};

} // namespace troupe::testkit
