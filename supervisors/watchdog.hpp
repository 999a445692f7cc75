#pragma once

#include "actors/lane.hpp"
#include "actors/supervision.hpp"
#include "seams/clock.hpp"
#include "supervisors/lane_watch.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace troupe {

/// How a lane stands, for people.
struct lane_report {
  lane_watch::state is = lane_watch::state::moving;
  std::int64_t for_ms = 0; ///< it stands; only while it is slow or stuck
  std::string context;     ///< whose business code runs; empty: it stands outside of any
  std::uint32_t shard = 0;
  std::int64_t aggregate = 0;
  std::string name;    ///< of the command
  trace_context trace; ///< of the command, as far as which one
  [[nodiscard]] bool stands() const { return is != lane_watch::state::moving; }
  [[nodiscard]] std::string text() const; ///< "taxi.call/7 runs CallTaxi for 2100 ms"
};

/// A thread that looks at a node's lanes from outside (docs/supervision.md): a handler that does
/// not return is told of after `slow`; after `stuck` the stack of its lane's thread goes to stderr
/// and the process ends, because a thread cannot be taken back. Then the node's shards move, and
/// the note that the lane left tells the next owner which command it was.
///
/// Thread rules: `reports` and the counter from any thread; it must end before the lanes do.
class watchdog {
public:
  struct setting {
    watch_limits limits;
    /// Whether a lane may stand outside of business code now. From the watchdog's thread.
    std::function<bool(const lane& which)> excused;
    std::function<void(supervision_event)> tell;
    /// Ends the process; called at most once. Empty: a stuck lane is told of, and that is all.
    std::function<void(const std::string& why)> stuck;
  };
  watchdog(setting with, const std::vector<std::unique_ptr<lane>>& lanes, const clock& time);
  ~watchdog(); ///< as `stop`
  /// Looks no more; what it saw last can still be asked. One thread; idempotent.
  void stop();
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

  [[nodiscard]] std::vector<lane_report> reports() const; ///< one per lane, in their order
  [[nodiscard]] std::uint64_t flagged() const { return flagged_.load(); } ///< since the start

private:
  void work();
  void look();
  [[nodiscard]] lane_report seen(std::size_t number);
  void tell(const lane_report& from, std::size_t number, std::string_view what);
  void give_up(const lane_report& from, std::size_t number);

  const setting setting_;
  const std::vector<std::unique_ptr<lane>>& lanes_;
  const clock& time_;
  std::vector<lane_watch> watches_;                           ///< the thread's
  std::vector<std::shared_ptr<std::atomic<int>>> thread_ids_; ///< of the lanes; 0: not told yet
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;            ///< under mutex_
  bool given_up_ = false;            ///< the thread's
  std::vector<lane_report> reports_; ///< under mutex_
  std::atomic<std::uint64_t> flagged_{0};
  std::thread thread_;
};

} // namespace troupe
