#include "actors/noted_turn.hpp"
#include "actors/shard.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <typeinfo>

/// The atomic turn: an aggregate's decision becomes one record of the round's batch.
namespace troupe {
namespace {

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "troupe: broken invariant: %s\n", what.c_str());
  std::abort();
}

/// Where an exception came from is not known when it is caught; its type, its text and the command
/// tell one fault from another nearly as well.
thrown_error describe_thrown(std::string_view command) {
  std::string_view name = "unknown";
  thrown_error of;
  try {
    throw;
  } catch (const std::exception& known) {
    name = typeid(known).name();
    of.text = known.what();
  } catch (...) {
    of.text = "something that is no std::exception";
  }
  of.hash = content_hash(command, content_hash(of.text, content_hash(name)));
  return of;
}

error as_error(const rejection& from) {
  return {from.code, from.reason, from.message, 0};
}

/// An answer leaves with this round; of a command that asked, to those who waited for the ask.
void note_answers(lane& on, part_measures* measures, const origin& to,
                  const std::vector<origin>& waiters) {
  if (measures == nullptr) return;
  on.answers(measures->command, to.arrived);
  for (const auto& waiter : waiters)
    on.answers(measures->command, waiter.arrived);
}

} // namespace

void shard::run_turn(aggregate_cell& cell, work& what) {
  auto* entry = memory_.find(cell.id());
  auto& who = *entry->live;
  if (who.in_mailbox > 0) --who.in_mailbox;
  if (closing_) { // told in the round that ends the shard: nobody would hear the answer
    refuse(&what, ended(errc::context_down));
    return;
  }
  if (what.what == work::kind::command && who.asking) { // it asked since this was told
    park(who, &what);
    return;
  }
  if (what.what == work::kind::command && !time_is_left(what.deadline, now())) {
    refuse(&what, fail(errc::deadline_exceeded, "the time was over in the mailbox of " +
                                                    info().full_name() + "/" +
                                                    std::to_string(cell.id().number)));
    return;
  }
  if (what.what == work::kind::settle && memory_.asks().count(what.ask) == 0) {
    release(&what); // it ended while this answer waited for a restart
    return;
  }
  who.current = &what;
  who.used = true;
  decision_.clear();
  const turn_info turn{cell.id(), setting_.on->wall(), what.command};
  auto& instance = cell.instance();
  if (what.what == work::kind::command && !what.creates && !instance.exists()) {
    who.current = nullptr;
    error missing = fail(errc::not_found, info().full_name() + "/" +
                                              std::to_string(cell.id().number) + " does not exist");
    if (what.timer.empty()) return refuse(&what, std::move(missing));
    decision_.refused = rejection{missing.code, {}, std::move(missing.message)};
    return conclude(instance, what); // a timer outlived its aggregate: recorded, so that it ends
  }
  std::chrono::nanoseconds took{0};
  if (watch_ || tapped_)
    took = decide_watched(instance, what, turn);
  else
    decide(instance, what, turn);
  who.current = nullptr;
  ++who.handled;
  if (decision_.refused && decision_.refused->code == errc::unknown_command) {
    refuse(&what, as_error(*decision_.refused)); // no turn: the context has no such command
    return;
  }
  const auto recorded = ends_.size();
  if (what.fallback)
    conclude_fallback(instance, what);
  else if (decision_.asked && what.what != work::kind::compensate)
    open_an_ask(instance, what, *decision_.asked);
  else
    conclude(instance, what);
  if (tapped_ && ends_.size() > recorded) tell_tap(what, took);
}

