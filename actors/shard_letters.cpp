#include "actors/shard.hpp"
#include "actors/verb_arguments.hpp"
#include "messages/redaction.hpp"

#include <algorithm>

/// What operators see of dead letters and quarantines, and do about them.
namespace troupe {
namespace {

error unknown_letter(const context_info& info, const std::string& id) {
  return fail(errc::not_found, info.full_name() + " has no dead letter " + id);
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
  if (verb == "deadletters") return answered(desk().letters(wanted)), true;
  if (verb == "quarantine" || verb == "release" || verb == "actor-restart")
    return answered(change_quarantine(verb, wanted)), true;
  if (!verb.starts_with("deadletter")) return false;
  const auto text = text_in(wanted, "id");
  const auto id = command_id::parse(text);
  if (!id || memory_.troubles().letter_of(*id) == nullptr)
    return answered(unknown_letter(info(), text)), true;
  if (verb == "deadletter")
    answered(desk().letter(*id, true));
  else if (verb == "deadletter-drop")
    answered(drop_letter(*id));
  else if (verb != "deadletter-retry")
    return false;
  else if (auto done = retry_letter(*id, from.from); !done)
    answered(done.error());
  return true;
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
  again.trace = of.trace;
  occasion sent_for;
  if (of.cause)
    sent_for.reacts_to =
        event_source{std::string{of.cause->context}, of.cause->shard, of.cause->index};
  sent_for.caller = command_caller{command_caller::kind::retry,
                                   {info().full_name(), setting_.identity.shard, letter->at}};
  retrying_.insert(command);
  send(
      std::move(again),
      [this, command, tell_asker](answer& from) {
        retrying_.erase(command);
        const auto* why = std::get_if<error>(&from.content);
        tell_asker(why != nullptr ? std::string{why->shown_code()} : "accepted", why);
      },
      false, std::move(sent_for));
}

/// The command stays refused: whoever sends it again is told so.
result<value> shard::drop_letter(command_id command) {
  if (retrying_.count(command) > 0)
    return error{errc::rejected, "RETRY_RUNNING", "it is being retried; ask again what came of it"};
  const auto about = memory_.troubles().letter_of(command)->aggregate;
  auto said = desk().letter(command, false);
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
