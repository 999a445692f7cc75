#pragma once

#include "actors/behaviour.hpp"
#include "actors/stream_reader.hpp"
#include "persistence/storage.hpp"

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <vector>

namespace troupe {

struct view_counters {
  std::atomic<std::uint64_t> events{0};    ///< folded since the start
  std::atomic<std::uint32_t> held_back{0}; ///< events that wait for their cause
  std::atomic<std::uint32_t> sources{0};   ///< streams connected
};

struct view_setting {
  part_key key;
  journal_identity identity;
  const context_behaviour* behaviour = nullptr;
  storage* store = nullptr;
  lane* on = nullptr;
  std::function<std::uint32_t(std::string_view context)> shards_of;
  view_counters* counters = nullptr;
};

/// Builds one view (P6): folds the streams of its sources into rows. Rows and positions commit
/// together, so a view equals the fold of what it has read, whenever it stops.
///
/// Causes before effects: an event that its context recorded in reaction to a record of another
/// source waits until that record has been folded. That makes the rows independent of how the
/// streams happen to interleave, without the fold having to know.
class view_part final : public requesting_part {
public:
  [[nodiscard]] static result<std::unique_ptr<view_part>> open(view_setting setting);
  ~view_part() override;
  /// Starts reading; called once, after the part was added to its lane.
  void resume();

  using requesting_part::receive;
  void receive(inbound& from) override;
  void commit() override;
  bool maintain(bool) override { return false; }

private:
  /// Where the view stands in one shard of one source.
  struct stream {
    std::unique_ptr<stream_reader> reader;
    record_index next{1};                ///< folded up to here, not yet written
    std::deque<published_event> waiting; ///< read, not folded; bounded by the reader's credit
    record_index read{1};                ///< behind the newest event read
    bool dirty = false;
  };
  using stream_key = std::pair<std::string, std::uint32_t>;

  view_part(view_setting setting, std::unique_ptr<view_store> store);
  void take(stream& from, std::vector<published_event>& events, record_index next);
  void fold_all();
  bool fold_one(const stream_key& key, stream& from);
  [[nodiscard]] bool must_wait(const stream_key& of, const published_event& event) const;
  void write();
  void restart();
  void answer_read(inbound& from);

  view_setting setting_;
  std::unique_ptr<view_store> store_;
  std::map<stream_key, stream> streams_;
  std::vector<row_change> changes_;
  std::chrono::milliseconds backoff_{0};
};

} // namespace troupe
