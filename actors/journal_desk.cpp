#include "actors/journal_desk.hpp"

#include "actors/shown_record.hpp"
#include "actors/verb_arguments.hpp"
#include "messages/derived_commands.hpp"

#include <algorithm>
#include <limits>

namespace troupe {
namespace {

constexpr std::int64_t history_limit_max = 10'000;
/// Turns of one aggregate that a search goes back at most; each is one read.
constexpr std::uint32_t steps_back_max = 10'000;

error too_far(std::string_view what) {
  return fail(errc::not_found, "the record of " + std::string{what} + " is more than " +
                                   std::to_string(steps_back_max) + " turns back");
}

value shown_ask(const recorded_ask& from) {
  value asked{value::object{}};
  asked["context"] = from.target_context;
  asked["id"] = from.target.given() ? value{from.target.number} : value{}; // else it is made
  asked["command"] = from.name;
  asked["command_id"] = from.id.text();
  asked["reads_only"] = from.reads_only;
  return asked;
}

value shown_timers(const std::vector<recorded_timer>& from) {
  value::array all;
  for (const auto& each : from) {
    value timer{value::object{}};
    timer["name"] = each.name;
    timer["due_ms"] = each.due_ms;
    timer["command"] = each.command;
    all.push_back(std::move(timer));
  }
  return value{std::move(all)};
}

} // namespace

error journal_desk::missing(aggregate_id id) const {
  return fail(errc::not_found, with_.context + "/" + std::to_string(id.number) + " does not exist");
}

result<journal_desk::held_record> journal_desk::read(record_index at) {
  held_record held;
  auto body = with_.from.read(at);
  if (!body) return body.error();
  held.body = std::move(*body);
  held.at = at;
  if (auto done = decode_record(held.body, held.of); !done) return done.error();
  return held;
}

result<record_index> journal_desk::newest_of(aggregate_id id) {
  const auto* entry = with_.memory.find(id);
  if (entry == nullptr || entry->seq == 0) return missing(id);
  return entry->head;
}

result<value> journal_desk::history(const value& wanted) {
  const aggregate_id id{number_in(wanted, "id", 0)};
  const auto newest = newest_of(id);
  if (!newest) return newest.error();
  const auto limit =
      std::clamp<std::int64_t>(number_in(wanted, "limit", 100), 1, history_limit_max);
  const auto first =
      static_cast<std::uint64_t>(std::max<std::int64_t>(number_in(wanted, "from", 1), 1));
  value::array items;
  for (auto at = *newest; at.value != 0;) {
    const auto turn = read(at);
    if (!turn) return turn.error();
    if (turn->of.seq < first) break;
    if (turn->of.seq - first < static_cast<std::uint64_t>(limit))
      items.push_back(shown_record(turn->of, at, with_.info));
    at = turn->of.previous;
  }
  std::reverse(items.begin(), items.end());
  value said{value::object{}};
  said["items"] = std::move(items);
  said["total"] = with_.memory.find(id)->seq;
  return said;
}

// -- why a turn happened ------------------------------------------------------------------------

result<record_index> journal_desk::place_of_turn(aggregate_id id, std::uint64_t seq) {
  const auto newest = newest_of(id);
  if (!newest || seq == 0) return newest;
  if (seq > with_.memory.find(id)->seq)
    return fail(errc::not_found, with_.context + "/" + std::to_string(id.number) + " has only " +
                                     std::to_string(with_.memory.find(id)->seq) + " turns");
  auto at = *newest;
  for (std::uint32_t steps = 0; steps < steps_back_max; ++steps) {
    const auto turn = read(at);
    if (!turn) return turn.error();
    if (turn->of.seq <= seq) return at;
    at = turn->of.previous;
  }
  return too_far("turn " + std::to_string(seq));
}

result<record_index> journal_desk::place_of_command(command_id id) {
  record_index at;
  if (const auto* mark = with_.memory.dedup().find(id)) {
    at = mark->at;
  } else if (with_.find_old) {
    const auto old = with_.find_old(id);
    if (!old) return old;
    at = *old;
  }
  if (at.value == 0)
    return fail(errc::not_found, with_.context + " has no turn of command " + id.text());
  return at;
}

result<record_index> journal_desk::place_of(const value& wanted) {
  const auto index = number_in(wanted, "index", 0);
  if (index > 0) {
    if (static_cast<std::uint64_t>(index) > with_.from.head().value)
      return fail(errc::not_found, "the newest record of " + with_.context + " shard " +
                                       std::to_string(with_.shard.value) + " is " +
                                       std::to_string(with_.from.head().value));
    return record_index{static_cast<std::uint64_t>(index)};
  }
  const auto text = text_in(wanted, "command_id");
  if (!text.empty()) {
    const auto id = command_id::parse(text);
    if (!id) return fail(errc::malformed, "command_id: '" + text + "' is no id of a command");
    return place_of_command(*id);
  }
  const auto id = number_in(wanted, "id", 0);
  const auto seq = number_in(wanted, "seq", 0);
  if (id < 1 || seq < 0)
    return fail(errc::malformed, "a record is {context, shard, index}, {context, id, seq} or "
                                 "{context, command_id}");
  return place_of_turn({id}, static_cast<std::uint64_t>(seq));
}

/// The turn with which a command came that was settled, rejected or asked on here.
result<record_index> journal_desk::opening_of(const held_record& settled) {
  auto at = settled.of.previous;
  for (std::uint32_t steps = 0; at.value != 0; ++steps) {
    if (steps == steps_back_max) return too_far("the asking turn");
    const auto turn = read(at);
    if (!turn) return turn.error();
    if (turn->of.command == settled.of.command && turn->of.ask_opened && !turn->of.ask_closed)
      return at;
    at = turn->of.previous;
  }
  return fail(errc::not_found, "the turn that asked is not in the journal");
}

/// The timer that this turn's command came from; empty: none.
std::string journal_desk::timer_of(const record& fired) const {
  for (const auto name : fired.timers_cleared) {
    const auto due_ms = fired.command.made_at_ms();
    if (timer_id(name, due_ms, with_.shard, fired.aggregate) == fired.command)
      return std::string{name};
  }
  return {};
}

result<value> journal_desk::setter_of(const held_record& fired, std::string_view timer) {
  auto at = fired.of.previous;
  for (std::uint32_t steps = 0; at.value != 0 && steps < steps_back_max; ++steps) {
    const auto turn = read(at);
    if (!turn) return turn.error();
    for (const auto& each : turn->of.timers_set) {
      if (each.name != timer || each.due_ms != fired.of.command.made_at_ms()) continue;
      value caller = shown_place(with_.context, with_.shard, at);
      caller["id"] = turn->of.aggregate.number;
      caller["seq"] = turn->of.seq;
      caller["command_id"] = turn->of.command.text();
      return caller;
    }
    at = turn->of.previous;
  }
  return value{};
}

/// Who had the command sent that this turn begins with.
result<value> journal_desk::sender_of(const held_record& first) {
  const auto& of = first.of;
  value by{value::object{}};
  by["kind"] = "client";
  if (of.caller) by["caller"] = shown_place(of.caller->context, of.caller->shard, of.caller->index);
  if (of.cause && !of.ask_closed)
    by["event"] = shown_place(of.cause->context, of.cause->shard, of.cause->index);
  if (const auto timer = timer_of(of); !timer.empty()) {
    by["kind"] = "timer";
    by["timer"] = timer;
    auto setter = setter_of(first, timer);
    if (!setter) return setter;
    if (!setter->is_null()) by["caller"] = std::move(*setter);
    return by;
  }
  if (!of.aggregate.given()) {
    by["kind"] = "shard";
  } else if (of.voided) {
    by["kind"] = "void";
    by["ask"] = of.voided->text();
  } else if (of.caller) {
    by["kind"] = of.caller->why == command_caller::kind::retry ? "operator" : "ask";
  } else if (of.cause) {
    by["kind"] = "policy";
  } else if (with_.info != nullptr) { // of builds that did not keep who asked
    const auto* command = with_.info->command(of.command_name);
    if (command != nullptr && !command->exposed()) by["kind"] = "unknown";
  }
  return by;
}

result<value> journal_desk::cause(const value& wanted) {
  const auto at = place_of(wanted);
  if (!at) return at.error();
  auto turn = read(*at);
  if (!turn) return turn.error();
  const auto& of = turn->of;
  value said = record_outline(of, *at);
  said["context"] = with_.context;
  said["shard"] = with_.shard.value;
  said["id"] = of.aggregate.number;
  said["asked"] = of.ask_opened ? shown_ask(*of.ask_opened) : value{};
  said["timers"] = shown_timers(of.timers_set);
  if (of.void_opened) said["undoes"] = shown_ask(*of.void_opened);
  if (!of.ask_closed) {
    auto by = sender_of(*turn);
    if (!by) return by;
    said["by"] = std::move(*by);
    return said;
  }
  said["settles"] = of.ask_closed->text();
  if (of.cause) // the turn of the other context that answered
    said["answer"] = shown_place(of.cause->context, of.cause->shard, of.cause->index);
  const auto opened = opening_of(*turn);
  if (!opened) {
    said["by"]["kind"] = "unknown";
    said["by"]["why"] = opened.error().message;
    return said;
  }
  auto first = read(*opened);
  if (!first) return first.error();
  auto by = sender_of(*first);
  if (!by) return by;
  said["opened"] = shown_place(with_.context, with_.shard, *opened);
  said["opened"]["seq"] = first->of.seq;
  said["opened"]["time_ms"] = first->of.time_ms;
  said["opened"]["asked"] = shown_ask(*first->of.ask_opened);
  said["by"] = std::move(*by);
  return said;
}

} // namespace troupe
