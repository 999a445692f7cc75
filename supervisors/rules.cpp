#include "supervisors/rules.hpp"

#include <algorithm>
#include <stdexcept>

namespace troupe {

namespace {

/// When a place in a full bulkhead becomes free is not known; soon enough for a person, late enough
/// not to hammer.
constexpr std::int32_t overloaded_retry_after_ms = 100;

[[nodiscard]] std::string in_words(const ask_direction& which) {
  return "from " + which.asking + " to " + which.target +
         (which.owner.empty() ? std::string{} : " at " + which.owner);
}

} // namespace

std::string name_of(const ask_direction& which) {
  return which.asking + " -> " + which.target +
         (which.owner.empty() ? std::string{} : " at " + which.owner) + " (" +
         std::string{name_of(which.operation)} + ")";
}

bool direction_filter::covers(const ask_direction& which) const {
  return asking == which.asking && target == which.target && (!owner || *owner == which.owner) &&
         (!operation || *operation == which.operation);
}

bool direction_filter::covers(const direction_filter& other) const {
  return asking == other.asking && target == other.target && (!owner || owner == other.owner) &&
         (!operation || operation == other.operation);
}

/// Breaker and bulkhead of one direction, behind one mutex.
class direction_guard final : public ask_guard {
public:
  direction_guard(ask_direction which, const supervision_settings& settings, breaker_mode mode,
                  std::unique_ptr<random_source> random, transition_callback on_transition)
      : which_(std::move(which)), on_transition_(std::move(on_transition)),
        places_(settings.in_flight_max), breaker_(settings.breaker, std::move(random), mode) {}

  result<ask_permit> admit(monotonic_time now) override {
    result<ask_permit> answer{ask_permit{}};
    changing(now, [&] {
      auto permit = breaker_.admit(now);
      if (!permit) {
        answer = named(permit.error());
      } else if (!places_.enter()) {
        // Our own refusal says nothing about the callee: a probe's place is given back.
        breaker_.record(permit.value(), ask_end::ignored, {}, now);
        answer = full();
      } else {
        answer = ask_permit{permit.value()};
      }
    });
    return answer;
  }

  void done(ask_permit passed, ask_end how, std::chrono::milliseconds took,
            monotonic_time now) override {
    changing(now, [&] {
      places_.leave();
      breaker_.record(passed.generation, how, took, now);
    });
  }

  void set_mode(breaker_mode mode, monotonic_time now) {
    changing(now, [&] { breaker_.set_mode(mode, now); });
  }

  [[nodiscard]] const ask_direction& direction() const { return which_; }

  void reset(monotonic_time now) {
    changing(now, [&] { breaker_.reset(now); });
  }

  /// When it was last used; nothing while a call is under way.
  [[nodiscard]] std::optional<monotonic_time> unused_since() const {
    const std::lock_guard lock{mutex_};
    return places_.in_flight() > 0 ? std::nullopt : std::optional{used_};
  }

  [[nodiscard]] breaker_view view(std::optional<monotonic_time> now) {
    const std::lock_guard lock{mutex_};
    if (now) breaker_.forget_old(*now);
    breaker_view shown;
    shown.mode = breaker_.mode();
    shown.since = breaker_.since();
    shown.timeout = breaker_.settings().timeout;
    shown.direction = which_;
    shown.in_flight = places_.in_flight();
    shown.in_flight_max = places_.limit();
    shown.refused_full = places_.refused();
    shown.fallbacks = fallbacks().seen();
    shown.state = breaker_.state();
    shown.counts = breaker_.counts();
    shown.open_until = breaker_.open_until();
    shown.refused_open = breaker_.refused();
    shown.transitions.assign(breaker_.transitions().begin(), breaker_.transitions().end());
    return shown;
  }

private:
  /// Runs `step` locked; what it changed is told afterwards, unlocked.
  template <class Step> void changing(monotonic_time now, Step step) {
    std::vector<breaker_transition> changes;
    {
      const std::lock_guard lock{mutex_};
      used_ = std::max(used_, now);
      const auto before = breaker_.changes();
      step();
      const auto made = static_cast<std::ptrdiff_t>(breaker_.changes() - before);
      if (made > 0 && on_transition_) {
        changes.assign(breaker_.transitions().end() - made, breaker_.transitions().end());
      }
    }
    for (const breaker_transition& each : changes)
      on_transition_(which_, each);
  }

  [[nodiscard]] error named(error refused) const {
    refused.message = in_words(which_) + ": " + refused.message;
    return refused;
  }

  [[nodiscard]] error full() const {
    error refused =
        fail(errc::overloaded, in_words(which_) + ": " + std::to_string(places_.limit()) +
                                   " asks are in flight, which is the limit");
    refused.retry_after_ms = overloaded_retry_after_ms;
    return refused;
  }

