#include "bin/cli/line_editor.hpp"

#include <histedit.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>

namespace troupe::cli {
namespace {

constexpr int history_lines = 1'000;
constexpr std::size_t ways_shown = 100;

class terminal_lines final : public line_source {
public:
  terminal_lines(std::string prompt, std::string history, completer complete)
      : prompt_(std::move(prompt)), file_(std::move(history)), complete_(std::move(complete)),
        editor_(::el_init("actor-inspector", stdin, stdout, stderr)), history_(::history_init()) {
    HistEvent event{};
    ::history(history_, &event, H_SETSIZE, history_lines);
    ::history(history_, &event, H_SETUNIQUE, 1);
    if (!file_.empty()) ::history(history_, &event, H_LOAD, file_.c_str());
    ::el_set(editor_, EL_CLIENTDATA, this);
    ::el_set(editor_, EL_PROMPT, &prompt_of);
    ::el_set(editor_, EL_EDITOR, "emacs");
    ::el_set(editor_, EL_HIST, ::history, history_);
    ::el_set(editor_, EL_ADDFN, "complete", "completes a word", &on_tab);
    ::el_set(editor_, EL_BIND, "^I", "complete", nullptr);
    // While a line is edited Ctrl-C is a key like others, not a signal to the process.
    ::el_set(editor_, EL_SETTY, "-d", "-isig", nullptr);
    ::el_set(editor_, EL_ADDFN, "give-up", "gives the line up", &on_cancel);
    ::el_set(editor_, EL_BIND, "^C", "give-up", nullptr);
    ::el_set(editor_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  }
  ~terminal_lines() override {
    HistEvent event{};
    const auto before = ::umask(S_IRWXG | S_IRWXO); // lines may hold what is nobody else's business
    if (!file_.empty()) ::history(history_, &event, H_SAVE, file_.c_str());
    ::umask(before);
    ::history_end(history_);
    ::el_end(editor_);
  }
  terminal_lines(const terminal_lines&) = delete;
  terminal_lines& operator=(const terminal_lines&) = delete;

  std::optional<std::string> next() override {
    cancelled_ = false;
    int length = 0;
    const char* read = ::el_gets(editor_, &length);
    if (read == nullptr || length <= 0) {
      std::fputc('\n', stdout); // the next prompt of whoever called us is on a line of its own
      return std::nullopt;
    }
    if (cancelled_) return std::string{};
    std::string line{read, static_cast<std::size_t>(length)};
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r'))
      line.pop_back();
    HistEvent event{};
    if (!line.empty()) ::history(history_, &event, H_ENTER, line.c_str());
    return line;
  }

private:
  static terminal_lines& self(EditLine* of) {
    void* held = nullptr;
    ::el_get(of, EL_CLIENTDATA, &held);
    return *static_cast<terminal_lines*>(held);
  }
  static char* prompt_of(EditLine* of) { return self(of).prompt_.data(); }
  static unsigned char on_cancel(EditLine* of, int) {
    self(of).cancelled_ = true;
    std::fputs("^C\n", stdout);
    std::fflush(stdout);
    return CC_NEWLINE;
  }
  static unsigned char on_tab(EditLine* of, int) { return self(of).complete(); }

  unsigned char complete() {
    const LineInfo* line = ::el_line(editor_);
    const std::string text{line->buffer, line->cursor};
    const auto begun = text.substr(text.find_last_of(" \t") + 1);
    const auto ways = complete_(text);
    const auto more = addition(begun, ways);
    if (!more.empty()) return ::el_insertstr(editor_, more.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
    if (ways.empty()) return CC_ERROR;
    std::fputc('\n', stdout);
    for (std::size_t i = 0; i < std::min(ways.size(), ways_shown); ++i)
      std::fprintf(stdout, "%s%s", i == 0 ? "" : "  ", ways[i].c_str());
    std::fputs(ways.size() > ways_shown ? "  ...\n" : "\n", stdout);
    std::fflush(stdout);
    return CC_REDISPLAY;
  }

  std::string prompt_;
  std::string file_;
  completer complete_;
  EditLine* editor_;
  History* history_;
  bool cancelled_ = false;
};

} // namespace

std::string addition(std::string_view begun, const std::vector<std::string>& ways) {
  if (ways.empty()) return {};
  std::string_view shared = ways.front();
  for (const std::string& each : ways) {
    const auto differs = std::mismatch(shared.begin(), shared.end(), each.begin(), each.end());
    shared = shared.substr(0, static_cast<std::size_t>(differs.first - shared.begin()));
  }
  if (!shared.starts_with(begun)) return {};
  std::string more{shared.substr(begun.size())};
  const bool goes_on = shared.ends_with('/') || shared.ends_with('=');
  if (ways.size() == 1 && !goes_on) more += ' ';
  return more;
}

std::unique_ptr<line_source> edit_lines(std::string prompt, std::string history,
                                        completer complete) {
  return std::make_unique<terminal_lines>(std::move(prompt), std::move(history),
                                          std::move(complete));
}

} // namespace troupe::cli
