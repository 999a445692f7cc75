#pragma once

#include "bin/cli/exit_code.hpp"
#include "messages/error.hpp"

#include <iosfwd>
#include <string>
#include <string_view>

namespace troupe::cli {

/// A failed command as a person reads it: what failed, why, and what to do next.
struct failure {
  std::string what; ///< e.g. "cannot send callTaxi to taxi.call"
  std::string why;  ///< a sentence; may be several lines
  std::string code; ///< stable word, e.g. "UNREACHABLE"
  std::string next; ///< a command to try or a thing to change
  int exit = static_cast<int>(exit_code::bug);
};

/// A mistake in the arguments.
[[nodiscard]] failure usage_failure(std::string what, std::string why, std::string next);

/// An error of the system: exit code and code word come from the error table. An empty `next` gives
/// the table's general advice for that kind of error.
[[nodiscard]] failure failed(std::string what, const error& cause, std::string next = {});

/// General advice for an error code; never empty.
[[nodiscard]] std::string advice(errc code);

/// Three lines: "error: what", "  why: why (CODE)", "  try: next". Control characters of the parts
/// are escaped, so that nothing from outside reaches the terminal raw.
void print(std::ostream& err, const failure& from);

} // namespace troupe::cli
