#pragma once

#include "bin/cli/exit_code.hpp"

#include <chrono>
#include <memory>
#include <span>

namespace troupe::cli {

/// The one place where a tool waits: for a signal, for a wake-up, or for time to pass.
class interruption {
public:
  virtual ~interruption() = default;

  /// Waits at most that long; comes back early when a signal arrives, `wake` was called, or one of
  /// the descriptors can be read. True from the moment on that Ctrl-C or SIGTERM arrived; a later
  /// wait still waits, so that there is time to stop in order.
  [[nodiscard]] virtual bool wait_also_for(std::span<const int> readable,
                                           std::chrono::milliseconds at_most) = 0;
  [[nodiscard]] bool wait(std::chrono::milliseconds at_most) { return wait_also_for({}, at_most); }
  /// Ends a wait, also one that begins later. From any thread.
  virtual void wake() = 0;
  /// How a command that was cut short ends: `interrupted` or `terminated`.
  [[nodiscard]] virtual exit_code reason() const = 0;
};

/// Takes SIGINT, SIGTERM and SIGCHLD (which wakes) out of their usual way. To be made before any
/// thread is started, because threads inherit what is blocked; at most one at a time.
[[nodiscard]] std::unique_ptr<interruption> listen_to_signals();

} // namespace troupe::cli
