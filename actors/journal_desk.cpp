#include "actors/journal_desk.hpp"

#include "actors/shown_record.hpp"
#include "actors/verb_arguments.hpp"
#include "messages/derived_commands.hpp"

#include <algorithm>

namespace troupe {
namespace {

constexpr std::int64_t history_limit_max = 10'000;
/// Of the records in one answer, which grows when they are decoded and has to fit into a frame.
constexpr std::size_t history_bytes_max = 256UL * 1'024;
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

/// The next record of a search; an error that nobody sees if its piece is over.
result<journal_desk::held_record> journal_desk::read_next(record_index at, journal_search& so_far) {
  if (so_far.records_left_ == 0 || so_far.bytes_left_ == 0) {
    so_far.paused_ = true;
    return fail(errc::overloaded, "the search goes on later");
  }
  auto held = read(at);
  if (!held) return held;
  --so_far.records_left_;
  so_far.bytes_left_ -= std::min(so_far.bytes_left_, held->body.size());
  return held;
}

/// The first turn from one on, back along its aggregate's, that is the wanted one; 0: there is
/// none, or it is too far back.
result<record_index> journal_desk::look_back(record_index from, journal_search::trail& along,
                                             journal_search& so_far,
                                             const std::function<bool(const record&)>& wanted) {
  if (!std::exchange(along.begun, true)) along.at = from;
  while (!along.found && along.at.value != 0 && along.steps < steps_back_max) {
    const auto turn = read_next(along.at, so_far);
    if (!turn) return turn.error();
    along.found = wanted(turn->of);
    if (along.found) break;
    along.at = turn->of.previous;
    ++along.steps;
  }
  return along.found ? along.at : record_index{};
}

std::optional<result<value>> journal_desk::history(const value& wanted, journal_search& so_far) {
  auto said = look_at_history(wanted, so_far);
  if (so_far.paused()) return {};
  return said;
}

result<value> journal_desk::history(const value& wanted) {
  journal_search all;
  return look_at_history(wanted, all);
}

/// Turns from `from` on: as many as are asked for and fit into an answer.
result<value> journal_desk::look_at_history(const value& wanted, journal_search& so_far) {
  if (!so_far.place_) {
    const aggregate_id id{number_in(wanted, "id", 0)};
    const auto newest = newest_of(id);
    if (!newest) return newest.error();
    so_far.place_ = *newest;
    so_far.total_ = with_.memory.find(id)->seq;
  }
  const auto limit =
      std::clamp<std::int64_t>(number_in(wanted, "limit", 100), 1, history_limit_max);
  const auto first =
      static_cast<std::uint64_t>(std::max<std::int64_t>(number_in(wanted, "from", 1), 1));
  auto& at = *so_far.place_;
  auto& seen = so_far.seen_;
  while (at.value != 0) {
    const auto turn = read_next(at, so_far);
    if (!turn) return turn.error();
    if (turn->of.seq < first) break;
    if (turn->of.seq - first < static_cast<std::uint64_t>(limit)) {
      seen.emplace_back(shown_record(turn->of, at, with_.info), turn->body.size());
      so_far.seen_bytes_ += turn->body.size();
    }
    for (; so_far.seen_bytes_ > history_bytes_max && seen.size() > 1; seen.pop_front())
      so_far.seen_bytes_ -= seen.front().second;
    at = turn->of.previous;
  }
  value::array items;
  for (auto each = seen.rbegin(); each != seen.rend(); ++each)
    items.push_back(std::move(each->first));
  value said{value::object{}};
  said["next"] = items.empty() ? value{first} : value{number_in(items.back(), "seq", 0) + 1};
  said["items"] = std::move(items);
  said["total"] = so_far.total_;
  return said;
}

// -- why a turn happened ------------------------------------------------------------------------

result<record_index> journal_desk::place_of_turn(aggregate_id id, std::uint64_t seq,
                                                 journal_search& so_far) {
  const auto newest = newest_of(id);
  if (!newest || seq == 0) return newest;
  if (seq > with_.memory.find(id)->seq)
    return fail(errc::not_found, with_.context + "/" + std::to_string(id.number) + " has only " +
                                     std::to_string(with_.memory.find(id)->seq) + " turns");
  const auto at = look_back(*newest, so_far.turn_, so_far,
                            [seq](const record& turn) { return turn.seq <= seq; });
  if (at && at->value == 0) return too_far("turn " + std::to_string(seq));
  return at;
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

result<record_index> journal_desk::place_of(const value& wanted, journal_search& so_far) {
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
  return place_of_turn({id}, static_cast<std::uint64_t>(seq), so_far);
}

/// The turn with which a command came that was settled, rejected or asked on here.
result<record_index> journal_desk::opening_of(const held_record& settled, journal_search& so_far) {
  const auto& trail = so_far.opening_;
  const auto at = look_back(settled.of.previous, so_far.opening_, so_far, [&](const record& turn) {
    return turn.command == settled.of.command && turn.ask_opened && !turn.ask_closed;
  });
  if (!at || at->value != 0) return at;
  if (trail.at.value != 0) return too_far("the asking turn");
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

result<value> journal_desk::setter_of(const held_record& fired, std::string_view timer,
                                      journal_search& so_far) {
  const auto at = look_back(fired.of.previous, so_far.setter_, so_far, [&](const record& turn) {
    return std::any_of(turn.timers_set.begin(), turn.timers_set.end(), [&](const auto& each) {
      return each.name == timer && each.due_ms == fired.of.command.made_at_ms();
    });
  });
  if (!at) return at.error();
  if (at->value == 0) return value{};
  const auto turn = read(*at);
  if (!turn) return turn.error();
  value caller = shown_place(with_.context, with_.shard, *at);
  caller["id"] = turn->of.aggregate.number;
  caller["seq"] = turn->of.seq;
  caller["command_id"] = turn->of.command.text();
  return caller;
}

/// Who had the command sent that this turn begins with.
result<value> journal_desk::sender_of(const held_record& first, journal_search& so_far) {
  const auto& of = first.of;
  value by{value::object{}};
  by["kind"] = "client";
  if (of.caller) by["caller"] = shown_place(of.caller->context, of.caller->shard, of.caller->index);
  if (of.cause && !of.ask_closed)
    by["event"] = shown_place(of.cause->context, of.cause->shard, of.cause->index);
  if (const auto timer = timer_of(of); !timer.empty()) {
    by["kind"] = "timer";
    by["timer"] = timer;
    auto setter = setter_of(first, timer, so_far);
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

std::optional<result<value>> journal_desk::cause(const value& wanted, journal_search& so_far) {
  auto said = look_for_cause(wanted, so_far);
  if (so_far.paused()) return {};
  return said;
}

result<value> journal_desk::cause(const value& wanted) {
  journal_search all;
  return look_for_cause(wanted, all);
}

result<value> journal_desk::look_for_cause(const value& wanted, journal_search& so_far) {
  if (!so_far.place_) { // once: the newest turn may be another one with the next piece
    const auto found = place_of(wanted, so_far);
    if (!found) return found.error();
    so_far.place_ = *found;
  }
  const auto at = so_far.place_;
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
    auto by = sender_of(*turn, so_far);
    if (!by) return by;
    said["by"] = std::move(*by);
    return said;
  }
  said["settles"] = of.ask_closed->text();
  if (of.cause) // the turn of the other context that answered
    said["answer"] = shown_place(of.cause->context, of.cause->shard, of.cause->index);
  const auto opened = opening_of(*turn, so_far);
  if (!opened) {
    said["by"]["kind"] = "unknown";
    said["by"]["why"] = opened.error().message;
    return said;
  }
  auto first = read(*opened);
  if (!first) return first.error();
  auto by = sender_of(*first, so_far);
  if (!by) return by;
  said["opened"] = shown_place(with_.context, with_.shard, *opened);
  said["opened"]["seq"] = first->of.seq;
  said["opened"]["time_ms"] = first->of.time_ms;
  said["opened"]["asked"] = shown_ask(*first->of.ask_opened);
  said["by"] = std::move(*by);
  return said;
}

} // namespace troupe
