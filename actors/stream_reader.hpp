#pragma once

#include "actors/requesting_part.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace troupe {

/// Reads the published stream of one source shard from a position on, for a policy or a view. Asks
/// again when the source goes away, each time from where its owner stands.
class stream_reader {
public:
  static constexpr std::uint32_t window_events = 512; ///< events under way before some are done

  /// `position` tells where to resume; `take` gets events in order and the position behind them, at
  /// first perhaps no events; `ended` hears each time that the source goes away or cannot be had.
  stream_reader(requesting_part& owner, std::string context, shard_number shard,
                std::function<record_index()> position,
                std::function<void(std::vector<published_event>& events, record_index next)> take,
                std::function<void()> ended = {});

  void start();
  void stop();
  /// The owner is done with that many events: more may come.
  void done(std::uint32_t events);
  [[nodiscard]] bool connected() const { return token_ != 0; }
  /// The source answers and cannot give its stream; it is asked again all the same.
  [[nodiscard]] bool refused() const { return refused_; }
  /// The source has fewer records than were read of it: it is not the one that was read, or was put
  /// back to an earlier time.
  [[nodiscard]] bool position_is_gone() const { return position_is_gone_; }
  /// The source's newest record as of what was taken last.
  [[nodiscard]] record_index head() const { return head_; }
  [[nodiscard]] const std::string& context() const { return context_; }
  [[nodiscard]] shard_number shard() const { return shard_; }

private:
  void answered(answer& from);
  void retry();

  requesting_part& owner_;
  std::string context_;
  shard_number shard_;
  std::function<record_index()> position_;
  std::function<void(std::vector<published_event>&, record_index)> take_;
  std::function<void()> ended_;
  std::uint64_t token_ = 0;
  std::uint64_t attempt_ = 0; ///< tells a late retry from the present one
  std::uint32_t to_grant_ = 0;
  record_index head_;
  bool refused_ = false;
  bool position_is_gone_ = false;
  std::chrono::milliseconds backoff_{0};
};

} // namespace troupe
