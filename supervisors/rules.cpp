#include "supervisors/rules.hpp"

#include <stdexcept>

namespace troupe {

namespace {

/// When a place in a full bulkhead becomes free is not known; soon enough for a person, late enough
/// not to hammer.
constexpr std::int32_t overloaded_retry_after_ms = 100;

[[nodiscard]] std::string direction(std::string_view asking, std::string_view target) {
  return "from " + std::string{asking} + " to " + std::string{target};
}

} // namespace

/// Breaker and bulkhead of one direction behind one mutex.
class pair_guard final : public ask_guard {
public:
  struct names {
    std::string asking;
    std::string target;
  };

  pair_guard(names pair, const supervision_settings& settings,
             std::unique_ptr<random_source> random, transition_callback on_transition)
      : pair_(std::move(pair)), on_transition_(std::move(on_transition)),
        places_(settings.in_flight_max), breaker_(settings.breaker, std::move(random)) {}

  result<void> admit(monotonic_time now) override {
    result<void> answer;
    changing([&] {
      auto permit = breaker_.admit(now);
      if (!permit) {
        answer = named(permit.error());
      } else if (!places_.enter()) {
        // Our own refusal says nothing about the callee: a probe's place is given back.
        breaker_.record(permit.value(), ask_end::ignored, {}, now);
        answer = full();
      }
    });
    return answer;
  }

  void done(ask_end how, std::chrono::milliseconds took, monotonic_time now) override {
    changing([&] {
      places_.leave();
      breaker_.record(breaker_.generation_of(now - took), how, took, now);
    });
  }

  void set_mode(breaker_mode mode, monotonic_time now) {
    changing([&] { breaker_.set_mode(mode, now); });
  }

  [[nodiscard]] breaker_view view() const {
    const std::lock_guard lock{mutex_};
    breaker_view shown;
    shown.asking = pair_.asking;
    shown.target = pair_.target;
    shown.in_flight = places_.in_flight();
    shown.in_flight_max = places_.limit();
    shown.refused_full = places_.refused();
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
      on_transition_(pair_.asking, pair_.target, each);
  }

  [[nodiscard]] error named(error refused) const {
    refused.message = direction(pair_.asking, pair_.target) + ": " + refused.message;
    return refused;
  }

  [[nodiscard]] error full() const {
    error refused = fail(errc::overloaded, direction(pair_.asking, pair_.target) + ": " +
                                               std::to_string(places_.limit()) +
                                               " asks are in flight, which is the limit");
    refused.retry_after_ms = overloaded_retry_after_ms;
    return refused;
  }

  const names pair_;
  const transition_callback on_transition_;
  mutable std::mutex mutex_; ///< of all below
  bulkhead places_;
  breaker breaker_;
};

default_supervision_rules::default_supervision_rules(std::unique_ptr<random_source> random,
                                                     supervision_settings settings,
                                                     transition_callback on_transition)
    : settings_(settings), on_transition_(std::move(on_transition)), random_(std::move(random)) {}

default_supervision_rules::~default_supervision_rules() = default;

std::unique_ptr<restart_history> default_supervision_rules::new_aggregate_history() {
  return std::make_unique<restart_rule>(settings_.aggregate, own_random());
}

std::unique_ptr<restart_history> default_supervision_rules::new_shard_history() {
  return std::make_unique<restart_rule>(settings_.shard, own_random());
}

std::shared_ptr<ask_guard> default_supervision_rules::guard(std::string_view asking_context,
                                                            std::string_view target_context,
                                                            std::chrono::milliseconds timeout) {
  const pair key{asking_context, target_context};
  const std::lock_guard lock{mutex_};
  if (const auto found = guards_.find(key); found != guards_.end()) return found->second;
  if (guards_.size() == guards_max) throw std::length_error{"too many guarded pairs of contexts"};
  auto settings = settings_;
  settings.breaker.timeout = timeout;
  auto made = std::make_shared<pair_guard>(pair_guard::names{key.first, key.second}, settings,
                                           std::make_unique<seeded_random>(random_->next()),
                                           on_transition_);
  guards_.emplace(key, made);
  return made;
}

std::vector<breaker_view> default_supervision_rules::breakers() const {
  std::vector<std::shared_ptr<pair_guard>> all;
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

result<void> default_supervision_rules::set_mode(std::string_view asking, std::string_view target,
                                                 breaker_mode mode, monotonic_time now) {
  const auto found = find({std::string{asking}, std::string{target}});
  if (!found) {
    return fail(errc::not_found, "no ask went " + direction(asking, target) + " on this node yet");
  }
  found->set_mode(mode, now);
  return {};
}

std::unique_ptr<random_source> default_supervision_rules::own_random() {
  const std::lock_guard lock{mutex_};
  return std::make_unique<seeded_random>(random_->next());
}

std::shared_ptr<pair_guard> default_supervision_rules::find(const pair& key) const {
  const std::lock_guard lock{mutex_};
  const auto found = guards_.find(key);
  return found == guards_.end() ? nullptr : found->second;
}

} // namespace troupe
