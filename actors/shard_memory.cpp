#include "actors/shard_memory.hpp"

#include "actors/resident.hpp"
#include "messages/codec.hpp"

#include <algorithm>

namespace troupe {
namespace {

constexpr std::uint32_t snapshot_format = 2;
constexpr std::uint32_t format_without_troubles = 1; ///< read, no longer written
constexpr std::uint32_t ask_parts = 13;              ///< of earlier builds
constexpr std::uint32_t timer_parts = 5;             ///< likewise

open_ask kept(const recorded_ask& from) {
  open_ask to;
  to.id = from.id;
  to.target_context = from.target_context;
  to.target = from.target;
  to.name = from.name;
  to.payload = from.payload;
  to.timeout_ms = from.timeout_ms;
  to.reads_only = from.reads_only;
  return to;
}

void append_u64(std::string& to, std::uint64_t from) {
  for (unsigned shift = 0; shift < 64; shift += 8)
    to.push_back(static_cast<char>((from >> shift) & 0xffU));
}

std::uint64_t take_u64(std::string_view& from) {
  std::uint64_t to = 0;
  for (unsigned i = 0; i < 8; ++i)
    to |= static_cast<std::uint64_t>(static_cast<unsigned char>(from[i])) << (8 * i);
  from.remove_prefix(8);
  return to;
}

void write_trace(writer& out, const trace_context& from) {
  const auto bytes = from.bytes();
  out.binary({bytes.data(), from.given() ? bytes.size() : 0});
}

void write_ask(writer& out, const open_ask& from) {
  out.array(ask_parts + 2);
  out.binary(from.id.bytes());
  out.text(from.target_context);
  out.integer(from.target.number);
  out.text(from.name);
  out.binary(from.payload);
  out.integer(from.timeout_ms);
  out.boolean(from.reads_only);
  out.integer(from.aggregate.number);
  out.binary(from.command.bytes());
  out.unsigned_integer(from.command_hash);
  out.text(from.command_name);
  out.binary(from.command_payload);
  out.text(from.correlation);
  out.unsigned_integer(from.at.value);
  write_trace(out, from.trace);
}

bool read_id(document::cursor from, command_id& to) {
  std::string_view bytes;
  if (!from.read_binary(bytes)) return false;
  const auto id = command_id::from_bytes(bytes);
  if (id) to = *id;
  return id.has_value();
}

bool read_bytes(document::cursor from, std::string& to) {
  std::string_view bytes;
  if (!from.read_binary(bytes)) return false;
  to = bytes;
  return true;
}

bool read_trace(document::cursor from, trace_context& to) {
  std::string_view bytes;
  if (!from.read_binary(bytes)) return false;
  const auto read = trace_context::from_bytes(bytes);
  if (read) to = *read;
  return read.has_value() || bytes.empty();
}

/// Snapshots of earlier builds lack what is behind the correlation.
bool read_ask(document::cursor from, open_ask& to) {
  const bool old = from.kind() == node_kind::array && from.size() == ask_parts;
  return from.kind() == node_kind::array && (old || from.size() == ask_parts + 2) &&
         read_id(from.element(0), to.id) && from.element(1).read(to.target_context) &&
         from.element(2).read(to.target.number) && from.element(3).read(to.name) &&
         read_bytes(from.element(4), to.payload) && from.element(5).read(to.timeout_ms) &&
         from.element(6).read(to.reads_only) && from.element(7).read(to.aggregate.number) &&
         read_id(from.element(8), to.command) && from.element(9).read(to.command_hash) &&
         from.element(10).read(to.command_name) &&
         read_bytes(from.element(11), to.command_payload) &&
         from.element(12).read(to.correlation) &&
         (old || (from.element(13).read(to.at.value) && read_trace(from.element(14), to.trace)));
}

} // namespace

aggregate_entry::aggregate_entry() = default;
aggregate_entry::~aggregate_entry() = default;
aggregate_entry::aggregate_entry(aggregate_entry&&) noexcept = default;
aggregate_entry& aggregate_entry::operator=(aggregate_entry&&) noexcept = default;

aggregate_entry* shard_memory::find(aggregate_id id) {
  const auto at = entries_.find(id);
  return at == entries_.end() ? nullptr : &at->second;
}

result<void> shard_memory::fold(const record& from, record_index at) {
  if (at.value != head_.value + 1)
    return fail(errc::corrupt, "record " + std::to_string(at.value) + " follows record " +
                                   std::to_string(head_.value));
  if (from.epoch < epoch_)
    return fail(errc::corrupt, "the epoch of record " + std::to_string(at.value) + " goes back");
  if (from.aggregate.given()) {
    auto& entry = entries_[from.aggregate];
    if (from.seq != entry.seq + 1 || from.previous != entry.head)
      return fail(errc::corrupt, "record " + std::to_string(at.value) + " is not turn " +
                                     std::to_string(entry.seq + 1) + " of aggregate " +
                                     std::to_string(from.aggregate.number));
    entry.seq = from.seq;
    entry.head = at;
    took_local((from.aggregate.number - 1) / static_cast<std::int64_t>(shards_) + 1);
  }
  head_ = at;
  epoch_ = from.epoch;
  fold_asks(from, at);
  for (const auto& each : from.letters_closed) {
    if (each.how == letter_end::retried) {
      dedup_.reopen(each.command);
    } else if (const auto* letter = troubles_.letter_of(each.command);
               letter != nullptr && letter->retried) { // it never ran to an end: refused for good
      dedup_.finish(each.command, letter->hash, letter->at, dedup_window::phase::done);
    }
  }
  fold_dedup(from, at);
  troubles_.fold(from, at);
  for (const auto name : from.timers_cleared)
    timers_.erase(timer_key{from.aggregate, std::string{name}});
  for (const auto& timer : from.timers_set)
    timers_[timer_key{from.aggregate, std::string{timer.name}}] = {
        timer.due_ms, std::string{timer.command}, std::string{timer.payload},
        from.trace.handed_on_by(from.command)};
  for (const auto& position : from.positions)
    positions_[position_key{std::string{position.policy}, std::string{position.source_context},
                            position.source_shard}] = position.next;
  return {};
}

void shard_memory::fold_dedup(const record& from, record_index at) {
  if (from.command.given())
    dedup_.finish(from.command, from.command_hash, at,
                  from.outcome == turn_outcome::asked ? dedup_window::phase::asking
                                                      : dedup_window::phase::done);
  if (from.voided) {
    const auto* known = dedup_.find(*from.voided);
    dedup_.finish(*from.voided, known != nullptr ? known->hash : 0, at,
                  dedup_window::phase::voided);
  }
}

void shard_memory::fold_asks(const record& from, record_index at) {
  // The void first: its parts may be views into the very ask that is closed here.
  if (from.void_opened) {
    auto& undo = voids_[from.void_opened->id] = kept(*from.void_opened);
    undo.at = at;
    undo.trace = from.trace.handed_on_by(from.command);
  }
  if (from.void_closed) voids_.erase(*from.void_closed);
  if (from.ask_closed) {
    asks_.erase(*from.ask_closed);
    asking_.erase(from.aggregate);
  }
  if (!from.ask_opened) return;
  auto& ask = asks_[from.ask_opened->id] = kept(*from.ask_opened);
  ask.aggregate = from.aggregate;
  ask.command = from.command;
  ask.command_hash = from.command_hash;
  ask.command_name = from.command_name;
  ask.command_payload = from.open_command_payload;
  ask.correlation = from.correlation;
  ask.at = at;
  ask.trace = from.trace;
  asking_[from.aggregate] = ask.id;
}

const open_ask* shard_memory::ask_of(aggregate_id id) const {
  const auto at = asking_.find(id);
  return at == asking_.end() ? nullptr : &asks_.at(at->second);
}

std::string shard_memory::save() const {
  std::string heads;
  heads.reserve(entries_.size() * 24);
  for (const auto& [id, entry] : entries_) {
    if (entry.seq == 0) continue; // addressed, but without a turn
    append_u64(heads, static_cast<std::uint64_t>(id.number));
    append_u64(heads, entry.head.value);
    append_u64(heads, entry.seq);
  }
  std::string marks;
  for (const auto& mark : dedup_.finished()) {
    const auto* known = dedup_.find(mark.command);
    append_u64(marks, mark.command.high);
    append_u64(marks, mark.command.low);
    append_u64(marks, mark.command_hash);
    append_u64(marks, mark.at.value << 8U | static_cast<std::uint64_t>(known->is));
  }
  std::string blob;
  writer out{blob};
  out.array(11);
  out.integer(snapshot_format);
  out.unsigned_integer(epoch_.value);
  out.integer(next_local_);
  out.boolean(dedup_.any_left());
  out.integer(dedup_.left_until_ms());
  for (const auto* each : {&asks_, &voids_}) {
    out.array(static_cast<std::uint32_t>(each->size()));
    for (const auto& [id, ask] : *each)
      write_ask(out, ask);
  }
  out.array(static_cast<std::uint32_t>(timers_.size()));
  for (const auto& [key, timer] : timers_) {
    out.array(timer_parts + (timer.trace.given() ? 1U : 0U));
    out.integer(key.first.number);
    out.text(key.second);
    out.integer(timer.due_ms);
    out.text(timer.command);
    out.binary(timer.payload);
    if (timer.trace.given()) write_trace(out, timer.trace);
  }
  out.array(static_cast<std::uint32_t>(positions_.size()));
  for (const auto& [key, next] : positions_) {
    out.array(4);
    out.text(key.policy);
    out.text(key.source);
    out.integer(key.shard.value);
    out.unsigned_integer(next.value);
  }
  out.unsigned_integer(heads.size());
  troubles_.save(out);
  blob += heads;
  blob += marks;
  return blob;
}

/// Asks, voids, timers and positions of a snapshot.
bool shard_memory::load_promises(document::cursor root) {
  auto* kinds = &asks_;
  for (const std::uint32_t part : {5U, 6U}) {
    auto each = root.element(part).first();
    for (std::uint32_t i = 0; i < root.element(part).size(); ++i, each = each.next()) {
      open_ask ask;
      if (!read_ask(each, ask)) return false;
      if (kinds == &asks_) asking_[ask.aggregate] = ask.id;
      const auto id = ask.id;
      (*kinds)[id] = std::move(ask);
    }
    kinds = &voids_;
  }
  auto timer = root.element(7).first();
  for (std::uint32_t i = 0; i < root.element(7).size(); ++i, timer = timer.next()) {
    timer_key key;
    durable_timer set;
    if (!timer.element(0).read(key.first.number) || !timer.element(1).read(key.second) ||
        !timer.element(2).read(set.due_ms) || !timer.element(3).read(set.command) ||
        !read_bytes(timer.element(4), set.payload) ||
        (timer.size() > timer_parts && !read_trace(timer.element(timer_parts), set.trace)))
      return false;
    timers_[key] = std::move(set);
  }
  auto place = root.element(8).first();
  for (std::uint32_t i = 0; i < root.element(8).size(); ++i, place = place.next()) {
    position_key key;
    record_index next;
    if (!place.element(0).read(key.policy) || !place.element(1).read(key.source) ||
        !place.element(2).read(key.shard.value) || !place.element(3).read(next.value))
      return false;
    positions_[key] = next;
  }
  return true;
}

result<void> shard_memory::load(std::string_view blob, record_index position) {
  const error damaged = fail(errc::corrupt, "the shard snapshot cannot be read");
  document parsed;
  std::size_t offset = 0;
  codec_limits limits;
  limits.array_entries_max = limits.nodes_max = 100'000'000;
  if (!parsed.parse_next(blob, offset, limits)) return damaged;
  const auto root = parsed.root();
  std::uint32_t format = 0;
  std::int64_t left_until = 0;
  bool any_left = false;
  std::uint64_t heads_size = 0;
  const bool old = root.kind() == node_kind::array && root.size() == 10;
  if (root.kind() != node_kind::array || (!old && root.size() != 11) ||
      !root.element(0).read(format) ||
      format != (old ? format_without_troubles : snapshot_format) ||
      !root.element(1).read(epoch_.value) || !root.element(2).read(next_local_) ||
      !root.element(3).read(any_left) || !root.element(4).read(left_until) ||
      !root.element(9).read(heads_size))
    return damaged;
  dedup_.restore_left(any_left, left_until);
  if (!load_promises(root) || (!old && !troubles_.load(root.element(10)))) return damaged;
  std::string_view rest = blob.substr(offset);
  if (rest.size() < heads_size || heads_size % 24 != 0 || (rest.size() - heads_size) % 32 != 0)
    return damaged;
  std::string_view heads = rest.substr(0, heads_size);
  std::string_view marks = rest.substr(heads_size);
  entries_.reserve(heads.size() / 24 + heads.size() / 96);
  while (!heads.empty()) {
    const aggregate_id id{static_cast<std::int64_t>(take_u64(heads))};
    auto& entry = entries_[id];
    entry.head.value = take_u64(heads);
    entry.seq = take_u64(heads);
  }
  while (!marks.empty()) {
    command_id command;
    command.high = take_u64(marks);
    command.low = take_u64(marks);
    const auto hash = take_u64(marks);
    const auto at = take_u64(marks);
    dedup_.finish(command, hash, {at >> 8U}, static_cast<dedup_window::phase>(at & 0xffU));
  }
  head_ = position;
  return {};
}

} // namespace troupe
