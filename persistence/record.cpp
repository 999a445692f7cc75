#include "persistence/record.hpp"

#include "messages/codec.hpp"
#include "persistence/record_parts.hpp"

#include <array>
#include <cstddef>

namespace troupe {

using record_parts::part;

namespace {

void put(writer& out, part key) {
  out.unsigned_integer(static_cast<std::uint64_t>(key));
}

void put(writer& out, command_id id) {
  if (!id.given()) return out.binary({});
  std::array<char, 16> bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(id.high >> (56U - 8U * i));
    bytes[8 + i] = static_cast<char>(id.low >> (56U - 8U * i));
  }
  out.binary({bytes.data(), bytes.size()});
}

void put(writer& out, const recorded_ask& ask) {
  out.array(7);
  put(out, ask.id);
  out.text(ask.target_context);
  out.integer(ask.target.number);
  out.text(ask.name);
  out.binary(ask.payload);
  out.unsigned_integer(ask.timeout_ms);
  out.boolean(ask.reads_only);
}

void put(writer& out, const error& rejection) {
  out.array(4);
  // The name, not the number: names are promised to callers for ever, enumerators are not.
  out.text(info(rejection.code).name);
  out.text(rejection.reason);
  out.text(rejection.message);
  out.integer(rejection.retry_after_ms);
}

void put(writer& out, const recorded_cause& cause) {
  out.array(3);
  out.text(cause.context);
  out.unsigned_integer(cause.shard.value);
  out.unsigned_integer(cause.index.value);
}

void put(writer& out, const degraded_mark& mark) {
  out.array(2);
  out.unsigned_integer(mark.as_of);
  out.unsigned_integer(mark.age_ms);
}

void put(writer& out, const trace_context& trace) {
  const auto bytes = trace.bytes();
  out.binary({bytes.data(), bytes.size()});
}

void put(writer& out, const recorded_caller& caller) {
  out.array(4);
  out.unsigned_integer(static_cast<std::uint64_t>(caller.why));
  out.text(caller.context);
  out.unsigned_integer(caller.shard.value);
  out.unsigned_integer(caller.index.value);
}

void put_timers(writer& out, const std::vector<recorded_timer>& timers) {
  out.array(static_cast<std::uint32_t>(timers.size()));
  for (const recorded_timer& timer : timers) {
    out.array(4);
    out.text(timer.name);
    out.integer(timer.due_ms);
    out.text(timer.command);
    out.binary(timer.payload);
  }
}

void put_positions(writer& out, const std::vector<recorded_position>& positions) {
  out.array(static_cast<std::uint32_t>(positions.size()));
  for (const recorded_position& position : positions) {
    out.array(4);
    out.text(position.policy);
    out.text(position.source_context);
    out.unsigned_integer(position.source_shard.value);
    out.unsigned_integer(position.next.value);
  }
}

void put(writer& out, const recorded_crash& crash) {
  out.array(6);
  put(out, crash.command);
  out.unsigned_integer(static_cast<std::uint64_t>(crash.how));
  out.unsigned_integer(crash.epoch.value);
  out.integer(crash.signal);
  out.unsigned_integer(crash.stack_hash);
  out.text(crash.cause);
}

void put(writer& out, const recorded_letter& letter) {
  out.array(8);
  out.unsigned_integer(static_cast<std::uint64_t>(letter.made_by));
  out.unsigned_integer(static_cast<std::uint64_t>(letter.how));
  out.integer(letter.signal);
  out.unsigned_integer(letter.stack_hash);
  out.unsigned_integer(letter.attempts);
  out.text(letter.cause);
  put(out, letter.ask);
  out.binary(letter.payload);
}

void put_letter_ends(writer& out, const std::vector<recorded_letter_end>& ends) {
  out.array(static_cast<std::uint32_t>(ends.size()));
  for (const recorded_letter_end& end : ends) {
    out.array(2);
    put(out, end.command);
    out.unsigned_integer(static_cast<std::uint64_t>(end.how));
  }
}

void put(writer& out, const recorded_quarantine& quarantine) {
  out.array(4);
  out.integer(quarantine.aggregate.number);
  out.text(quarantine.reason);
  out.integer(quarantine.trial_ms);
  out.unsigned_integer(quarantine.trials);
}

std::uint32_t count_parts(const record& from) {
  return static_cast<std::uint32_t>(from.cause.has_value()) +
         static_cast<std::uint32_t>(from.reply.has_value()) +
         static_cast<std::uint32_t>(from.rejection.has_value()) +
         static_cast<std::uint32_t>(from.ask_opened.has_value()) +
         static_cast<std::uint32_t>(!from.open_command_payload.empty()) +
         static_cast<std::uint32_t>(from.ask_closed.has_value()) +
         static_cast<std::uint32_t>(from.void_opened.has_value()) +
         static_cast<std::uint32_t>(from.void_closed.has_value()) +
         static_cast<std::uint32_t>(from.voided.has_value()) +
         static_cast<std::uint32_t>(!from.timers_set.empty()) +
         static_cast<std::uint32_t>(!from.timers_cleared.empty()) +
         static_cast<std::uint32_t>(!from.positions.empty()) +
         static_cast<std::uint32_t>(from.crash_noted.has_value()) +
         static_cast<std::uint32_t>(from.letter_opened.has_value()) +
         static_cast<std::uint32_t>(!from.letters_closed.empty()) +
         static_cast<std::uint32_t>(from.quarantined.has_value()) +
         static_cast<std::uint32_t>(from.released.has_value()) +
         static_cast<std::uint32_t>(from.degraded.has_value()) +
         static_cast<std::uint32_t>(from.trace.given()) +
         static_cast<std::uint32_t>(from.caller.has_value());
}

void put_troubles(writer& out, const record& from) {
  if (from.crash_noted) put(out, part::crash_noted), put(out, *from.crash_noted);
  if (from.letter_opened) put(out, part::letter_opened), put(out, *from.letter_opened);
  if (!from.letters_closed.empty())
    put(out, part::letters_closed), put_letter_ends(out, from.letters_closed);
  if (from.quarantined) put(out, part::quarantined), put(out, *from.quarantined);
  if (from.released) put(out, part::released), out.integer(from.released->number);
}

void put_parts(writer& out, const record& from) {
  if (from.cause) put(out, part::cause), put(out, *from.cause);
  if (from.reply) put(out, part::reply), out.binary(*from.reply);
  if (from.rejection) put(out, part::rejection), put(out, *from.rejection);
  if (from.ask_opened) put(out, part::ask_opened), put(out, *from.ask_opened);
  if (!from.open_command_payload.empty())
    put(out, part::open_command_payload), out.binary(from.open_command_payload);
  if (from.ask_closed) put(out, part::ask_closed), put(out, *from.ask_closed);
  if (from.void_opened) put(out, part::void_opened), put(out, *from.void_opened);
  if (from.void_closed) put(out, part::void_closed), put(out, *from.void_closed);
  if (from.voided) put(out, part::voided), put(out, *from.voided);
  if (!from.timers_set.empty()) put(out, part::timers_set), put_timers(out, from.timers_set);
  if (!from.timers_cleared.empty()) {
    put(out, part::timers_cleared);
    out.array(static_cast<std::uint32_t>(from.timers_cleared.size()));
    for (const std::string_view name : from.timers_cleared)
      out.text(name);
  }
  if (!from.positions.empty()) put(out, part::positions), put_positions(out, from.positions);
  put_troubles(out, from);
  if (from.degraded) put(out, part::degraded), put(out, *from.degraded);
  if (from.trace.given()) put(out, part::trace), put(out, from.trace);
  if (from.caller) put(out, part::caller), put(out, *from.caller);
}

} // namespace

