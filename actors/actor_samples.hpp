#pragma once

#include "messages/ids.hpp"
#include "seams/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace troupe {

/// What `top` orders actors by.
enum class top_order : std::uint8_t { mailbox, rate, p99, restarts, memory, growth };
[[nodiscard]] std::string_view name_of(top_order by);
[[nodiscard]] std::optional<top_order> top_order_named(std::string_view name);

/// The counters of an actor at one moment.
struct actor_figures {
  std::uint32_t handled = 0; ///< turns since it is resident
  std::uint32_t mailbox = 0; ///< commands that wait for it
  std::uint32_t memory = 0;  ///< bytes of its state and of what waits; 0: not estimated
  std::uint32_t restarts = 0;
};

/// The figures of a shard's resident actors, sampled now and then by whoever looks, and what
/// changed since an earlier sample: nothing is measured on the way of a command.
///
/// A sample is taken in steps, `begin`, `add` for every actor, `finish`, because there may be a
/// hundred thousand of them. Each actor keeps the number of its row, so that its earlier figures
/// are found without a search. Two earlier samples are kept, so that the window over which changes
/// are measured is never shorter than wanted, and at most about twice as long, however often
/// somebody looks. Memory: 56 bytes per actor, twice while a sample is taken.
///
/// Pure: no clock of its own. Not thread-safe.
class actor_samples {
public:
  struct row {
    aggregate_id id;
    actor_figures now;
    actor_figures middle; ///< of the later of the two earlier samples
    actor_figures base;   ///< of the earlier one
  };

  void begin(monotonic_time now, std::chrono::milliseconds window);
  /// Takes up an actor whose row in the last sample was `earlier`, if it was in that; returns the
  /// number of its new row. One that is new had not done anything at the last sample.
  std::uint32_t add(aggregate_id id, std::uint32_t earlier, const actor_figures& now);
  void finish();

  /// Of the last sample, as a guide for the next one; null if it was not in there.
  [[nodiscard]] const actor_figures* last(aggregate_id id, std::uint32_t number) const;
  /// The rows that come first in an order, the highest first; `p99` has none here (`turn_times`).
  [[nodiscard]] std::vector<const row*> highest(top_order by, std::size_t limit) const;
  [[nodiscard]] const std::vector<row>& rows() const { return rows_; }

  [[nodiscard]] monotonic_time taken() const { return taken_; }
  /// Between the last sample and the one it is compared to; 0: there is no earlier one.
  [[nodiscard]] std::chrono::milliseconds window() const { return window_; }
  /// The last sample began a new window.
  [[nodiscard]] bool rolled() const { return rolls_; }
  /// Turns in that time.
  [[nodiscard]] static std::uint32_t handled(const row& of);
  /// What changed of the figure of an order; of `growth`, `rate` and `p99` that of the mailbox.
  [[nodiscard]] static std::int64_t growth(top_order by, const row& of);

private:
  std::vector<row> rows_;
  std::vector<row> next_; ///< being taken; then they change places, so that memory is reused
  bool known_ = false;    ///< there was a sample
  bool rolls_ = false;    ///< the middle one becomes the base with this sample
  monotonic_time began_;
  monotonic_time taken_;
  monotonic_time middle_at_;
  monotonic_time base_at_;
  std::chrono::milliseconds window_{0};
};

} // namespace troupe
