#pragma once

#include "bin/verify/data_directory.hpp"

#include <cstdint>
#include <unordered_map>

namespace troupe::verify {

/// I3 and I5: indexes, sequences and chains without a gap, a double or a fork; epochs that never go
/// back. Keeps some 60 bytes for each aggregate of one journal.
class sequence_rules {
public:
  struct aggregate_end {
    record_index head;
    std::uint64_t seq = 0;
    record_index last_event; ///< newest record with events; 0: none
    bool judged = false;     ///< its states have been compared
  };
  using aggregates = std::unordered_map<aggregate_id, aggregate_end>;

  sequence_rules(journal_file& file, report& to) : file_(file), to_(to) {}

  /// The index of the next stored row, whatever its content; false if no record may be there.
  bool take_index(std::int64_t index);
  void take(const record& from, record_index at);
  /// `until`: the newest record there should be.
  void finish(record_index until);

  [[nodiscard]] aggregates& ends() { return ends_; }

private:
  void take_turn(const record& from, record_index at);
  void take_bookkeeping(const record& from, record_index at);

  journal_file& file_;
  report& to_;
  std::int64_t expected_ = 1;
  epoch_number epoch_;
  record_index epoch_since_; ///< first record of `epoch_`
  aggregates ends_;
};

} // namespace troupe::verify
