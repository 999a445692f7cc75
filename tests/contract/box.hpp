#pragma once

#include "actors/aggregate_type.hpp"
#include "tests/contract/breaches.hpp"

#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

/// A context that the checker is proven on: boxes with a label. Its messages come in versions, as a
/// developer might change them from one day to the next.
namespace troupe::test::box {

using words = std::optional<std::string>;
using count = std::optional<std::int64_t>;

struct box_state {
  words label;
  count size;
  static constexpr auto fields() {
    return std::tuple{field{"label", &box_state::label}, field{"size", &box_state::size}};
  }
};

// -- the event, as it was and as it might become ----------------------------------------------

struct packed {
  static constexpr std::string_view name = "Packed";
  std::int64_t id = 0;
  words label;
  count size;
  static constexpr auto fields() {
    return std::tuple{field{"id", &packed::id}, field{"label", &packed::label},
                      field{"size", &packed::size}};
  }
};
struct packed_with_note : packed {
  words note;
  static constexpr auto fields() {
    return std::tuple{field{"id", &packed_with_note::id}, field{"label", &packed_with_note::label},
                      field{"size", &packed_with_note::size},
                      field{"note", &packed_with_note::note}};
  }
};
struct packed_with_weight : packed {
  std::int64_t weight = 0; ///< not optional: yesterday's events lack it
  static constexpr auto fields() {
    return std::tuple{
        field{"id", &packed_with_weight::id}, field{"label", &packed_with_weight::label},
        field{"size", &packed_with_weight::size}, field{"weight", &packed_with_weight::weight}};
  }
};
struct packed_without_label : packed {
  static constexpr auto fields() {
    return std::tuple{field{"id", &packed_without_label::id},
                      field{"size", &packed_without_label::size}};
  }
};
struct packed_with_title : packed {
  static constexpr auto fields() {
    return std::tuple{field{"id", &packed_with_title::id},
                      field{"title", &packed_with_title::label},
                      field{"size", &packed_with_title::size}};
  }
};
struct packed_with_size_in_words {
  static constexpr std::string_view name = "Packed";
  std::int64_t id = 0;
  words label;
  words size;
  static constexpr auto fields() {
    return std::tuple{field{"id", &packed_with_size_in_words::id},
                      field{"label", &packed_with_size_in_words::label},
                      field{"size", &packed_with_size_in_words::size}};
  }
};
struct packed_with_optional_id {
  static constexpr std::string_view name = "Packed";
  count id;
  words label;
  count size;
  static constexpr auto fields() {
    return std::tuple{field{"id", &packed_with_optional_id::id},
                      field{"label", &packed_with_optional_id::label},
                      field{"size", &packed_with_optional_id::size}};
  }
};
struct packed_with_required_size {
  static constexpr std::string_view name = "Packed";
  std::int64_t id = 0;
  words label;
  std::int64_t size = 0;
  static constexpr auto fields() {
    return std::tuple{field{"id", &packed_with_required_size::id},
                      field{"label", &packed_with_required_size::label},
                      field{"size", &packed_with_required_size::size}};
  }
};
/// The names of two members of one type are swapped: every field is there, with its type.
struct packed_swapped : packed {
  static constexpr auto fields() {
    return std::tuple{field{"id", &packed_swapped::size_and_id}, field{"label", &packed::label},
                      field{"size", &packed_swapped::id_and_size}};
  }
  std::int64_t size_and_id = 0;
  count id_and_size;
};
struct repacked { ///< another event of the same shape
  static constexpr std::string_view name = "Repacked";
  static constexpr auto fields() { return std::tuple{}; }
};

// -- the command ------------------------------------------------------------------------------

struct pack {
  static constexpr std::string_view name = "pack";
  words label;
  bool fragile = false;
  bool sealed = false;
  static constexpr auto fields() {
    return std::tuple{field{"label", &pack::label}, field{"fragile", &pack::fragile},
                      field{"sealed", &pack::sealed}};
  }
};
struct pack_strictly {
  static constexpr std::string_view name = "pack";
  std::string label;
  bool fragile = false;
  bool sealed = false;
  static constexpr auto fields() {
    return std::tuple{field{"label", &pack_strictly::label},
                      field{"fragile", &pack_strictly::fragile},
                      field{"sealed", &pack_strictly::sealed}};
  }
};

// -- the aggregate and its context ------------------------------------------------------------

template <class Event> struct box_type {
  using state = box_state;
  using event = std::variant<Event>;
  using commands = type_list<pack>;
  using settles = type_list<>;
  using compensates = type_list<>;
  static decision<event> decide(const state&, const pack& command, const turn_info&) {
    if (!command.label) return malformed("field 'label' is missing");
    return accept(Event{});
  }
  static state evolve(state now, const Event& event) {
    if constexpr (requires { event.label; }) now.label = event.label;
    if constexpr (requires { now.size = event.size; }) now.size = event.size;
    return now;
  }
};

/// The context with some version of its messages.
class box_context {
public:
  template <class Event, class Command = pack>
  static box_context with(void (*change)(context_info&) = [](context_info&) {}) {
    box_context made;
    context_info& info = made.info_;
    info.system = "store";
    info.name = "box";
    info.resource = "boxes";
    info.entity = "box";
    info.purpose = "Boxes.";
    info.state = describe<box_state>("Box");
    info.filters = {"label"};
    info.commands = {{.message = describe<Command>(),
                      .meaning = "pack a box",
                      .creates = true,
                      .verbs = {http_verb::post}}};
    info.events = {{describe<Event>()}};
    change(info);
    made.make_ = make_instance<box_type<Event>>;
    return made;
  }
  [[nodiscard]] context_today today() const { return {{&info_, 1}, &info_, make_}; }
  [[nodiscard]] const context_info& info() const { return info_; }
  [[nodiscard]] context_behaviour behaviour() const {
    return {.info = &info_, .make_aggregate = make_};
  }

private:
  context_info info_;
  aggregate_maker make_;
};

} // namespace troupe::test::box
