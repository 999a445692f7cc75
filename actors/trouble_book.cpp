#include "actors/trouble_book.hpp"

#include <algorithm>

namespace troupe {
namespace {

bool read_id(document::cursor from, command_id& to) {
  std::string_view bytes;
  if (!from.read_binary(bytes)) return false;
  if (bytes.empty()) return true;
  const auto id = command_id::from_bytes(bytes);
  if (id) to = *id;
  return id.has_value();
}

void write_id(writer& out, command_id id) {
  if (id.given())
    out.binary(id.bytes());
  else
    out.binary({});
}

} // namespace

command_id trouble_book::replay_of(aggregate_id id) {
  return command_id::of_event(0, "replay", 0, static_cast<std::uint64_t>(id.number), 0);
}

void trouble_book::fold(const record& from, record_index at) {
  if (from.crash_noted) count(from);
  for (const auto& each : from.letters_closed) {
    crashes_.erase(each.command);
    const auto known = letters_.find(each.command);
    if (known == letters_.end()) continue;
    if (each.how == letter_end::retried)
      known->second.retried = true;
    else
      close(each.command);
  }
  if (from.quarantined)
    quarantines_[from.quarantined->aggregate] = {std::string{from.quarantined->reason},
                                                 from.time_ms, from.quarantined->trial_ms,
                                                 from.quarantined->trials};
  if (from.released) {
    quarantines_.erase(*from.released);
    crashes_.erase(replay_of(*from.released));
  }
  if (!from.command.given()) return;
  if (!letters_.empty() && from.outcome != turn_outcome::asked) close(from.command);
  if (!crashes_.empty()) crashes_.erase(from.command);
  if (from.letter_opened)
    open(from.command, {at, from.aggregate, from.time_ms, from.letter_opened->made_by,
                        from.command_hash, from.letter_opened->ask, false});
}

void trouble_book::count(const record& from) {
  const auto& noted = *from.crash_noted;
  if (noted.how == crash_kind::process) deaths_until_ = std::max(deaths_until_, noted.epoch);
  if (!noted.command.given()) return;
  if (crashes_.size() >= crashes_max && !crashes_.contains(noted.command))
    crashes_.erase(std::min_element(crashes_.begin(), crashes_.end(), [](auto& a, auto& b) {
      return a.second.last_ms < b.second.last_ms;
    }));
  auto& known = crashes_[noted.command];
  if (from.time_ms - known.last_ms > crashes_kept_ms) known.times = 0;
  known = {known.times + 1, from.time_ms, noted.how, noted.signal, noted.stack_hash};
}

void trouble_book::close(command_id command) {
  const auto known = letters_.find(command);
  if (known == letters_.end()) return;
  by_age_.erase(known->second.at.value);
  letters_.erase(known);
}

void trouble_book::open(command_id command, letter what) {
  close(command);
  by_age_[what.at.value] = command;
  letters_[command] = what;
}

trouble_book::crashes trouble_book::crashes_of(command_id command, std::int64_t now_ms) const {
  const auto known = crashes_.find(command);
  if (known == crashes_.end() || now_ms - known->second.last_ms > crashes_kept_ms) return {};
  return known->second;
}

const trouble_book::letter* trouble_book::letter_of(command_id command) const {
  const auto known = letters_.find(command);
  return known == letters_.end() ? nullptr : &known->second;
}

const trouble_book::quarantine* trouble_book::quarantine_of(aggregate_id id) const {
  const auto known = quarantines_.find(id);
  return known == quarantines_.end() ? nullptr : &known->second;
}

void trouble_book::save(writer& out) const {
  out.array(4);
  out.unsigned_integer(deaths_until_.value);
  out.array(static_cast<std::uint32_t>(crashes_.size()));
  for (const auto& [command, of] : crashes_) {
    out.array(6);
    write_id(out, command);
    out.unsigned_integer(of.times);
    out.integer(of.last_ms);
    out.unsigned_integer(static_cast<std::uint64_t>(of.how));
    out.integer(of.signal);
    out.unsigned_integer(of.stack_hash);
  }
  out.array(static_cast<std::uint32_t>(letters_.size()));
  for (const auto& [command, of] : letters_) {
    out.array(8);
    write_id(out, command);
    out.unsigned_integer(of.at.value);
    out.integer(of.aggregate.number);
    out.integer(of.time_ms);
    out.unsigned_integer(static_cast<std::uint64_t>(of.made_by));
    write_id(out, of.ask);
    out.boolean(of.retried);
    out.unsigned_integer(of.hash);
  }
  out.array(static_cast<std::uint32_t>(quarantines_.size()));
  for (const auto& [id, of] : quarantines_) {
    out.array(5);
    out.integer(id.number);
    out.text(of.reason);
    out.integer(of.since_ms);
    out.integer(of.trial_ms);
    out.unsigned_integer(of.trials);
  }
}

bool trouble_book::load(document::cursor from) {
  if (from.kind() != node_kind::array || from.size() != 4) return false;
  if (!from.element(0).read(deaths_until_.value)) return false;
  auto each = from.element(1).first();
  for (std::uint32_t i = 0; i < from.element(1).size(); ++i, each = each.next()) {
    command_id command;
    crashes of;
    std::uint32_t how = 0;
    if (!read_id(each.element(0), command) || !each.element(1).read(of.times) ||
        !each.element(2).read(of.last_ms) || !each.element(3).read(how) ||
        !each.element(4).read(of.signal) || !each.element(5).read(of.stack_hash))
      return false;
    of.how = static_cast<crash_kind>(how);
    crashes_[command] = of;
  }
  each = from.element(2).first();
  for (std::uint32_t i = 0; i < from.element(2).size(); ++i, each = each.next()) {
    command_id command;
    letter of;
    std::uint32_t made_by = 0;
    if (!read_id(each.element(0), command) || !each.element(1).read(of.at.value) ||
        !each.element(2).read(of.aggregate.number) || !each.element(3).read(of.time_ms) ||
        !each.element(4).read(made_by) || !read_id(each.element(5), of.ask) ||
        !each.element(6).read(of.retried) || !each.element(7).read(of.hash))
      return false;
    of.made_by = static_cast<command_origin>(made_by);
    open(command, of);
  }
  each = from.element(3).first();
  for (std::uint32_t i = 0; i < from.element(3).size(); ++i, each = each.next()) {
    aggregate_id id;
    quarantine of;
    if (!each.element(0).read(id.number) || !each.element(1).read(of.reason) ||
        !each.element(2).read(of.since_ms) || !each.element(3).read(of.trial_ms) ||
        !each.element(4).read(of.trials))
      return false;
    quarantines_[id] = std::move(of);
  }
  return true;
}

} // namespace troupe
