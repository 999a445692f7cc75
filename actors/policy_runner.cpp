#include "actors/policy_runner.hpp"

#include "actors/noted_turn.hpp"
#include "actors/shard.hpp"
#include "messages/derived_commands.hpp"
#include "messages/list_reply.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace troupe {
namespace {

constexpr std::chrono::milliseconds backoff_min{50};
constexpr std::chrono::milliseconds backoff_max{2'000};
constexpr std::uint32_t patience_ms = 10'000; ///< for one answer, then the command is sent again
constexpr std::uint64_t note_every = 256;     ///< events; fewer are noted when the stream is quiet
constexpr std::chrono::milliseconds note_after{100};
constexpr std::chrono::milliseconds watch_every{1'000};
/// Between two tries of an event that cannot be reacted to: a new version has to come.
constexpr std::chrono::milliseconds halt_min{1'000};
constexpr std::chrono::milliseconds halt_max{60'000};
constexpr std::uint32_t sweep_page =
    256; ///< aggregates reached at a time; others are served between

/// Whether sending the same command again can help; a business refusal is final.
bool worth_again(errc code) {
  if (code == errc::aggregate_crashed || code == errc::quarantined) return true;
  return troupe::info(code).again != retry::never;
}

std::string names_of(const std::vector<const policy_behaviour*>& behaviours) {
  std::string names;
  for (const auto* each : behaviours)
    names.append(names.empty() ? "" : "+").append(each->name);
  return names;
}

/// Whether the policy is declared to reach aggregates by that field.
bool is_declared(const context_info& info, const policy_behaviour& policy, const match& wanted) {
  return std::any_of(info.policies.begin(), info.policies.end(), [&](const policy_info& each) {
    return each.name == policy.name && each.reaches == wanted.field;
  });
}

} // namespace

/// A policy's reactions; what it throws must not end the lane.
result<reactions> policy_runner::react(const policy_behaviour& policy,
                                       const published_event& event) {
  const auto& setting = owner_.setting();
  const auto stands_for =
      command_id::of_event(event.time_ms, setting.build + " " + std::string{policy.name},
                           event.shard.value, event.index.value, event.ordinal);
  if (owner_.crashes_too_often(stands_for))
    return fail(errc::aggregate_crashed, "policy " + std::string{policy.name} +
                                             " took the process down " +
                                             std::to_string(trouble_book::attempts_max) +
                                             " times on it; another build may try");
  const noted_turn noted{owner_.on().note(),
                         {setting.identity.context,
                          setting.identity.shard,
                          owner_.epoch(),
                          {},
                          stands_for,
                          policy.name},
                         owner_.now()};
  try {
    return policy.react(event);
  } catch (const std::exception& thrown) {
    return fail(errc::internal, std::string{"it threw: "} + thrown.what());
  } catch (...) {
    return fail(errc::internal, "it threw an exception of an unknown type");
  }
}

bool policy_runner::slot::steps_done() const {
  return std::all_of(steps.begin(), steps.end(), [](const step& each) { return each.done; });
}

policy_runner::policy_runner(shard& owner, std::vector<const policy_behaviour*> behaviours,
                             shard_number source)
    : owner_(owner), behaviours_(std::move(behaviours)), name_(names_of(behaviours_)),
      reader_(
          owner, std::string{behaviours_.front()->source}, source, [this] { return next_; },
          [this](std::vector<published_event>& events, record_index next) { take(events, next); }) {
}

void policy_runner::start() {
  stop();
  next_ = noted_ = owner_.position(name_, source_context(), source());
  go_on();
  reader_.start();
  watch();
}

void policy_runner::stop() {
  ++generation_;
  note_armed_ = passed_events_ = false;
  go_on();
  reader_.stop();
  for (const auto& of : window_) {
    for (const auto& each : of.steps)
      (void)owner_.forget(each.token);
    for (const auto& each : of.sweeps)
      (void)owner_.forget(each.token);
  }
  window_.clear();
  lines_.clear();
}

record_index policy_runner::position() const {
  return window_.empty() ? next_ : window_.front().index;
}

std::optional<wall_ms> policy_runner::oldest() const {
  if (!window_.empty()) return window_.front().time;
  return halted_at_.empty() ? std::nullopt : std::optional{wall_ms{halted_event_ms_}};
}

// -- from events to commands --------------------------------------------------------------------

void policy_runner::take(std::vector<published_event>& events, record_index next) {
  std::uint32_t skipped = 0;
  if (!events.empty()) passed_events_ = true;
  for (auto& event : events) {
    if (event.index < next_) continue; // seen before a reconnect
    slot planned;
    const auto follows = plan(event, planned);
    if (!follows) {
      next = event.index; // what lies behind it is read again with it
      halt(event, follows.error());
      break;
    }
    if (*follows)
      window_.push_back(std::move(planned));
    else
      ++skipped;
    if (halted_for_.count() > 0) go_on();
  }
  next_ = std::max(next_, next);
  if (skipped > 0) reader_.done(skipped);
  send_ready();
  advance();
}

/// Stops in front of an event; tries it again after a while.
void policy_runner::halt(const published_event& at, const error& why) {
  const bool first = halted_for_.count() == 0;
  halted_for_ = std::clamp(halted_for_ * 2, halt_min, halt_max);
  reader_.stop();
  owner_.after(halted_for_, [this, generation = generation_] {
    if (generation == generation_) reader_.start();
  });
  if (!first) return;
  halted_at_ = at.name + ", record " + std::to_string(at.index.value) + " of " + source_context() +
               " shard " + std::to_string(source().value) + ": " + why.message;
  halted_event_ms_ = at.time_ms;
  const auto text = "policies " + name_ + " stopped at " + halted_at_;
  spdlog::error("context={} {}", owner_.setting().identity.context, text);
  owner_.setting().counters->stopped_policies.fetch_add(1, std::memory_order_relaxed);
  owner_.setting().rules->happened(
      {"policy-stopped", owner_.setting().identity.context, text, owner_.on().wall()});
}

void policy_runner::go_on() {
  halted_at_.clear();
  if (std::exchange(halted_for_, {}).count() > 0)
    owner_.setting().counters->stopped_policies.fetch_sub(1, std::memory_order_relaxed);
}

result<bool> policy_runner::plan(const published_event& event, slot& to) {
  to.index = event.index;
  to.time = event.time_ms;
  to.correlation = event.correlation;
  to.trace = event.trace;
  for (const auto* policy : behaviours_) {
    if (policy->event != event.name) continue;
    auto wanted = react(*policy, event);
    if (!wanted) return wanted.error();
    const event_address at{event.time_ms, event.shard, event.index, event.ordinal};
    for (std::size_t i = 0; i < wanted->size(); ++i) {
      auto& each = (*wanted)[i];
      const auto id = reaction_id(policy->name, policy->source, at, i);
      if (!each.all)
        to.steps.push_back({std::move(each), id, 0, {}, {}, false});
      else if (is_declared(*owner_.setting().behaviour->info, *policy, *each.all))
        to.sweeps.push_back({std::move(each), id, 0, {}, 0, {}});
      else
        spdlog::error("policy={} is not declared to reach by '{}'", policy->name, each.all->field);
    }
  }
  return !to.steps.empty() || !to.sweeps.empty();
}

/// Sends what may be sent: everything up to a one-to-many reaction, and that one when it is first.
void policy_runner::send_ready() {
  for (auto& each : window_) {
    const bool first = &each == &window_.front();
    if (!each.sweeps.empty() && !first) return;
    if (!std::exchange(each.sent, true)) {
      for (auto& one : each.steps)
        line_up(each, one);
      if (!each.sweeps.empty() && each.steps_done()) ask_for_page(each);
    }
    if (!each.sweeps.empty()) return;
  }
}

void policy_runner::line_up(slot& of, step& what) {
  if (!what.what.target.given()) return send(of, what); // a new aggregate: nothing to overtake
  auto& line = lines_[what.what.target];
  line.emplace_back(&of, &what);
  if (line.size() == 1) send(of, what);
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
  content.trace = of.trace;
  content.payload = what.what.payload;
  what.token =
      owner_.send(std::move(content),
                  [this, &of, &what, generation = generation_](answer& from) {
                    if (generation == generation_) answered(of, what, from);
                  },
                  false, {.reacts_to = event_source{source_context(), source(), of.index}});
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
    spdlog::debug("policies={} target={} ignored: {}", name_, what.what.target.number,
                  why->message);
  }
  finish(of, what);
}

void policy_runner::finish(slot& of, step& what) {
  what.done = passed_events_ = true;
  if (what.what.target.given()) {
    const auto line = lines_.find(what.what.target);
    line->second.pop_front();
    if (line->second.empty()) {
      lines_.erase(line);
    } else {
      auto [next_slot, next_step] = line->second.front();
      send(*next_slot, *next_step);
    }
  }
  if (!of.sweeps.empty() && &of == &window_.front() && of.steps_done()) return ask_for_page(of);
  retire();
}

// -- one to many --------------------------------------------------------------------------------

/// Asks for the next aggregates that match. The first page of a shard waits for the asks open
/// there: what they settle to may match too (decision.hpp, `send_to_all`).
void policy_runner::ask_for_page(slot& of) {
  auto& now = of.sweeps.front();
  list_request wanted;
  wanted.shard = {now.shard};
  wanted.filter = {{now.what.all->field, now.what.all->wanted}};
  wanted.limit = sweep_page;
  wanted.after = now.after;
  wanted.settled = !now.after.given();
  request content;
  content.kind = request_kind::list;
  content.context = owner_.setting().identity.context;
  content.remaining_ms = deadline_ms_max;
  content.payload = encode_list_request(wanted);
  now.token = owner_.send(std::move(content), [this, &of, generation = generation_](answer& from) {
    if (generation == generation_) page_came(of, from);
  });
  // No answer at all: its shard was moved or restarted in between.
  owner_.after(std::chrono::milliseconds{deadline_ms_max},
               [this, &of, token = now.token, generation = generation_] {
                 if (generation == generation_ && owner_.forget(token)) ask_for_page(of);
               });
}

void policy_runner::page_came(slot& of, answer& from) {
  auto& now = of.sweeps.front();
  now.token = 0;
  auto* content = std::get_if<reply_content>(&from.content);
  const auto page = content != nullptr ? decode_list_reply(content->payload)
                                       : result<list_reply>{fail(errc::context_down, "no page")};
  if (!page) {
    now.backoff = std::clamp(now.backoff * 2, backoff_min, backoff_max);
    owner_.after(now.backoff, [this, &of, generation = generation_] {
      if (generation == generation_) ask_for_page(of);
    });
    return;
  }
  now.backoff = {};
  of.steps.clear();
  for (const auto& row : page->rows) {
    const auto number = static_cast<std::uint64_t>(row.id.number);
    of.steps.push_back({{row.id, now.what.command, now.what.payload},
                        now.base.derive("reach", number),
                        0,
                        {},
                        {},
                        false});
    now.after = row.id;
  }
  if (page->rows.size() < sweep_page) { // the last of this shard
    now.after = {};
    if (++now.shard == owner_.setting().identity.shards) of.sweeps.pop_front();
  }
  if (!of.steps.empty()) {
    for (auto& each : of.steps)
      line_up(of, each);
  } else if (!of.sweeps.empty()) {
    ask_for_page(of);
  } else {
    retire();
  }
}

// -- positions ----------------------------------------------------------------------------------

/// Leaves behind the events whose reactions are all done.
void policy_runner::retire() {
  std::uint32_t finished = 0;
  auto* measures = owner_.setting().measures;
  while (!window_.empty() && window_.front().sent && window_.front().sweeps.empty() &&
         window_.front().steps_done()) {
    if (measures != nullptr)
      measures->policy_lag.note(
          std::chrono::milliseconds{owner_.on().wall() - window_.front().time});
    window_.pop_front();
    ++finished;
  }
  if (finished == 0) return;
  reader_.done(finished);
  send_ready();
  advance();
}

/// Notes the position now and then; a crash before that only makes known commands be sent again.
/// Records without events are not worth a note of their own: a note is such a record, and two
/// contexts that react to each other would note each other's notes for ever.
void policy_runner::advance() {
  const auto at = position();
  if (at <= noted_) return;
  if (at.value - noted_.value >= note_every) return note();
  if (!passed_events_ || std::exchange(note_armed_, true)) return;
  owner_.after(note_after, [this, generation = generation_] {
    if (generation != generation_) return;
    note_armed_ = false;
    if (position() > noted_) note();
  });
}

void policy_runner::note() {
  passed_events_ = false;
  noted_ = position();
  owner_.note_position(name_, source_context(), source(), noted_, true);
}

} // namespace troupe
