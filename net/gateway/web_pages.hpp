#pragma once

#include "messages/descriptor.hpp"
#include "messages/error.hpp"
#include "net/gateway/http_message.hpp"
#include "net/gateway/request_target.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::gateway {

inline constexpr std::string_view web_folder = "html"; ///< of a system: `/{system}/html/`
inline constexpr std::size_t web_files_max = 1'000;    ///< of all systems
inline constexpr std::uintmax_t web_file_bytes_max = 2 * 1024 * 1024;
inline constexpr std::uintmax_t web_bytes_max = 32 * 1024 * 1024; ///< all files together

/// The files that systems' web pages are made of, under `/{system}/html/`.
///
/// They are read into memory once: a request only looks a name up, so no request can reach another
/// file, and none waits for a disk. Immutable then, so any thread may use it.
class web_pages {
public:
  /// No system has pages.
  web_pages() = default;

  /// Reads `folder/{system}/html/` of each system. Never fails: what cannot be served is left out
  /// and remarked on. Left out are symbolic links, hidden files, unknown types, names with other
  /// characters than letters, digits, '.', '-' and '_', folders in folders, and what is over the
  /// bounds above.
  [[nodiscard]] static web_pages read(const std::filesystem::path& folder,
                                      std::span<const context_info> contexts);

  /// What was left out, a sentence each.
  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }
  [[nodiscard]] std::size_t files() const { return files_.size(); }
  /// Systems that have pages.
  [[nodiscard]] const std::vector<std::string>& systems() const { return systems_; }

  /// Whether the target lies in the folder of a system that has pages.
  [[nodiscard]] bool cover(const request_target& target) const;
  /// The answer to a request for a covered target: the file, that it has not changed (304), or the
  /// way to the folder (308). `method_not_allowed` but for GET and HEAD, `not_found`.
  [[nodiscard]] result<http_response> answer(const http_request& request,
                                             const request_target& target) const;

private:
  struct file {
    std::string_view content_type;
    std::string etag;
    std::string body;
  };
  void read_system(const std::filesystem::path& folder, std::string_view system);
  void read_file(const std::filesystem::path& from, std::string path);

  std::map<std::string, file, std::less<>> files_; ///< by `/{system}/html/{name}`
  std::vector<std::string> systems_;
  std::vector<std::string> remarks_;
  std::uintmax_t bytes_ = 0;
};

} // namespace troupe::gateway
