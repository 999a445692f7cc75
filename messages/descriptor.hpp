#pragma once

#include "messages/fields.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

enum class field_type : std::uint8_t { integer, real, boolean, text };
enum class http_verb : std::uint8_t { get, post, put, patch, del };
enum class context_kind : std::uint8_t { aggregates, view };
/// Where a view keeps its rows: in a file, or in memory (then it is built anew at each start).
enum class view_storage : std::uint8_t { sqlite, memory };
enum class ranking : std::uint8_t { core, supporting, general };

struct field_info {
  std::string_view name;
  field_type type = field_type::text;
  bool nullable = false;
  bool hidden =
      false; ///< of a state: only the context itself sees it; no resource or list shows it
};

/// Shape of a message, state or row, read off its C++ struct.
struct message_info {
  std::string_view name;
  std::vector<field_info> fields;
  /// Reads bytes as the struct and writes them anew, so that who does not know the struct can see
  /// what it understands; null for a shape that was not read off a struct.
  result<std::string> (*reread)(std::string_view bytes) = nullptr;
};

/// A command: how HTTP says it and which aggregate it goes to.
struct command_info {
  message_info message;
  std::string_view meaning;
  bool creates = false;          ///< may address an aggregate that does not exist yet
  std::string_view id_from = {}; ///< field that holds the target id; empty: path or given by shard
  std::vector<http_verb> verbs = {}; ///< by which it is reached from outside; none: only by asks,
                                     ///< policies and timers
  message_info reply = {}; ///< of an answer that is not the new state; without a name: it is

  [[nodiscard]] bool exposed() const { return !verbs.empty(); }
  [[nodiscard]] bool has(http_verb verb) const {
    return std::find(verbs.begin(), verbs.end(), verb) != verbs.end();
  }
  /// Sent to the path of all items, because it makes one or names its target in a field.
  [[nodiscard]] bool on_collection() const {
    return has(http_verb::post) && (creates || !id_from.empty());
  }
};

/// A read-only question to one aggregate beyond its plain state.
struct query_info {
  std::string_view name; ///< also the last part of its HTTP path
  std::string_view meaning;
  std::string_view id_from; ///< query parameter that holds the target id
  std::string_view answers; ///< field of the state that is the whole answer
};

/// A published event; `internal` ones are recorded but not part of the context's language.
struct event_info {
  message_info message;
  bool internal = false;
};

struct ask_info {
  std::string_view target; ///< context, e.g. "taxi.payment"
  std::string_view command;
  std::chrono::milliseconds timeout{1000};
  bool reads_only = false;       ///< the target cannot act on it, so no void is ever needed
  std::string_view missing = {}; ///< reason of the rejection when the target does not exist; empty:
                                 ///< that is a failure of the callee
  /// What the asking turn gets in place of an answer while the target cannot give one: a msgpack
  /// map like the target's answer. Only of asks that read; empty: the asking command is refused.
  std::string fallback = {};
  std::string_view fallback_meaning = {}; ///< for people: what that leads to
};

struct policy_info {
  std::string_view name;
  std::string_view source; ///< context, e.g. "taxi.call"
  std::string_view event;
  std::string_view command;      ///< of this context, sent to its own aggregates
  std::string_view reaches = {}; ///< one to many: a filter of this context; the command goes to
                                 ///< each aggregate whose field has the value that the policy names
};

struct rejection_info {
  std::string_view reason; ///< e.g. "INVALID_TRANSITION"
  std::string_view meaning;
};

struct view_info {
  std::vector<std::string_view> sources; ///< contexts whose events it folds
  std::string_view key;                  ///< column that identifies a row (integer)
  std::vector<std::string_view> indexes; ///< further indexed columns
  view_storage store = view_storage::sqlite;
};

/// Everything the outside of a context needs to know: routes, OpenAPI, command line names, docs.
struct context_info {
  std::string_view system;
  std::string_view name;     ///< inside the system, e.g. "call"
  std::string_view resource; ///< HTTP path below the system, e.g. "calls"
  std::string_view entity;   ///< name of the HAL link to one item, e.g. "call"
  std::string_view purpose;
  std::string_view part_of = {}; ///< full name of the context it belongs to, with which it is
                                 ///< stopped and started; empty: it stands for itself
  context_kind kind = context_kind::aggregates;
  ranking rank = ranking::core;
  message_info state;                    ///< fields of an item, `id` excluded
  std::vector<std::string_view> filters; ///< fields `list` can select by
  /// Fields about people, of the state and of every message: inspection never shows what they hold.
  std::vector<std::string_view> sensitive;
  std::vector<command_info> commands;
  std::vector<query_info> queries;
  std::vector<event_info> events;
  std::vector<ask_info> asks;
  std::vector<policy_info> policies;
  std::vector<rejection_info> rejections;
  view_info view;

  [[nodiscard]] std::string full_name() const {
    return std::string{system} + "." + std::string{name};
  }
  /// The filters that callers from outside may use: those of fields that are shown.
  [[nodiscard]] std::vector<std::string_view> shown_filters() const;
  [[nodiscard]] bool is_sensitive(std::string_view field) const {
    return std::find(sensitive.begin(), sensitive.end(), field) != sensitive.end();
  }
  [[nodiscard]] const command_info* command(std::string_view name) const;
  [[nodiscard]] const query_info* query(std::string_view name) const;
  [[nodiscard]] const event_info* event(std::string_view name) const;
  [[nodiscard]] const ask_info* ask(std::string_view target, std::string_view command) const;
};

namespace detail {
template <class T> constexpr field_type field_type_of() {
  if constexpr (is_optional<T>::value)
    return field_type_of<typename T::value_type>();
  else if constexpr (std::is_same_v<T, bool>)
    return field_type::boolean;
  else if constexpr (std::is_integral_v<T>)
    return field_type::integer;
  else if constexpr (std::is_floating_point_v<T>)
    return field_type::real;
  else
    return field_type::text;
}
template <class Message, class Member> field_info describe_field(const field<Message, Member>& f) {
  return {f.name, field_type_of<Member>(), is_optional<Member>::value, false};
}
} // namespace detail

/// The shape of a described struct; `hidden` names fields that only its context sees.
template <described T>
[[nodiscard]] message_info describe(std::string_view name,
                                    std::initializer_list<std::string_view> hidden = {}) {
  message_info shape{name, {}};
  std::apply(
      [&](const auto&... each) { (shape.fields.push_back(detail::describe_field(each)), ...); },
      T::fields());
  shape.reread = [](std::string_view bytes) -> result<std::string> {
    auto understood = decoded<T>(bytes);
    if (!understood) return understood.error();
    return encoded(*understood);
  };
  for (field_info& each : shape.fields)
    each.hidden = std::find(hidden.begin(), hidden.end(), each.name) != hidden.end();
  return shape;
}
template <message T> [[nodiscard]] message_info describe() {
  return describe<T>(T::name);
}

/// All contexts of all systems of this build, in the order of registration (messages/systems.def).
[[nodiscard]] std::span<const context_info> all_contexts();
/// By full name, e.g. "taxi.call"; null if there is none.
[[nodiscard]] const context_info* find_context(std::string_view full_name);
/// What is wrong with a catalogue, one sentence each: names used twice, references to contexts,
/// commands, events or fields that do not exist. Empty if all is well. `all_contexts` aborts the
/// process on any, because a system described wrongly must not serve.
[[nodiscard]] std::vector<std::string> check_catalogue(std::span<const context_info> contexts);

} // namespace troupe
