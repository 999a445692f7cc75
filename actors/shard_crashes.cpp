#include "actors/shard.hpp"

#include <algorithm>

/// Commands that crash their handler: counted durably, set aside as dead letters the third time.
namespace troupe {
namespace {

/// Letters that one step of housekeeping closes.
constexpr std::size_t expired_per_step = 64;
constexpr std::size_t cause_bytes_max = 1'000;

std::string_view cut(std::string_view text) {
  return text.substr(0, cause_bytes_max);
}

std::string death_text(const trouble_book::crashes& of) {
  if (of.how == crash_kind::exception) return "its handler threw an exception";
  return of.signal == 0 ? "the process ended while it ran"
                        : "the process ended by signal " + std::to_string(of.signal);
}

} // namespace

/// Notes what ran here when the processes that had the shard open before ended. Once each: no two
/// openings share an epoch.
void shard::take_deaths() {
  if (setting_.notes == nullptr) return;
  const auto deaths = setting_.notes->deaths(setting_.identity.context, setting_.identity.shard);
  for (const auto& each : deaths) {
    if (each.epoch <= memory_.troubles().deaths_until() || each.epoch >= journal_->epoch())
      continue;
    recorded_crash crash;
    crash.command = each.command;
    crash.how = crash_kind::process;
    crash.epoch = each.epoch;
    crash.signal = each.signal;
    crash.stack_hash = each.stack_hash;
    crash.cause = each.name;
    note_crash(crash);
    setting_.counters->crashes.fetch_add(1, std::memory_order_relaxed);
    announce("aggregate-crashed", each.aggregate,
             each.name + " (" + each.command.text() + trace_note(each.trace) +
                 ") ran when the process ended" +
                 (each.signal == 0 ? std::string{} : " by signal " + std::to_string(each.signal)));
  }
}

void shard::note_crash(const recorded_crash& crash) {
  record_.clear();
  record_.epoch = journal_->epoch();
  record_.time_ms = setting_.on->wall();
  record_.crash_noted = crash;
  (void)append_record();
}

/// Business code threw while it worked on this.
void shard::crashed(work& what, const std::string& why) {
  const auto times = memory_.troubles().crashes_of(what.command, setting_.on->wall()).times + 1;
  const auto cause = what.thrown.text.empty() ? why : what.thrown.text;
  announce("aggregate-crashed", what.target,
           what.name + " (" + what.command.text() + trace_note(what.trace) + ") threw: " + cause +
               "; for the " + std::to_string(times) + ". time");
  if (times >= trouble_book::attempts_max) {
    recorded_letter letter;
    letter.stack_hash = what.thrown.hash;
    letter.attempts = times;
    letter.cause = cut(cause);
    return dead_letter(what, letter);
  }
  recorded_crash crash;
  crash.command = what.command;
  crash.stack_hash = what.thrown.hash;
  crash.cause = cut(cause);
  note_crash(crash);
  if (what.what == work::kind::settle) return release(&what); // its ask is sent again
  refuse(&what, fail(errc::aggregate_crashed, info().full_name() + "/" +
                                                  std::to_string(what.target.number) +
                                                  " failed on this command: " + why));
}

bool shard::crashes_too_often(command_id command) const {
  const auto& book = memory_.troubles();
  return book.any_crashes() &&
         book.crashes_of(command, setting_.on->wall()).times >= trouble_book::attempts_max;
}

/// Sets a command aside that `crashes_too_often`: here is its envelope at last.
void shard::give_up_on(work& what) {
  const auto known = memory_.troubles().crashes_of(what.command, setting_.on->wall());
  const auto cause = death_text(known);
  recorded_letter letter;
  letter.how = known.how;
  letter.signal = known.signal;
  letter.stack_hash = known.stack_hash;
  letter.attempts = known.times;
  letter.cause = cause;
  dead_letter(what, letter);
}

command_origin shard::origin_of(const work& what) const {
  if (what.what == work::kind::settle) return command_origin::settling;
  if (what.what == work::kind::compensate) return command_origin::compensation;
  if (!what.timer.empty()) return command_origin::timer;
  if (const auto* retried = memory_.troubles().letter_of(what.command)) return retried->made_by;
  if (what.reacts_to) return command_origin::policy;
  return what.internal ? command_origin::ask : command_origin::client;
}

/// Ends a command as a turn that refuses it and keeps its envelope. One record: whoever sends it
/// again gets the same refusal, its timer is over, its ask ends with a void.
void shard::dead_letter(work& what, recorded_letter letter) {
  letter.made_by = origin_of(what);
  letter.payload = what.payload;
  if (what.what == work::kind::compensate) letter.ask = what.ask;
  start_record(what, turn_outcome::rejected);
  const error told =
      fail(errc::dead_lettered, info().full_name() + "/" + std::to_string(what.target.number) +
                                    " crashed on this command " + std::to_string(letter.attempts) +
                                    " times, so it is set aside: " + std::string{letter.cause});
  record_.rejection = told;
  record_.letter_opened = letter;
  if (!what.timer.empty()) record_.timers_cleared.push_back(what.timer);
  const bool settles = what.what == work::kind::settle;
  if (settles) {
    record_.ask_closed = what.ask;
    if (const auto flying = flying_.find(what.ask); flying != flying_.end())
      what.waiters = std::move(flying->second.waiters);
    const auto& ask = memory_.asks().at(what.ask);
    if (!ask.reads_only)
      record_.void_opened = recorded_ask{ask.id,      ask.target_context, ask.target,    ask.name,
                                         ask.payload, ask.timeout_ms,     ask.reads_only};
  }
  const auto& book = memory_.troubles();
  if (book.letters().size() >= letters_max() && book.letter_of(what.command) == nullptr)
    give_way(book);
  const bool opened_void = record_.void_opened.has_value();
  (void)append_record();
  setting_.counters->rejected.fetch_add(1, std::memory_order_relaxed);
  count_troubles();
  announce("dead-letter", what.target,
           what.name + " (" + what.command.text() + trace_note(what.trace) + ") of a " +
               std::string{name_of(letter.made_by)} + " crashed " +
               std::to_string(letter.attempts) + " times: " + std::string{letter.cause});
  if (book.letters().size() == letters_max() * 4 / 5)
    announce("dead-letters-filling", {},
             std::to_string(book.letters().size()) + " dead letters, the oldest give way at " +
                 std::to_string(letters_max()));
  answer_after_commit(what, told);
  if (settles) {
    const auto ask = what.ask;
    settled(what);
    if (opened_void) after_commit_.push_back([this, ask] { send_void(ask, {}); });
  }
  release(&what);
}

/// Makes room for one letter. Compensations stay: what they have to make good is still to be done.
void shard::give_way(const trouble_book& book) {
  for (const auto& [index, command] : book.by_age()) {
    if (book.letter_of(command)->ask.given()) continue;
    record_.letters_closed.push_back({command, letter_end::expired});
    return;
  }
}

std::size_t shard::letters_max() const {
  return std::max<std::size_t>(setting_.limits.letters_max / setting_.identity.shards, 2);
}

void shard::close_letter(command_id command, letter_end how) {
  record_.clear();
  record_.epoch = journal_->epoch();
  record_.time_ms = setting_.on->wall();
  record_.letters_closed.push_back({command, how});
  const auto* letter = memory_.troubles().letter_of(command);
  // Whoever drops the void of an ask has made good by hand what it had done.
  if (how != letter_end::retried && letter != nullptr && letter->ask.given())
    record_.voided = letter->ask;
  (void)append_record();
  count_troubles();
}

/// Housekeeping: closes some of the letters that are too old. Returns whether there are more.
bool shard::expire_letters() {
  const auto& book = memory_.troubles();
  const auto limit =
      setting_.on->wall() -
      std::chrono::duration_cast<std::chrono::milliseconds>(setting_.limits.letters_kept).count();
  std::vector<command_id> old;
  for (const auto& [index, command] : book.by_age()) {
    const auto& letter = *book.letter_of(command);
    if (letter.time_ms >= limit || old.size() == expired_per_step) break;
    if (!letter.retried) old.push_back(command);
  }
  for (const auto command : old) { // what has to be made good is not given up, but tried again
    const bool compensates = book.letter_of(command)->ask.given();
    close_letter(command, compensates ? letter_end::retried : letter_end::expired);
  }
  return old.size() == expired_per_step;
}

void shard::count_troubles() {
  const auto& book = memory_.troubles();
  setting_.counters->letters.store(static_cast<std::uint32_t>(book.letters().size()),
                                   std::memory_order_relaxed);
  setting_.counters->quarantined.store(static_cast<std::uint32_t>(book.quarantines().size()),
                                       std::memory_order_relaxed);
}

void shard::announce(std::string kind, aggregate_id about, std::string text) const {
  supervision_event what;
  what.kind = std::move(kind);
  what.subject = info().full_name();
  if (about.given()) what.subject += "/" + std::to_string(about.number);
  what.text = std::move(text);
  what.time_ms = setting_.on->wall();
  setting_.rules->happened(std::move(what));
}

} // namespace troupe
