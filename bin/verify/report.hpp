#pragma once

#include "messages/ids.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::verify {

/// What is proven, in the words of docs/verify.md.
enum class rule : std::uint8_t {
  files,        ///< every file can be read and is what its name says
  acknowledged, ///< I1
  whole,        ///< I2
  sequence,     ///< I3
  one_effect,   ///< I4
  one_writer,   ///< I5
  linearizable, ///< I6
  states,       ///< I7
  views,        ///< I8
  promises,     ///< P4: asks, voids, timers
  causes,       ///< every reaction names a record that exists
};

struct rule_info {
  rule which;
  std::string_view name;    ///< "I3"
  std::string_view meaning; ///< what holds where nothing is found
  std::string_view counted; ///< what `checked` counts, in the plural
};
inline constexpr std::array rules{
    rule_info{rule::files, "files", "every file is readable and what its name says", "files"},
    rule_info{rule::acknowledged, "I1", "what was acknowledged is in the journal", "answers"},
    rule_info{rule::whole, "I2", "every record is whole: its checksum and every entry of it",
              "records"},
    rule_info{rule::sequence, "I3", "indexes and sequences have no gap, no double, no fork",
              "turns"},
    rule_info{rule::one_effect, "I4", "a command id has one effect at most", "commands"},
    rule_info{rule::one_writer, "I5", "epochs never go back and none is from nowhere", "records"},
    rule_info{rule::linearizable, "I6", "no answer is older than one given before it was asked for",
              "answers"},
    rule_info{rule::states, "I7", "states and snapshots equal the fold of the journal", "states"},
    rule_info{rule::views, "I8", "views equal their events, and no position goes back or ahead",
              "rows and positions"},
    rule_info{rule::promises, "P4", "asks, voids and timers end once, and only what began",
              "promises"},
    rule_info{rule::causes, "causes", "every reaction names a record that exists", "causes"},
};
[[nodiscard]] constexpr const rule_info& info(rule which) {
  return rules[static_cast<std::size_t>(which)];
}

/// The record, row or line that breaks a rule; what is not known or not meant stays empty.
struct place {
  std::string file;
  std::string context = {};
  std::optional<std::uint32_t> shard = {};
  std::int64_t index = 0; ///< of the record; line of a ledger
  std::int64_t aggregate = 0;
  std::uint64_t seq = 0;
  command_id command = {};
};

struct finding {
  rule broken;
  place where;
  std::string what; ///< a sentence without a full stop
};

/// What was checked, how much, and what is wrong. Keeps the first findings and counts all.
class report {
public:
  explicit report(std::size_t findings_max) : findings_max_(findings_max) {}

  void checked(rule which, std::uint64_t times = 1) { counts_[number(which)].checked += times; }
  void found(rule broken, place where, std::string what);
  /// Something that was not checked, or is worth knowing; no violation.
  void note(std::string what) { notes_.push_back(std::move(what)); }

  [[nodiscard]] std::uint64_t checked_of(rule which) const {
    return counts_[number(which)].checked;
  }
  [[nodiscard]] std::uint64_t found_of(rule which) const { return counts_[number(which)].found; }
  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] bool clean() const { return total_ == 0; }
  /// The first of them, as many as wanted.
  [[nodiscard]] const std::vector<finding>& findings() const { return findings_; }
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

  // For people: how much there was to read.
  std::uint64_t journals = 0;
  std::uint64_t records = 0;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0; ///< of records
  std::uint64_t aggregates = 0;
  std::uint64_t derived_files = 0;
  std::uint64_t view_files = 0;
  std::uint64_t ledger_lines = 0;

private:
  struct count {
    std::uint64_t checked = 0;
    std::uint64_t found = 0;
  };
  [[nodiscard]] static std::size_t number(rule which) { return static_cast<std::size_t>(which); }

  std::size_t findings_max_;
  std::uint64_t total_ = 0;
  std::array<count, rules.size()> counts_{};
  std::vector<finding> findings_;
  std::vector<std::string> notes_;
};

/// "I3 taxi.call.0.journal taxi.call/42 record 17 seq 5 command 018b…: what is wrong".
[[nodiscard]] std::string text_of(const finding& from);

} // namespace troupe::verify
