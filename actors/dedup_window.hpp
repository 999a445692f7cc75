#pragma once

#include "messages/ids.hpp"
#include "persistence/derived_store.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace troupe {

/// The command ids a shard has handled lately (P2). Older ones move to the derived store; an
/// ordered id tells by its time stamp that it cannot be among them, so that a fresh command costs
/// no lookup there.
///
/// Owned by a shard's memory, on its lane. Bounded: `overflow` hands out what is too much.
class dedup_window {
public:
  /// Marks kept in memory. Small, because a window that leaves the processor's caches costs every
  /// command; what is older is found in the derived store.
  static constexpr std::size_t marks_max = 16'384;
  static constexpr std::size_t overflow_batch =
      2'048; ///< leave together: few, so that nobody waits
  /// Ids from further in the future than this are refused: they would defeat the ordering.
  static constexpr std::int64_t clock_skew_ms_max = 5 * 60 * 1000;

  enum class phase : std::uint8_t {
    running, ///< handed to its aggregate, not decided yet
    asking,  ///< waits for another context
    done,    ///< decided in record `at`
    voided   ///< an ask that must never act (any more), by record `at`
  };
  struct mark {
    std::uint64_t hash = 0;
    record_index at;
    phase is = phase::running;
  };

  dedup_window();
  ~dedup_window();
  dedup_window(dedup_window&&) noexcept;
  dedup_window& operator=(dedup_window&&) noexcept;

  /// Null if the id is not in memory. Valid until the window changes.
  [[nodiscard]] const mark* find(command_id command) const;
  /// Whether an id that is not here may have been handled before the window.
  [[nodiscard]] bool may_be_older(command_id command) const;
  void begin(command_id command, std::uint64_t hash);
  /// Records the end (or the asking) of a command; also for ids never begun, as in a replay.
  void finish(command_id command, std::uint64_t hash, record_index at, phase how);
  /// The command had no effect after all and may be sent again.
  void abandon(command_id command);
  /// A command that had ended may run again. Slow: an operator's doing.
  void reopen(command_id command);

  /// The oldest marks, if there are too many; they stay until `dropped`.
  [[nodiscard]] std::vector<dedup_mark> overflow() const;
  void dropped(std::size_t oldest);

  /// All finished marks in the order of their ends.
  [[nodiscard]] std::vector<dedup_mark> finished() const;
  [[nodiscard]] std::size_t size() const;
  /// Newest time stamp among the ids that left; part of the shard's snapshot.
  [[nodiscard]] std::int64_t left_until_ms() const { return left_until_ms_; }
  [[nodiscard]] bool any_left() const { return any_left_; }
  void restore_left(bool any, std::int64_t until_ms) { any_left_ = any, left_until_ms_ = until_ms; }

private:
  struct table;
  std::unique_ptr<table> marks_;
  std::deque<command_id> order_; ///< of finishing
  std::int64_t left_until_ms_ = 0;
  bool any_left_ = false;
};

} // namespace troupe
