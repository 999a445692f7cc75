#pragma once

#include "messages/error.hpp"
#include "net/gateway/http_message.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::gateway {

inline constexpr std::size_t web_files_max = 1'000; ///< of one set
inline constexpr std::uintmax_t web_file_bytes_max = 2 * 1024 * 1024;
inline constexpr std::uintmax_t web_bytes_max = 32 * 1024 * 1024; ///< all files together

/// Files for browsers, by the path that they are served under.
///
/// They are read into memory once: a request only looks a name up, so no request can reach another
/// file, and none waits for a disk. Immutable once read, so any thread may use it.
class static_files {
public:
  /// Reads a folder and the folders in it; each file is served as `base` and its name there. Never
  /// fails: what cannot be served is left out and remarked on. Left out are symbolic links, hidden
  /// files, unknown types, names with other characters than letters, digits, '.', '-' and '_',
  /// folders in folders, and what is over the bounds above. Returns how many there were.
  std::size_t read(const std::filesystem::path& folder, const std::string& base);

  /// What was left out, a sentence each.
  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }
  void remark(std::string why) { remarks_.push_back(std::move(why)); }
  [[nodiscard]] std::size_t size() const { return files_.size(); }
  [[nodiscard]] bool has(std::string_view path) const { return files_.contains(path); }

  /// The file, or that it has not changed (304), with a policy that lets a page load its own
  /// scripts and styles, talk to this gateway, and nothing else. `method_not_allowed` but for GET
  /// and HEAD, `not_found`.
  [[nodiscard]] result<http_response> answer(const http_request& request,
                                             std::string_view path) const;

private:
  struct file {
    std::string_view content_type;
    std::string etag;
    std::string body;
  };
  void read_file(const std::filesystem::path& from, std::string path);

  std::map<std::string, file, std::less<>> files_;
  std::vector<std::string> remarks_;
  std::uintmax_t bytes_ = 0;
};

} // namespace troupe::gateway
