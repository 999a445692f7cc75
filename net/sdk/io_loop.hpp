#pragma once

#include "net/sdk/call_table.hpp"
#include "net/sdk/cluster_picture.hpp"
#include "net/sdk/link.hpp"
#include "net/sdk/router.hpp"
#include "net/sdk/subscription_book.hpp"
#include "net/transport/frame_packer.hpp"
#include "net/transport/handover.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace troupe {

/// The client's I/O thread: hands calls to the links that the router names, and answers to
/// callbacks. It has a link to every node that the shard map names.
///
/// Life cycle: `start` makes the thread, which keeps the loop alive until it ends; `stop` asks it
/// to end. Thread rules: `submit`, `subscribe`, `unsubscribe`, `state`, `picture` from any thread.
class io_loop : public std::enable_shared_from_this<io_loop> {
public:
  explicit io_loop(client_options options);

  void start();
  /// Ends every call and the thread; waits a bounded time for it, and not at all on its own thread.
  void stop();

  /// False if too many calls are open; the callback was then not taken.
  [[nodiscard]] bool submit(new_call& call);
  [[nodiscard]] std::uint64_t subscribe(std::unique_ptr<subscription> made);
  void unsubscribe(std::uint64_t handle);

  [[nodiscard]] connection_state state() const { return state_.load(std::memory_order_relaxed); }
  [[nodiscard]] client_counters counters() const {
    return {calls_made_.load(), retries_.load(), budget_refusals_.load()};
  }
  /// Null before the first hello.
  [[nodiscard]] std::shared_ptr<const cluster_picture> picture() const;
  [[nodiscard]] const client_options& options() const { return options_; }

private:
  struct new_subscription {
    std::uint64_t handle;
    std::unique_ptr<subscription> made;
  };
  struct end_subscription {
    std::uint64_t handle;
  };
  using operation = std::variant<new_call, new_subscription, end_subscription>;
  struct peer {
    peer(std::vector<std::string> endpoints, link_setting& setting)
        : connection(std::move(endpoints), setting) {}
    link connection;
    frame_packer out;
    [[nodiscard]] bool up() const { return connection.where() == link::stage::up; }
  };

  void run();
  [[nodiscard]] bool take_operations();
  void advance_links();
  void follow_router();
  void give_up_idle_links();
  [[nodiscard]] bool rests(link_number which) const;
  void ask_for_map();
  [[nodiscard]] bool calls_wait_for_owner();
  void open_subscriptions();
  void take_change(link_number of, link::change what);
  void gather(link_number on);
  void flush(peer& to);
  [[nodiscard]] bool receive(link_number from);
  void take_message(link_number from, node_message&& message);
  void take_hello(link_number from, const reply& answer);
  void sleep();
  [[nodiscard]] monotonic_time wake_at();
  void pack(link_number on, const request& from);
  [[nodiscard]] peer* at(link_number which) {
    return which < peers_.size() ? peers_[which].get() : nullptr;
  }
  [[nodiscard]] bool is_up(link_number which) { return at(which) != nullptr && at(which)->up(); }
  void note_closed_calls();
  void finish();

  const client_options options_;
  const clock& time_;
  std::unique_ptr<random_source> random_;
  handover<operation> operations_;
  std::atomic<std::uint32_t> open_calls_{0};
  std::atomic<std::uint64_t> calls_made_{0}, retries_{0}, budget_refusals_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<connection_state> state_{connection_state::connecting};
  std::atomic<std::uint64_t> next_handle_{1};

  mutable std::mutex picture_mutex_;
  std::shared_ptr<const cluster_picture> picture_;

  std::mutex ended_mutex_;
  std::condition_variable ended_changed_;
  bool ended_ = false;
  std::thread thread_;

  // The rest belongs to the thread.
  monotonic_time now_{};
  link_setting setting_;
  link_setting admin_setting_; ///< of links to admin endpoints, which alone are shown the key
  router router_;
  std::vector<std::unique_ptr<peer>> peers_; ///< by number of the link; null where none is wanted
  call_table calls_;
  subscription_book subscriptions_;
  zmq_part part_;
  std::optional<monotonic_time> idle_check_; ///< while there are links that may be given up
  std::vector<operation> taken_;
  std::size_t counted_calls_ = 0;
};

} // namespace troupe
