#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace troupe {

/// What the shards of one context hold on this node: commands that were admitted and not decided
/// yet. Both figures are one number, so that a lane touches it once a command. Thread-safe.
class context_load {
public:
  struct figures {
    std::uint64_t waiting = 0;
    std::uint64_t bytes = 0;
  };

  void add(std::uint64_t waiting, std::uint64_t bytes) {
    packed_.fetch_add(pack(waiting, bytes), std::memory_order_relaxed);
  }
  /// Of what was added before only.
  void remove(std::uint64_t waiting, std::uint64_t bytes) {
    packed_.fetch_sub(pack(waiting, bytes), std::memory_order_relaxed);
  }
  [[nodiscard]] figures get() const {
    const auto packed = packed_.load(std::memory_order_relaxed);
    return {packed >> byte_bits, packed & ((std::uint64_t{1} << byte_bits) - 1)};
  }

private:
  static constexpr unsigned byte_bits = 40; ///< a tebibyte, and 16 million commands
  [[nodiscard]] static std::uint64_t pack(std::uint64_t waiting, std::uint64_t bytes) {
    return (waiting << byte_bits) + bytes;
  }
  std::atomic<std::uint64_t> packed_{0};
};

} // namespace troupe
