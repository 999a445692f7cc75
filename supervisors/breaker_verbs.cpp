#include "supervisors/breaker_verbs.hpp"

#include "messages/envelope.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace troupe {

namespace {

using std::chrono::milliseconds;

constexpr std::string_view reset_word = "reset";

[[nodiscard]] std::string_view word_of(breaker_mode mode) {
  switch (mode) {
  case breaker_mode::automatic:
    return "auto";
  case breaker_mode::forced_open:
    return "open";
  case breaker_mode::forced_closed:
    return "closed";
  case breaker_mode::disabled:
    return "disabled";
  }
  return "unknown";
}

[[nodiscard]] std::optional<breaker_mode> mode_named(std::string_view word) {
  for (const auto each : {breaker_mode::automatic, breaker_mode::forced_open,
                          breaker_mode::forced_closed, breaker_mode::disabled})
    if (word_of(each) == word) return each;
  return std::nullopt;
}

/// A member that is a text; nothing if it is not there, `malformed` if it is something else.
[[nodiscard]] result<std::optional<std::string>> text_in(const value& arguments,
                                                         std::string_view name) {
  const auto* held = arguments.find(name);
  if (held == nullptr || held->is_null()) return std::optional<std::string>{};
  const auto* text = held->get_if<std::string>();
  if (text == nullptr || text->empty() || text->size() > name_bytes_max)
    return fail(errc::malformed, std::string{name} + ": a text of 1 to " +
                                     std::to_string(name_bytes_max) + " bytes");
  return std::optional{*text};
}

[[nodiscard]] std::int64_t ms_between(monotonic_time from, monotonic_time to) {
  return std::max<std::int64_t>(std::chrono::duration_cast<milliseconds>(to - from).count(), 0);
}

[[nodiscard]] value rate_of(std::uint64_t part, const call_counts& of) {
  if (of.calls == 0) return {};
  return static_cast<double>(part) / static_cast<double>(of.calls);
}

void add_counts(value& to, const call_counts& from) {
  to["calls"] = from.calls;
  to["failures"] = from.failures;
  to["slow"] = from.slow;
}

[[nodiscard]] value shown(const breaker_transition& from, monotonic_time now) {
  value item{value::object{}};
  item["from"] = name_of(from.from);
  item["to"] = name_of(from.to);
  item["ago_ms"] = ms_between(from.when, now);
  add_counts(item, from.cause);
  item["open_ms"] = std::int64_t{from.open_for.count()};
  return item;
}

[[nodiscard]] value shown(const breaker_view& from, monotonic_time now) {
  value item{value::object{}};
  item["asking"] = from.direction.asking;
  item["target"] = from.direction.target;
  item["owner"] = from.direction.owner;
  item["operation"] = name_of(from.direction.operation);
  item["state"] = name_of(from.state);
  item["mode"] = word_of(from.mode);
  item["since_ms"] = from.transitions.empty() ? value{} : value{ms_between(from.since, now)};
  item["retry_after_ms"] =
      from.state == breaker_state::open ? value{ms_between(now, from.open_until)} : value{};
  add_counts(item, from.counts);
  item["failure_rate"] = rate_of(from.counts.failures, from.counts);
  item["slow_rate"] = rate_of(from.counts.slow, from.counts);
  item["timeout_ms"] = std::int64_t{from.timeout.count()};
  item["in_flight"] = from.in_flight;
  item["in_flight_max"] = from.in_flight_max;
  item["refused_open"] = from.refused_open;
  item["refused_full"] = from.refused_full;
  item["fallbacks"] = from.fallbacks.used;
  value::array transitions;
  for (const auto& each : from.transitions)
    transitions.push_back(shown(each, now));
  item["transitions"] = std::move(transitions);
  return item;
}

[[nodiscard]] value shown(const breaker_wish& from) {
  value item{value::object{}};
  item["asking"] = from.of.asking;
  item["target"] = from.of.target;
  item["owner"] = from.of.owner ? value{*from.of.owner} : value{};
  item["operation"] = from.of.operation ? value{name_of(*from.of.operation)} : value{};
  item["mode"] = word_of(from.mode);
  return item;
}

[[nodiscard]] result<direction_filter> filter_in(const value& arguments) {
  direction_filter of;
  for (const auto& [name, to] :
       {std::pair{"asking", &of.asking}, std::pair{"target", &of.target}}) {
    const auto said = text_in(arguments, name);
    if (!said) return said.error();
    if (!*said) return fail(errc::malformed, std::string{name} + ": which context?");
    *to = **said;
  }
  auto owner = text_in(arguments, "owner");
  if (!owner) return owner.error();
  of.owner = std::move(*owner);
  const auto operation = text_in(arguments, "operation");
  if (!operation) return operation.error();
  if (!*operation) return of;
  for (const auto each : {operation_class::command, operation_class::query})
    if (name_of(each) == **operation) of.operation = each;
  if (!of.operation)
    return fail(errc::malformed, "operation: command or query, not '" + **operation + "'");
  return of;
}

/// Whether the asking context declares such an ask at all: a word about none would change nothing.
[[nodiscard]] result<void> check_asked(const direction_filter& of, const context_lookup& known) {
  const auto* asking = known(of.asking);
  if (asking == nullptr)
    return fail(errc::unknown_context, "there is no context '" + of.asking + "'");
  const auto asks = [&](const ask_info& each) {
    const auto operation = each.reads_only ? operation_class::query : operation_class::command;
    return each.target == of.target && (!of.operation || *of.operation == operation);
  };
  if (std::ranges::any_of(asking->asks, asks)) return {};
  const auto what = of.operation ? std::string{" by a "}.append(name_of(*of.operation)) : "";
  return fail(errc::not_found, of.asking + " never asks '" + of.target + "'" + what);
}

} // namespace

result<value> show_breakers(const default_supervision_rules& rules, const value& arguments,
                            monotonic_time now) {
  const auto asking = text_in(arguments, "asking");
  if (!asking) return asking.error();
  const auto target = text_in(arguments, "target");
  if (!target) return target.error();
  const auto wanted = [&](const std::string& from, const std::string& to) {
    return from == asking->value_or(from) && to == target->value_or(to);
  };
  value::array items;
  for (const auto& each : rules.breakers(now))
    if (wanted(each.direction.asking, each.direction.target)) items.push_back(shown(each, now));
  value::array wishes;
  for (const auto& each : rules.wishes())
    if (wanted(each.of.asking, each.of.target)) wishes.push_back(shown(each));
  return value{value::object{{"items", std::move(items)}, {"wishes", std::move(wishes)}}};
}

result<value> set_breaker_mode(default_supervision_rules& rules, const context_lookup& known,
                               const value& arguments, monotonic_time now) {
  const auto of = filter_in(arguments);
  if (!of) return of.error();
  const auto word = text_in(arguments, "mode");
  if (!word) return word.error();
  const auto mode = mode_named(word->value_or(""));
  if (!mode && *word != reset_word)
    return fail(errc::malformed, "mode: auto, open, closed, disabled or reset");
  if (auto asked = check_asked(*of, known); !asked) return asked.error();
  if (!mode) {
    rules.reset(*of, now);
  } else if (auto done = rules.set_mode(*of, *mode, now); !done) {
    return done.error();
  }
  std::int64_t covered = 0;
  for (const auto& each : rules.breakers())
    covered += of->covers(each.direction) ? 1 : 0;
  auto said = shown(breaker_wish{*of, mode.value_or(breaker_mode::automatic)});
  said["mode"] = **word;
  said["directions"] = covered; // that are there now; those to come are meant too
  return said;
}

} // namespace troupe
