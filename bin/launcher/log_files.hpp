#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cli {

/// The last lines of a file, oldest first; reads its end only. Empty if it cannot be read.
[[nodiscard]] std::vector<std::string> last_lines(const std::filesystem::path& path,
                                                  std::size_t lines_max);

/// The time stamp that a log line begins with ("2026-11-20T13:15:04.123Z", also behind "time="
/// or as first member of a JSON object); empty if there is none.
[[nodiscard]] std::string_view stamp_of(std::string_view line);

/// A line of one of several logs.
struct log_line {
  std::string part; ///< whose log: "n2", "gateway"
  std::string stamp;
  std::string text;
  bool operator==(const log_line&) const = default;
};

/// Several logs as one, in the order of their time stamps; a line without one stays behind the line
/// before it.
[[nodiscard]] std::vector<log_line> merged(std::vector<std::vector<log_line>> logs);

/// Follows one log: what it has now, then what is added. A log that begins anew is read from its
/// beginning.
class log_follower {
public:
  static constexpr std::size_t line_bytes_max = 64 * 1024;
  log_follower(std::string part, std::filesystem::path path)
      : part_(std::move(part)), path_(std::move(path)) {}

  /// Its last lines; `more` goes on behind them.
  [[nodiscard]] std::vector<log_line> last(std::size_t lines_max);
  /// Whole lines that were added since.
  [[nodiscard]] std::vector<log_line> more();

private:
  [[nodiscard]] log_line line_of(std::string text);

  std::string part_;
  std::filesystem::path path_;
  std::uint64_t read_to_ = 0;
  std::string stamp_; ///< of the newest line that had one
};

} // namespace troupe::cli
