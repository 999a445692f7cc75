#pragma once

#include "messages/fields.hpp"
#include "messages/ids.hpp"
#include "messages/row_change.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

/// The vocabulary of domain code: what `decide`, `settle`, `compensate`, policies and views return.
/// Pure values; nothing here does anything.
namespace troupe {

/// What a turn may know besides the aggregate's state and the command.
struct turn_info {
  aggregate_id id;
  std::int64_t now_ms = 0; ///< wall clock when the command was taken up
  command_id command;
};

/// Refusal of a command; `code` is `errc::rejected` with a reason, or `errc::malformed`.
struct rejection {
  errc code = errc::rejected;
  std::string reason;
  std::string message;
  bool operator==(const rejection&) const = default;
};

[[nodiscard]] inline rejection reject(std::string_view reason, std::string message) {
  return {errc::rejected, std::string{reason}, std::move(message)};
}
[[nodiscard]] inline rejection malformed(std::string message) {
  return {errc::malformed, {}, std::move(message)};
}

/// A synchronous call to an aggregate of another context; its answer comes back to `settle`.
struct ask_call {
  std::string context;
  aggregate_id target;
  std::string name;
  std::string payload;
  bool operator==(const ask_call&) const = default;
};

template <message M>
[[nodiscard]] ask_call ask(std::string_view context, aggregate_id target, const M& m) {
  return {std::string{context}, target, std::string{M::name}, encoded(m)};
}

/// A durable timer: after `delay` the aggregate gets `command` of its own context. Setting a timer
/// of the same name moves it.
struct timer_setting {
  std::string name;
  std::chrono::milliseconds delay{0};
  std::string command;
  std::string payload;
  bool operator==(const timer_setting&) const = default;
};

template <message M>
[[nodiscard]] timer_setting timer(std::string_view name, std::chrono::milliseconds delay,
                                  const M& m) {
  return {std::string{name}, delay, std::string{M::name}, encoded(m)};
}

/// Acceptance with events, still knowing their types; turns into a `decision`.
template <class... Events> struct acceptance {
  std::tuple<Events...> events;
  std::optional<std::string> answer;
  std::vector<timer_setting> timers;
  std::vector<std::string> cleared;

  /// Answers this instead of the new state.
  template <described R> [[nodiscard]] acceptance reply(const R& with) && {
    answer = encoded(with);
    return std::move(*this);
  }
  [[nodiscard]] acceptance schedule(timer_setting timer) && {
    timers.push_back(std::move(timer));
    return std::move(*this);
  }
  [[nodiscard]] acceptance clear(std::string_view timer) && {
    cleared.emplace_back(timer);
    return std::move(*this);
  }
};

/// Accepts the command; without events nothing changes and the answer is the present state.
template <class... Events> [[nodiscard]] acceptance<Events...> accept(Events... events) {
  return {std::tuple<Events...>{std::move(events)...}, {}, {}, {}};
}

/// What `decide` returns: accepted with events of the aggregate's event variant, rejected, or an
/// ask.
template <class Event> class decision {
public:
  struct accepted {
    std::vector<Event> events;
    std::optional<std::string> answer;
    std::vector<timer_setting> timers;
    std::vector<std::string> cleared;
    bool operator==(const accepted&) const = default;
  };

  template <class... Events> decision(acceptance<Events...> from) {
    accepted to;
    to.events.reserve(sizeof...(Events));
    std::apply([&](auto&... each) { (to.events.emplace_back(std::move(each)), ...); }, from.events);
    to.answer = std::move(from.answer);
    to.timers = std::move(from.timers);
    to.cleared = std::move(from.cleared);
    held_ = std::move(to);
  }
  decision(rejection from) : held_(std::move(from)) {}
  decision(ask_call from) : held_(std::move(from)) {}

  bool operator==(const decision&) const = default;
  [[nodiscard]] accepted* as_accepted() { return std::get_if<accepted>(&held_); }
  [[nodiscard]] const accepted* as_accepted() const { return std::get_if<accepted>(&held_); }
  [[nodiscard]] const rejection* as_rejection() const { return std::get_if<rejection>(&held_); }
  [[nodiscard]] const ask_call* as_ask() const { return std::get_if<ask_call>(&held_); }

private:
  std::variant<accepted, rejection, ask_call> held_;
};

/// Aggregates by the value of one of their context's declared filters.
struct match {
  std::string field;
  value wanted;
  bool operator==(const match&) const = default;
};

/// One command a policy sends to its own context: to an aggregate, to a new one (no target), or to
/// each aggregate that matches.
struct reaction {
  aggregate_id target;
  std::string command;
  std::string payload;
  std::optional<match> all = {};
  bool operator==(const reaction&) const = default;
};
using reactions = std::vector<reaction>;

template <message M> [[nodiscard]] reaction send(aggregate_id target, const M& m) {
  return {target, std::string{M::name}, encoded(m)};
}
/// To a new aggregate; its shard gives the id. Made once, however often the event is seen.
template <message M> [[nodiscard]] reaction create(const M& m) {
  return {{}, std::string{M::name}, encoded(m)};
}
/// One to many: to each aggregate whose `field` is `wanted` (`policy_info::reaches` names the
/// field). Those count that exist once every ask that was open when the event arrived has ended, so
/// that none slips through between its ask and its first event.
template <message M>
[[nodiscard]] reaction send_to_all(std::string_view field, value wanted, const M& m) {
  return {{}, std::string{M::name}, encoded(m), match{std::string{field}, std::move(wanted)}};
}

/// Changes of a view's rows.
using row_changes = std::vector<row_change>;

/// An optional field as a column value.
template <class T> [[nodiscard]] value column(const std::optional<T>& from) {
  return from ? value{*from} : value{nullptr};
}

} // namespace troupe
