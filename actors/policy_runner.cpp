#include "actors/policy_runner.hpp"

#include "actors/shard.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace troupe {
namespace {

constexpr std::chrono::milliseconds backoff_min{50};
constexpr std::chrono::milliseconds backoff_max{2'000};
constexpr std::uint32_t patience_ms = 10'000; ///< for one answer, then the command is sent again
constexpr std::uint64_t note_every = 256;     ///< events; fewer are noted when the stream is quiet
constexpr std::chrono::milliseconds note_after{100};
constexpr std::chrono::milliseconds watch_every{1'000};
constexpr std::uint64_t steps_per_event_max = 1U << 20U;

/// Whether sending the same command again can help; a business refusal is final.
bool worth_again(errc code) {
  if (code == errc::aggregate_crashed || code == errc::quarantined) return true;
  return troupe::info(code).again != retry::never;
}

} // namespace

bool policy_runner::slot::done() const {
  return std::all_of(steps.begin(), steps.end(), [](const step& each) { return each.done; });
}

policy_runner::policy_runner(shard& owner, const policy_behaviour& behaviour, shard_number source)
    : owner_(owner), behaviour_(behaviour),
      reader_(
          owner, std::string{behaviour.source}, source, [this] { return next_; },
          [this](std::vector<published_event>& events, record_index next) { take(events, next); }) {
}

void policy_runner::start() {
  stop();
  next_ = noted_ = owner_.position(behaviour_.name, behaviour_.source, reader_.shard());
  reader_.start();
  watch();
}

void policy_runner::stop() {
  ++generation_;
  note_armed_ = passed_events_ = false;
  reader_.stop();
  for (const auto& of : window_) {
    for (const auto& each : of.steps)
      (void)owner_.forget(each.token);
  }
  window_.clear();
  lines_.clear();
}

record_index policy_runner::position() const {
  return window_.empty() ? next_ : window_.front().index;
}

void policy_runner::take(std::vector<published_event>& events, record_index next) {
  std::uint32_t skipped = 0;
  if (!events.empty()) passed_events_ = true;
  for (auto& event : events) {
    if (event.index < next_) continue; // seen before a reconnect
    if (event.name != behaviour_.event) {
      ++skipped;
      continue;
    }
    auto wanted = behaviour_.react(event);
    if (!wanted || wanted->empty()) {
      if (!wanted)
        spdlog::error("policy={} source={} shard={} index={} unreadable event: {}", behaviour_.name,
                      behaviour_.source, event.shard.value, event.index.value,
                      wanted.error().message);
      ++skipped;
      continue;
    }
    auto& place = window_.emplace_back();
    place.index = event.index;
    place.correlation = event.correlation;
    place.steps.resize(wanted->size());
    const std::string purpose = std::string{behaviour_.name} + "/" + std::string{behaviour_.source};
    for (std::size_t i = 0; i < wanted->size(); ++i) {
      auto& each = place.steps[i];
      each.what = std::move((*wanted)[i]);
      each.command =
          command_id::of_event(event.time_ms, purpose, event.shard.value, event.index.value,
                               event.ordinal * steps_per_event_max + i);
      auto& line = lines_[each.what.target];
      line.emplace_back(&place, &each);
      if (line.size() == 1) send(place, each);
    }
  }
  next_ = std::max(next_, next);
  if (skipped > 0) reader_.done(skipped);
  advance();
}

void policy_runner::send(slot& of, step& what) {
  request content;
  content.kind = request_kind::command;
  content.context = owner_.setting().identity.context;
  content.target = what.what.target;
  content.name = what.what.command;
  content.command = what.command;
  content.remaining_ms = patience_ms;
  content.correlation = of.correlation;
  content.payload = what.what.payload;
  what.token = owner_.send(
      std::move(content),
      [this, &of, &what, generation = generation_](answer& from) {
        if (generation == generation_) answered(of, what, from);
      },
      false, event_source{std::string{behaviour_.source}, reader_.shard(), of.index});
  what.sent = owner_.now();
}

/// Sends again what nobody answered: its shard was moved or restarted in between.
void policy_runner::watch() {
  const auto now = owner_.now();
  for (auto& of : window_) {
    for (auto& each : of.steps) {
      if (each.token == 0 || now - each.sent < std::chrono::milliseconds{patience_ms}) continue;
      if (owner_.forget(std::exchange(each.token, 0))) send(of, each);
    }
  }
  owner_.after(watch_every, [this, generation = generation_] {
    if (generation == generation_) watch();
  });
}

void policy_runner::answered(slot& of, step& what, answer& from) {
  what.token = 0;
  if (const auto* why = std::get_if<error>(&from.content)) {
    if (worth_again(why->code)) {
      what.backoff = std::clamp(what.backoff * 2, backoff_min, backoff_max);
      owner_.after(what.backoff, [this, &of, &what, generation = generation_] {
        if (generation == generation_) send(of, what);
      });
      return;
    }
    spdlog::debug("policy={} target={} ignored: {}", behaviour_.name, what.what.target.number,
                  why->message);
  }
  finish(what);
}

void policy_runner::finish(step& what) {
  what.done = passed_events_ = true;
  const auto line = lines_.find(what.what.target);
  line->second.pop_front();
  if (line->second.empty()) {
    lines_.erase(line);
  } else {
    auto [of, next] = line->second.front();
    send(*of, *next);
  }
  std::uint32_t finished = 0;
  while (!window_.empty() && window_.front().done()) {
    window_.pop_front();
    ++finished;
  }
  if (finished > 0) reader_.done(finished);
  advance();
}

/// Notes the position now and then; a crash before that only makes known commands be sent again.
/// Records without events are not worth a note of their own: a note is such a record, and two
/// contexts that react to each other would note each other's notes for ever.
void policy_runner::advance() {
  const auto at = position();
  if (at <= noted_) return;
  if (at.value - noted_.value < note_every) {
    if (passed_events_) note_soon();
    return;
  }
  passed_events_ = false;
  noted_ = at;
  owner_.note_position(behaviour_.name, behaviour_.source, reader_.shard(), at, true);
}

void policy_runner::note_soon() {
  if (std::exchange(note_armed_, true)) return;
  owner_.after(note_after, [this, generation = generation_] {
    if (generation != generation_) return;
    note_armed_ = false;
    const auto at = position();
    if (at <= noted_) return;
    passed_events_ = false;
    noted_ = at;
    owner_.note_position(behaviour_.name, behaviour_.source, reader_.shard(), at, true);
  });
}

} // namespace troupe
