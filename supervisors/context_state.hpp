#pragma once

#include "actors/lane.hpp"
#include "actors/shard.hpp"
#include "actors/view_part.hpp"
#include "messages/token_bucket.hpp"
#include "supervisors/late_answers.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace troupe {

enum class part_phase : std::uint8_t { stopped, opening, up, waiting, failed, closing };

[[nodiscard]] constexpr std::string_view name_of(part_phase phase) {
  switch (phase) {
  case part_phase::stopped:
    return "stopped";
  case part_phase::opening:
    return "recovering";
  case part_phase::up:
    return "up";
  case part_phase::waiting:
    return "restarting";
  case part_phase::failed:
    return "failed";
  case part_phase::closing:
    return "closing";
  }
  return "unknown";
}

/// What is known of one part (shard or view) of a context. Atomics: written by its lane and its
/// supervisor, read by anyone without asking, even when they are stuck.
struct part_state {
  lane* on = nullptr;
  std::atomic<part_phase> phase{part_phase::stopped};
  std::atomic<bool> owned{true};            ///< by this node
  std::atomic<std::uint64_t> epoch{0};      ///< of the ownership; 0: nobody grants it
  std::atomic<std::uint64_t> open_epoch{0}; ///< the one it was opened with last
  std::atomic<bool> prepares{false};        ///< its take-over by this node
  std::atomic<bool> winds_down{false};      ///< it is open, and will be handed over
  std::atomic<std::uint32_t> restarts{0};
  shard_counters shard;
  view_counters view;
  std::unique_ptr<part_measures> measures; ///< null: nothing is measured
};

/// A context of this node: fixed facts and the state of its parts.
struct context_state {
  std::uint32_t number = 0; ///< in the node's table
  const context_behaviour* behaviour = nullptr;
  std::string name; ///< full
  std::vector<std::unique_ptr<part_state>> parts;
  std::atomic<bool> wanted{true};         ///< by the operator
  std::atomic<bool> up{false};            ///< all parts that this node owns are
  std::atomic<std::uint32_t> restarts{0}; ///< of the context as a whole
  adjustable_delay delay;                 ///< of its answers to asks, by the operator
  std::atomic<std::uint64_t> asked{0}; ///< asks of other contexts that reached parts of this node
  adjustable_rate rate;                ///< of what clients send to it on this node, by the operator
  token_bucket bucket;                 ///< of that rate
  std::atomic<std::uint64_t> refused_by_rate{0};
  std::shared_ptr<context_load> load = std::make_shared<context_load>(); ///< of its shards
  mutable std::mutex error_mutex;
  std::string last_error; ///< under error_mutex

  [[nodiscard]] bool is_view() const { return behaviour->info->kind == context_kind::view; }
  [[nodiscard]] std::uint32_t shards() const { return static_cast<std::uint32_t>(parts.size()); }
  [[nodiscard]] bool owns(std::uint32_t shard) const { return parts[shard]->owned.load(); }
  /// Whether its rows are in memory only: then a take-over has to build them first.
  [[nodiscard]] bool is_built_before() const {
    return is_view() && behaviour->info->view.store == view_storage::memory;
  }
  /// Whether a part should be on its lane.
  [[nodiscard]] bool wants(std::uint32_t shard) const {
    return wanted.load() && (owns(shard) || (parts[shard]->prepares.load() && is_built_before()));
  }
  /// Whether what a take-over of the part needs is loaded.
  [[nodiscard]] bool is_prepared(std::uint32_t shard) const {
    const auto& part = *parts[shard];
    if (!part.prepares.load()) return false;
    return !wanted.load() || !is_built_before() ||
           (part.phase.load() == part_phase::up && part.view.state.load() != view_state::building);
  }
  /// Whether the part will not be there soon by itself: stopped, or failing and tried again.
  [[nodiscard]] bool is_down(std::uint32_t shard) const {
    const auto phase = parts[shard]->phase.load();
    return !wanted.load() ||
           (owns(shard) && (phase == part_phase::waiting || phase == part_phase::failed));
  }
  /// Why it is not ready although it is up: "rebuilding 1200/5000" of a view in memory that has not
  /// yet what its sources had when it was opened; else empty.
  [[nodiscard]] std::string unready() const {
    if (!is_view() || !owns(0) || parts[0]->view.state.load() != view_state::building) return {};
    return std::string{name_of(view_state::building)} + " " + view_progress();
  }
  /// Of a view: records folded / to fold, of those its sources had when it began.
  [[nodiscard]] std::string view_progress() const {
    const auto& view = parts[0]->view;
    return std::to_string(view.folded.load()) + "/" + std::to_string(view.to_fold.load());
  }
  /// A part for people: "taxi.call shard 2".
  [[nodiscard]] std::string part_name(std::uint32_t shard) const {
    return name + (is_view() ? " view " : " shard ") + std::to_string(shard);
  }
  void note_error(std::string what) {
    const std::lock_guard lock{error_mutex};
    last_error = std::move(what);
  }
};

} // namespace troupe
