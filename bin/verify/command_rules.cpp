#include "bin/verify/command_rules.hpp"

#include <algorithm>

namespace troupe::verify {

void command_rules::take(const record& from, record_index at) {
  const auto note = [&](command_id command, what how) {
    marks_.push_back({command, at.value << 2U | static_cast<std::uint64_t>(how)});
  };
  if (from.command.given()) note(from.command, static_cast<what>(from.outcome));
  if (from.voided) note(*from.voided, what::voided);
}

void command_rules::finish() {
  std::sort(marks_.begin(), marks_.end());
  const mark* const end = marks_.data() + marks_.size();
  for (const mark* first = marks_.data(); first != end;) {
    const mark* last = first;
    while (last != end && last->command == first->command)
      ++last;
    to_.checked(rule::one_effect);
    check(first, last);
    first = last;
  }
  marks_ = {};
}

/// The records of one command id, in order.
void command_rules::check(const mark* first, const mark* end) {
  const mark* over = nullptr;   ///< the record that ended it
  const mark* voided = nullptr; ///< the record from which on it may not act
  for (const mark* each = first; each != end; ++each) {
    if (each->how() == what::voided) {
      voided = each;
      continue;
    }
    auto where = place_of(file_, each->index());
    where.command = each->command;
    if (over != nullptr)
      to_.found(rule::one_effect, where,
                std::string{each->how() == what::asked ? "it asks again" : "it is decided again"} +
                    ": record " + std::to_string(over->index()) + " has " +
                    (over->how() == what::accepted ? "accepted" : "rejected") +
                    " the same command already");
    else if (voided != nullptr && each->how() == what::accepted)
      to_.found(rule::one_effect, where,
                "it acts although record " + std::to_string(voided->index()) + " voided it");
    if (each->how() != what::asked) over = each;
  }
}

} // namespace troupe::verify
