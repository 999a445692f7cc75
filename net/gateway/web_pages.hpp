#pragma once

#include "messages/descriptor.hpp"
#include "messages/error.hpp"
#include "net/gateway/http_message.hpp"
#include "net/gateway/request_target.hpp"
#include "net/gateway/static_files.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::gateway {

inline constexpr std::string_view web_folder = "html"; ///< of a system: `/{system}/html/`

/// The files that systems' web pages are made of, under `/{system}/html/`. Immutable, so any thread
/// may use it.
class web_pages {
public:
  /// No system has pages.
  web_pages() = default;

  /// Reads `folder/{system}/html/` of each system. Never fails: what cannot be served is left out
  /// and remarked on, as `static_files` says.
  [[nodiscard]] static web_pages read(const std::filesystem::path& folder,
                                      std::span<const context_info> contexts);

  /// What was left out, a sentence each.
  [[nodiscard]] const std::vector<std::string>& remarks() const { return files_.remarks(); }
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
  static_files files_; ///< by `/{system}/html/{name}`
  std::vector<std::string> systems_;
};

} // namespace troupe::gateway
