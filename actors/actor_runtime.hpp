#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace caf {
class actor_system;
}

namespace troupe {

/// The CAF actor system of a node. Its scheduler (policy `sharing`, two workers) runs what is not
/// bound to a shard; aggregates run on lanes (`actor_lane`). Outlives every lane and supervisor.
class actor_runtime {
public:
  actor_runtime();
  ~actor_runtime();
  actor_runtime(const actor_runtime&) = delete;
  actor_runtime& operator=(const actor_runtime&) = delete;

  [[nodiscard]] caf::actor_system& system();

private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

/// What an actor does: owned by its CAF host, destroyed with it.
class cell {
public:
  virtual ~cell() = default;
  /// Handles one message; `work` is owned by whoever sent it and stays valid during the call.
  /// An exception ends the actor; its group hears of it.
  virtual void receive(void* work) = 0;
};

/// A strong reference to an actor of an `actor_group`; one pointer wide.
class actor_handle {
public:
  actor_handle() = default;
  actor_handle(actor_handle&& other) noexcept;
  actor_handle& operator=(actor_handle&& other) noexcept;
  actor_handle(const actor_handle&) = delete;
  actor_handle& operator=(const actor_handle&) = delete;
  ~actor_handle();
  explicit operator bool() const { return control_ != nullptr; }
  /// CAF's actor id, as in logs.
  [[nodiscard]] std::uint64_t number() const;

private:
  friend class actor_group;
  void* control_ = nullptr; ///< caf::actor_control_block, one reference owned
};

/// A lane as CAF's execution unit: the actors bound to it run when the lane says so, on the thread
/// that says so. Nobody but the lane may message them; debug and release builds abort otherwise.
class actor_lane {
public:
  explicit actor_lane(actor_runtime& runtime);
  ~actor_lane();
  actor_lane(const actor_lane&) = delete;
  actor_lane& operator=(const actor_lane&) = delete;

  /// Runs actors until none has a message left.
  void run();

private:
  friend class actor_group;
  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

/// A supervising CAF actor on a lane and the actors it started: a shard and its aggregates.
/// One-for-one: an actor that fails ends alone, and `on_exit` tells its owner, which decides.
class actor_group {
public:
  /// `actor` as in `actor_handle::number()`; `why` is empty for a wanted exit.
  using exit_callback = std::function<void(std::uint64_t actor, const std::string& why)>;

  actor_group(actor_lane& lane, exit_callback on_exit);
  ~actor_group(); ///< stops the actors, waits until they ended, without callbacks
  actor_group(const actor_group&) = delete;
  actor_group& operator=(const actor_group&) = delete;

  /// Starts a monitored actor; it runs with its first message.
  [[nodiscard]] actor_handle start(std::unique_ptr<cell> what);
  /// Puts `work` into the actor's mailbox. A dead actor loses it: its exit has been reported.
  void tell(const actor_handle& to, void* work);
  /// Ends the actor after the messages already in its mailbox.
  void stop(actor_handle actor);

private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

} // namespace troupe
