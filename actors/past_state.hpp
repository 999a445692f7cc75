#pragma once

#include "actors/behaviour.hpp"
#include "messages/value.hpp"
#include "persistence/derived_store.hpp"
#include "persistence/journal.hpp"
#include "persistence/record.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// Makes an aggregate's state as it was at an earlier turn or time, from its records, in steps:
/// back along its chain to where it begins (or to its saved state, if that is not too new), then
/// forward. The aggregate itself, which may be at work meanwhile, is not touched.
///
/// Bounded: `records_max` turns are visited on the way back. Memory: 8 bytes for each of them that
/// is replayed. Not thread-safe; journal and store are those of the shard, on its lane.
class past_state {
public:
  static constexpr std::size_t records_max = 200'000;

  struct moment {
    std::optional<std::uint64_t> seq;    ///< of the last turn that counts
    std::optional<std::int64_t> time_ms; ///< or: turns up to this time count

    /// `at_seq` or `at_ms` of an admin verb; neither: as it is now. `malformed` for both.
    [[nodiscard]] static result<moment> read(const value& arguments);
    /// Whether a turn does not count.
    [[nodiscard]] bool before(const record& turn) const {
      return seq ? turn.seq > *seq : time_ms && turn.time_ms > *time_ms;
    }
  };

  past_state(const context_behaviour& behaviour, aggregate_id id, record_index head, moment wanted)
      : behaviour_(behaviour), id_(id), at_(head), wanted_(wanted),
        instance_(behaviour.make_aggregate()) {}

  /// Visits so many records; true when the state is there. Errors: `too_large` (too many turns),
  /// `corrupt`, `quarantined` (an event cannot be replayed).
  [[nodiscard]] result<bool> step(journal& from, derived_store& saved, std::size_t records);

  [[nodiscard]] const aggregate_instance& instance() const { return *instance_; }
  [[nodiscard]] std::uint64_t seq() const { return seq_; }        ///< 0: before its first turn
  [[nodiscard]] std::int64_t time_ms() const { return time_ms_; } ///< of that turn

private:
  [[nodiscard]] result<bool> step_back(journal& from, derived_store& saved);
  [[nodiscard]] result<bool> step_forward(journal& from);
  [[nodiscard]] result<void> read(journal& from, record_index at);
  void take_saved(derived_store& saved);

  const context_behaviour& behaviour_;
  aggregate_id id_;
  record_index at_; ///< the next one on the way back
  moment wanted_;
  std::unique_ptr<aggregate_instance> instance_;
  std::vector<record_index> chain_; ///< that are to be replayed, newest first
  bool forward_ = false;
  record_index saved_; ///< what the instance contains already
  std::size_t visited_ = 0;
  std::uint64_t seq_ = 0;
  std::int64_t time_ms_ = 0;
  std::string body_;
  record record_;
};

} // namespace troupe
