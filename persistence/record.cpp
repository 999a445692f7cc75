#include "persistence/record.hpp"

#include "messages/codec.hpp"
#include "persistence/record_reader.hpp"

#include <array>
#include <cstddef>

namespace troupe {

namespace {

/// Entries of the record's array: ten scalars, the events, the map of optional parts.
constexpr std::uint32_t record_entries = 12;

/// Keys of the optional parts, which a record lists in ascending order; never reused.
enum class part : std::uint8_t {
  cause = 1,
  reply = 2,
  rejection = 3,
  ask_opened = 4,
  open_command_payload = 5,
  ask_closed = 6,
  void_opened = 7,
  void_closed = 8,
  voided = 9,
  timers_set = 10,
  timers_cleared = 11,
  positions = 12,
  crash_noted = 13,
  letter_opened = 14,
  letters_closed = 15,
  quarantined = 16,
  released = 17,
  degraded = 18,
};

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
         static_cast<std::uint32_t>(from.degraded.has_value());
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
}

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
}

void encode_record(std::string& out, const record& from) {
  writer to{out};
  to.array(record_entries);
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

namespace {

result<void> decode(record_reader& in, record& to) {
  const std::uint32_t entries = in.array();
  if (!in.failed() && entries > record_entries)
    return newer(std::to_string(entries) + " entries instead of " + std::to_string(record_entries));
  if (entries != record_entries) in.refuse();
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