  const ask_direction which_;
  const transition_callback on_transition_;
  mutable std::mutex mutex_; ///< of all below
  monotonic_time used_;
  bulkhead places_;
  breaker breaker_;
};

default_supervision_rules::default_supervision_rules(std::unique_ptr<random_source> random,
                                                     supervision_settings settings,
                                                     transition_callback on_transition,
                                                     event_callback on_event)
    : settings_(settings), on_transition_(std::move(on_transition)), on_event_(std::move(on_event)),
      random_(std::move(random)) {}

default_supervision_rules::~default_supervision_rules() = default;

std::unique_ptr<restart_history> default_supervision_rules::new_aggregate_history() {
  return std::make_unique<restart_rule>(settings_.aggregate, own_random());
}

std::unique_ptr<restart_history> default_supervision_rules::new_shard_history() {
  return std::make_unique<restart_rule>(settings_.shard, own_random());
}

std::shared_ptr<ask_guard> default_supervision_rules::guard(const ask_direction& which,
                                                            std::chrono::milliseconds timeout) {
  const std::lock_guard lock{mutex_};
  if (const auto found = guards_.find(which); found != guards_.end()) return found->second;
  drop_unused();
  if (guards_.size() == guards_max) throw std::length_error{"too many guarded directions"};
  auto settings = settings_;
  settings.breaker.timeout = timeout;
  auto mode = breaker_mode::automatic;
  for (const auto& wish : wishes_) // the newest is the last
    if (wish.of.covers(which)) mode = wish.mode;
  auto made = std::make_shared<direction_guard>(
      which, settings, mode, std::make_unique<seeded_random>(random_->next()), on_transition_);
  guards_.emplace(which, made);
  return made;
}

/// Owners come and go with the nodes of a cluster; a new one is the occasion to forget old ones.
void default_supervision_rules::drop_unused() {
  monotonic_time newest{};
  for (const auto& [which, each] : guards_)
    newest = std::max(newest, each->unused_since().value_or(newest));
  std::erase_if(guards_, [newest](const auto& entry) {
    const auto since = entry.second->unused_since();
    return entry.second.use_count() == 1 && since && newest - *since >= guard_kept;
  });
}

void default_supervision_rules::happened(supervision_event what) {
  if (on_event_) on_event_(what);
}

std::vector<breaker_view>
default_supervision_rules::breakers(std::optional<monotonic_time> now) const {
  const auto guards = all();
  std::vector<breaker_view> shown;
  shown.reserve(guards.size());
  for (const auto& each : guards)
    shown.push_back(each->view(now));
  return shown;
}

result<void> default_supervision_rules::set_mode(const direction_filter& which, breaker_mode mode,
                                                 monotonic_time now) {
  {
    const std::lock_guard lock{mutex_};
    // A newer word replaces all older ones that said something of no other directions.
    auto left = wishes_;
    std::erase_if(left, [&](const breaker_wish& each) { return which.covers(each.of); });
    const bool others = std::ranges::any_of(left, [&](const breaker_wish& each) {
      return each.of.asking == which.asking && each.of.target == which.target;
    });
    if (mode != breaker_mode::automatic || others) left.push_back({which, mode});
    if (left.size() > wishes_max)
      return fail(errc::overloaded, "operators hold " + std::to_string(wishes_max) +
                                        " directions already; take some of that back");
    wishes_ = std::move(left);
  }
  for (const auto& each : all())
    if (which.covers(each->direction())) each->set_mode(mode, now);
  return {};
}

result<void> default_supervision_rules::set_mode(const ask_direction& which, breaker_mode mode,
                                                 monotonic_time now) {
  return set_mode(direction_filter{which.asking, which.target, which.owner, which.operation}, mode,
                  now);
}

void default_supervision_rules::reset(const direction_filter& which, monotonic_time now) {
  (void)set_mode(which, breaker_mode::automatic, now);
  for (const auto& each : all())
    if (which.covers(each->direction())) each->reset(now);
}

std::vector<breaker_wish> default_supervision_rules::wishes() const {
  const std::lock_guard lock{mutex_};
  return wishes_;
}

std::unique_ptr<random_source> default_supervision_rules::own_random() {
  const std::lock_guard lock{mutex_};
  return std::make_unique<seeded_random>(random_->next());
}

std::vector<std::shared_ptr<direction_guard>> default_supervision_rules::all() const {
  const std::lock_guard lock{mutex_};
  std::vector<std::shared_ptr<direction_guard>> guards;
  guards.reserve(guards_.size());
  for (const auto& [which, each] : guards_)
    guards.push_back(each);
  return guards;
}

} // namespace troupe
