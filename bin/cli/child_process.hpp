#pragma once

#include "messages/error.hpp"

#include <cstddef>
#include <deque>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cli {

/// A program started by this one, in a process group of its own (Ctrl-C reaches it only through us)
/// and killed by the system should this process die. Its stdout and stderr come here line by line.
///
/// Thread rules: made and used by one thread, which must live as long as the child.
class child_process {
public:
  static constexpr std::size_t lines_kept = 200;       ///< of its output, the newest
  static constexpr std::size_t line_bytes_max = 4'096; ///< longer lines are cut

  struct start_info {
    std::string name; ///< shown to people
    std::string program;
    std::vector<std::string> arguments;
    std::string log_file = {}; ///< gets a copy of its output; empty: none
  };
  static constexpr std::size_t log_bytes_max = 8 * 1024 * 1024; ///< then it becomes FILE.1

  /// `not_found` if there is no such program.
  [[nodiscard]] static result<std::unique_ptr<child_process>> start(start_info from);
  /// Kills and reaps a child that is still there.
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  [[nodiscard]] const std::string& name() const { return from_.name; }
  [[nodiscard]] int pid() const { return pid_; }
  /// Takes in what it printed and notices its end. Never blocks.
  void poll();
  [[nodiscard]] bool running() const { return !ended_; }
  /// Readable when there is something for `poll` to take in; -1 once it ended.
  [[nodiscard]] int output() const { return ended_ || output_closed_ ? -1 : output_; }
  /// "ended with exit code 2" or "was killed by signal 9"; empty while it runs.
  [[nodiscard]] std::string end_text() const;
  /// Its newest lines, oldest first.
  [[nodiscard]] const std::deque<std::string>& lines() const { return lines_; }
  /// What follows the prefix on the first line that begins with it.
  [[nodiscard]] std::optional<std::string> announced(std::string_view prefix) const;
  /// Asks it to end (SIGTERM), by its process id.
  void ask_to_end();
  /// Ends it at once (SIGKILL).
  void kill();

private:
  child_process(start_info from, int pid, int output)
      : from_(std::move(from)), pid_(pid), output_(output) {}
  void take_in(std::string_view bytes);
  void copy_to_log(std::string_view bytes);
  void signal(int number);

  start_info from_;
  int pid_ = -1;
  int output_ = -1;
  bool ended_ = false;
  bool output_closed_ = false;
  int status_ = 0;
  std::ofstream log_;
  std::size_t log_bytes_ = 0;
  std::string open_line_;
  std::deque<std::string> lines_;
};

/// Folder of the running program, with a slash at the end.
[[nodiscard]] std::string program_folder();

} // namespace troupe::cli
