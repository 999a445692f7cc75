#pragma once

#include "bench/process.hpp"
#include "messages/error.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace troupe::bench {

/// A folder for one benchmark, removed with all that is in it.
class scratch_folder {
public:
  /// Made inside `parent` under a fresh name.
  [[nodiscard]] static result<scratch_folder> make(const std::filesystem::path& parent);
  scratch_folder(scratch_folder&& from) noexcept;
  scratch_folder& operator=(scratch_folder&&) = delete;
  ~scratch_folder();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
  explicit scratch_folder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// A node that the benchmark starts and stops itself: `binary --data FOLDER/data --listen …` on a
/// free port. Its output goes to FOLDER/node.log. Dies with this process.
class own_node {
public:
  /// Returns when the node has said where it listens; fails after 60 s, with its last output.
  [[nodiscard]] static result<own_node> start(const std::filesystem::path& binary,
                                              const std::filesystem::path& folder);
  /// One of several on `folder`/data, with further flags, among them its `--name`. Its output goes
  /// to `log`. It may not have said yet where it listens: see `come_up`.
  [[nodiscard]] static result<own_node> launch(const std::filesystem::path& binary,
                                               const std::filesystem::path& folder,
                                               const std::filesystem::path& log,
                                               std::vector<std::string> flags);
  /// Returns when it has said where it listens; fails as `start`.
  [[nodiscard]] result<void> come_up();
  own_node(own_node&& from) noexcept;
  own_node& operator=(own_node&& from) noexcept;
  ~own_node(); ///< kills it if it still runs

  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  [[nodiscard]] process_id process() const { return process_; }
  /// When its process was made.
  [[nodiscard]] std::chrono::steady_clock::time_point started() const { return started_; }
  /// Asks it to end (SIGTERM) and waits; an error if it took longer than 60 s or ended badly.
  [[nodiscard]] result<void> stop();
  /// Ends it at once (SIGKILL), and it is gone when this returns.
  void kill();

private:
  own_node() = default;
  process_id process_;
  std::string endpoint_;
  std::filesystem::path log_;
  std::chrono::steady_clock::time_point started_;
};

/// Where the node's program is: next to the running program.
[[nodiscard]] std::filesystem::path node_beside_this_program();

} // namespace troupe::bench
