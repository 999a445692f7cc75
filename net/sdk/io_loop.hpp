#pragma once

#include "net/sdk/call_table.hpp"
#include "net/sdk/link.hpp"
#include "net/sdk/subscription_book.hpp"
#include "net/transport/frame_packer.hpp"
#include "net/transport/handover.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

namespace troupe {

/// The client's I/O thread: hands calls to the connection and answers to callbacks.
///
/// Life cycle: `start` makes the thread, which keeps the loop alive until it ends; `stop` asks it
/// to end. Thread rules: `submit`, `subscribe`, `unsubscribe`, `state`, `served` from any thread.
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
  /// Of the last hello; null before the first.
  [[nodiscard]] std::shared_ptr<const std::vector<served_context>> served() const;
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

  void run();
  [[nodiscard]] bool take_operations();
  void take_change(link::change what);
  void gather();
  void flush();
  [[nodiscard]] bool receive();
  void take_message(node_message&& message);
  void sleep();
  void pack(const request& from);
  [[nodiscard]] bool has_unsent() const { return !packer_.empty(); }
  void note_closed_calls();
  void finish();

  const client_options options_;
  const clock& time_;
  std::unique_ptr<random_source> random_;
  handover<operation> operations_;
  std::atomic<std::uint32_t> open_calls_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<connection_state> state_{connection_state::connecting};
  std::atomic<std::uint64_t> next_handle_{1};

  mutable std::mutex served_mutex_;
  std::shared_ptr<const std::vector<served_context>> served_;

  std::mutex ended_mutex_;
  std::condition_variable ended_changed_;
  bool ended_ = false;
  std::thread thread_;

  // The rest belongs to the thread.
  monotonic_time now_{};
  link link_;
  call_table calls_;
  subscription_book subscriptions_;
  frame_packer packer_;
  zmq_part part_;
  std::vector<operation> taken_;
  std::size_t counted_calls_ = 0;
};

} // namespace troupe
