#pragma once

#include "actors/behaviour.hpp"
#include "persistence/derived_store.hpp"
#include "persistence/record.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <unordered_map>

namespace troupe {

/// Makes the derived states again while a journal is scanned from its oldest missing record on:
/// every event once, in order, instead of one chain of records per aggregate.
///
/// Used by a shard that opens and finds its derived store far behind. Bounded in memory: what is
/// held is written when it grows too large, and read back where it is needed again.
class state_rebuild {
public:
  static constexpr std::size_t held_max = 50'000; ///< aggregates in memory at once
  /// Records that the derived store must lack before this is worth it.
  static constexpr std::uint64_t worth_while = 10'000;

  using row_maker = std::function<state_row(aggregate_id, const aggregate_instance&)>;

  state_rebuild(const context_behaviour& behaviour, derived_store& store, row_maker row_of)
      : behaviour_(behaviour), store_(store), row_of_(std::move(row_of)) {}

  /// Takes the events of the record at `at` up, which the shard's memory has folded already.
  [[nodiscard]] result<void> fold(const record& from, record_index at);
  /// Writes what is held; the states are then complete up to `position`.
  [[nodiscard]] result<void> write(record_index position);

private:
  [[nodiscard]] result<aggregate_instance*> hold(aggregate_id id);

  const context_behaviour& behaviour_;
  derived_store& store_;
  row_maker row_of_;
  std::unordered_map<aggregate_id, std::unique_ptr<aggregate_instance>> held_;
};

} // namespace troupe
