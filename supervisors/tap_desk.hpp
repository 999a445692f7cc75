#pragma once

#include "actors/port.hpp"
#include "actors/turn_tap.hpp"
#include "messages/tap_wish.hpp"
#include "messages/token_bucket.hpp"
#include "messages/value.hpp"
#include "seams/clock.hpp"
#include "seams/random.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

namespace troupe {

/// Tells those who listen to a node of its turns: sampled, at most so many a second for each, for a
/// time that they say. Nobody listening costs a shard one look at a flag in each of its rounds.
///
/// What is too much, or what a listener grants no credit for, is dropped and counted: the next turn
/// it gets says how many in `dropped`. A listener that is gone without a word costs until its time
/// is over, five minutes at most.
///
/// Thread rules: every method from any thread. Its mutex is held for the time of one push at most.
class tap_desk final : public turn_tap {
public:
  static constexpr std::size_t listeners_max = 16;

  tap_desk(const clock& time, std::unique_ptr<random_source> random)
      : clock_(time), random_(std::move(random)) {}

  /// A subscribe request whose context is `node_tap`; what it gets follows at its port. Returns how
  /// long it lasts, 0: it was refused. The caller sees to `end_late_ones`.
  std::chrono::milliseconds subscribe(const inbound& from);
  /// Credit or unsubscribe; false if it is about none of its subscriptions.
  [[nodiscard]] bool take(const inbound& from);
  /// Ends those whose time is over, and says when that of the next one is; nothing: nobody listens.
  [[nodiscard]] std::optional<monotonic_time> end_late_ones();
  /// Ends all of them.
  void close(const error& why);
  /// For the node's status.
  [[nodiscard]] value summary() const;

  [[nodiscard]] tap_listeners who_wants(std::string_view context) override;
  void tell(const tap_listeners& listeners, const tapped_turn& turn) override;

private:
  struct listener {
    bool used = false;
    std::uint64_t number = 0; ///< of the subscription, of all that there were
    origin who;
    tap_wish wish;
    std::optional<token_bucket> bucket; ///< a new one for each subscription
    monotonic_time until;
    std::uint32_t credit = 0;
    std::uint64_t position = 0; ///< of the last turn that it was told
    std::uint64_t dropped = 0;  ///< since the last one that it was told
  };
  [[nodiscard]] listener* find(const origin& who);
  void end(listener& which);
  void look_whether_wanted();

  const clock& clock_;
  mutable std::mutex mutex_; ///< of all below
  std::unique_ptr<random_source> random_;
  std::array<listener, listeners_max> listeners_;
  std::uint64_t subscribed_ = 0;
  std::uint64_t told_ = 0;
  std::uint64_t dropped_ = 0;
};

} // namespace troupe
