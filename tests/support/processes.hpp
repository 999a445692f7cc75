#pragma once

#include "bin/cli/child_process.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::test {

using std::chrono::milliseconds;

/// Long enough for a busy machine; a test that waits this long has failed.
inline constexpr milliseconds patience{30'000};

/// Looks again and again until `holds` says yes; false if it never did.
[[nodiscard]] bool eventually(const std::function<bool()>& holds, milliseconds within = patience);

/// A port where nobody listens, below those that the system deals to clients: a client that keeps
/// trying to reach a node that is down must not get the node's own port.
[[nodiscard]] std::uint16_t free_port();

/// Path of one of the built programs.
[[nodiscard]] std::string program(std::string_view name);

/// How a process ended: its exit code, or 128 + the signal that killed it; -1: it runs.
[[nodiscard]] int end_of(const cli::child_process& child);
/// Waits for the end; -1 if it does not come in time.
[[nodiscard]] int wait_end(cli::child_process& child, milliseconds within = patience);

/// What a program printed (both streams) and how it ended.
struct finished {
  int exit_code = -1;
  std::string output;
};
[[nodiscard]] finished run_program(std::string_view name, std::vector<std::string> arguments,
                                   milliseconds within = patience);

/// One of several nodes of a data directory.
struct node_identity {
  std::string name;                  ///< empty: the program's own default
  std::string address = "127.0.0.1"; ///< that it listens on
  std::vector<std::string> inside;   ///< words before the program, which become it
  std::string build = "troupe-node"; ///< the program
};

/// A node of its own on a port of its own. Its data outlive it, so it can be started again. Throws
/// std::runtime_error with the node's last words where it cannot start.
class test_node {
public:
  explicit test_node(std::filesystem::path data, std::vector<std::string> flags = {},
                     node_identity who = {});
  ~test_node(); ///< kills it if it runs

  void start();
  /// Starts it inside another program, e.g. strace; false if it ended before it listened.
  [[nodiscard]] bool start_inside(std::vector<std::string> wrapper);
  /// The two halves of `start`, for several nodes at a time.
  void launch();
  void wait_listening();
  void kill();              ///< SIGKILL, and gone when this returns
  [[nodiscard]] int stop(); ///< SIGTERM; how it ended
  void ask_to_end();        ///< SIGTERM; does not wait
  void pause();             ///< SIGSTOP
  void resume();            ///< SIGCONT
  [[nodiscard]] bool running();
  [[nodiscard]] int wait_end(milliseconds within = patience);
  [[nodiscard]] int pid() const;
  [[nodiscard]] std::string printed() const; ///< its newest lines on either stream
  [[nodiscard]] const std::string& name() const { return who_.name; }
  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::filesystem::path& data() const { return data_; }
  [[nodiscard]] std::string log() const;

private:
  void launch_inside(std::vector<std::string> wrapper);
  [[nodiscard]] bool listens();
  [[nodiscard]] std::string log_file() const;

  std::filesystem::path data_;
  std::vector<std::string> flags_;
  node_identity who_;
  std::uint16_t port_;
  std::string endpoint_;
  bool wrapped_ = false;
  std::unique_ptr<cli::child_process> process_;
};

} // namespace troupe::test
