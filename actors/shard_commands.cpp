#include "actors/shard.hpp"

#include <algorithm>

/// From a request to an aggregate's mailbox: dedup, addressing, admission, residence.
namespace troupe {
namespace {

constexpr std::chrono::milliseconds again_after{2}; ///< a re-send waits for its first to be decided
constexpr std::size_t sweep_step = 256;

} // namespace

void shard::refuse(const origin& to, error why) {
  if (setting_.measures != nullptr) setting_.measures->note_refusal(why.code);
  if (to.port != nullptr) out().early.push_back({to, std::move(why)});
}

/// Ends a work that had no effect; its command may be sent again.
void shard::refuse(work* what, error why) {
  memory_.dedup().abandon(what->command);
  if (what->creates && what->what == work::kind::command) unborn_.push_back(what->target);
  if (what->what == work::kind::settle) { // the ask stays open with those who wait; tried again
    const auto ask = what->ask;
    release(what);
    if (why.code == errc::quarantined && memory_.asks().count(ask) != 0)
      return ask_failed(ask, std::move(why), true); // asking again would end here again
    after(std::chrono::milliseconds{1000}, [this, ask] { send_ask(ask); });
    return;
  }
  if (what->what == work::kind::command && !what->timer.empty()) {
    const auto target = what->target;
    after(std::chrono::milliseconds{1000}, [this, target, name = what->timer] {
      const auto at = memory_.timers().find({target, name});
      if (at != memory_.timers().end()) timer_due(target, name, at->second.due_ms);
    });
  }
  for (const auto& waiter : what->waiters)
    refuse(waiter, why);
  refuse(what->from, std::move(why));
  release(what);
}

void shard::release(work* what) {
  what->done = true;
  waits_no_more(*what);
  released_.push_back(what);
  setting_.on->touched(setting_.key);
}

void shard::receive(inbound& from) {
  if (failed_) {
    refuse(from.from, fail(errc::context_down, "shard " + std::to_string(setting_.key.shard) +
                                                   " of " + info().full_name() + " has failed"));
    return;
  }
  switch (from.content.kind) {
  case request_kind::command:
    return receive_command(from);
  case request_kind::get:
  case request_kind::query:
    return receive_get(from);
  case request_kind::list:
    return receive_list(from);
  case request_kind::subscribe:
  case request_kind::credit:
  case request_kind::unsubscribe:
    return receive_subscription(from);
  case request_kind::void_ask:
    return receive_void(from);
  case request_kind::admin:
    return receive_admin(from);
  case request_kind::hello:
    break;
  }
  refuse(from.from, fail(errc::unknown_command, "a shard does not answer this kind of request"));
}

void shard::receive_command(inbound& from) {
  auto& content = from.content;
  const auto* command = info().command(content.name);
  if (command == nullptr || (!command->exposed() && !from.internal)) {
    refuse(from.from, fail(errc::unknown_command,
                           info().full_name() + " has no command '" + content.name + "'"));
    return;
  }
  const auto wall = setting_.on->wall();
  if (content.command.ordered() &&
      content.command.made_at_ms() > wall + dedup_window::clock_skew_ms_max) {
    refuse(from.from, fail(errc::malformed, "the command id is from the future; check the clock"));
    return;
  }
  const auto own =
      content_hash(content.payload,
                   content_hash(content.name, static_cast<std::uint64_t>(content.target.number)));
  // A retried dead letter goes where it went before, whoever sends it; so its asks have new ids.
  const auto* letter = memory_.troubles().letter_of(content.command);
  const auto* retried = letter != nullptr && letter->retried ? letter : nullptr;
  if (retried != nullptr && retried->hash != own && !from.internal) {
    refuse(from.from,
           fail(errc::idempotency_conflict, "this command id was used before for another command"));
    return;
  }
  if (retried != nullptr) content.target = retried->aggregate;
  const auto hash = retried != nullptr ? retried->hash : own;
  if (already_handled(from, hash)) return;
  if (setting_.counters->storage_full.load(std::memory_order_relaxed)) {
    error full = fail(errc::storage_full, "the disk is full; free space and try again");
    full.retry_after_ms = 1000;
    refuse(from.from, std::move(full));
    setting_.on->touched(setting_.key); // each round looks whether there is space again
    return;
  }
  if (auto busy = too_much_waits(!from.internal)) return refuse(from.from, std::move(*busy));
  if (!from.internal && has_no_place_to_ask(content.name)) {
    error busy = fail(errc::overloaded, info().full_name() + ": too many asks are open");
    busy.retry_after_ms = 100;
    return refuse(from.from, std::move(busy));
  }
  const auto target =
      retried != nullptr ? result<aggregate_id>{retried->aggregate} : target_of(from, *command);
  if (!target) {
    refuse(from.from, target.error());
    return;
  }
  auto* what = pool_.take();
  what->creates = command->creates;
  what->target = *target;
  what->command = content.command;
  what->hash = hash;
  what->name = std::move(content.name);
  what->payload = std::move(content.payload);
  what->correlation = std::move(content.correlation);
  what->reacts_to = std::move(from.reacts_to);
  what->caller = std::move(from.caller);
  what->trace = content.trace;
  what->internal = from.internal;
  what->from = from.from;
  what->deadline = from.deadline;
  what->outside = !from.internal;
  counts_as_waiting(*what);
  memory_.dedup().begin(what->command, hash);
  dispatch(what);
}

/// Where a command goes. Ids given by the shard are dealt round (`id_of_local`), so the id alone
/// tells the shard.
result<aggregate_id> shard::target_of(const inbound& from, const command_info& command) {
  const auto& content = from.content;
  if (content.target.given()) {
    if (command.creates && command.id_from.empty() &&
        (!from.internal || memory_.find(content.target) == nullptr))
      return fail(errc::malformed, info().full_name() + " gives the ids of what '" + content.name +
                                       "' creates; leave the target out");
    if (!command.creates && memory_.find(content.target) == nullptr)
      return fail(errc::not_found, info().full_name() + "/" +
                                       std::to_string(content.target.number) + " does not exist");
    return content.target;
  }
  if (!command.creates || !command.id_from.empty())
    return fail(
        errc::malformed,
        "'" + content.name + "' needs a target id" +
            (command.id_from.empty() ? std::string{} : ": its " + std::string{command.id_from}));
  const auto local = memory_.next_local();
  memory_.took_local(local);
  return id_of_local(local);
}

/// Number n of shard s of S is (n − 1) · S + s + 1.
aggregate_id shard::id_of_local(std::int64_t local) const {
  const auto shards = static_cast<std::int64_t>(setting_.identity.shards);
  return aggregate_id{(local - 1) * shards + setting_.identity.shard.value + 1};
}

bool shard::already_handled(inbound& from, std::uint64_t hash) {
  auto& window = memory_.dedup();
  const auto& content = from.content;
  dedup_window::mark known;
  if (const auto* mark = window.find(content.command)) {
    known = *mark;
  } else if (window.may_be_older(content.command)) {
    auto old = derived_->find(content.command);
    if (!old || !*old) return false;
    known = {(*old)->command_hash, (*old)->at, dedup_window::phase::done};
    const auto* letter = memory_.troubles().letter_of(content.command);
    if (letter != nullptr && letter->retried && letter->at == known.at) return false;
  } else {
    return false;
  }
  if (known.is == dedup_window::phase::voided) {
    refuse(from.from, fail(errc::voided, "the asker gave this ask up before it arrived"));
  } else if (known.hash != hash) {
    refuse(from.from,
           fail(errc::idempotency_conflict, "this command id was used before for another command"));
  } else if (known.is == dedup_window::phase::asking) {
    for (const auto& [id, ask] : memory_.asks()) {
      if (ask.command == content.command) flying_[id].waiters.push_back(from.from);
    }
  } else if (known.is == dedup_window::phase::running || known.at > journal_->head()) {
    again_soon(from);
  } else {
    replay_answer(from.from, known.at);
  }
  return true;
}

void shard::again_soon(inbound& from) {
  after(again_after, [this, number = put_aside(from)] {
    auto held = take_up(number);
    if (!held) return;
    if (time_is_left(held->deadline, now())) return receive(*held);
    refuse(held->from, fail(errc::deadline_exceeded,
                            "the time was over while the first of this command is still running"));
  });
}

/// Keeps a request that has to wait for something, so that it gets an answer even if the shard is
/// taken away meanwhile.
std::uint64_t shard::put_aside(inbound& from) {
  put_aside_.emplace(++aside_, std::move(from));
  return aside_;
}

std::optional<inbound> shard::take_up(std::uint64_t number) {
  auto held = put_aside_.extract(number);
  if (held.empty()) return {}; // refused when the shard forgot everything
  return std::move(held.mapped());
}

void shard::replay_answer(const origin& to, record_index at) {
  if (to.port == nullptr) return;
  setting_.counters->replayed.fetch_add(1, std::memory_order_relaxed);
  auto content = answer_of(at);
  if (content)
    out().early.push_back({to, std::move(*content)});
  else // its first answer, or none can be made: no new refusal
    out().early.push_back({to, content.error()});
}

/// The first answer of a command, from its record: the state it led to is folded again.
result<reply_content> shard::answer_of(record_index at) {
  auto body = journal_->read(at);
  if (!body) return body.error();
  record handled;
  if (auto done = decode_record(*body, handled); !done) return done.error();
  if (handled.rejection) return *handled.rejection;
  reply_content content;
  content.target = handled.aggregate;
  content.seq = handled.seq;
  content.epoch = handled.epoch;
  content.replayed = true;
  content.at = at;
  content.degraded = handled.degraded;
  if (handled.reply) {
    content.payload = *handled.reply;
    return content;
  }
  auto then = load(handled.aggregate, at);
  if (!then)
    return fail(errc::outcome_unknown,
                "it was handled, but its answer cannot be made again: " + then.error().message);
  (*then)->write_state(content.payload);
  return content;
}

void shard::dispatch(work* what) {
  if (crashes_too_often(what->command)) return give_up_on(*what);
  auto& entry = memory_.at(what->target);
  if (const auto* why = memory_.troubles().quarantine_of(what->target)) {
    // What it had asked before an operator set it apart may come to its end.
    const bool ends = what->what == work::kind::settle && why->by_operator();
    if (!ends) return refuse(what, refusal_of(*why, what->target));
  }
  if (!entry.live) {
    if (auto made = make_resident(what->target, entry); !made) {
      if (made.error().code == errc::quarantined) not_replayed(what->target, made.error());
      refuse(what, made.error());
      return;
    }
  }
  auto& who = *entry.live;
  who.last_used = now();
  // Only commands are refused: an ask's end is what those that wait are waiting for.
  if (what->what == work::kind::command) {
    if (auto busy = too_much_waits(who, *what)) return refuse(what, std::move(*busy));
  }
  joins(who, *what);
  if (!who.actor || (who.asking && what->what == work::kind::command))
    park(who, what);
  else
    tell(entry, what);
}

void shard::park(resident& behind, work* what) {
  if (!behind.waiting) behind.waiting = std::make_unique<std::deque<work*>>();
  behind.waiting->push_back(what);
  if (what->parked == monotonic_time{}) what->parked = now();
  what->done = true;
}

void shard::tell(aggregate_entry& entry, work* what) {
  what->done = false;
  told_late_ = told_late_ || committing_;
  if (given_out_.empty()) // once a round
    tapped_ = setting_.tap != nullptr && setting_.tap->wanted();
  given_out_.push_back(what);
  ++entry.live->in_mailbox;
  group_->tell(entry.live->actor, what);
  setting_.on->touched(setting_.key);
}

/// Tells the actor what waited behind its ask or its restart, in order.
void shard::run_waiting(aggregate_id id) {
  auto* entry = memory_.find(id);
  if (entry == nullptr || !entry->live || !entry->live->waiting) return;
  auto line = std::exchange(entry->live->waiting, nullptr);
  for (auto* each : *line) {
    if (const auto* why = memory_.troubles().quarantine_of(id))
      refuse(each, refusal_of(*why, id));
    else if (entry->live->asking || !entry->live->actor)
      park(*entry->live, each);
    else
      tell(*entry, each);
  }
}

result<resident*> shard::make_resident(aggregate_id id, aggregate_entry& entry) {
  auto instance = load(id, entry.head);
  if (!instance) return instance.error();
  auto cell = std::make_unique<aggregate_cell>(*this, id, std::move(*instance));
  const bool first = !entry.live;
  if (first) {
    entry.live = std::make_unique<resident>();
    residents_.push_back({id, entry.live.get()});
    setting_.counters->residents.store(static_cast<std::uint32_t>(residents_.size()),
                                       std::memory_order_relaxed);
  }
  auto& who = *entry.live;
  who.inside = cell.get();
  who.actor = group_->start(std::move(cell));
  who.inside->started_as(who.actor.number());
  who.asking = memory_.ask_of(id) != nullptr;
  who.last_used = now();
  return &who;
}

/// Lets the oldest unused aggregates leave memory: a clock hand that spares what was used since it
/// last passed. Only called between rounds, when all mailboxes are empty.
bool shard::sweep_residents(bool idle) {
  const bool crowded = residents_.size() > setting_.limits.residents_max;
  if (residents_.empty() || (!crowded && !idle)) return false;
  if (watch_ && watch_->sampling) return true; // it goes through them, and none may be missed
  const auto time = now();
  for (std::size_t step = 0; step < sweep_step && !residents_.empty(); ++step) {
    if (sweep_hand_ >= residents_.size()) {
      sweep_hand_ = 0;
      if (!crowded) return false;
    }
    auto& who = *residents_[sweep_hand_].who;
    const bool busy = who.asking || who.waiting || !who.actor || who.in_mailbox > 0;
    const bool stale = time - who.last_used > setting_.limits.idle_after;
    if (busy || !(stale || (crowded && !who.used))) {
      who.used = false;
      ++sweep_hand_;
      continue;
    }
    const auto id = residents_[sweep_hand_].id;
    passivate(id, memory_.at(id));
    leaves_memory(sweep_hand_);
  }
  setting_.counters->residents.store(static_cast<std::uint32_t>(residents_.size()),
                                     std::memory_order_relaxed);
  return true;
}

void shard::passivate(aggregate_id, aggregate_entry& entry) {
  group_->stop(std::move(entry.live->actor));
  entry.live.reset();
}

/// Takes a place off the list of residents.
void shard::leaves_memory(std::size_t place) {
  residents_[place] = residents_.back();
  residents_.pop_back();
  // A running sample that has passed this place would not come to who has it now.
  if (watch_ && watch_->sampling && place < watch_->hand && watch_->hand <= residents_.size() &&
      place < residents_.size())
    sample_actor(residents_[place].id, *residents_[place].who);
}

} // namespace troupe
