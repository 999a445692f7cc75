#include "bin/verify/command_rules.hpp"

#include <algorithm>

namespace troupe::verify {

void command_rules::take(const record& from, record_index at) {
  const auto note = [&](command_id command, what how) {
    marks_.push_back({command, at.value << what_bits | static_cast<std::uint64_t>(how)});
  };
  if (from.command.given())
    note(from.command, from.letter_opened ? what::set_aside : static_cast<what>(from.outcome));
  for (const auto& each : from.letters_closed) {
    if (each.how == letter_end::retried) note(each.command, what::retried);
  }
  if (from.voided) note(*from.voided, what::voided);
}

void command_rules::finish(derived_reader* derived) {
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
  if (derived != nullptr) check_remembered(*derived);
  marks_ = {};
}

/// A mark that leads to another record would answer a command that is sent again with a stranger's
/// answer.
void command_rules::check_remembered(derived_reader& derived) {
  const auto read = derived.scan_marks([&](command_id command, record_index at) {
    if (at > file_.head) return; // the file is ahead, which is said once for all of it
    to_.checked(rule::one_effect);
    const auto first =
        std::lower_bound(marks_.begin(), marks_.end(), mark{command, at.value << what_bits});
    if (first != marks_.end() && first->command == command &&
        first->index() == static_cast<std::int64_t>(at.value))
      return;
    auto where = place_of(file_, static_cast<std::int64_t>(at.value));
    where.command = command;
    to_.found(rule::one_effect, where,
              "the derived file remembers the command by this record, which does not speak of it");
  });
  if (!read) to_.found(rule::files, place_of(file_, 0), read.error().message);
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
    if (each->how() == what::retried) {
      if (over != nullptr && over->how() == what::set_aside) over = nullptr;
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
