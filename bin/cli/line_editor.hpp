#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cli {

/// Where a shell reads its lines from: an editor on a terminal, a pipe, a test.
class line_source {
public:
  virtual ~line_source() = default;
  /// The next line without its end; nothing: there are no more.
  [[nodiscard]] virtual std::optional<std::string> next() = 0;
};

/// The words that can stand for the one that was begun at the end of the text.
using completer = std::function<std::vector<std::string>(std::string_view text)>;

/// What a tab adds to a word that was begun, of which these are the ways it can go on: as much as
/// they share, and a blank behind the only one unless more of it follows ("taxi.call/").
[[nodiscard]] std::string addition(std::string_view begun, const std::vector<std::string>& ways);

/// Edits lines on the process's terminal, with history (kept in the file, if one is named) and
/// completion. Ctrl-C gives the line up, Ctrl-D in an empty one ends.
[[nodiscard]] std::unique_ptr<line_source> edit_lines(std::string prompt, std::string history,
                                                      completer complete);

} // namespace troupe::cli
