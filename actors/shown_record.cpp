#include "actors/shown_record.hpp"

#include "messages/redaction.hpp"

namespace troupe {
namespace {

std::string_view outcome_name(turn_outcome from) {
  switch (from) {
  case turn_outcome::accepted:
    return "accepted";
  case turn_outcome::rejected:
    return "rejected";
  case turn_outcome::asked:
    return "asked";
  }
  return "unknown";
}

/// What both forms say first.
value beginning(const record& from, record_index at) {
  value item{value::object{}};
  item["seq"] = from.seq;
  item["index"] = at.value;
  item["epoch"] = from.epoch.value;
  item["time_ms"] = from.time_ms;
  item["outcome"] = outcome_name(from.outcome);
  item["command"] = from.command_name;
  item["command_id"] = from.command.given() ? value{from.command.text()} : value{};
  item["correlation"] = from.correlation;
  add_trace(item, from);
  return item;
}

} // namespace

void add_trace(value& to, const record& from) {
  if (!from.trace.given()) return;
  to["trace"] = from.trace.trace_text();
  to["span"] = from.trace.handed_on_by(from.command).span_text();
  to["parent_span"] = from.trace.span_text();
}

void add_troubles(value& to, const shard_memory& in, aggregate_id id) {
  to["open_ask"] = value{};
  if (const auto* ask = in.ask_of(id)) {
    auto& open = to["open_ask"];
    open["target"] = ask->target_context + "/" + std::to_string(ask->target.number);
    open["name"] = ask->name;
    open["command"] = ask->command_name;
    open["command_id"] = ask->command.text();
    open["timeout_ms"] = ask->timeout_ms;
  }
  to["quarantine"] = value{};
  if (const auto* why = in.troubles().quarantine_of(id)) {
    auto& set_apart = to["quarantine"];
    set_apart["reason"] = why->reason;
    set_apart["since_ms"] = why->since_ms;
    set_apart["trial_ms"] = why->by_operator() ? value{} : value{why->trial_ms};
    set_apart["trials"] = why->trials;
    set_apart["by"] = why->by_operator() ? "operator" : "supervisor";
  }
}

value shown_place(std::string_view context, shard_number shard, record_index index) {
  value place{value::object{}};
  place["context"] = context;
  place["shard"] = shard.value;
  place["index"] = index.value;
  return place;
}

value shown_record(const record& from, record_index at, const context_info* of) {
  value item = beginning(from, at);
  item["cause"] =
      from.cause ? shown_place(from.cause->context, from.cause->shard, from.cause->index) : value{};
  value::array events;
  for (const auto& event : from.events) {
    value each{value::object{}};
    each["name"] = event.name;
    each["payload"] = of != nullptr ? shown_payload(*of, event.payload) : value{};
    events.push_back(std::move(each));
  }
  item["events"] = std::move(events);
  if (from.degraded) item["degraded"] = true; // decided with a declared fallback
  item["rejection"] = value{};
  if (from.rejection) {
    item["rejection"]["code"] = from.rejection->shown_code();
    item["rejection"]["message"] = from.rejection->message;
  }
  if (from.ask_opened)
    item["asks"] = std::string{from.ask_opened->target_context} + "/" +
                   std::to_string(from.ask_opened->target.number) + " " +
                   std::string{from.ask_opened->name};
  if (from.voided) item["voids"] = from.voided->text();
  return item;
}

value record_outline(const record& from, record_index at) {
  value item = beginning(from, at);
  value::array events;
  for (const auto& event : from.events)
    events.emplace_back(event.name);
  item["events"] = std::move(events);
  item["rejection"] = from.rejection ? value{from.rejection->shown_code()} : value{};
  return item;
}

} // namespace troupe
