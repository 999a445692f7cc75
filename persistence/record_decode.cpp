#include "persistence/record.hpp"
#include "persistence/record_parts.hpp"
#include "persistence/record_reader.hpp"

/// The other half of record.cpp: from bytes to a record.
namespace troupe {

using record_parts::part;

namespace {

void get(record_reader& in, recorded_ask& ask) {
  in.array_of(7);
  ask.id = in.command();
  ask.target_context = in.text();
  ask.target.number = in.integer();
  ask.name = in.text();
  ask.payload = in.binary();
  ask.timeout_ms = in.small_integer();
  ask.reads_only = in.boolean();
}

void get(record_reader& in, recorded_cause& cause) {
  in.array_of(3);
  cause.context = in.text();
  cause.shard.value = in.small_integer();
  cause.index.value = in.unsigned_integer();
}

void get(record_reader& in, degraded_mark& mark) {
  in.array_of(2);
  mark.as_of = in.unsigned_integer();
  mark.age_ms = in.unsigned_integer();
}

/// False if the error's name is one that this build does not know.
bool get(record_reader& in, error& rejection) {
  in.array_of(4);
  const auto code = errc_named(in.text());
  rejection.reason = in.text();
  rejection.message = in.text();
  const std::int64_t retry_after_ms = in.integer();
  if (retry_after_ms < INT32_MIN || retry_after_ms > INT32_MAX) in.refuse();
  rejection.retry_after_ms = static_cast<std::int32_t>(retry_after_ms);
  if (code) rejection.code = *code;
  return code.has_value() || in.failed();
}

void get(record_reader& in, std::vector<recorded_timer>& timers) {
  for (std::uint32_t left = in.array(); left > 0 && !in.failed(); --left) {
    recorded_timer& timer = timers.emplace_back();
    in.array_of(4);
    timer.name = in.text();
    timer.due_ms = in.integer();
    timer.command = in.text();
    timer.payload = in.binary();
  }
}

void get(record_reader& in, std::vector<recorded_position>& positions) {
  for (std::uint32_t left = in.array(); left > 0 && !in.failed(); --left) {
    recorded_position& position = positions.emplace_back();
    in.array_of(4);
    position.policy = in.text();
    position.source_context = in.text();
    position.source_shard.value = in.small_integer();
    position.next.value = in.unsigned_integer();
  }
}

/// An enumerator up to `last`; false if it is one that this build does not know.
template <class Enum> bool get(record_reader& in, Enum& to, Enum last) {
  const std::uint64_t number = in.unsigned_integer();
  if (in.failed()) return true;
  if (number > static_cast<std::uint64_t>(last)) return false;
  to = static_cast<Enum>(number);
  return true;
}

std::int32_t get_signal(record_reader& in) {
  const std::int64_t number = in.integer();
  if (number < 0 || number > INT32_MAX) in.refuse();
  return static_cast<std::int32_t>(number);
}

bool get(record_reader& in, recorded_crash& crash) {
  in.array_of(6);
  crash.command = in.command();
  if (!get(in, crash.how, crash_kind::process)) return false;
  crash.epoch.value = in.unsigned_integer();
  crash.signal = get_signal(in);
  crash.stack_hash = in.unsigned_integer();
  crash.cause = in.text();
  return true;
}

bool get(record_reader& in, recorded_letter& letter) {
  in.array_of(8);
  if (!get(in, letter.made_by, command_origin::compensation)) return false;
  if (!get(in, letter.how, crash_kind::process)) return false;
  letter.signal = get_signal(in);
  letter.stack_hash = in.unsigned_integer();
  letter.attempts = in.small_integer();
  letter.cause = in.text();
  letter.ask = in.command();
  letter.payload = in.binary();
  return true;
}

bool get(record_reader& in, std::vector<recorded_letter_end>& ends) {
  for (std::uint32_t left = in.array(); left > 0 && !in.failed(); --left) {
    recorded_letter_end& end = ends.emplace_back();
    in.array_of(2);
    end.command = in.command();
    if (!get(in, end.how, letter_end::expired)) return false;
  }
  return true;
}

void get(record_reader& in, trace_context& trace) {
  const auto read = trace_context::from_bytes(in.binary());
  if (read)
    trace = *read;
  else
    in.refuse();
}

bool get(record_reader& in, recorded_caller& caller) {
  in.array_of(4);
  if (!get(in, caller.why, command_caller::kind::retry)) return false;
  caller.context = in.text();
  caller.shard.value = in.small_integer();
  caller.index.value = in.unsigned_integer();
  return true;
}

void get(record_reader& in, recorded_quarantine& quarantine) {
  in.array_of(4);
  quarantine.aggregate.number = in.integer();
  quarantine.reason = in.text();
  quarantine.trial_ms = in.integer();
  quarantine.trials = in.small_integer();
}

/// Those of what went wrong; false if this build does not know it.
bool get_trouble(record_reader& in, part key, record& to) {
  switch (key) {
  case part::crash_noted:
    return get(in, to.crash_noted.emplace());
  case part::letter_opened:
    return get(in, to.letter_opened.emplace());
  case part::letters_closed:
    return get(in, to.letters_closed);
  case part::quarantined:
    get(in, to.quarantined.emplace());
    return true;
  case part::released:
    to.released = aggregate_id{in.integer()};
    return true;
  default:
    return false;
  }
}

/// Reads one optional part; false if this build does not know it.
bool get_part(record_reader& in, std::uint64_t key, record& to) {
  switch (static_cast<part>(key)) {
  case part::cause:
    get(in, to.cause.emplace());
    return true;
  case part::reply:
    to.reply = in.binary();
    return true;
  case part::rejection:
    return get(in, to.rejection.emplace());
  case part::ask_opened:
    get(in, to.ask_opened.emplace());
    return true;
  case part::open_command_payload:
    to.open_command_payload = in.binary();
    return true;
  case part::ask_closed:
    to.ask_closed = in.command();
    return true;
  case part::void_opened:
    get(in, to.void_opened.emplace());
    return true;
  case part::void_closed:
    to.void_closed = in.command();
    return true;
  case part::voided:
    to.voided = in.command();
    return true;
  case part::timers_set:
    get(in, to.timers_set);
    return true;
  case part::timers_cleared:
    for (std::uint32_t left = in.array(); left > 0 && !in.failed(); --left)
      to.timers_cleared.push_back(in.text());
    return true;
  case part::positions:
    get(in, to.positions);
    return true;
  case part::degraded:
    get(in, to.degraded.emplace());
    return true;
  case part::trace:
    get(in, to.trace);
    return true;
  case part::caller:
    return get(in, to.caller.emplace());
  default:
    return get_trouble(in, static_cast<part>(key), to);
  }
}

error newer(const std::string& what) {
  return fail(errc::wrong_format,
              "the record has " + what + ", which this version does not know; use a newer one");
}

/// Optional parts in strictly ascending order, so that none can come twice.
result<void> get_parts(record_reader& in, record& to) {
  std::uint64_t previous = 0;
  for (std::uint32_t left = in.map(); left > 0 && !in.failed(); --left) {
    const std::uint64_t key = in.unsigned_integer();
    if (key <= previous) in.refuse();
    if (in.failed()) break;
    if (key > UINT8_MAX || !get_part(in, key, to))
      return newer("a part " + std::to_string(key) + " or a code in it");
    previous = key;
  }
  return {};
}

result<void> decode(record_reader& in, record& to) {
  const std::uint32_t entries = in.array();
  if (!in.failed() && entries > record_parts::entries)
    return newer(std::to_string(entries) + " entries instead of " +
                 std::to_string(record_parts::entries));
  if (entries != record_parts::entries) in.refuse();
  to.epoch.value = in.unsigned_integer();
  to.aggregate.number = in.integer();
  to.seq = in.unsigned_integer();
  to.previous.value = in.unsigned_integer();
  to.time_ms = in.integer();
  to.command = in.command();
  to.command_hash = in.unsigned_integer();
  const std::uint64_t outcome = in.unsigned_integer();
  if (outcome > static_cast<std::uint64_t>(turn_outcome::asked))
    return newer("an outcome " + std::to_string(outcome));
  to.outcome = static_cast<turn_outcome>(outcome);
  to.command_name = in.text();
  to.correlation = in.text();
  const std::uint32_t event_entries = in.array();
  if (event_entries % 2 != 0) in.refuse();
  for (std::uint32_t left = event_entries / 2; left > 0 && !in.failed(); --left) {
    recorded_event& event = to.events.emplace_back();
    event.name = in.text();
    event.payload = in.binary();
  }
  if (auto done = get_parts(in, to); !done) return done;
  if (in.failed() || !in.at_end())
    return fail(errc::corrupt, "the record's bytes are not a record");
  return {};
}

} // namespace

result<void> decode_record(std::string_view bytes, record& to) {
  to.clear();
  record_reader in{bytes};
  auto done = decode(in, to);
  if (!done) to.clear(); // nothing half understood may be used by mistake
  return done;
}

} // namespace troupe
