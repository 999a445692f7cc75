#include "actors/noted_turn.hpp"
#include "actors/past_state.hpp"
#include "actors/policy_runner.hpp"
#include "actors/shard.hpp"
#include "actors/verb_arguments.hpp"
#include "messages/redaction.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <iterator>

/// A look at one actor: as it was, and what it would decide. And at the shard itself.
namespace troupe {
namespace {

constexpr std::size_t records_a_round = 64; ///< read again for an earlier state

/// What a turn decided, as people see it.
void describe_decision(const turn_decision& made, const context_info& of, value& said) {
  said["outcome"] = made.refused ? "rejected" : made.asked ? "asks" : "accepted";
  said["rejection"] = value{};
  if (made.refused)
    said["rejection"] = value::object{
        {"code", made.refused->reason.empty() ? std::string{troupe::info(made.refused->code).name}
                                              : made.refused->reason},
        {"message", made.refused->message}};
  said["asks"] = value{};
  if (made.asked)
    said["asks"] = value::object{
        {"target", made.asked->context + "/" + std::to_string(made.asked->target.number)},
        {"command", made.asked->name}};
  value::array events;
  for (const auto& each : made.events)
    events.push_back(
        value::object{{"name", each.name},
                      {"payload", shown_payload(of, std::string_view{made.bytes}.substr(
                                                        each.begin, each.end - each.begin))}});
  said["events"] = std::move(events);
  value::array timers;
  for (const auto& each : made.timers)
    timers.emplace_back(each.name);
  said["timers"] = std::move(timers);
}

} // namespace

// -- earlier turns ------------------------------------------------------------------------------

/// `history` and `cause`: most are over with the first piece and answered at once.
void shard::search_journal(inbound& from, const value& wanted) {
  auto go_on = [this, search = std::make_shared<journal_search>(), wanted,
                all = from.content.name == "history"] {
    search->next_piece();
    return all ? desk().history(wanted, *search) : desk().cause(wanted, *search);
  };
  if (auto said = go_on()) return answer_look(from.from, std::move(*said));
  begin_chore([this, go_on, asker = put_aside(from)] {
    const auto waits = put_aside_.find(asker);
    if (waits == put_aside_.end()) return false; // refused when the shard forgot everything
    std::optional<result<value>> said = fail(errc::deadline_exceeded, "the search takes longer");
    if (time_is_left(waits->second.deadline, now())) said = go_on();
    if (!said) return true;
    const auto held = take_up(asker);
    answer_look(held->from, std::move(*said));
    return false;
  });
}

// -- earlier states -----------------------------------------------------------------------------

void shard::look_back(inbound& from, const value& wanted) {
  const aggregate_id id{number_in(wanted, "id", 0)};
  const auto name = info().full_name() + "/" + std::to_string(id.number);
  const auto* entry = memory_.find(id);
  if (entry == nullptr || entry->seq == 0)
    return refuse(from.from, fail(errc::not_found, name + " does not exist"));
  const auto moment = past_state::moment::read(wanted);
  if (!moment) return refuse(from.from, moment.error());
  if (moment->seq && *moment->seq > entry->seq)
    return refuse(from.from, fail(errc::not_found, name + " has had " + std::to_string(entry->seq) +
                                                       " turns; there is no " +
                                                       std::to_string(*moment->seq) + ". yet"));
  auto state = std::make_shared<past_state>(*setting_.behaviour, id, entry->head, *moment);
  begin_chore([this, state, asker = put_aside(from), head = entry->seq, id] {
    return go_on_looking_back(*state, asker, id, head);
  });
}

/// A piece of it; true if there is more to do.
bool shard::go_on_looking_back(past_state& state, std::uint64_t asker, aggregate_id id,
                               std::uint64_t head) {
  if (put_aside_.count(asker) == 0) return false; // refused when the shard forgot everything
  const noted_turn noted{setting_.on->note(),
                         {setting_.identity.context, setting_.identity.shard, journal_->epoch(), id,
                          trouble_book::replay_of(id), "replay"},
                         now()};
  const auto done = crashes_too_often(trouble_book::replay_of(id))
                        ? fail(errc::quarantined, "its replay took the process down")
                        : state.step(*journal_, *derived_, records_a_round);
  if (done && !*done) return true;
  const auto held = take_up(asker);
  if (!done) return refuse(held->from, done.error()), false;
  const auto& instance = state.instance();
  value said{value::object{}};
  said["id"] = info().full_name() + "/" + std::to_string(id.number);
  said["context"] = info().full_name();
  said["node"] = setting_.identity.node;
  said["seq"] = state.seq();
  said["time_ms"] = state.seq() == 0 ? value{} : value{state.time_ms()};
  said["head"] = head;
  said["exists"] = instance.exists();
  said["state"] = value{};
  if (instance.exists()) {
    std::string bytes;
    instance.write_state(bytes);
    said["state"] = shown_payload(info(), bytes);
  }
  reply_content content;
  content.epoch = journal_->epoch();
  content.payload = encode_value(said);
  out().answers.push_back({held->from, std::move(content)});
  return false;
}

// -- what would happen --------------------------------------------------------------------------

/// Has a copy of the aggregate decide a command. Nothing of it stays.
result<value> shard::dry_run(const value& wanted) {
  const auto name = text_in(wanted, "command");
  const auto* command = info().command(name);
  if (command == nullptr)
    return fail(errc::unknown_command, info().full_name() + " has no command '" + name + "'");
  const auto* fields = wanted.find("fields");
  if (fields != nullptr && fields->get_if<value::object>() == nullptr)
    return fail(errc::malformed, "fields: a map of the command's fields");
  request content;
  content.name = name;
  content.target = {number_in(wanted, "id", 0)};
  inbound asked;
  asked.content = std::move(content);
  const bool numbered = asked.content.target.given();
  const bool gets_id = !numbered && command->creates && command->id_from.empty();
  const auto id = gets_id ? result<aggregate_id>{id_of_local(memory_.next_local())}
                          : target_of(asked, *command);
  if (!id) return id.error();
  const auto shown = info().full_name() + "/" + std::to_string(id->number);
  const auto* entry = numbered ? memory_.find(*id) : nullptr;
  auto copy = load(*id, entry != nullptr ? entry->head : record_index{});
  if (!copy) return copy.error();
  if (!command->creates && !(*copy)->exists())
    return fail(errc::not_found, shown + " does not exist");
  const auto stands_for = command_id::make(on().wall(), random_->next(), random_->next());
  const auto payload = encode_value(fields != nullptr ? *fields : value{value::object{}});
  turn_decision made;
  try {
    const noted_turn noted{setting_.on->note(),
                           {setting_.identity.context, setting_.identity.shard, journal_->epoch(),
                            *id, stands_for, name},
                           now()};
    (*copy)->handle(name, payload, {*id, on().wall(), stands_for}, made);
  } catch (const std::exception& thrown) {
    return fail(errc::aggregate_crashed, "the code of '" + name + "' throws: " + thrown.what());
  } catch (...) {
    return fail(errc::aggregate_crashed, "the code of '" + name + "' throws");
  }
  value said{value::object{}};
  said["id"] = numbered ? value{shown} : value{};
  said["context"] = info().full_name();
  said["node"] = setting_.identity.node;
  said["command"] = name;
  said["seq"] = entry != nullptr ? entry->seq : 0U; // of the state that it was decided on
  describe_decision(made, info(), said);
  said["exists"] = (*copy)->exists();
  said["state"] = value{};
  if ((*copy)->exists()) {
    std::string bytes;
    (*copy)->write_state(bytes);
    said["state"] = shown_payload(info(), bytes);
  }
  return said;
}

/// Lets an actor leave memory now. Its state is on disk, and the next command brings it back.
result<value> shard::stop_actor(const value& wanted) {
  const aggregate_id id{number_in(wanted, "id", 0)};
  auto* entry = memory_.find(id);
  const auto name = info().full_name() + "/" + std::to_string(id.number);
  if (entry == nullptr || entry->seq == 0) return fail(errc::not_found, name + " does not exist");
  if (entry->live) {
    const auto& who = *entry->live;
    if (who.asking || who.waiting || !who.actor || who.in_mailbox > 0)
      return error{errc::rejected, "BUSY",
                   name + " is at work (it waits for an answer or a restart); try again", 100};
    const auto place = std::find_if(residents_.begin(), residents_.end(),
                                    [id](const resident_place& each) { return each.id == id; });
    passivate(id, *entry);
    if (place != residents_.end())
      leaves_memory(static_cast<std::size_t>(place - residents_.begin()));
    setting_.counters->residents.store(static_cast<std::uint32_t>(residents_.size()),
                                       std::memory_order_relaxed);
  }
  auto item = describe_entry(id, *entry);
  item["node"] = setting_.identity.node;
  return item;
}

// -- the shard ----------------------------------------------------------------------------------

value shard::describe_shard() {
  const auto& counters = *setting_.counters;
  value said{value::object{}};
  said["context"] = info().full_name();
  said["shard"] = setting_.key.shard;
  said["state"] = counters.storage_full.load(std::memory_order_relaxed) ? "disk full" : "up";
  said["epoch"] = journal_->epoch().value;
  said["lane"] = on().number();
  said["residents"] = static_cast<std::int64_t>(residents_.size());
  said["heads"] = static_cast<std::int64_t>(memory_.all().size());
  said["mailbox"] = waiting_;
  said["records"] = journal_->head().value;
  const auto stored = setting_.store->bytes_of(setting_.identity.context, setting_.identity.shard);
  said["journal_bytes"] = stored.journal;
  said["derived_bytes"] = stored.derived;
  histogram_reading commits;
  if (setting_.measures != nullptr) setting_.measures->commit.add_to(commits);
  const auto commit = commits.below(0.99);
  said["commit_p99_us"] = commit ? value{std::int64_t{std::llround(*commit * 1e6)}} : value{};
  return said;
}

value shard::describe_policies() {
  value::array items;
  for (const auto& each : policies_) {
    value item{value::object{}};
    item["context"] = info().full_name();
    item["shard"] = setting_.key.shard;
    value::array names;
    for (const auto* policy : each->policies())
      names.emplace_back(policy->name);
    item["policies"] = std::move(names);
    item["source"] = each->source_context();
    item["source_shard"] = each->source().value;
    const auto next = std::max<std::uint64_t>(each->position().value, 1);
    const auto head = std::max(each->head().value, next - 1);
    const auto& stuck = each->stopped_at();
    item["state"] = !stuck.empty()          ? "stopped"
                    : !each->connected()    ? "waiting"
                    : each->under_way() > 0 ? "working"
                                            : "following";
    item["next"] = next;
    item["head"] = head;
    item["lag"] = head + 1 - next;
    const auto since = each->oldest();
    item["lag_ms"] = since             ? value{std::max<std::int64_t>(on().wall() - *since, 0)}
                     : head + 1 > next ? value{} // they are on their way here
                                       : value{0};
    item["in_flight"] = static_cast<std::int64_t>(each->under_way());
    item["stuck"] = stuck.empty() ? value{} : value{stuck};
    items.push_back(std::move(item));
  }
  value said{value::object{}};
  said["items"] = std::move(items);
  return said;
}

// -- long looks ---------------------------------------------------------------------------------

void shard::begin_chore(std::function<bool()> chore) {
  chores_.push_back(std::move(chore));
  setting_.on->touched(setting_.key);
}

/// A piece of as many as the lane has time for, after what this round decided is on disk. The
/// others are first in the next one; so are the shards for which no time was left.
void shard::go_on_with_chores() {
  const auto left = on().time_for_looks();
  if (left.count() <= 0)
    return on().at(now(), setting_.key, [this] { on().touched(setting_.key); });
  const auto began = on().time().monotonic();
  auto due = std::exchange(chores_, {});
  std::vector<std::function<bool()>> again;
  std::size_t next = 0;
  while (next < due.size()) {
    if (due[next]()) again.push_back(std::move(due[next]));
    ++next;
    if (on().time().monotonic() - began >= left) break;
  }
  due.erase(due.begin(), due.begin() + static_cast<std::ptrdiff_t>(next));
  std::move(again.begin(), again.end(), std::back_inserter(due));
  std::move(chores_.begin(), chores_.end(), std::back_inserter(due)); // what these have begun
  chores_ = std::move(due);
  on().looked_for(on().time().monotonic() - began);
  if (chores_.empty()) return;
  const std::chrono::nanoseconds behind{on().time_for_looks().count() > 0 ? 0 : 1};
  on().at(now() + behind, setting_.key, [this] { on().touched(setting_.key); });
}

} // namespace troupe
