#include "net/gateway/client_rates.hpp"

namespace troupe::gateway {
namespace {
constexpr std::chrono::seconds sweep_every{1}; ///< a full table is not searched for each stranger
} // namespace

rate_verdict client_rates::take(std::string_view address, monotonic_time now) {
  const std::lock_guard lock{mutex_};
  return bucket_of(address, now).take(limit_, now);
}

token_bucket& client_rates::bucket_of(std::string_view address, monotonic_time now) {
  if (const auto at = known_.find(address); at != known_.end()) return *at->second;
  if (known_.size() >= most_ && now - swept_ >= sweep_every) {
    swept_ = now;
    std::erase_if(known_, [now](const auto& each) { return each.second->full(now); });
  }
  if (known_.size() >= most_) return strangers_;
  auto& made = known_[std::string{address}];
  made = std::make_unique<token_bucket>();
  return *made;
}

std::size_t client_rates::size() const {
  const std::lock_guard lock{mutex_};
  return known_.size();
}

} // namespace troupe::gateway
