#pragma once

#include "actors/behaviour.hpp"
#include "actors/event_merge.hpp"
#include "actors/healing.hpp"
#include "actors/noted_turn.hpp"
#include "actors/part_measures.hpp"
#include "actors/stream_reader.hpp"
#include "actors/supervision.hpp"
#include "messages/value.hpp"
#include "persistence/storage.hpp"
#include "persistence/turn_notes.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// How a view stands to its sources.
enum class view_state : std::uint8_t {
  building,    ///< kept in memory: not yet what its sources had when it was opened
  catching_up, ///< behind what its sources had when it was opened
  following,
  rebuilding, ///< built anew beside the rows that are served
  stuck,      ///< at an event that cannot be folded; serves what it had
};

[[nodiscard]] constexpr std::string_view name_of(view_state state) {
  switch (state) {
  case view_state::building:
  case view_state::rebuilding:
    return "rebuilding";
  case view_state::catching_up:
    return "catching up";
  case view_state::following:
    return "up";
  case view_state::stuck:
    return "stuck";
  }
  return "unknown";
}

/// Written by the view's lane, read by anyone.
struct view_counters {
  std::atomic<std::uint64_t> events{0};    ///< folded since the start
  std::atomic<std::uint32_t> held_back{0}; ///< events that wait for their cause or their turn
  std::atomic<std::uint32_t> sources{0};   ///< streams connected
  std::atomic<std::uint64_t> rows{0};      ///< served
  std::atomic<std::uint64_t> lag{0};       ///< records of the sources that are not folded yet
  std::atomic<view_state> state{view_state::catching_up};
  std::atomic<std::uint64_t> folded{0};  ///< records, of those it began with behind it
  std::atomic<std::uint64_t> to_fold{0}; ///< see `folded`
};

struct view_setting {
  part_key key;
  journal_identity identity;
  const context_behaviour* behaviour = nullptr;
  storage* store = nullptr; ///< of views kept in files; the others need none
  lane* on = nullptr;
  std::function<std::uint32_t(std::string_view context)> shards_of;
  /// Whether a source's shard is stopped or failed: whoever waits for it waits for an operator.
  std::function<bool(std::string_view context, std::uint32_t shard)> is_down;
  view_counters* counters = nullptr;
  healing* heals = nullptr; ///< asked before each rebuild of its own; null: they are not limited
  supervision_rules* rules = nullptr; ///< told when the view stops; null: nobody
  const turn_notes* notes = nullptr;  ///< what took processes down; null: nobody knows
  std::string build{};                ///< that runs: another one may fold where this died
  part_measures* measures = nullptr;  ///< null: nothing is measured
};

/// Builds one view (P6): folds the streams of its sources into rows. Rows and positions commit
/// together, so a view equals the fold of what it has read, whenever it stops. The order of the
/// fold is that of `event_merge`: the rows are the same when the view is built anew.
///
/// An event that cannot be folded is never skipped: the view stops in front of it and serves the
/// rows it has, until a version that can comes or it is rebuilt. So it is with one on which this
/// build took the process down three times.
///
/// An operator can have it rebuilt: the rows are then served as they were, and built from the
/// beginning beside, until everything is folded that the sources had when that began. A rebuild
/// waits for sources that go down meanwhile, because rows without them would replace better ones.
///
/// It rebuilds itself (`healing_action::rebuild_view`) when its rows cannot be right: its file was
/// damaged or has another structure, or it has read more of a source than that has.
class view_part final : public requesting_part {
public:
  /// Events folded in one round: some milliseconds, which the lane's other callers wait.
  static constexpr std::size_t events_per_round_max = 1'024;
  /// Reason of a rejected `view-rebuild`.
  static constexpr std::string_view rebuild_running = "REBUILD_RUNNING";

  [[nodiscard]] static result<std::unique_ptr<view_part>> open(view_setting setting);
  ~view_part() override;
  /// Starts reading; called once, after the part was added to its lane.
  void resume();

  using requesting_part::receive;
  void receive(inbound& from) override;
  void commit() override;
  bool maintain(bool) override { return false; }

private:
  /// The newest rebuild, for whoever asked for it.
  struct rebuild_report {
    std::uint64_t number = 0; ///< since the view was opened; 0: none
    std::uint64_t folded = 0;
    std::uint64_t to_fold = 0;
    std::optional<error> failure; ///< why the old rows were kept
  };

  view_part(view_setting setting, std::unique_ptr<view_store> store);
  [[nodiscard]] const context_info& info() const { return *setting_.behaviour->info; }
  void add_stream(std::string source, shard_number shard);
  [[nodiscard]] result<void> read_positions();
  void start_readers();
  void stop_readers();
  [[nodiscard]] bool is_gone(std::size_t stream) const;
  [[nodiscard]] event_merge::is_gone not_waited_for() const;
  [[nodiscard]] bool fold_some();
  [[nodiscard]] result<void> fold(const event_merge::place& source, const published_event& event);
  [[nodiscard]] result<void> fold_safely(std::size_t stream, const published_event& event);
  [[nodiscard]] turn_subject subject_of(std::size_t stream, const published_event& event) const;
  [[nodiscard]] bool took_processes_down(const turn_subject& fold) const;
  void halt(std::size_t stream, record_index at, const error& why);
  [[nodiscard]] bool write();
  void note_lags();
  void restart_later();
  void restart();
  void count();
  void answer_read(inbound& from);

  // healing (view_healing.cpp)
  [[nodiscard]] static result<std::unique_ptr<view_store>> open_store(const view_setting& setting);
  [[nodiscard]] std::optional<std::chrono::milliseconds> begin_healing(const std::string& cause);
  void healed(bool good, const std::string& outcome);
  void note_damage(const error& why);
  [[nodiscard]] bool replace_damaged();
  void rebuild_ahead(std::size_t stream);

  // rebuilding and inspection (view_rebuild.cpp)
  void answer_admin(inbound& from);
  [[nodiscard]] result<value> begin_rebuild();
  [[nodiscard]] result<void> start_rebuild();
  void caught_up();
  void abandon_rebuild(const error& why);
  [[nodiscard]] value describe() const;
  [[nodiscard]] value::array describe_sources() const;

  view_setting setting_;
  std::unique_ptr<view_store> store_; ///< null only while a damaged one cannot be made again
  event_merge merge_;
  std::vector<std::string> fold_names_; ///< per stream, in notes: build and source
  std::vector<noted_death> deaths_;     ///< of processes that folded events for this view
  std::vector<std::unique_ptr<stream_reader>> readers_; ///< one per stream of the merge
  std::vector<row_change> changes_;
  std::vector<wall_ms> unwritten_; ///< times of the events that were folded and not written
  view_state state_;
  rebuild_report rebuild_;
  std::chrono::milliseconds backoff_{0};
  std::string damage_;      ///< of the rows' file; empty: it is well
  std::uint64_t heals_ = 0; ///< number of the healing action that runs; 0: none
  bool paused_ = false;     ///< after a failed write, until it reads again
  /// In front of an event that could not be folded.
  struct halt_place {
    std::size_t stream = 0;
    record_index at;
    std::string why;
  };
  std::optional<halt_place> halted_;
  view_state before_halt_ = view_state::catching_up;
  std::size_t one_by_one_ = 0; ///< so many records are written one at a time
};

} // namespace troupe
