#include "bin/cli/shell_line.hpp"

namespace troupe::cli {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Reads one word; `at` is behind its first character's place and ends behind the word.
result<std::string> word_at(std::string_view line, std::size_t& at) {
  std::string word;
  char quote = 0;
  for (; at < line.size(); ++at) {
    const char c = line[at];
    if (quote == 0 && is_blank(c)) break;
    if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'') {
      if (++at == line.size())
        return fail(errc::malformed, "the line ends with a backslash; write it twice to mean it");
      const bool kept = quote == '"' && line[at] != '"' && line[at] != '\\';
      if (kept) word += '\\';
      word += line[at];
    } else {
      word += c;
    }
  }
  if (quote != 0)
    return fail(errc::malformed, std::string{"the quote "} + quote + " is not closed");
  return word;
}

} // namespace

result<std::vector<std::string>> split_line(std::string_view line) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < line.size();) {
    if (is_blank(line[at])) {
      ++at;
      continue;
    }
    if (line[at] == '#') break;
    auto word = word_at(line, at);
    if (!word) return word.error();
    words.push_back(std::move(*word));
  }
  return words;
}

} // namespace troupe::cli