/// Runs the business code of a turn, with a note of it.
void shard::decide(aggregate_instance& instance, work& what, const turn_info& turn) {
  const noted_turn noted{setting_.on->note(),
                         {setting_.identity.context, setting_.identity.shard, journal_->epoch(),
                          what.target, what.command, what.name, what.trace},
                         now()};
  try {
    switch (what.what) {
    case work::kind::command:
      return instance.handle(what.name, what.payload, turn, decision_);
    case work::kind::settle:
      return instance.settle(what.name, what.payload, what.asked, what.reply, turn, decision_);
    case work::kind::compensate:
      return instance.compensate(what.name, what.payload, turn, decision_);
    }
  } catch (...) { // seen here, where its type is known; what follows is its actor's end
    what.thrown = describe_thrown(what.name);
    throw;
  }
}

void shard::conclude(aggregate_instance& instance, work& what) {
  if (decision_.asked)
    decision_.refused = rejection{errc::internal, {}, "a compensation cannot ask"};
  const bool accepted = !decision_.refused;
  start_record(what, accepted ? turn_outcome::accepted : turn_outcome::rejected);
  if (what.what == work::kind::settle) {
    record_.ask_closed = what.ask;
    if (const auto flying = flying_.find(what.ask); flying != flying_.end())
      what.waiters = std::move(flying->second.waiters); // also those that came since the answer
    const auto& ask = memory_.asks().at(what.ask);
    if (!accepted && !ask.reads_only)
      record_.void_opened = recorded_ask{ask.id,      ask.target_context, ask.target,    ask.name,
                                         ask.payload, ask.timeout_ms,     ask.reads_only};
  }
  if (what.what == work::kind::compensate) record_.voided = what.ask;
  std::optional<error> rejected;
  if (accepted) {
    for (const auto& event : decision_.events)
      record_.events.push_back({event.name, std::string_view{decision_.bytes}.substr(
                                                event.begin, event.end - event.begin)});
    if (decision_.answer) record_.reply = *decision_.answer;
    record_.degraded = what.degraded;
    add_timers(what);
  } else {
    rejected = as_error(*decision_.refused);
    record_.rejection = rejected;
    if (!what.timer.empty()) record_.timers_cleared.push_back(what.timer);
  }
  const auto target = record_.aggregate;
  const auto seq = record_.seq;
  const bool opened_void = record_.void_opened.has_value();
  const auto index = append_record();
  if (!decision_.events.empty()) dirty_.insert(target);
  auto& counters = *setting_.counters;
  (accepted ? counters.turns : counters.rejected).fetch_add(1, std::memory_order_relaxed);
  for (const auto& timer : decision_.timers) {
    const auto at = memory_.timers().find({target, timer.name});
    if (at != memory_.timers().end()) arm_timer(target, timer.name, at->second.due_ms);
  }
  if (rejected) {
    answer_after_commit(what, *rejected);
  } else {
    reply_content content;
    content.target = target;
    content.seq = seq;
    content.epoch = journal_->epoch();
    content.at = index;
    content.degraded = what.degraded;
    if (decision_.answer)
      content.payload = std::move(*decision_.answer);
    else if (what.from.port != nullptr || !what.waiters.empty() || what.what == work::kind::settle)
      instance.write_state(content.payload);
    answer_after_commit(what, std::move(content));
  }
  if (what.what == work::kind::settle) {
    const auto ask = what.ask;
    settled(what);
    if (opened_void) after_commit_.push_back([this, ask] { send_void(ask, {}); });
  }
  release(&what);
}

void shard::add_timers(const work& what) {
  const auto wall = setting_.on->wall();
  if (!what.timer.empty()) record_.timers_cleared.push_back(what.timer);
  for (const auto& name : decision_.cleared)
    record_.timers_cleared.push_back(name);
  for (const auto& timer : decision_.timers)
    record_.timers_set.push_back(
        {timer.name, wall + std::max<std::int64_t>(timer.delay.count(), 1), timer.command,
         timer.payload}); // never due again at the time it just fired: its id would be the same
}

