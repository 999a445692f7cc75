#include "actors/lane_gate.hpp"

#include <algorithm>

namespace troupe {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds retry_least{50};
constexpr milliseconds retry_most{500};    ///< clients take a longer hint for a real outage
constexpr std::int64_t doublings_max = 32; ///< from one to any limit

/// A quarter more, for what others wait for.
template <class Number> Number with_reserve(Number limit) {
  return limit + limit / 4;
}

} // namespace

void gate_departures::add(const gate_request& which) {
  ++all_;
  bytes_ += which.bytes;
  if (!which.outside) return;
  ++outside_;
  if (!which.expired) ++served_;
  waited_ += which.waited;
  time_ += which.time;
  if (which.context >= of_context_.size()) of_context_.resize(which.context + 1);
  ++of_context_[which.context];
}

void gate_departures::clear() {
  all_ = outside_ = served_ = bytes_ = 0;
  waited_ = time_ = nanoseconds{0};
  std::fill(of_context_.begin(), of_context_.end(), 0);
}

lane_gate::lane_gate(const lane_gate_settings& settings)
    : settings_(settings), limit_(settings.waiting_max) {}

lane_gate::verdict lane_gate::enter(const gate_request& which, monotonic_time now) {
  // Nobody waits: a new busy time begins, and that there was a pause says that the lane keeps up.
  if (waiting_ == 0) {
    const auto pauses = (now - looked_) / settings_.interval;
    if (pauses > 0) {
      widen(std::min<std::int64_t>(pauses, doublings_max));
      looked_ = now;
      left_ = served_ = 0;
      waited_ = time_ = nanoseconds{0};
    }
  }
  auto count_max = std::uint64_t{settings_.waiting_max};
  auto bytes_max = settings_.bytes_max;
  if (!which.outside) {
    count_max = with_reserve(count_max);
    bytes_max = with_reserve(bytes_max);
  }
  const auto refuse = [this](verdict why) {
    ++refused_;
    return why;
  };
  if (waiting_ >= count_max) return refuse(verdict::too_many);
  // One that is big by itself may come if nobody else waits; frames are bounded.
  if (bytes_ + which.bytes > bytes_max && waiting_ > 0) return refuse(verdict::too_big);
  if (which.outside) {
    if (which.context >= of_context_.size()) of_context_.resize(which.context + 1);
    auto& own = of_context_[which.context];
    const auto sharing = contexts_ + (own == 0 ? 1 : 0);
    if (outside_ >= limit_ && own >= limit_ / sharing) return refuse(verdict::too_slow);
    if (own++ == 0) ++contexts_;
    ++outside_;
  }
  ++waiting_;
  bytes_ += which.bytes;
  return verdict::enters;
}

void lane_gate::leave(const gate_departures& those, monotonic_time now) {
  waiting_ -= std::min(waiting_, those.all_);
  outside_ -= std::min(outside_, those.outside_);
  bytes_ -= std::min(bytes_, those.bytes_);
  for (std::size_t i = 0; i < std::min(of_context_.size(), those.of_context_.size()); ++i) {
    auto& own = of_context_[i];
    if (own == 0) continue;
    own -= std::min(own, those.of_context_[i]);
    if (own == 0) --contexts_;
  }
  left_ += those.outside_;
  served_ += those.served_;
  waited_ += those.waited_;
  time_ += those.time_;
  if (now - looked_ >= settings_.interval) look(now);
}

void lane_gate::look(monotonic_time now) {
  const nanoseconds passed = now - looked_;
  looked_ = now;
  if (left_ == 0) return;
  const auto count = static_cast<std::int64_t>(left_);
  const auto allowed =
      std::min<nanoseconds>(time_ / (count * settings_.time_share), settings_.wait_max);
  const auto waited = waited_ / count;
  if (waited > allowed) {
    const double rate = static_cast<double>(served_) / static_cast<double>(passed.count());
    const double places = rate * static_cast<double>(allowed.count());
    limit_ =
        static_cast<std::uint32_t>(std::clamp(places, static_cast<double>(settings_.waiting_floor),
                                              static_cast<double>(settings_.waiting_max)));
    wait_allowed_ = allowed;
  } else if (waited * 2 < allowed) {
    widen(1);
  }
  left_ = served_ = 0;
  waited_ = time_ = nanoseconds{0};
}

void lane_gate::widen(std::int64_t times) {
  const auto wide = std::uint64_t{std::max(limit_, 1U)} << static_cast<unsigned>(times);
  limit_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(wide, settings_.waiting_max));
}

milliseconds lane_gate::retry_after() const {
  const auto wait = std::chrono::duration_cast<milliseconds>(wait_allowed_);
  return std::clamp(wait, retry_least, retry_most);
}

std::string_view name_of(lane_gate::verdict verdict) {
  switch (verdict) {
  case lane_gate::verdict::enters:
    return "enters";
  case lane_gate::verdict::too_many:
    return "too many requests are waiting";
  case lane_gate::verdict::too_big:
    return "what is waiting is too big";
  case lane_gate::verdict::too_slow:
    return "work is waiting longer than its callers can";
  }
  return "unknown";
}

} // namespace troupe
