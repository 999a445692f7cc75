#pragma once

#include "bin/launcher/process_identity.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::cli {

/// A process of the launcher, its own child or one that an earlier launcher left.
///
/// A child begins only after its identity file is written: a launcher that is killed at any moment
/// leaves no process that its successor does not know. It has a session of its own (no Ctrl-C from
/// our terminal) and writes straight into its log, so it needs nobody to read from it.
///
/// Thread rules: made and used by one thread.
class node_process {
public:
  static constexpr std::size_t log_bytes_max = 8 * 1024 * 1024; ///< at a start: it becomes FILE.1

  struct start_info {
    std::string name;
    std::string program;
    std::vector<std::string> arguments;
    std::filesystem::path log;
    std::filesystem::path identity;
    bool dies_with_us = false; ///< killed by the system should this thread end
  };

  /// `not_found` if there is no such program.
  [[nodiscard]] static result<std::unique_ptr<node_process>> start(const start_info& from);
  /// The living process of an identity file; `not_found` if it is gone, whoever has its id now.
  [[nodiscard]] static result<std::unique_ptr<node_process>>
  adopt(const std::filesystem::path& identity);
  ~node_process(); ///< leaves the process alone
  node_process(const node_process&) = delete;
  node_process& operator=(const node_process&) = delete;

  [[nodiscard]] const process_identity& who() const { return who_; }
  [[nodiscard]] int pid() const { return who_.pid; }
  [[nodiscard]] bool adopted() const { return adopted_; }
  /// Readable from its end on.
  [[nodiscard]] int fd() const { return fd_; }
  /// Notices its end and reaps it. Never blocks.
  void poll();
  [[nodiscard]] bool running() const { return !ended_; }
  /// Exit code; of an adopted process, or after a signal, nothing.
  [[nodiscard]] std::optional<int> exit_code() const;
  /// "ended with exit code 2", "was killed by signal 9", "ended"; empty while it runs.
  [[nodiscard]] std::string end_text() const;
  /// To this very process, never to another one that has its id.
  void signal(int number);
  /// Looks for "PREFIX address" among what it printed, and keeps the address with its identity.
  /// Reads a bounded piece of its log; call again while it gives false.
  [[nodiscard]] bool find_address(std::string_view prefix);

private:
  node_process(process_identity who, std::filesystem::path identity, int fd, bool adopted)
      : who_(std::move(who)), identity_(std::move(identity)), fd_(fd), adopted_(adopted),
        read_to_(who_.log_offset) {}

  process_identity who_;
  std::filesystem::path identity_;
  int fd_ = -1;
  bool adopted_ = false;
  bool ended_ = false;
  int status_ = 0;
  std::uint64_t read_to_ = 0;
};

} // namespace troupe::cli
