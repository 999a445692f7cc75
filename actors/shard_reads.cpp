#include "actors/policy_runner.hpp"
#include "actors/shard.hpp"
#include "actors/shown_record.hpp"
#include "actors/verb_arguments.hpp"
#include "messages/credit.hpp"
#include "messages/list_reply.hpp"
#include "messages/redaction.hpp"

#include <algorithm>

/// Reads and inspection. They are answered while requests are taken up, before any actor of the
/// round runs: what they see is exactly what was committed, so they may leave at once.
namespace troupe {
namespace {

constexpr std::chrono::milliseconds look_again_after{5}; ///< whether awaited asks have ended
constexpr std::int64_t actors_limit_max = 10'000;

} // namespace

/// A turn may be in the batch already (an ask that failed while requests were taken up); then the
/// read waits for the commit, because it must not see what may yet be lost.
bool shard::read_later(inbound& from) {
  if (ends_.empty()) return false;
  after_commit_.push_back([this, number = put_aside(from)] {
    if (auto held = take_up(number)) receive(*held);
  });
  return true;
}

void shard::receive_get(inbound& from) {
  if (read_later(from)) return;
  const auto& content = from.content;
  if (content.kind == request_kind::query && info().query(content.name) == nullptr) {
    refuse(from.from, fail(errc::unknown_command,
                           info().full_name() + " has no query '" + content.name + "'"));
    return;
  }
  const error missing =
      fail(errc::not_found,
           info().full_name() + "/" + std::to_string(content.target.number) + " does not exist");
  auto* entry = memory_.find(content.target);
  if (entry == nullptr || entry->seq == 0) return refuse(from.from, missing);
  reply_content answered;
  answered.target = content.target;
  answered.seq = entry->seq;
  answered.epoch = journal_->epoch();
  const auto& book = memory_.troubles();
  if (!entry->live && book.quarantine_of(content.target) == nullptr) {
    if (auto made = make_resident(content.target, *entry); !made) {
      if (made.error().code != errc::quarantined) return refuse(from.from, made.error());
      not_replayed(content.target, made.error());
    }
  }
  if (book.quarantine_of(content.target) != nullptr) {
    if (auto done = read_degraded(content.target, answered); !done)
      return refuse(from.from, done.error());
    out().early.push_back({from.from, std::move(answered)});
    return;
  }
  auto& who = *entry->live;
  who.last_used = now();
  who.used = true;
  if (who.inside == nullptr) { // between a failure and its restart: the journal still knows
    auto then = load(content.target, entry->head);
    if (!then) return refuse(from.from, then.error());
    if (!(*then)->exists()) return refuse(from.from, missing);
    (*then)->write_state(answered.payload);
  } else {
    if (!who.inside->instance().exists()) return refuse(from.from, missing);
    who.inside->instance().write_state(answered.payload);
  }
  out().early.push_back({from.from, std::move(answered)});
}

void shard::receive_list(inbound& from) {
  if (read_later(from)) return;
  auto wanted = decode_list_request(from.content.payload);
  if (!wanted) return refuse(from.from, wanted.error());
  if (wanted->settled && from.internal && !memory_.asks().empty()) return list_once_settled(from);
  if (auto done = flush_states(); !done) return refuse(from.from, done.error());
  auto page = derived_->list(*wanted);
  if (!page) return refuse(from.from, page.error());
  list_reply reply;
  reply.total = page->total;
  reply.rows.reserve(page->rows.size());
  for (auto& [id, state] : page->rows)
    reply.rows.push_back({id, std::move(state)});
  reply_content content;
  content.epoch = journal_->epoch();
  content.payload = encode_list_reply(reply);
  out().early.push_back({from.from, std::move(content)});
}

/// Answers a list when the asks that are open now have ended; those opened meanwhile do not count.
void shard::list_once_settled(inbound& from) {
  std::vector<command_id> open;
  for (const auto& [id, ask] : memory_.asks())
    open.push_back(id);
  auto wanted = decode_list_request(from.content.payload).value();
  wanted.settled = false;
  from.content.payload = encode_list_request(wanted);
  wait_for(std::move(open), [this, number = put_aside(from)] {
    if (auto held = take_up(number)) receive(*held);
  });
}

/// Calls `then` once none of these asks is open any more; every ask has its timeout.
void shard::wait_for(std::vector<command_id> asks, std::function<void()> then) {
  std::erase_if(asks, [this](command_id id) { return memory_.asks().count(id) == 0; });
  if (asks.empty()) return then();
  after(look_again_after, [this, asks = std::move(asks), then = std::move(then)]() mutable {
    wait_for(std::move(asks), std::move(then));
  });
}

void shard::receive_subscription(inbound& from) {
  const auto& content = from.content;
  origin who = from.from;
  who.request = content.id;
  if (from.internal) who.request = from.from.request;
  if (content.kind == request_kind::unsubscribe) return feed_.unsubscribe(who, out().early);
  if (content.kind == request_kind::credit) {
    if (const auto more = decode_credit(content.payload)) feed_.credit(who, *more);
    setting_.on->touched(setting_.key);
    return;
  }
  const auto wanted = decode_subscribe_request(content.payload);
  if (!wanted) return refuse(from.from, wanted.error());
  if (auto done = feed_.subscribe(who, *wanted, from.internal, journal_->head()); !done)
    return refuse(from.from, done.error());
  setting_.on->touched(setting_.key); // the pump runs with the commit
}

void shard::receive_admin(inbound& from) {
  if (read_later(from)) return;
  const auto arguments = decode_value(from.content.payload);
  if (!arguments) return refuse(from.from, arguments.error());
  if (receive_trouble_verb(from, *arguments)) return;
  if (from.content.name == "top") return look_at_top(from, *arguments);
  if (from.content.name == "actor-state") return look_back(from, *arguments);
  if (from.content.name == "history" || from.content.name == "cause")
    return search_journal(from, *arguments);
  result<value> said = fail(errc::unknown_command, "no such verb at a shard");
  if (from.content.name == "actors")
    said = describe_actors(*arguments);
  else if (from.content.name == "actor")
    said = describe_actor(*arguments);
  else if (from.content.name == "journal")
    said = desk().page(*arguments);
  else if (from.content.name == "actor-dry-run")
    said = dry_run(*arguments);
  else if (from.content.name == "actor-stop")
    said = stop_actor(*arguments);
  else if (from.content.name == "shards")
    said = describe_shard();
  else if (from.content.name == "policies")
    said = describe_policies();
  answer_look(from.from, std::move(said));
}

void shard::answer_look(const origin& to, result<value> said) {
  if (!said) return refuse(to, said.error());
  (*said)["node"] = setting_.identity.node;
  reply_content content;
  content.epoch = journal_->epoch();
  content.payload = encode_value(*said);
  out().early.push_back({to, std::move(content)});
}

value shard::describe_entry(aggregate_id id, const aggregate_entry& entry) const {
  value item{value::object{}};
  item["id"] = info().full_name() + "/" + std::to_string(id.number);
  item["shard"] = setting_.key.shard;
  item["lane"] = setting_.on->number();
  item["seq"] = entry.seq;
  const auto* live = entry.live.get();
  const auto* set_apart = memory_.troubles().quarantine_of(id);
  std::string_view state = "passive";
  if (set_apart != nullptr)
    state = "quarantined";
  else if (live != nullptr)
    state = !live->actor ? "restarting" : live->asking ? "asking" : "live";
  item["state"] = state;
  item["waiting"] = live != nullptr && live->waiting ? std::int64_t(live->waiting->size()) : 0;
  item["handled"] = live != nullptr ? std::int64_t(live->handled) : 0;
  const auto* failed = live != nullptr ? live->failed.get() : nullptr;
  item["failures"] = failed != nullptr ? std::int64_t{failed->history->failures()} : 0;
  item["restarts"] = failed != nullptr ? std::int64_t{failed->restarts} : 0;
  item["idle_ms"] = value{};
  if (live != nullptr)
    item["idle_ms"] = std::int64_t(
        std::chrono::duration_cast<std::chrono::milliseconds>(now() - live->last_used).count());
  return item;
}

result<value> shard::describe_actors(const value& wanted) {
  const auto limit = static_cast<std::size_t>(
      std::clamp<std::int64_t>(number_in(wanted, "limit", 100), 1, actors_limit_max));
  const auto state = text_in(wanted, "state");
  const auto own = static_cast<std::int64_t>(setting_.key.shard);
  if (number_in(wanted, "shard", own) != own) // another one is meant
    return value{value::object{{"items", value::array{}}, {"total", 0}}};
  std::vector<aggregate_id> ids;
  ids.reserve(residents_.size());
  for (const auto& each : residents_)
    ids.push_back(each.id);
  for (const auto& [id, why] : memory_.troubles().quarantines())
    ids.push_back(id); // also those that are not in memory
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  value::array items;
  std::uint64_t total = 0;
  for (const auto id : ids) {
    auto item = describe_entry(id, memory_.at(id));
    if (!state.empty() && *item.find("state")->get_if<std::string>() != state) continue;
    if (++total <= limit) items.push_back(std::move(item));
  }
  value said{value::object{}};
  said["items"] = std::move(items);
  said["total"] = total;
  return said;
}

result<value> shard::describe_actor(const value& wanted) {
  const aggregate_id id{number_in(wanted, "id", 0)};
  const auto* entry = memory_.find(id);
  if (entry == nullptr || entry->seq == 0)
    return fail(errc::not_found,
                info().full_name() + "/" + std::to_string(id.number) + " does not exist");
  auto item = describe_entry(id, *entry);
  item["supervisor"] = "node/" + std::string{info().system} + "/" + std::string{info().name} +
                       "/shard " + std::to_string(setting_.key.shard);
  item["head"] = entry->head.value;
  item["epoch"] = journal_->epoch().value;
  auto known = replay(id, entry->head);
  if (!known) return known.error();
  std::string state;
  known->instance->write_state(state);
  item["exists"] = known->instance->exists();
  item["current_seq"] = known->seq;
  item["current"] = shown_payload(info(), state);
  add_troubles(item, memory_, id);
  item["last_error"] = value{};
  if (entry->live && entry->live->failed) item["last_error"] = entry->live->failed->last_error;
  return item;
}

/// What its journal tells, as far as it is committed.
journal_desk shard::desk() {
  return journal_desk{{*journal_, memory_, info().full_name(), setting_.identity.shard, &info(),
                       [this](command_id id) -> result<record_index> {
                         auto old = derived_->find(id);
                         if (!old) return old.error();
                         return *old ? (*old)->at : record_index{};
                       }}};
}

} // namespace troupe
