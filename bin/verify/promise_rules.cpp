#include "bin/verify/promise_rules.hpp"

namespace troupe::verify {

namespace {

std::uint64_t hash_of(aggregate_id aggregate, std::string_view name, std::int64_t due_ms) {
  return content_hash(name, static_cast<std::uint64_t>(due_ms) ^
                                static_cast<std::uint64_t>(aggregate.number) * 0x9e3779b97f4a7c15U);
}

} // namespace

void promise_rules::take(const record& from, record_index at) {
  take_ask(from, at);
  if (!from.timers_set.empty() || !from.timers_cleared.empty()) take_timers(from, at);
  take_letters(from, at);
}

void promise_rules::take_letters(const record& from, record_index at) {
  for (const auto& each : from.letters_closed) {
    to_.checked(rule::promises);
    const auto open = letters_.find(each.command);
    if (open == letters_.end() || (each.how == letter_end::retried && open->second))
      wrong(from, at, "it closes dead letter " + each.command.text() + ", which is not open");
    else if (each.how == letter_end::retried)
      open->second = true;
    else
      letters_.erase(open);
  }
  if (from.crash_noted && from.crash_noted->epoch >= from.epoch)
    wrong(from, at, "it notes a crash of the opening that wrote it or of a later one");
  if (from.command.given() && from.outcome != turn_outcome::asked && !letters_.empty())
    letters_.erase(from.command);
  if (!from.letter_opened) return;
  to_.checked(rule::promises);
  if (from.outcome != turn_outcome::rejected || !from.rejection ||
      from.rejection->code != errc::dead_lettered || !from.command.given())
    wrong(from, at, "it sets its command aside without refusing it");
  letters_[from.command] = false;
}

void promise_rules::take_ask(const record& from, record_index at) {
  if (from.ask_closed)
    close_ask(from, at);
  else if (from.void_opened)
    wrong(from, at, "it voids ask " + from.void_opened->id.text() + " without closing it");
  if (from.void_closed) {
    to_.checked(rule::promises);
    if (voids_.erase(*from.void_closed) == 0)
      wrong(from, at,
            "it ends the void of ask " + from.void_closed->text() +
                ", which is not open: it ended already or was never sent");
  }
  if (!from.ask_opened) return;
  to_.checked(rule::promises);
  const auto& opened = *from.ask_opened;
  if (opened.id != from.command.derive("ask", from.seq))
    wrong(from, at, "its ask " + opened.id.text() + " does not follow from its command and turn");
  const auto [held, fresh] =
      asks_.try_emplace(opened.id, promise{at, from.aggregate, from.command, opened.reads_only});
  if (!fresh)
    wrong(from, at,
          "it opens ask " + opened.id.text() + ", which record " +
              std::to_string(held->second.since.value) + " has opened already");
}

void promise_rules::close_ask(const record& from, record_index at) {
  to_.checked(rule::promises);
  const auto open = asks_.find(*from.ask_closed);
  if (open == asks_.end())
    return wrong(from, at,
                 "it ends ask " + from.ask_closed->text() +
                     ", which is not open: it ended already or was never opened");
  const auto& ask = open->second;
  if (ask.aggregate != from.aggregate || ask.command != from.command)
    wrong(from, at,
          "it ends ask " + from.ask_closed->text() + " of aggregate " +
              std::to_string(ask.aggregate.number) + " and command " + ask.command.text() +
              ", opened by record " + std::to_string(ask.since.value));
  if (from.void_opened) open_void(from, at);
  asks_.erase(open);
}

void promise_rules::open_void(const record& from, record_index at) {
  to_.checked(rule::promises);
  const auto id = from.void_opened->id;
  if (id != *from.ask_closed)
    return wrong(from, at, "it voids ask " + id.text() + ", which is not the one it ends");
  if (const auto [held, fresh] = voids_.try_emplace(id, at); !fresh)
    wrong(from, at,
          "it voids ask " + id.text() + " a second time, after record " +
              std::to_string(held->second.value));
}

/// A turn may clear a timer that is not set (any more); but the command of a timer that fired tells
/// by its id for which moment it was set.
void promise_rules::take_timers(const record& from, record_index at) {
  const auto due = from.command.made_at_ms();
  for (const auto name : from.timers_cleared) {
    const auto fired = command_id::of_event(due, "timer/" + std::string{name}, file_.shard.value,
                                            static_cast<std::uint64_t>(from.aggregate.number), 0);
    if (fired != from.command) continue;
    to_.checked(rule::promises);
    if (!timers_.contains(hash_of(from.aggregate, name, due)))
      wrong(from, at,
            "timer '" + std::string{name} + "' fired for " + std::to_string(due) +
                " ms, for which it was never set");
  }
  for (const auto& timer : from.timers_set)
    timers_.insert(hash_of(from.aggregate, timer.name, timer.due_ms));
}

} // namespace troupe::verify
