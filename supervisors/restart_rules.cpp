#include "supervisors/restart_rules.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace troupe {

namespace {

using std::chrono::milliseconds;

[[nodiscard]] milliseconds doubled(milliseconds first, milliseconds most, std::uint32_t times) {
  auto delay = first;
  for (std::uint32_t done = 0; done < times && delay < most; ++done)
    delay *= 2;
  return std::min(delay, most);
}

} // namespace

restart_settings aggregate_restarts() {
  return {};
}

restart_settings shard_restarts() {
  restart_settings shard;
  shard.immediate = 1;
  shard.backoff_first = milliseconds{250};
  shard.trial_first = milliseconds{60'000};
  shard.trial_max = milliseconds{600'000};
  return shard;
}

restart_rule::restart_rule(const restart_settings& settings, std::unique_ptr<random_source> random)
    : settings_(settings), random_(std::move(random)) {}

restart_decision restart_rule::on_failure(monotonic_time now) {
  if (failures_ < UINT32_MAX) ++failures_;
  if (quarantines_ > 0) {
    if (now < starts_at_ + settings_.failures_in) return quarantine(now);
    quarantines_ = 0;
  }
  recent_.push_back(now);
  if (recent_.size() > settings_.failures_max) recent_.pop_front();
  if (failures_since(now - settings_.failures_in) >= settings_.failures_max) return quarantine(now);
  return restart(now);
}

restart_decision restart_rule::quarantine(monotonic_time now) {
  const auto delay = doubled(settings_.trial_first, settings_.trial_max, quarantines_);
  if (quarantines_ < UINT32_MAX) ++quarantines_;
  recent_.clear();
  backoffs_ = 0;
  starts_at_ = now + delay;
  return {restart_decision::action::quarantine, delay};
}

restart_decision restart_rule::restart(monotonic_time now) {
  const bool ran_well = recent_.size() == 1 || now >= starts_at_ + settings_.immediate_in;
  if (ran_well) backoffs_ = 0;
  auto delay = milliseconds{0};
  const auto burst = failures_since(now - settings_.immediate_in);
  if (backoffs_ > 0 || burst > settings_.immediate) {
    const auto base = doubled(settings_.backoff_first, settings_.backoff_max, backoffs_);
    const double factor = 1.0 + settings_.jitter * (2.0 * random_->unit() - 1.0);
    delay = milliseconds{std::llround(static_cast<double>(base.count()) * factor)};
    ++backoffs_; // bounded: a row ends in quarantine at `failures_max`
  }
  starts_at_ = now + delay;
  return {restart_decision::action::restart, delay};
}

std::uint32_t restart_rule::failures_since(monotonic_time from) const {
  return static_cast<std::uint32_t>(
      std::count_if(recent_.begin(), recent_.end(), [from](auto at) { return at > from; }));
}

} // namespace troupe
