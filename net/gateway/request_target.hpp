#pragma once

#include "messages/error.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::gateway {

inline constexpr std::size_t path_segments_max = 4; ///< no route is longer
inline constexpr std::size_t query_parameters_max = 32;

/// Path and query of a request, percent-decoded and split.
struct request_target {
  std::vector<std::string> segments;                           ///< an empty path ("/") has none
  std::vector<std::pair<std::string, std::string>> parameters; ///< in order, names unique

  [[nodiscard]] const std::string* parameter(std::string_view name) const;
  /// `/a/b`, decoded, without a trailing slash: the same for all spellings of one path.
  [[nodiscard]] std::string path() const;
};

/// Refuses (`malformed`) a target that is not an absolute path, bad escapes, control characters,
/// empty inner segments, repeated parameters; `not_found` for paths longer than any route.
[[nodiscard]] result<request_target> parse_target(std::string_view raw);

/// Decodes %XX; in a query `+` is a space. Refuses bad escapes, control characters and bad UTF-8.
[[nodiscard]] result<std::string> percent_decoded(std::string_view raw, bool in_query);

/// Encodes everything but unreserved characters, for links we make.
[[nodiscard]] std::string percent_encoded(std::string_view raw);

/// The raw path as far as it may be shown: no query, printable ASCII only, at most 256 bytes.
[[nodiscard]] std::string shown_path(std::string_view raw_target);

} // namespace troupe::gateway
