#include "actors/shard.hpp"
#include "actors/verb_arguments.hpp"
#include "messages/redaction.hpp"

#include <algorithm>

/// What operators see of dead letters and quarantines, and do about them.
namespace troupe {
namespace {

constexpr std::int64_t letters_limit_max = 1'000; ///< of one page: it has to fit into a frame

error unknown_letter(const context_info& info, const std::string& id) {
  return fail(errc::not_found, info.full_name() + " has no dead letter " + id);
}

std::string hash_text(std::uint64_t from) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (unsigned shift = 64; shift > 0; shift -= 4)
    text.push_back(digits[(from >> (shift - 4)) & 0xfU]);
  return text;
}

} // namespace

/// Verbs about dead letters and quarantines; false if this is none of them.
bool shard::receive_trouble_verb(inbound& from, const value& wanted) {
  const auto& verb = from.content.name;
  const auto answered = [&](result<value> said) {
    if (!said) return refuse(from.from, said.error());
    reply_content content;
    content.epoch = journal_->epoch();
    content.payload = encode_value(*said);
    if (ends_.empty())
      out().early.push_back({from.from, std::move(content)});
    else
      answers_.push_back({from.from, std::move(content), {}}); // once it is durable
    setting_.on->touched(setting_.key);
  };
  if (verb == "deadletters") return answered(list_letters(wanted)), true;
  if (verb == "quarantine" || verb == "release" || verb == "actor-restart")
    return answered(change_quarantine(verb, wanted)), true;
  if (!verb.starts_with("deadletter")) return false;
  const auto text = text_in(wanted, "id");
  const auto id = command_id::parse(text);
  if (!id || memory_.troubles().letter_of(*id) == nullptr)
    return answered(unknown_letter(info(), text)), true;
  if (verb == "deadletter")
    answered(describe_letter(*id, true));
  else if (verb == "deadletter-drop")
    answered(drop_letter(*id));
  else if (verb != "deadletter-retry")
    return false;
  else if (auto done = retry_letter(*id, from.from); !done)
    answered(done.error());
  return true;
}

/// A page of the letters, oldest first, behind the one that was seen last: by time and id, because
/// the shards of a context are listed together.
result<value> shard::list_letters(const value& wanted) {
  const auto limit = static_cast<std::size_t>(
      std::clamp<std::int64_t>(number_in(wanted, "limit", 100), 1, letters_limit_max));
  const auto& book = memory_.troubles();
  using key = std::pair<std::int64_t, command_id>;
  const key seen{number_in(wanted, "after_ms", INT64_MIN),
                 command_id::parse(text_in(wanted, "after_id")).value_or(command_id{})};
  std::vector<key> found;
  for (const auto& [command, letter] : book.letters()) {
    if (const key each{letter.time_ms, command}; each > seen) found.push_back(each);
  }
  std::sort(found.begin(), found.end());
  if (found.size() > limit) found.resize(limit);
  value::array items;
  for (const auto& [time_ms, command] : found) {
    auto item = describe_letter(command, false);
    if (!item) return item.error();
    items.push_back(std::move(*item));
  }
  value said{value::object{}};
  said["items"] = std::move(items);
  said["total"] = std::int64_t(book.letters().size());
  return said;
}

/// A letter as its record tells it; `whole`: with its envelope.
result<value> shard::describe_letter(command_id command, bool whole) {
  const auto& letter = *memory_.troubles().letter_of(command);
  auto body = journal_->read(letter.at);
  if (!body) return body.error();
  record of;
  if (auto done = decode_record(*body, of); !done) return done.error();
  if (!of.letter_opened || of.command != command)
    return fail(errc::corrupt, "record " + std::to_string(letter.at.value) +
                                   " does not hold dead letter " + command.text());
  value item{value::object{}};
  item["id"] = command.text();
  item["context"] = info().full_name();
  item["aggregate"] = info().full_name() + "/" + std::to_string(of.aggregate.number);
  item["shard"] = setting_.key.shard;
  item["command"] = of.command_name;
  item["made_by"] = name_of(letter.made_by);
  item["state"] = letter.retried ? "retried" : "new";
  item["how"] = name_of(of.letter_opened->how);
  item["attempts"] = of.letter_opened->attempts;
  item["cause"] = of.letter_opened->cause;
  item["stack_hash"] = hash_text(of.letter_opened->stack_hash);
  item["time_ms"] = of.time_ms;
  if (!whole) return item;
  item["signal"] = of.letter_opened->signal;
  item["index"] = letter.at.value;
  item["seq"] = of.seq;
  item["correlation"] = of.correlation;
  item["ask"] = letter.ask.given() ? value{letter.ask.text()} : value{};
  item["reacts_to"] = value{};
  if (of.cause) {
    auto& cause = item["reacts_to"];
    cause["context"] = of.cause->context;
    cause["shard"] = of.cause->shard.value;
    cause["index"] = of.cause->index.value;
  }
  item["payload"] = shown_payload(info(), of.letter_opened->payload);
  return item;
}

