#pragma once

#include "bin/cli/child_process.hpp"
#include "bin/cli/failure.hpp"
#include "bin/cli/interruption.hpp"
#include "net/http_client.hpp"
#include "seams/clock.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cli {

/// What `troupe run` is to start. Every place is final: defaults are filled in.
struct launch_plan {
  std::string folder;   ///< of the programs, with a slash at the end
  std::string data;     ///< made if missing
  std::string endpoint; ///< of the node, e.g. "tcp://127.0.0.1:7100"
  std::string http;     ///< HOST:PORT of the gateway
  std::string web;      ///< folder of the web pages; empty: the gateway's own choice
  std::string log_level = "info";
  std::vector<std::string> systems;
  std::chrono::milliseconds ready_within{30'000};
};

/// HOST:PORT of a ZeroMQ endpoint "tcp://HOST:PORT"; `*` as port means a free one.
[[nodiscard]] result<http_place> place_of_endpoint(std::string_view endpoint);

/// A node and its gateway as children of this process.
///
/// Life cycle: `start`, then `watch` until it returns, then `stop`; the destructor kills what is
/// left. One thread only.
class launch {
public:
  launch(launch_plan plan, interruption& stop, const clock& time)
      : plan_(std::move(plan)), stop_(stop), time_(time) {}

  /// Starts both and waits until the gateway says that all is ready. No failure: they serve, or the
  /// user interrupted (`interrupted`).
  [[nodiscard]] std::optional<failure> start();
  /// Until the user stops it (no failure) or a child ends.
  [[nodiscard]] std::optional<failure> watch();
  /// Ends the gateway, then the node; each gets time to finish, then is killed.
  void stop();

  [[nodiscard]] bool interrupted() const { return interrupted_; }
  /// With the real ports, once started.
  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  [[nodiscard]] const http_place& http() const { return http_; }
  [[nodiscard]] std::string log_folder() const { return plan_.data + "/logs"; }
  /// The newest lines that a child printed or logged; of the one that ended, if one did.
  [[nodiscard]] std::vector<std::string> last_lines() const;

private:
  [[nodiscard]] std::optional<failure> check_place(const http_place& at, const char* flag) const;
  [[nodiscard]] std::optional<failure> start_child(std::unique_ptr<child_process>& to,
                                                   child_process::start_info from);
  /// Waits for "NAME listening on ADDRESS" on its output.
  [[nodiscard]] std::optional<failure> wait_announced(child_process& child, std::string& address);
  [[nodiscard]] std::optional<failure> wait_ready();
  [[nodiscard]] std::optional<failure> ended_child();
  [[nodiscard]] std::optional<failure> look(const char* waiting_for);
  [[nodiscard]] std::optional<failure> too_late(const std::string& waiting_for) const;
  void stop_child(child_process* child, std::chrono::milliseconds grace);
  [[nodiscard]] std::string node_log() const { return log_folder() + "/troupe-node.log"; }

  launch_plan plan_;
  interruption& stop_;
  const clock& time_;
  monotonic_time deadline_{};
  std::unique_ptr<child_process> node_;
  std::unique_ptr<child_process> gateway_;
  std::string endpoint_;
  http_place http_;
  bool interrupted_ = false;
};

} // namespace troupe::cli