void shard::start_record(const work& what, turn_outcome outcome) {
  record_.clear();
  const auto& entry = memory_.at(what.target);
  record_.epoch = journal_->epoch();
  record_.aggregate = what.target;
  record_.seq = entry.seq + 1;
  record_.previous = entry.head;
  record_.time_ms = setting_.on->wall();
  record_.command = what.command;
  record_.command_hash = what.hash;
  record_.outcome = outcome;
  record_.command_name = what.name;
  record_.correlation = what.correlation;
  if (what.reacts_to)
    record_.cause =
        recorded_cause{what.reacts_to->context, what.reacts_to->shard, what.reacts_to->index};
  if (what.caller)
    record_.caller = recorded_caller{what.caller->why, what.caller->record.context,
                                     what.caller->record.shard, what.caller->record.index};
  record_.trace = what.trace;
}

record_index shard::append_record() {
  const record_index at{memory_.head().value + 1};
  encode_record(bytes_, record_);
  ends_.push_back(bytes_.size());
  if (auto folded = memory_.fold(record_, at); !folded) die(folded.error().message);
  setting_.on->touched(setting_.key);
  return at;
}

void shard::answer_after_commit(const work& what, std::variant<reply_content, error> content) {
  if (what.from.port == nullptr && what.waiters.empty()) return;
  answers_.push_back({what.from, std::move(content), what.waiters});
}

/// Makes the batch's records durable; false if that failed, and then nothing of it is known.
bool shard::write_records() {
  std::vector<std::string_view> bodies;
  bodies.reserve(ends_.size());
  std::size_t begin = 0;
  for (const auto end : ends_) {
    bodies.push_back(std::string_view{bytes_}.substr(begin, end - begin));
    begin = end;
  }
  const record_index first{journal_->head().value + 1};
  auto* measures = setting_.measures;
  const auto began = measures != nullptr ? on().time().monotonic() : monotonic_time{};
  if (auto done = journal_->commit(bodies); !done) {
    rebuild(done.error());
    return false;
  }
  if (measures != nullptr) {
    measures->commit.note(on().time().monotonic() - began);
    measures->records.note(bodies.size());
  }
  feed_.committed(first, bodies);
  setting_.counters->records.store(journal_->head().value, std::memory_order_relaxed);
  return true;
}

void shard::commit() {
  if (std::exchange(told_late_, false)) { // their turns are made in the next round
    setting_.on->at(now(), setting_.key, [this] { setting_.on->touched(setting_.key); });
    return;
  }
  for (auto* each : given_out_) {
    if (!each->done) die("a turn was neither made nor put back");
  }
  given_out_.clear();
  for (auto* each : released_)
    pool_.give_back(each);
  released_.clear();
  if (failed_) return;
  forget_unborn();
  if (!new_positions_.empty()) {
    record_.clear();
    record_.epoch = journal_->epoch();
    record_.time_ms = setting_.on->wall();
    for (const auto& [key, next] : new_positions_)
      record_.positions.push_back({key.policy, key.source, key.shard, next});
    (void)append_record();
    new_positions_.clear();
  }
  if (!ends_.empty() && !write_records()) return;
  bytes_.clear();
  ends_.clear();
  for (auto& each : answers_) {
    auto send = [&](const origin& to) {
      std::visit([&](auto& content) { out().answers.push_back({to, content}); }, each.content);
    };
    note_answers(on(), setting_.measures, each.to, each.waiters);
    for (const auto& waiter : each.waiters)
      send(waiter);
    if (each.to.port != nullptr)
      std::visit(
          [&](auto& content) {
            out().answers.push_back({each.to, std::move(content)});
          },
          each.content);
  }
  answers_.clear();
  committing_ = true;
  for (auto& each : std::exchange(after_commit_, {}))
    each();
  committing_ = false;
  if (!chores_.empty()) go_on_with_chores();
  if (feed_.pump(*journal_, out().answers))
    setting_.on->at(now(), setting_.key, [this] { setting_.on->touched(setting_.key); });
}

void shard::cell_ended(std::uint64_t actor, aggregate_id id) {
  ended_[actor] = id;
}