void record::clear() {
  epoch = {};
  aggregate = {};
  seq = 0;
  previous = {};
  time_ms = 0;
  command = {};
  command_hash = 0;
  outcome = turn_outcome::accepted;
  command_name = {};
  correlation = {};
  cause.reset();
  events.clear();
  reply.reset();
  rejection.reset();
  ask_opened.reset();
  open_command_payload = {};
  ask_closed.reset();
  void_opened.reset();
  void_closed.reset();
  voided.reset();
  timers_set.clear();
  timers_cleared.clear();
  positions.clear();
  crash_noted.reset();
  letter_opened.reset();
  letters_closed.clear();
  quarantined.reset();
  released.reset();
  degraded.reset();
  trace = {};
  caller.reset();
}

void encode_record(std::string& out, const record& from) {
  writer to{out};
  to.array(record_parts::entries);
  to.unsigned_integer(from.epoch.value);
  to.integer(from.aggregate.number);
  to.unsigned_integer(from.seq);
  to.unsigned_integer(from.previous.value);
  to.integer(from.time_ms);
  put(to, from.command);
  to.unsigned_integer(from.command_hash);
  to.unsigned_integer(static_cast<std::uint64_t>(from.outcome));
  to.text(from.command_name);
  to.text(from.correlation);
  to.array(static_cast<std::uint32_t>(2 * from.events.size()));
  for (const recorded_event& event : from.events) {
    to.text(event.name);
    to.binary(event.payload);
  }
  to.map(count_parts(from));
  put_parts(to, from);
}

} // namespace troupe
