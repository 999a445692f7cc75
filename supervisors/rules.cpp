#include "supervisors/rules.hpp"

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

/// Breaker and bulkhead of one direction, behind one mutex.
class direction_guard final : public ask_guard {
public:
  direction_guard(ask_direction which, const supervision_settings& settings,
                  std::unique_ptr<random_source> random, transition_callback on_transition)
      : which_(std::move(which)), on_transition_(std::move(on_transition)),
        places_(settings.in_flight_max), breaker_(settings.breaker, std::move(random)) {}

  result<ask_permit> admit(monotonic_time now) override {
    result<ask_permit> answer{ask_permit{}};
    changing([&] {
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
    changing([&] {
      places_.leave();
      breaker_.record(passed.generation, how, took, now);
    });
  }

  void set_mode(breaker_mode mode, monotonic_time now) {
    changing([&] { breaker_.set_mode(mode, now); });
  }

  [[nodiscard]] breaker_view view() const {
    const std::lock_guard lock{mutex_};
    breaker_view shown;
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
  template <class Step> void changing(Step step) {
    std::vector<breaker_transition> changes;
    {
      const std::lock_guard lock{mutex_};
      const auto before = breaker_.generation();
      step();
      const auto made = static_cast<std::ptrdiff_t>(breaker_.generation() - before);
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
  if (guards_.size() == guards_max) throw std::length_error{"too many guarded directions"};
  auto settings = settings_;
  settings.breaker.timeout = timeout;
  auto made = std::make_shared<direction_guard>(
      which, settings, std::make_unique<seeded_random>(random_->next()), on_transition_);
  guards_.emplace(which, made);
  return made;
}

void default_supervision_rules::happened(supervision_event what) {
  if (on_event_) on_event_(what);
}

std::vector<breaker_view> default_supervision_rules::breakers() const {
  std::vector<std::shared_ptr<direction_guard>> all;
  {
    const std::lock_guard lock{mutex_};
    all.reserve(guards_.size());
    for (const auto& [key, each] : guards_)
      all.push_back(each);
  }
  std::vector<breaker_view> shown;
  shown.reserve(all.size());
  for (const auto& each : all)
    shown.push_back(each->view());
  return shown;
}

result<void> default_supervision_rules::set_mode(const ask_direction& which, breaker_mode mode,
                                                 monotonic_time now) {
  const auto found = find(which);
  if (!found) {
    return fail(errc::not_found, "no ask went " + in_words(which) + " on this node yet");
  }
  found->set_mode(mode, now);
  return {};
}

std::unique_ptr<random_source> default_supervision_rules::own_random() {
  const std::lock_guard lock{mutex_};
  return std::make_unique<seeded_random>(random_->next());
}

std::shared_ptr<direction_guard> default_supervision_rules::find(const ask_direction& which) const {
  const std::lock_guard lock{mutex_};
  const auto found = guards_.find(which);
  return found == guards_.end() ? nullptr : found->second;
}

} // namespace troupe
