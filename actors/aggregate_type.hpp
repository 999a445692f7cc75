#pragma once

#include "actors/behaviour.hpp"
#include "actors/type_lists.hpp"

#include <memory>
#include <type_traits>
#include <variant>

namespace troupe {

namespace detail {

template <class Spec>
concept says_exists = requires(const typename Spec::state& state) {
  { Spec::exists(state) } -> std::convertible_to<bool>;
};

/// Binds a typed aggregate to the runtime. `Spec` is a struct of types and static pure functions:
///   state        described struct; the default one means "not there yet"
///   event        std::variant of its event messages
///   commands     type_list of the commands `decide(state, command, info)` takes
///   settles      type_list of settled_by<Command, Reply> for `settle(state, command, reply,
///   info)`,
///                which may ask again: settled_by<Command, Reply, Asked> tells one ask from another
///   compensates  type_list of the commands `compensate(state, command, info)` makes good
///   evolve(state, event) for each event; exists(state) if an aggregate can cease to be
template <class Spec> class typed_instance final : public aggregate_instance {
public:
  void handle(std::string_view command, std::string_view payload, const turn_info& info,
              turn_decision& to) override {
    if (!handle_as(typename Spec::commands{}, command, payload, info, to))
      to.refused = rejection{errc::unknown_command, {}, "no command " + std::string{command}};
  }

  void settle(std::string_view command, std::string_view payload, std::string_view asked,
              std::string_view reply, const turn_info& info, turn_decision& to) override {
    if (!settle_as(typename Spec::settles{}, command, payload, asked, reply, info, to))
      to.refused = rejection{errc::internal, {}, std::string{command} + " cannot be settled"};
  }

  void compensate(std::string_view command, std::string_view payload, const turn_info& info,
                  turn_decision& to) override {
    (void)compensate_as(typename Spec::compensates{}, command, payload, info, to);
  }

  result<void> replay(std::string_view event, std::string_view payload) override {
    return replay_as(static_cast<typename Spec::event*>(nullptr), event, payload);
  }

  void write_state(std::string& to) const override {
    writer out{to};
    encode(out, state_);
  }

  result<void> read_state(std::string_view bytes, bool live) override {
    auto known = decoded<typename Spec::state>(bytes);
    if (!known) return known.error();
    state_ = std::move(*known);
    evolved_ = live;
    return {};
  }

  bool exists() const override {
    if constexpr (says_exists<Spec>)
      return Spec::exists(state_);
    else
      return evolved_;
  }

private:
  template <class Command>
  bool read(std::string_view payload, Command& command, turn_decision& to) {
    auto& scratch = scratch_document();
    auto done = scratch.parse(payload);
    if (done) done = decode(scratch.root(), command);
    if (!done) to.refused = rejection{done.error().code, {}, done.error().message};
    return done.ok();
  }

  static document& scratch_document() {
    thread_local document scratch; // one per lane: no allocation per command
    return scratch;
  }

  template <class... Commands>
  bool handle_as(type_list<Commands...>, std::string_view command, std::string_view payload,
                 const turn_info& info, turn_decision& to) {
    return ((Commands::name == command && (handle_one<Commands>(payload, info, to), true)) || ...);
  }
  template <class Command>
  void handle_one(std::string_view payload, const turn_info& info, turn_decision& to) {
    Command command{};
    if (read(payload, command, to)) take(Spec::decide(state_, command, info), to);
  }

  template <class... Commands, class... Replies, class... Asked>
  bool settle_as(type_list<settled_by<Commands, Replies, Asked>...>,
                 [[maybe_unused]] std::string_view command,
                 [[maybe_unused]] std::string_view payload, [[maybe_unused]] std::string_view asked,
                 [[maybe_unused]] std::string_view reply, [[maybe_unused]] const turn_info& info,
                 [[maybe_unused]] turn_decision& to) {
    return ((Commands::name == command && is_about<Asked>(asked) &&
             (settle_one<Commands, Replies>(payload, reply, info, to), true)) ||
            ...);
  }
  template <class Asked> static bool is_about([[maybe_unused]] std::string_view asked) {
    if constexpr (std::is_void_v<Asked>)
      return true;
    else
      return Asked::name == asked;
  }
  template <class Command, class Reply>
  void settle_one(std::string_view payload, std::string_view reply, const turn_info& info,
                  turn_decision& to) {
    Command command{};
    Reply answer{};
    if (read(payload, command, to) && read(reply, answer, to))
      take(Spec::settle(state_, command, answer, info), to);
  }
  template <class... Commands>
  bool compensate_as(type_list<Commands...>, [[maybe_unused]] std::string_view command,
                     [[maybe_unused]] std::string_view payload,
                     [[maybe_unused]] const turn_info& info, [[maybe_unused]] turn_decision& to) {
    return ((Commands::name == command && (compensate_one<Commands>(payload, info, to), true)) ||
            ...);
  }
  template <class Command>
  void compensate_one(std::string_view payload, const turn_info& info, turn_decision& to) {
    Command command{};
    if (read(payload, command, to)) take(Spec::compensate(state_, command, info), to);
  }

  template <class... Events>
  result<void> replay_as(std::variant<Events...>*, std::string_view name,
                         std::string_view payload) {
    result<void> done = fail(errc::corrupt, "unknown event " + std::string{name});
    (void)((Events::name == name && (done = replay_one<Events>(payload), true)) || ...);
    return done;
  }
  template <class Event> result<void> replay_one(std::string_view payload) {
    auto& scratch = scratch_document();
    if (auto done = scratch.parse(payload); !done) return done;
    Event event{};
    if (auto done = decode(scratch.root(), event); !done) return done;
    apply(event);
    return {};
  }

  template <class Event> void apply(const Event& event) {
    state_ = Spec::evolve(std::move(state_), event);
    evolved_ = true;
  }

  void take(decision<typename Spec::event> decided, turn_decision& to) {
    if (auto* accepted = decided.as_accepted()) {
      writer out{to.bytes};
      for (const auto& event : accepted->events) {
        const auto begin = to.bytes.size();
        std::visit([&](const auto& each) { encode(out, each); }, event);
        const auto name =
            std::visit([](const auto& each) { return std::decay_t<decltype(each)>::name; }, event);
        to.events.push_back({name, begin, to.bytes.size()});
        std::visit([&](const auto& each) { apply(each); }, event);
      }
      to.answer = std::move(accepted->answer);
      to.timers = std::move(accepted->timers);
      to.cleared = std::move(accepted->cleared);
    } else if (const auto* refused = decided.as_rejection()) {
      to.refused = *refused;
    } else {
      to.asked = *decided.as_ask();
    }
  }

  typename Spec::state state_{};
  bool evolved_ = false;
};

} // namespace detail

template <class Spec> [[nodiscard]] std::unique_ptr<aggregate_instance> make_instance() {
  return std::make_unique<detail::typed_instance<Spec>>();
}

/// A policy from a pure function `reactions(const Event&)`.
template <message Event>
[[nodiscard]] policy_behaviour policy(std::string_view name, std::string_view source,
                                      reactions (*on)(const Event&)) {
  return {name, source, Event::name, [on](const published_event& from) -> result<reactions> {
            auto event = decoded<Event>(from.payload);
            if (!event) return event.error();
            return on(*event);
          }};
}

/// A view's fold of one event from a pure function `row_changes(const Event&)`.
template <message Event>
[[nodiscard]] view_behaviour folds(std::string_view source, row_changes (*on)(const Event&)) {
  return {source, Event::name, [on](const published_event& from) -> result<row_changes> {
            auto event = decoded<Event>(from.payload);
            if (!event) return event.error();
            return on(*event);
          }};
}

} // namespace troupe
