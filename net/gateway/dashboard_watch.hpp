#pragma once

#include "net/gateway/backend.hpp"
#include "net/gateway/dashboard_picture.hpp"
#include "net/gateway/stream_sink.hpp"
#include "seams/clock.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace troupe::gateway {

/// Looks at the cluster for as long as somebody watches, and tells everybody who watches the same.
///
/// It asks each node whether it lives four times a second and how it stands once a second, makes
/// one text of what changed, and hands that to all viewers. A viewer first gets the whole picture.
/// When the last viewer left it stops asking; what it knows stays, so that the next one sees where
/// things were.
///
/// Server-sent events: `picture` {seq, time_ms, about, present, history, news}, then `delta` {seq,
/// time_ms, patch, sample} once a second or when a node falls silent, and `feed` {items}. `seq`
/// grows by one per delta; who sees a jump has missed something and connects anew.
///
/// Thread rules: every method from any thread but `step`, which is its own thread's or a test's.
/// Must outlive the backend's open calls.
class dashboard_watch {
public:
  static constexpr std::size_t viewers_max = 64;
  static constexpr std::chrono::milliseconds step_time{250};
  static constexpr int steps_a_second = 4;

  /// `about` is told with every picture: what does not change.
  dashboard_watch(backend& cluster, const clock& time, value about);
  ~dashboard_watch();
  dashboard_watch(const dashboard_watch&) = delete;
  dashboard_watch& operator=(const dashboard_watch&) = delete;

  /// Starts the thread that steps.
  void start();
  /// Ends the thread and all streams. Nobody can join afterwards.
  void stop();

  /// `overloaded` if as many watch as may.
  [[nodiscard]] result<void> room() const;
  void join(std::shared_ptr<stream_sink> viewer);
  /// One round: asks what is due and tells what is new.
  void step();

private:
  using place = std::pair<std::string, std::string>; ///< a node and its endpoint
  struct question {
    place of;
    std::string verb;
  };

  void run();
  [[nodiscard]] moment now() const { return {time_.wall(), time_.monotonic()}; }
  [[nodiscard]] bool anybody();
  [[nodiscard]] std::vector<question> due();
  void ask(const question& what);
  void ask_members();
  void follow_nodes(const std::vector<place>& places, bool again);
  void unfollow_all();
  void tell();
  void broadcast(const std::string& event, const value& said);
  [[nodiscard]] std::shared_ptr<const std::string> whole();

  backend& cluster_;
  const clock& time_;
  const value about_;

  mutable std::mutex guard_;
  std::condition_variable wake_;
  bool stopping_ = false;
  dashboard_picture picture_;
  std::vector<std::shared_ptr<stream_sink>> viewers_;
  std::vector<std::shared_ptr<stream_sink>> newcomers_; ///< have not seen the picture yet
  std::set<std::string> open_;                          ///< questions without an answer yet
  bool look_again_ = true; ///< something happened that the tree may show
  value told_;             ///< the picture that viewers have
  std::uint64_t told_news_ = 0;
  std::uint64_t seq_ = 0;
  std::uint64_t steps_ = 0;

  /// What happens on a node. `ended` is told by any thread.
  struct feed {
    std::uint64_t handle = 0;
    std::shared_ptr<std::atomic<bool>> ended;
  };
  std::map<place, feed> followed_; ///< touched by the stepping thread only
  std::thread thread_;
};

/// One server-sent event.
[[nodiscard]] std::string event_text(std::string_view event, const value& said);

} // namespace troupe::gateway
