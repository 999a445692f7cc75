#pragma once

#include "actors/lane.hpp"
#include "actors/port.hpp"
#include "messages/error.hpp"
#include "seams/random.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe {

/// How late the answers of a context to asks are, chosen evenly between both ends; both 0: not at
/// all. An operator's tool to see what a slow callee does to its callers.
struct answer_delay {
  static constexpr std::uint32_t most_ms = 60'000;
  std::uint32_t min_ms = 0;
  std::uint32_t max_ms = 0;

  [[nodiscard]] bool given() const { return max_ms > 0; }
  /// "400..620ms"; "off" if there is none.
  [[nodiscard]] std::string text() const;
  /// Reads "400..620ms", "500ms" or "off"; anything else, an end over a minute or ends in the wrong
  /// order are `malformed`.
  [[nodiscard]] static result<answer_delay> parse(std::string_view text);
  bool operator==(const answer_delay&) const = default;
};

/// The delay of one context: set by an operator, read by whoever routes. Thread-safe.
class adjustable_delay {
public:
  void set(answer_delay to) { packed_.store(std::uint64_t{to.min_ms} << 32U | to.max_ms); }
  [[nodiscard]] answer_delay get() const {
    const auto packed = packed_.load(std::memory_order_relaxed);
    return {static_cast<std::uint32_t>(packed >> 32U), static_cast<std::uint32_t>(packed)};
  }

private:
  std::atomic<std::uint64_t> packed_{0};
};

/// Takes answers in place of whoever waits for them and hands them on later, by the timers of the
/// answering part's lane, also after the part was removed. Thread-safe; outlives the lanes.
class late_answers final : public answer_port {
public:
  explicit late_answers(std::unique_ptr<random_source> random) : random_(std::move(random)) {}
  /// Where the answer to one request for a part has to go so that it is late.
  [[nodiscard]] origin instead_of(const origin& whom, lane& of, part_key part, answer_delay by);
  void deliver(std::vector<answer>& batch) override;
  [[nodiscard]] std::size_t awaited() const;

private:
  struct detour {
    origin whom;
    lane* of = nullptr;
    part_key part;
    std::chrono::milliseconds by{0};
  };
  mutable std::mutex mutex_;
  std::unique_ptr<random_source> random_;
  std::map<std::uint64_t, detour> detours_; ///< by token; one per request under way
  std::uint64_t next_ = 1;
};

} // namespace troupe
