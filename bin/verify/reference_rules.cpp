#include "bin/verify/reference_rules.hpp"

namespace troupe::verify {

namespace {

std::string name_of(std::string_view context, shard_number shard, record_index at) {
  return "record " + std::to_string(at.value) + " of " + std::string{context} + " shard " +
         std::to_string(shard.value);
}

} // namespace

void reference_rules::take(const record& from, record_index at) {
  if (from.cause) take_cause(from, at);
  for (const auto& position : from.positions)
    take_position(from, at, position);
}

void reference_rules::take_cause(const record& from, record_index at) {
  const auto& cause = *from.cause;
  to_.checked(rule::causes);
  const auto wrong = [&](const std::string& what) {
    to_.found(rule::causes, place_of(file_, from, at),
              "its cause, " + name_of(cause.context, cause.shard, cause.index) + what);
  };
  if (cause.context == file_.context && cause.shard == file_.shard && cause.index >= at)
    return wrong(", is not before it");
  switch (all_.look_up(cause.context, cause.shard, cause.index)) {
  case data_directory::known::there:
  case data_directory::known::no_context:
    return;
  case data_directory::known::beyond:
    return wrong(", is not there: that journal ends at " +
                 std::to_string(all_.journal(cause.context, cause.shard)->head.value));
  case data_directory::known::no_journal:
    return wrong(", is not there: that shard has no journal");
  }
}

void reference_rules::take_position(const record& from, record_index at,
                                    const recorded_position& position) {
  to_.checked(rule::views);
  const std::string which = "the position of policy " + std::string{position.policy} + " on " +
                            std::string{position.source_context} + " shard " +
                            std::to_string(position.source_shard.value);
  const auto wrong = [&](const std::string& what) {
    to_.found(rule::views, place_of(file_, from, at), which + what);
  };
  auto& last = positions_[{std::string{position.policy}, std::string{position.source_context},
                           position.source_shard}];
  if (position.next < last.next)
    wrong(" goes back to " + std::to_string(position.next.value) + ": record " +
          std::to_string(last.by.value) + " noted " + std::to_string(last.next.value));
  last = {position.next, at};
  if (position.next.value < 2) return;
  const auto known =
      all_.look_up(position.source_context, position.source_shard, {position.next.value - 1});
  if (known == data_directory::known::beyond)
    wrong(" is " + std::to_string(position.next.value) + ", but that journal ends at " +
          std::to_string(all_.journal(position.source_context, position.source_shard)->head.value));
  if (known == data_directory::known::no_journal) wrong(", but that shard has no journal");
}

} // namespace troupe::verify
