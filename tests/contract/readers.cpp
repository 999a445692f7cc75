#include "tests/contract/readers.hpp"

#include "messages/codec.hpp"
#include "messages/json.hpp"

#include <algorithm>
#include <exception>

namespace troupe::test {
namespace {

constexpr turn_info some_turn{aggregate_id{1}, 1'700'000'000'000, command_id{1, 2}};

std::string shown(const contract_message& of, const sample& recorded) {
  return std::string{word(of.kind)} + ' ' + of.name + ' ' + to_json(*decode_value(recorded.bytes));
}

bool complete(const sample& recorded) {
  const auto held = decode_value(recorded.bytes);
  const auto* fields = held->get_if<value::object>();
  return std::none_of(fields->begin(), fields->end(),
                      [](const auto& each) { return each.second.is_null(); });
}

class reading {
public:
  reading(std::span<const contract> goldens, const context_behaviour& behaviour)
      : goldens_(goldens), behaviour_(behaviour), here_(behaviour.info->full_name()) {}

  std::vector<std::string> faults() && {
    if (const contract* own = golden(here_); own != nullptr && behaviour_.make_aggregate) {
      for (const contract_message& each : own->messages)
        if (each.kind == message_kind::command) handle(each);
      for (const ask_info& each : behaviour_.info->asks)
        settle(*own, each);
    }
    for (const policy_behaviour& each : behaviour_.policies)
      hear(each.source, each.event, "policy " + std::string{each.name},
           [&](const published_event& event) { return failure_of(each.react(event)); });
    for (const view_behaviour& each : behaviour_.folds)
      hear(each.source, each.event, "the view",
           [&](const published_event& event) { return failure_of(each.fold(event)); });
    return std::move(faults_);
  }

private:
  void complain(const std::string& what) { faults_.push_back(here_ + ": " + what); }

  [[nodiscard]] const contract* golden(std::string_view context) const {
    const auto found = std::find_if(goldens_.begin(), goldens_.end(),
                                    [&](const contract& each) { return each.context == context; });
    return found == goldens_.end() ? nullptr : &*found;
  }

  template <class T> static std::string failure_of(const result<T>& of) {
    return of ? std::string{} : of.error().message;
  }

  /// A business refusal is an answer; not to know or not to understand a command is none.
  void handle(const contract_message& command) {
    for (const sample& each : command.samples) {
      turn_decision decided;
      try {
        behaviour_.make_aggregate()->handle(command.name, each.bytes, some_turn, decided);
      } catch (const std::exception& fault) {
        complain(shown(command, each) + " ends the actor: " + fault.what());
        continue;
      }
      const bool unknown = decided.refused && decided.refused->code == errc::unknown_command;
      const bool unreadable = decided.refused && decided.refused->code == errc::malformed;
      if (unknown || (unreadable && complete(each)))
        complain(shown(command, each) + " is not understood: " + decided.refused->message);
    }
  }

  /// Some command of the context must be settled by the answer to what it asks; where a field is
  /// missing the business may insist on it.
  void settle(const contract& own, const ask_info& ask) {
    const contract* target = golden(ask.target);
    if (target == nullptr) return;
    const command_info* asked = find_context(ask.target)->command(ask.command);
    const bool replies = asked != nullptr && !asked->reply.name.empty();
    for (const contract_message& answer : target->messages) {
      if (replies ? answer.kind != message_kind::reply || answer.name != asked->reply.name
                  : answer.kind != message_kind::state)
        continue;
      for (const sample& each : answer.samples)
        if (complete(each) && !settles(own, ask, each))
          complain("the answer of " + std::string{ask.target} + ", " + shown(answer, each) +
                   ", settles no command that asks for " + std::string{ask.command});
    }
  }

  [[nodiscard]] bool settles(const contract& own, const ask_info& ask, const sample& answer) const {
    return std::any_of(own.messages.begin(), own.messages.end(), [&](const auto& command) {
      if (command.kind != message_kind::command) return false;
      turn_decision decided;
      behaviour_.make_aggregate()->settle(command.name, command.samples.front().bytes, ask.command,
                                          answer.bytes, some_turn, decided);
      return !decided.refused || decided.refused->code == errc::rejected;
    });
  }

  template <class React>
  void hear(std::string_view source, std::string_view event, const std::string& who,
            const React& react) {
    const contract* from = golden(source);
    const auto* message = from == nullptr ? nullptr : from->find(message_kind::event, event);
    if (message == nullptr)
      return complain(who + " hears " + std::string{event} + ", of which nothing is recorded");
    for (const sample& each : message->samples) {
      published_event heard;
      heard.name = message->name;
      heard.payload = each.bytes;
      if (const std::string why = react(heard); !why.empty())
        complain(who + " cannot read " + shown(*message, each) + ": " + why);
    }
  }

  std::span<const contract> goldens_;
  const context_behaviour& behaviour_;
  std::string here_;
  std::vector<std::string> faults_;
};

} // namespace

std::vector<std::string> unread(std::span<const contract> goldens,
                                std::span<const context_behaviour> behaviours) {
  std::vector<std::string> faults;
  for (const context_behaviour& each : behaviours)
    for (std::string& fault : reading{goldens, each}.faults())
      faults.push_back(std::move(fault));
  return faults;
}

} // namespace troupe::test
