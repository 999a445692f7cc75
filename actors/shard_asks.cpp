#include "actors/ask_outcome.hpp"
#include "actors/shard.hpp"
#include "messages/derived_commands.hpp"
#include "messages/request_shard.hpp"

#include <algorithm>

/// Asks (P4): recorded before they are sent, settled by a turn, compensated if nobody knows how
/// they ended, sent again after a crash. Durable timers live here too: both are promises the shard
/// keeps.
namespace troupe {
namespace {

constexpr std::chrono::milliseconds void_backoff_min{100};
constexpr std::chrono::milliseconds void_backoff_max{5'000};
/// A target that is only starting or busy asks for this much patience at most; one that an operator
/// stopped asks for more, and is not waited for.
constexpr std::chrono::milliseconds patience_max{100};
constexpr std::chrono::milliseconds moved_hint{20}; ///< until the map tells where it is now

/// Tells the target whose record has it do that; nothing if an earlier build did not keep it.
requesting_part::occasion occasion_of(const journal_identity& who, command_caller::kind why,
                                      const open_ask& ask) {
  if (ask.at.value == 0) return {};
  return {{}, command_caller{why, {who.context, who.shard, ask.at}}};
}

void fill(recorded_ask& to, const open_ask& from) {
  to = {from.id,      from.target_context, from.target,    from.name,
        from.payload, from.timeout_ms,     from.reads_only};
}

} // namespace

/// Why a command that had its first ask answered may not open this one; nothing if it may.
std::optional<error> shard::cannot_ask(const work& what, const ask_call& call) {
  if (info().ask(call.context, call.name) == nullptr)
    return fail(errc::internal,
                info().full_name() + " does not declare the ask " + call.context + " " + call.name);
  if (what.what == work::kind::settle && !memory_.asks().at(what.ask).reads_only)
    return fail(errc::internal, info().full_name() +
                                    " asks again after an ask that may have "
                                    "changed something: " +
                                    call.context + " " + call.name);
  return {};
}

/// An ask has the time that is declared for it, but not more than its command still has.
result<std::chrono::milliseconds> shard::time_for(const ask_info& declared,
                                                  const work& what) const {
  if (what.deadline == monotonic_time{}) return declared.timeout; // not known after a crash
  if (time_is_left(what.deadline, now()))
    return std::min(declared.timeout,
                    std::chrono::duration_cast<std::chrono::milliseconds>(what.deadline - now()));
  // A command that asked before has changed nothing, but is on record: it ends for good.
  const bool again = what.what == work::kind::settle;
  return fail(again ? errc::ask_timeout : errc::deadline_exceeded,
              "the time was over before " + std::string{declared.target} + " was asked");
}

/// Opens the first ask of a command, or the next one when the one before was answered.
void shard::open_an_ask(aggregate_instance& instance, work& what, const ask_call& call) {
  const bool again = what.what == work::kind::settle;
  auto give_up = [&](error why) {
    if (!again) return refuse(&what, std::move(why));
    ask_failed(what.ask, std::move(why), true);
    release(&what);
  };
  if (auto wrong = cannot_ask(what, call)) return give_up(std::move(*wrong));
  const auto* declared = info().ask(call.context, call.name);
  recorded_ask opened;
  opened.id = what.command.derive("ask", memory_.at(what.target).seq + 1);
  opened.target_context = call.context;
  opened.target = call.target;
  opened.name = call.name;
  opened.payload = call.payload;
  opened.reads_only = declared->reads_only;
  const auto time = time_for(*declared, what);
  if (!time) return give_up(time.error());
  opened.timeout_ms = static_cast<std::uint32_t>(time->count());
  auto guard = guard_of(opened);
  const auto admitted = guard->admit(now());
  if (!admitted) {
    error why = admitted.error();
    if (settles_by_fallback(instance, what, *declared, guard, why)) return;
    if (why.code == errc::overloaded) found_no_place_to_ask(what.name);
    return give_up(std::move(why));
  }
  start_record(what, turn_outcome::asked);
  if (again) {
    record_.ask_closed = what.ask;
    if (auto before = flying_.extract(what.ask); !before.empty()) {
      end_guarded(before.mapped(), ask_end::ignored); // if it was sent again meanwhile
      what.waiters = std::move(before.mapped().waiters);
    }
  }
  record_.ask_opened = opened;
  record_.open_command_payload = what.payload;
  if (!what.timer.empty()) record_.timers_cleared.push_back(what.timer);
  const auto id = opened.id;
  (void)append_record();
  memory_.at(what.target).live->asking = true;
  auto& flying = flying_[id];
  flying.guard = std::move(guard);
  flying.permit = *admitted;
  flying.admitted = now();
  flying.since = now();
  flying.deadline = what.deadline;
  flying.cut_short = *time < declared->timeout;
  flying.waiters = what.waiters;
  if (what.from.port != nullptr) flying.waiters.push_back(what.from);
  setting_.counters->asks.fetch_add(1, std::memory_order_relaxed);
  count_promises();
  after_commit_.push_back([this, id] { send_ask(id); });
  release(&what);
}

/// The guard of the way to whoever owns the asked shard now.
std::shared_ptr<ask_guard> shard::guard_of(const recorded_ask& ask) const {
  ask_direction which;
  which.asking = info().full_name();
  which.target = ask.target_context;
  which.operation = ask.reads_only ? operation_class::query : operation_class::command;
  if (setting_.owner_of) {
    request meant; // as far as it chooses the shard
    meant.target = ask.target;
    meant.command = ask.id;
    const auto shards = std::max(setting_.shards_of(ask.target_context), 1U);
    if (const auto asked = shard_of_request(meant, shards))
      which.owner = setting_.owner_of(ask.target_context, {*asked});
  }
  // What is slow for this direction is measured by what was declared, not by what a caller had
  // left.
  const auto* declared = info().ask(ask.target_context, ask.name);
  return setting_.rules->guard(
      which, declared != nullptr ? declared->timeout : std::chrono::milliseconds{ask.timeout_ms});
}

/// Of an ask that was sent before: after a crash, or to the shard's owner of then. An open circuit
/// ends it, because nothing but probes goes through one; what is only too much at a time was
/// promised already, and goes out uncounted.
std::optional<error> shard::guard_again(const open_ask& ask, flying_ask& flying) {
  recorded_ask again;
  fill(again, ask);
  auto guard = guard_of(again);
  const auto admitted = guard->admit(now());
  if (!admitted && admitted.error().code == errc::circuit_open) return admitted.error();
  if (!admitted) return {};
  flying.guard = std::move(guard);
  flying.permit = *admitted;
  flying.admitted = now();
  return {};
}

/// Tells the guard, once, what the ask said of its callee.
void shard::end_guarded(flying_ask& flying, ask_end how) {
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(now() - flying.admitted);
  if (const auto guard = std::exchange(flying.guard, nullptr))
    guard->done(flying.permit, how, took, now());
}

/// `spent` of its time are over already.
void shard::send_ask(command_id id, std::chrono::milliseconds spent) {
  const auto at = memory_.asks().find(id);
  if (failed_ || at == memory_.asks().end()) return;
  const auto& ask = at->second;
  auto& flying = flying_[id];
  flying.sent_before = flying.sent_before || !flying.guard || flying.token != 0;
  if (!flying.guard) {
    if (flying.since == monotonic_time{}) flying.since = now();
    const auto* declared = info().ask(ask.target_context, ask.name);
    flying.cut_short =
        declared != nullptr && std::chrono::milliseconds{ask.timeout_ms} < declared->timeout;
    if (auto refused = guard_again(ask, flying))
      return ask_unanswered(id, std::move(*refused), true);
  }
  forget(flying.token);
  request content;
  content.kind = ask.reads_only ? request_kind::query : request_kind::command;
  content.context = ask.target_context;
  content.target = ask.target;
  content.name = ask.name;
  content.command = ask.id;
  const auto left = std::max(std::chrono::milliseconds{ask.timeout_ms} - spent, time_least);
  content.remaining_ms = static_cast<std::uint32_t>(left.count());
  content.correlation = ask.correlation;
  content.payload = ask.payload;
  content.trace = ask.trace.handed_on_by(ask.command);
  flying.token = send(
      std::move(content), [this, id](answer& from) { ask_answered(id, from); }, false,
      occasion_of(setting_.identity, command_caller::kind::ask, ask));
  const auto token = flying.token;
  after(left, [this, id, token] {
    const auto still = flying_.find(id);
    if (still == flying_.end() || still->second.token != token) return;
    forget(token);
    const auto open = memory_.asks().find(id);
    if (open == memory_.asks().end()) return;
    if (still->second.cut_short) // it had less time than it may take: says nothing about it
      end_guarded(still->second, ask_end::ignored);
    ask_unanswered(id,
                   fail(errc::ask_timeout, open->second.target_context + " did not answer within " +
                                               std::to_string(open->second.timeout_ms) + " ms"),
                   true);
  });
}

void shard::ask_answered(command_id id, answer& from) {
  const auto at = memory_.asks().find(id);
  if (failed_ || at == memory_.asks().end()) return;
  const auto& ask = at->second;
  auto& flying = flying_[id];
  if (const auto* why = std::get_if<error>(&from.content)) {
    // A target that is only starting, or that moved to another node meanwhile, is asked again.
    const auto hint = std::max(std::chrono::milliseconds{why->retry_after_ms},
                               why->moved ? moved_hint : std::chrono::milliseconds{0});
    const bool in_time = now() - flying.since + hint < std::chrono::milliseconds{ask.timeout_ms};
    if ((why->code == errc::context_down || why->moved) && hint.count() > 0 &&
        hint <= patience_max && in_time) {
      if (why->moved) end_guarded(flying, ask_end::ignored); // the next owner has its own guard
      const auto spent = std::chrono::ceil<std::chrono::milliseconds>(now() + hint - flying.since);
      after(hint, [this, id, spent] { send_ask(id, spent); });
      return;
    }
    // "Not applied" is said of this send only; a rejection is the target's last word on the ask.
    const bool last_word = why->code == errc::rejected || why->code == errc::voided;
    const bool unknown = troupe::info(why->code).effect != outcome::not_applied ||
                         (flying.sent_before && !last_word);
    end_guarded(flying, end_of(why->code));
    error told = refusal_of(ask, *why);
    told.retry_after_ms = why->retry_after_ms;
    ask_unanswered(id, std::move(told), unknown);
    return;
  }
  end_guarded(flying, ask_end::success);
  auto* what = settling(ask);
  auto& said = std::get<reply_content>(from.content);
  what->reply = std::move(said.payload);
  what->degraded = said.degraded;
  if (said.at.value != 0) // readers of both contexts see the answer's record first
    what->reacts_to = event_source{
        ask.target_context,
        shard_of(said.target, std::max(setting_.shards_of(ask.target_context), 1U)), said.at};
  counts_as_waiting(*what);
  dispatch(what);
}

/// The turn that settles an ask, without its reply yet.
work* shard::settling(const open_ask& ask) {
  auto* what = pool_.take();
  what->what = work::kind::settle;
  what->target = ask.aggregate;
  what->command = ask.command;
  what->hash = ask.command_hash;
  what->name = ask.command_name;
  what->payload = ask.command_payload;
  what->correlation = ask.correlation;
  what->trace = ask.trace;
  what->asked = ask.name;
  what->ask = ask.id;
  what->deadline = flying_[ask.id].deadline;
  return what;
}

/// What the caller of the asking command is told when the target refused or failed.
error shard::refusal_of(const open_ask& ask, const error& why) const {
  if (why.code == errc::rejected) return why;
  const auto* declared = info().ask(ask.target_context, ask.name);
  if (why.code == errc::not_found && declared != nullptr && !declared->missing.empty())
    return {errc::rejected, std::string{declared->missing}, why.message, 0};
  const bool named = why.message.starts_with(ask.target_context);
  return fail(errc::callee_failed, named ? why.message : ask.target_context + ": " + why.message);
}

/// Ends an ask without an answer to settle: the command is rejected, and where the target may have
/// acted, a void goes to it.
void shard::ask_failed(command_id id, error why, bool may_have_acted) {
  const open_ask ask = memory_.asks().at(id);
  auto flying = std::move(flying_[id]);
  flying_.erase(id);
  end_guarded(flying, end_of(why.code));
  work what;
  what.target = ask.aggregate;
  what.command = ask.command;
  what.hash = ask.command_hash;
  what.name = ask.command_name;
  what.correlation = ask.correlation;
  what.trace = ask.trace;
  what.waiters = std::move(flying.waiters);
  what.ask = id;
  start_record(what, turn_outcome::rejected);
  record_.ask_closed = id;
  record_.rejection = why;
  const bool voids = may_have_acted && !ask.reads_only;
  if (voids) fill(record_.void_opened.emplace(), ask);
  (void)append_record();
  setting_.counters->rejected.fetch_add(1, std::memory_order_relaxed);
  if (voids) after_commit_.push_back([this, id] { send_void(id, {}); });
  answer_after_commit(what, std::move(why));
  settled(what);
}

/// The ask of an aggregate is over: what waited behind it goes on.
void shard::settled(work& what) {
  ++asks_ended_;
  if (auto flying = flying_.extract(what.ask); !flying.empty())
    end_guarded(flying.mapped(), ask_end::ignored); // if it was sent again meanwhile
  count_promises();
  auto* entry = memory_.find(what.target);
  if (entry == nullptr || !entry->live) return;
  entry->live->asking = false;
  run_waiting(what.target);
}

void shard::count_promises() {
  setting_.counters->open_asks.store(static_cast<std::uint32_t>(memory_.asks().size()),
                                     std::memory_order_relaxed);
  setting_.counters->open_voids.store(static_cast<std::uint32_t>(memory_.voids().size()),
                                      std::memory_order_relaxed);
}

void shard::send_void(command_id id, std::chrono::milliseconds backoff) {
  const auto at = memory_.voids().find(id);
  if (at == memory_.voids().end()) return;
  const auto& ask = at->second;
  request content;
  content.kind = request_kind::void_ask;
  content.context = ask.target_context;
  content.target = ask.target;
  content.name = ask.name;
  content.command = ask.id;
  content.remaining_ms = deadline_ms_max;
  content.payload = ask.payload;
  content.trace = ask.trace;
  const auto next = std::clamp(backoff * 2, void_backoff_min, void_backoff_max);
  auto told = [this, id, next](answer& from) {
    if (memory_.voids().count(id) == 0) return;
    if (std::holds_alternative<error>(from.content)) {
      after(next, [this, id, next] { send_void(id, next); });
      return;
    }
    record_.clear();
    record_.epoch = journal_->epoch();
    record_.time_ms = setting_.on->wall();
    record_.void_closed = id;
    (void)append_record();
    count_promises();
  };
  const auto token = send(std::move(content), std::move(told), false,
                          occasion_of(setting_.identity, command_caller::kind::undo, ask));
  // No answer at all (its node went away): again, the target knows the ask by its id.
  after(std::chrono::milliseconds{deadline_ms_max}, [this, id, token] {
    if (forget(token)) send_void(id, void_backoff_max);
  });
}

/// Target side: whatever the ask did is made good; if it has not come, it is refused when it comes.
void shard::receive_void(inbound& from) {
  const auto& content = from.content;
  if (!from.internal) {
    refuse(from.from, fail(errc::unknown_command, "only contexts void their asks"));
    return;
  }
  auto& window = memory_.dedup();
  dedup_window::mark known;
  bool handled = false;
  if (const auto* mark = window.find(content.command)) {
    known = *mark;
    handled = true;
  } else if (window.may_be_older(content.command)) {
    auto old = derived_->find(content.command);
    if (old && *old) {
      known = {(*old)->command_hash, (*old)->at, dedup_window::phase::done};
      handled = true;
    }
  }
  if (setting_.counters->storage_full.load(std::memory_order_relaxed) ||
      (handled && (known.is == dedup_window::phase::running ||
                   known.is == dedup_window::phase::asking || known.at > journal_->head()))) {
    refuse(from.from, fail(errc::overloaded, "not now"));
    return;
  }
  bool acted = false;
  aggregate_id actor = content.target;
  if (handled && known.is == dedup_window::phase::done) {
    const auto body = journal_->read(known.at);
    record first;
    const auto read = body ? decode_record(*body, first) : result<void>{body.error()};
    if (!read) return refuse(from.from, read.error());
    acted = !first.rejection && first.voided != content.command;
    if (acted) actor = first.aggregate; // an ask for something new named none
  }
  if (!acted) {
    if (!handled) tombstone(content.command);
    if (from.from.port != nullptr) answers_.push_back({from.from, reply_content{}, {}});
    setting_.on->touched(setting_.key);
    return;
  }
  const auto compensation = compensation_id(content.command);
  if (const auto* letter = memory_.troubles().letter_of(compensation);
      letter != nullptr && !letter->retried) {
    refuse(from.from, fail(errc::dead_lettered, "the compensation of " + content.name +
                                                    " is set aside; an operator can retry it"));
    return;
  }
  if (window.find(compensation) != nullptr) { // its void was sent twice; the first one is running
    refuse(from.from, fail(errc::overloaded, "not now"));
    return;
  }
  auto* what = pool_.take();
  what->what = work::kind::compensate;
  what->creates = true;
  what->target = actor;
  what->command = compensation;
  what->name = content.name;
  what->payload = content.payload;
  what->ask = content.command;
  what->trace = content.trace;
  what->caller = from.caller;
  what->from = from.from;
  what->deadline = from.deadline;
  counts_as_waiting(*what);
  setting_.counters->voids.fetch_add(1, std::memory_order_relaxed);
  memory_.dedup().begin(what->command, 0);
  dispatch(what);
}

void shard::tombstone(command_id ask) {
  record_.clear();
  record_.epoch = journal_->epoch();
  record_.time_ms = setting_.on->wall();
  record_.voided = ask;
  (void)append_record();
  setting_.counters->voids.fetch_add(1, std::memory_order_relaxed);
}

void shard::arm_timer(aggregate_id id, const std::string& name, std::int64_t due_ms) {
  const auto left = std::max<std::int64_t>(0, due_ms - setting_.on->wall());
  after(std::chrono::milliseconds{left}, [this, id, name, due_ms] { timer_due(id, name, due_ms); });
}

void shard::timer_due(aggregate_id id, const std::string& name, std::int64_t due_ms) {
  const auto at = memory_.timers().find({id, name});
  if (at == memory_.timers().end() || at->second.due_ms != due_ms || failed_) return;
  const auto command = timer_id(name, due_ms, {setting_.key.shard}, id);
  if (memory_.dedup().find(command) != nullptr) return; // it is on its way
  auto* what = pool_.take();
  what->target = id;
  what->command = command;
  what->name = at->second.command;
  what->payload = at->second.payload;
  what->trace = at->second.trace;
  what->timer = name;
  what->deadline = now() + std::chrono::milliseconds{deadline_ms_max};
  counts_as_waiting(*what);
  memory_.dedup().begin(command, 0);
  dispatch(what);
}

} // namespace troupe