void shard::actor_ended(std::uint64_t actor, const std::string& why) {
  const auto ended = ended_.extract(actor);
  if (ended.empty() || why.empty()) return; // wanted: its resident is gone already
  const auto id = ended.mapped();
  auto* entry = memory_.find(id);
  if (entry == nullptr || !entry->live) return;
  auto& who = *entry->live;
  who.actor = {};
  who.inside = nullptr;
  who.in_mailbox = 0;
  setting_.counters->crashes.fetch_add(1, std::memory_order_relaxed);
  std::optional<error> unanswered; // it failed on a fallback: the ask ends without one
  command_id ask;
  if (auto* culprit = std::exchange(who.current, nullptr)) {
    ask = culprit->ask;
    if (culprit->fallback) unanswered = std::move(culprit->fallback->instead);
    crashed(*culprit, why);
  }
  for (auto* each : given_out_) {
    if (!each->done && each->target == id) park(who, each); // told again after the restart
  }
  restart_later(id, who, why);
  if (unanswered && memory_.asks().count(ask) != 0) ask_failed(ask, std::move(*unanswered), false);
  note_crowd(id, why);
}

/// So many aggregates that fail are the shard's failure. What this round decided is committed
/// first.
void shard::note_crowd(aggregate_id id, const std::string& why) {
  if (failed_ || !crowd_.on_failure(id, residents_.size(), now())) return;
  after_commit_.push_back([this, why] {
    give_up(fail(errc::internal, "more than 1 in " + std::to_string(failing_crowd::share) +
                                     " of its aggregates failed within " +
                                     std::to_string(failing_crowd::within.count()) +
                                     " s; the last: " + why));
  });
  setting_.on->touched(setting_.key);
}

void shard::restart_later(aggregate_id id, resident& who, const std::string& why) {
  if (!who.failed) {
    who.failed = std::make_unique<trouble>();
    who.failed->history = setting_.rules->new_aggregate_history();
  }
  const auto decided = who.failed->history->on_failure(now());
  who.failed->last_error = why;
  who.failed->not_before = now() + decided.delay;
  if (decided.what == restart_decision::action::quarantine)
    return quarantine(id, "it failed too often; last: " + why, decided.delay, 0);
  setting_.on->at(who.failed->not_before, setting_.key, [this, id] { restart(id); });
}

/// The number of the healing action (0: nobody counts them), or nothing: it is tried again later.
std::optional<std::uint64_t> shard::may_restart(aggregate_id id, trouble& why) {
  if (setting_.heals == nullptr) return 0;
  const auto subject = info().full_name() + "/" + std::to_string(id.number);
  const auto begun =
      setting_.heals->begin(healing_action::restart_aggregate, subject, why.last_error);
  if (begun) return *begun;
  why.not_before = now() + std::chrono::milliseconds{begun.error().retry_after_ms};
  setting_.on->at(why.not_before, setting_.key, [this, id] { restart(id); });
  return std::nullopt;
}

void shard::restart(aggregate_id id) {
  auto* entry = memory_.find(id);
  if (entry == nullptr || !entry->live || entry->live->actor) return;
  auto& who = *entry->live;
  if (!who.failed || now() < who.failed->not_before) return;
  if (memory_.troubles().quarantine_of(id) != nullptr) return; // its trial is another matter
  const auto heals = may_restart(id, *who.failed);
  if (!heals) return;
  auto started = make_resident(id, *entry);
  if (setting_.heals != nullptr)
    setting_.heals->end(*heals, started.ok(),
                        started ? std::string{"it runs again"} : started.error().message);
  if (!started) {
    if (started.error().code == errc::quarantined) return not_replayed(id, started.error());
    restart_later(id, who, started.error().message);
    return;
  }
  ++who.failed->restarts;
  setting_.counters->restarts.fetch_add(1, std::memory_order_relaxed);
  if (const auto* ask = memory_.ask_of(id))
    send_ask(ask->id);
  else
    run_waiting(id);
}

} // namespace troupe