/// Lets a command run again under its id: what it does then is its one effect.
result<void> shard::retry_letter(command_id command, const origin& asker) {
  const auto& letter = *memory_.troubles().letter_of(command);
  if (letter.made_by == command_origin::ask)
    return error{errc::rejected, "ASK_IS_OVER",
                 "its asker was told that it failed and has gone on; drop it"};
  if (retrying_.count(command) > 0)
    return error{errc::rejected, "RETRY_RUNNING", "it is being retried; ask again what came of it"};
  const auto about = letter.aggregate;
  if (letter.retried) { // it was, and that came to no end: refused, or the shard was closed
    run_letter(command, asker);
    return {};
  }
  close_letter(command, letter_end::retried);
  announce("dead-letter-retried", about, command.text());
  after_commit_.push_back([this, command, asker] { run_letter(command, asker); });
  return {};
}

/// Sends a retried command like anybody else, and tells the operator what came of it. Compensations
/// come by themselves: their void is repeated until it is answered.
void shard::run_letter(command_id command, const origin& asker) {
  const auto* letter = memory_.troubles().letter_of(command);
  if (letter == nullptr || !letter->retried)
    return refuse(asker,
                  fail(errc::not_found, "dead letter " + command.text() + " was closed meanwhile"));
  const auto tell_asker = [this, asker, command](const std::string& outcome, const error* why) {
    if (asker.port == nullptr) return;
    value said{value::object{}};
    said["id"] = command.text();
    said["context"] = info().full_name();
    said["state"] = "retried";
    said["outcome"] = outcome;
    said["message"] = why != nullptr ? value{why->message} : value{};
    reply_content content;
    content.payload = encode_value(said);
    out().answers.push_back({asker, std::move(content)});
    setting_.on->touched(setting_.key);
  };
  if (letter->ask.given()) return tell_asker("runs with the next repetition of its void", nullptr);
  auto body = journal_->read(letter->at);
  record of;
  if (!body || !decode_record(*body, of) || !of.letter_opened)
    return refuse(asker, fail(errc::corrupt,
                              "the record of dead letter " + command.text() + " cannot be read"));
  request again;
  again.kind = request_kind::command;
  again.context = info().full_name();
  again.name = of.command_name;
  again.payload = of.letter_opened->payload;
  again.target = of.aggregate;
  again.command = command;
  again.remaining_ms = deadline_ms_max;
  again.correlation = of.correlation;
  std::optional<event_source> cause;
  if (of.cause)
    cause = event_source{std::string{of.cause->context}, of.cause->shard, of.cause->index};
  retrying_.insert(command);
  send(
      std::move(again),
      [this, command, tell_asker](answer& from) {
        retrying_.erase(command);
        const auto* why = std::get_if<error>(&from.content);
        tell_asker(why != nullptr ? std::string{why->shown_code()} : "accepted", why);
      },
      false, cause);
}

/// The command stays refused: whoever sends it again is told so.
result<value> shard::drop_letter(command_id command) {
  if (retrying_.count(command) > 0)
    return error{errc::rejected, "RETRY_RUNNING", "it is being retried; ask again what came of it"};
  const auto about = memory_.troubles().letter_of(command)->aggregate;
  auto said = describe_letter(command, false);
  if (!said) return said;
  close_letter(command, letter_end::dropped);
  announce("dead-letter-dropped", about, command.text());
  (*said)["state"] = "dropped";
  return said;
}

/// An aggregate's actor, made from its records, with a clean slate.
result<void> shard::start_anew(aggregate_id id, aggregate_entry& entry) {
  if (entry.live) {
    entry.live->failed.reset();
    if (entry.live->actor && entry.live->in_mailbox > 0) return {}; // it works right now
    if (entry.live->actor) {
      entry.live->inside = nullptr;
      group_->stop(std::move(entry.live->actor));
    }
  }
  auto made = make_resident(id, entry);
  if (made) return {};
  if (made.error().code == errc::quarantined)
    not_replayed(id, made.error());
  else if (entry.live)
    restart_later(id, *entry.live, made.error().message);
  return made.error();
}

result<value> shard::change_quarantine(const std::string& verb, const value& wanted) {
  const aggregate_id id{number_in(wanted, "id", 0)};
  const auto* set_apart = memory_.troubles().quarantine_of(id);
  const auto* known = memory_.find(id);
  if (set_apart == nullptr && (known == nullptr || known->seq == 0))
    return fail(errc::not_found,
                info().full_name() + "/" + std::to_string(id.number) + " does not exist");
  auto* entry = &memory_.at(id);
  if (verb == "quarantine") {
    const auto reason = text_in(wanted, "reason");
    quarantine(id, reason.empty() ? "by an operator" : reason, {}, 0);
  } else if (verb == "release" && set_apart == nullptr) {
    return error{errc::rejected, "NOT_QUARANTINED",
                 info().full_name() + "/" + std::to_string(id.number) + " is not in quarantine"};
  } else if (set_apart != nullptr && verb == "actor-restart") {
    return refusal_of(*set_apart, id);
  } else {
    // Released first: what its replay did to earlier processes is forgiven by that.
    if (verb == "release") release_from_quarantine(id, {});
    if (auto done = start_anew(id, *entry); !done) return done.error();
    if (verb == "release") announce("aggregate-released", id, "by an operator");
    if (const auto* ask = memory_.ask_of(id); ask != nullptr && verb == "release")
      send_ask(ask->id);
    else
      run_waiting(id);
  }
  return describe_entry(id, *entry);
}

} // namespace troupe
