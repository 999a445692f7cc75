#include "tests/contract/readers.hpp"

#include "tests/contract/box.hpp"

#include <catch2/catch.hpp>

/// The check of policies, views and commands, on the context of boxes.
namespace troupe::test {
namespace {

using namespace box;
using Catch::Matchers::Contains;

const context_info& info() {
  static const auto context = box_context::with<packed>();
  return context.info();
}

std::vector<contract> recorded() {
  return {*updated(nullptr, box_context::with<packed>().today(), false)};
}

std::string faults(const context_behaviour& of) {
  std::string out;
  for (const std::string& each : unread(recorded(), {&of, 1}))
    out += each + '\n';
  return out;
}

context_behaviour boxes() {
  return {.info = &info(), .make_aggregate = make_instance<box_type<packed>>};
}

template <class Event> reactions ignore(const Event&) {
  return {};
}
template <class Event> row_changes fold_nothing(const Event&) {
  return {};
}

struct unpack {
  static constexpr std::string_view name = "unpack";
  static constexpr auto fields() { return std::tuple{}; }
};
struct deaf_box : box_type<packed> {
  using commands = type_list<unpack>;
  static decision<event> decide(const state&, const unpack&, const turn_info&) { return accept(); }
};
struct nervous_box : box_type<packed> {
  static decision<event> decide(const state&, const pack&, const turn_info&) {
    throw std::runtime_error("oh");
  }
};
struct strict_box : box_type<packed> {
  static decision<event> decide(const state&, const pack&, const turn_info&) {
    return malformed("no");
  }
};

TEST_CASE("an aggregate that takes its recorded commands is well, also if it misses a field") {
  CHECK(faults(boxes()).empty());
}

TEST_CASE("an aggregate that does not know, cannot read or cannot stand a command is told") {
  context_behaviour broken = boxes();
  broken.make_aggregate = make_instance<deaf_box>;
  CHECK_THAT(faults(broken), Contains("store.box: command pack") && Contains("no command pack"));
  broken.make_aggregate = make_instance<strict_box>;
  CHECK_THAT(faults(broken), Contains("is not understood: no"));
  broken.make_aggregate = make_instance<nervous_box>;
  CHECK_THAT(faults(broken), Contains("ends the actor: oh"));
}

TEST_CASE("policies and views must read recorded events") {
  context_behaviour hearing = boxes();
  hearing.policies = {policy<packed>("Hear", "store.box", ignore)};
  hearing.folds = {folds<packed>("store.box", fold_nothing)};
  CHECK(faults(hearing).empty());
  hearing.policies = {policy<packed_with_size_in_words>("Hear", "store.box", ignore)};
  CHECK_THAT(faults(hearing), Contains("policy Hear cannot read event Packed") &&
                                  Contains("field 'size' has the wrong type"));
  hearing.policies = {policy<repacked>("Hear", "store.box", ignore)};
  CHECK_THAT(faults(hearing), Contains("policy Hear hears Repacked, of which nothing is recorded"));
  hearing.policies.clear();
  hearing.folds = {folds<packed_with_required_size>("store.box", fold_nothing)};
  CHECK_THAT(faults(hearing), Contains("the view cannot read event Packed"));
}

} // namespace
} // namespace troupe::test
