#include "tests/docs/shell_example.hpp"

#include "tests/docs/markdown.hpp"

#include <cctype>

namespace troupe::test {
namespace {

using variables = std::map<std::string, std::string>;

bool names_variable(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
}

/// Splits a line into words, as far as the pages need a shell.
class word_splitter {
public:
  word_splitter(std::string_view line, const variables& known) : rest_(line), known_(known) {}

  result<std::vector<std::string>> words() && {
    char quote = 0;
    while (!rest_.empty()) {
      const char letter = rest_.front();
      if (quote != '\'' && letter == '$') {
        if (auto done = put_variable(); !done) return done.error();
        continue;
      }
      rest_.remove_prefix(1);
      if (quote == 0 && letter == '#' && !open_) break;
      if (quote == 0 && letter == ' ')
        finish();
      else if (quote == 0 && (letter == '\'' || letter == '"'))
        open_ = true, quote = letter;
      else if (quote != 0 && letter == quote)
        quote = 0;
      else
        open_ = true, word_ += letter;
    }
    if (quote != 0) return fail(errc::malformed, "a quote is not closed");
    finish();
    return std::move(words_);
  }

private:
  result<void> put_variable() {
    std::size_t end = 1;
    while (end < rest_.size() && names_variable(rest_[end]))
      ++end;
    const std::string name{rest_.substr(1, end - 1)};
    const auto found = known_.find(name);
    if (found == known_.end()) return fail(errc::malformed, "$" + name + " has no value");
    word_ += found->second;
    open_ = true;
    rest_.remove_prefix(end);
    return {};
  }

  void finish() {
    if (open_) words_.push_back(std::move(word_));
    word_.clear();
    open_ = false;
  }

  std::string_view rest_;
  const variables& known_;
  std::vector<std::string> words_;
  std::string word_;
  bool open_ = false; ///< a word has begun, perhaps an empty one in quotes
};

/// Takes the value of an option, if that is what the word is.
bool take(const std::vector<std::string>& words, std::size_t& at, std::string_view option,
          std::string& to) {
  if (words[at] != option || at + 1 >= words.size()) return false;
  to = words[++at];
  return true;
}

result<example_step> curl_step(const std::vector<std::string>& words) {
  constexpr std::string_view place = "localhost:8080";
  example_step step;
  std::string method, header, url, unused, format;
  for (std::size_t at = 1; at < words.size(); ++at) {
    header.clear();
    if (words[at] == "-s" || take(words, at, "-o", unused) || take(words, at, "-X", method) ||
        take(words, at, "-d", step.request.body) || take(words, at, "-w", format))
      continue;
    if (take(words, at, "-H", header)) {
      const auto colon = header.find(": ");
      if (colon == std::string::npos) return fail(errc::malformed, "no header: " + header);
      // The client says itself that a body is JSON.
      if (!header.starts_with("Content-Type"))
        step.request.headers.emplace_back(header.substr(0, colon), header.substr(colon + 2));
      continue;
    }
    if (!url.empty() || words[at].starts_with('-'))
      return fail(errc::malformed, "curl " + words[at] + " is not understood here");
    url = words[at];
  }
  if (!url.starts_with(place)) return fail(errc::malformed, "not to " + std::string{place});
  step.status_only = !format.empty();
  step.request.target = url.substr(place.size());
  step.request.method = !method.empty() ? method : (step.request.body.empty() ? "GET" : "POST");
  return step;
}

/// Lines of a block with those put together that end in a backslash.
std::vector<std::string> command_lines(const std::string& block) {
  std::vector<std::string> lines;
  bool goes_on = false;
  std::string_view rest = block;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    std::string line{rest.substr(0, end)};
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const bool ends_open = line.ends_with('\\');
    if (ends_open) line.pop_back();
    if (goes_on)
      lines.back() += line;
    else
      lines.push_back(std::move(line));
    goes_on = ends_open;
  }
  return lines;
}

/// Adds what a line does: sets a variable or is a step.
result<void> take_line(const std::string& line, variables& known, shell_example& to) {
  auto words = shell_words(line, known);
  if (!words) return words.error();
  if (words->empty()) return {};
  const std::string& first = words->front();
  if (const auto equals = first.find('='); words->size() == 1 && equals != std::string::npos) {
    known[first.substr(0, equals)] = first.substr(equals + 1);
    return {};
  }
  if (first == "curl") {
    auto step = curl_step(*words);
    if (!step) return step.error();
    to.steps.push_back(std::move(*step));
    return {};
  }
  if (first != "build/release/bin/troupe")
    return fail(errc::malformed, "'" + first + "' is no program of the examples");
  example_step step;
  step.words.assign(words->begin() + 1, words->end());
  to.steps.push_back(std::move(step));
  return {};
}

} // namespace

result<std::vector<std::string>> shell_words(std::string_view line, const variables& known) {
  return word_splitter{line, known}.words();
}

result<std::vector<shell_example>> shell_examples(std::string_view page) {
  std::vector<shell_example> found;
  variables known;
  bool after_commands = false;
  for (const fenced_block& block : fenced_blocks(page)) {
    const bool commands = block.language == "sh";
    if (commands) {
      found.emplace_back();
      for (const std::string& line : command_lines(block.text))
        if (auto done = take_line(line, known, found.back()); !done)
          return fail(errc::malformed, "line " + std::to_string(block.line) + ": " + line + ": " +
                                           done.error().message);
      for (example_step& each : found.back().steps)
        each.line = block.line;
    } else if (after_commands && (block.language == "json" || block.language == "text")) {
      found.back().printed_language = block.language;
      found.back().printed = block.text;
    }
    after_commands = commands;
  }
  return found;
}

} // namespace troupe::test
