#pragma once

#include "messages/token_bucket.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace troupe::gateway {

/// A token bucket for each address that requests come from. Bounded: when the table is full, those
/// that have rested until their bucket was full again are forgotten; if nobody has, strangers share
/// one bucket until somebody does. Thread-safe.
class client_rates {
public:
  static constexpr std::size_t addresses_max = 65'536;

  explicit client_rates(rate_limit limit, std::size_t most = addresses_max)
      : limit_(limit), most_(most) {}

  [[nodiscard]] const rate_limit& limit() const { return limit_; }
  [[nodiscard]] rate_verdict take(std::string_view address, monotonic_time now);
  [[nodiscard]] std::size_t size() const;

private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  [[nodiscard]] token_bucket& bucket_of(std::string_view address, monotonic_time now);

  const rate_limit limit_;
  const std::size_t most_;
  mutable std::mutex mutex_; ///< of all below
  std::unordered_map<std::string, std::unique_ptr<token_bucket>, text_hash, std::equal_to<>> known_;
  token_bucket strangers_;
  monotonic_time swept_{};
};

} // namespace troupe::gateway
