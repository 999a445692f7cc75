#pragma once

#include "bin/verify/data_directory.hpp"
#include "persistence/derived_reader.hpp"

#include <vector>

namespace troupe::verify {

/// I4: one effect at most for a command id within its shard. A command that asks other contexts is
/// recorded once for each ask and once more, last, with how it ended. A voided ask has none later.
/// A dead letter that an operator retried has its end once more. Keeps 24 bytes for each record
/// with a command.
class command_rules {
public:
  command_rules(journal_file& file, report& to) : file_(file), to_(to) {}

  void take(const record& from, record_index at);
  /// `derived`: holds the marks of commands that have left the shard's memory; may be null.
  void finish(derived_reader* derived);

private:
  enum class what : std::uint8_t {
    accepted = 0,
    rejected = 1,
    asked = 2,
    voided = 3,
    set_aside = 4, ///< as a dead letter
    retried = 5
  };
  static constexpr unsigned what_bits = 3;
  struct mark {
    command_id command;
    std::uint64_t index_and_what = 0;
    auto operator<=>(const mark&) const = default;
    [[nodiscard]] std::int64_t index() const {
      return static_cast<std::int64_t>(index_and_what >> what_bits);
    }
    [[nodiscard]] what how() const { return static_cast<what>(index_and_what & 7U); }
  };
  void check(const mark* first, const mark* end);
  void check_remembered(derived_reader& derived);

  journal_file& file_;
  report& to_;
  std::vector<mark> marks_;
};

} // namespace troupe::verify
