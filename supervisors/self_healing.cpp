#include "supervisors/self_healing.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace troupe {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds refusals_told_every{1'000};

std::size_t number_of(healing_action what) {
  return static_cast<std::size_t>(what);
}

/// Which of an action's ends are told and kept. An aggregate's restart is over at once, and there
/// may be hundreds a second: of those the failures. A link to a node that is away is tried about
/// once a second: of those the one that came about.
bool is_news(healing_action what, bool good) {
  if (what == healing_action::restart_aggregate) return !good;
  return what != healing_action::reopen_socket || good;
}
bool is_told_at_begin(healing_action what) {
  return is_news(what, true) && is_news(what, false);
}

supervision_event event(const char* kind, const healing_record& about, const std::string& text) {
  return {kind, about.subject, std::string{name_of(about.action)} + ": " + text, about.time_ms};
}

value shown(const healing_record& from) {
  value said{value::object{}};
  said["action"] = name_of(from.action);
  said["subject"] = from.subject;
  said["cause"] = from.cause;
  said["state"] = name_of(from.is);
  said["outcome"] = from.outcome;
  said["time_ms"] = from.time_ms;
  said["took_ms"] = from.took_ms;
  return said;
}

} // namespace

std::string_view name_of(healing_record::state state) {
  switch (state) {
  case healing_record::state::running:
    return "running";
  case healing_record::state::done:
    return "done";
  case healing_record::state::failed:
    return "failed";
  case healing_record::state::refused:
    return "refused";
  }
  return "unknown";
}

self_healing::self_healing(const clock& time, const healing_settings& settings, tell told)
    : time_(time), settings_(settings), told_(std::move(told)) {
  for (std::size_t i = 0; i < actions_.size(); ++i) {
    actions_[i].tokens = settings_.limits[i].most;
    actions_[i].refilled = time_.monotonic();
  }
  for (const auto each : settings_.off)
    actions_[number_of(each)].on = false;
}

void self_healing::refill(action_state& of, const healing_limit& by, monotonic_time now) const {
  const std::chrono::duration<double, std::milli> passed = now - of.refilled;
  of.refilled = now;
  const double per_ms = by.most / static_cast<double>(by.within.count());
  of.tokens = std::min<double>(by.most, of.tokens + passed.count() * per_ms);
}

/// Why the action may not be taken now; else it has its token.
std::optional<error> self_healing::refusal(healing_action what, monotonic_time now) {
  auto& of = actions_[number_of(what)];
  const auto& limit = settings_.limits[number_of(what)];
  const std::string name{name_of(what)};
  if (!of.on) {
    ++of.counted.off;
    auto why = fail(errc::rate_limited, name + " is switched off");
    why.retry_after_ms = off_retry_ms;
    return why;
  }
  refill(of, limit, now);
  if (of.tokens >= 1.0 && running_.size() < running_max) {
    of.tokens -= 1.0;
    ++of.counted.tried;
    return std::nullopt;
  }
  ++of.counted.refused;
  auto why =
      fail(errc::rate_limited, name + " was done " + std::to_string(limit.most) + " times within " +
                                   std::to_string(limit.within.count()) + " ms");
  const double missing = std::max(0.0, 1.0 - of.tokens);
  const double wait = std::ceil(missing * static_cast<double>(limit.within.count()) / limit.most);
  why.retry_after_ms = std::max(1, static_cast<std::int32_t>(wait));
  return why;
}

result<std::uint64_t> self_healing::begin(healing_action what, const std::string& subject,
                                          const std::string& cause) {
  healing_record record;
  record.action = what;
  record.subject = subject;
  record.cause = cause;
  record.time_ms = time_.wall();
  const auto now = time_.monotonic();
  std::optional<error> why;
  bool tells = true;
  {
    const std::lock_guard lock{mutex_};
    why = refusal(what, now);
    if (why) {
      auto& of = actions_[number_of(what)];
      tells = !of.told_before || now - of.refusal_told >= refusals_told_every;
      record.is = healing_record::state::refused;
      record.outcome = why->message;
      if (tells) {
        of.told_before = true;
        of.refusal_told = now;
        keep(record);
      }
    } else {
      record.number = ++last_;
      running_.emplace(record.number, running_action{record, now});
    }
  }
  if (why) {
    if (tells) told_(event("healing-refused", record, cause + "; not done: " + why->message));
    return *why;
  }
  if (is_told_at_begin(what)) told_(event("healing-started", record, cause));
  return record.number;
}

void self_healing::end(std::uint64_t number, bool good, const std::string& outcome) {
  healing_record record;
  {
    const std::lock_guard lock{mutex_};
    auto ended = running_.extract(number);
    if (ended.empty()) return;
    record = std::move(ended.mapped().record);
    record.is = good ? healing_record::state::done : healing_record::state::failed;
    record.outcome = outcome;
    record.took_ms =
        std::chrono::duration_cast<milliseconds>(time_.monotonic() - ended.mapped().since).count();
    auto& counted = actions_[number_of(record.action)].counted;
    ++(good ? counted.done : counted.failed);
    if (is_news(record.action, good)) keep(record);
  }
  if (!is_news(record.action, good)) return;
  record.time_ms = time_.wall();
  told_(
      event(good ? "healing-done" : "healing-failed", record,
            outcome + " after " + std::to_string(record.took_ms) + " ms; cause: " + record.cause));
}

void self_healing::keep(healing_record record) {
  records_.push_back(std::move(record));
  if (records_.size() > records_max) records_.pop_front();
}

void self_healing::turn(healing_action what, bool on) {
  const std::lock_guard lock{mutex_};
  actions_[number_of(what)].on = on;
}

bool self_healing::is_on(healing_action what) const {
  const std::lock_guard lock{mutex_};
  return actions_[number_of(what)].on;
}

self_healing::counters self_healing::of(healing_action what) const {
  const std::lock_guard lock{mutex_};
  return actions_[number_of(what)].counted;
}

std::vector<healing_record> self_healing::records() const {
  const std::lock_guard lock{mutex_};
  std::vector<healing_record> all{records_.begin(), records_.end()};
  for (const auto& [number, each] : running_)
    all.push_back(each.record);
  const std::size_t extra = all.size() > records_max ? all.size() - records_max : 0;
  all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(extra));
  return all;
}

value self_healing::describe() const {
  value::array actions;
  for (const auto each : all_healing_actions) {
    const auto counted = of(each);
    const auto& limit = settings_.limits[number_of(each)];
    value item{value::object{}};
    item["action"] = name_of(each);
    item["state"] = is_on(each) ? "on" : "off";
    item["most"] = limit.most;
    item["within_ms"] = limit.within.count();
    item["tried"] = counted.tried;
    item["done"] = counted.done;
    item["failed"] = counted.failed;
    item["refused"] = counted.refused;
    item["refused_off"] = counted.off;
    actions.push_back(std::move(item));
  }
  value::array last;
  for (const auto& each : records())
    last.push_back(shown(each));
  value said{value::object{}};
  said["actions"] = std::move(actions);
  said["last"] = std::move(last);
  return said;
}

} // namespace troupe
