#include "bin/cli/completion.hpp"
#include "bin/cli/kept_connections.hpp"
#include "bin/cli/line_editor.hpp"
#include "bin/cli/shell_line.hpp"
#include "bin/cli/tool.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <istream>
#include <ostream>

/// shell: the tool's commands one after the other over one connection.
namespace troupe::cli {
namespace {

class plain_lines final : public line_source {
public:
  explicit plain_lines(std::istream& in) : in_(in) {}
  std::optional<std::string> next() override {
    std::string line;
    if (!std::getline(in_, line)) return std::nullopt;
    return line;
  }

private:
  std::istream& in_;
};

/// Keeps Ctrl-C from ending the shell with a command: it ends commands that listen for it, and is
/// forgotten behind those that do not. Threads of connections inherit that.
class no_interrupts {
public:
  no_interrupts() {
    ::sigemptyset(&set_);
    ::sigaddset(&set_, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~no_interrupts() {
    forget();
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  no_interrupts(const no_interrupts&) = delete;
  no_interrupts& operator=(const no_interrupts&) = delete;

  void forget() {
    constexpr timespec at_once{};
    while (::sigtimedwait(&set_, nullptr, &at_once) == SIGINT) {
    }
  }

private:
  sigset_t set_{};
  sigset_t before_{};
};

std::string history_file(const environment_reader& environment) {
  if (const auto named = environment("TROUPE_HISTORY")) return *named;
  const auto home = environment("HOME");
  return home && !home->empty() ? *home + "/.actor-inspector_history" : std::string{};
}

/// What the shell was started with counts for every line that does not say otherwise.
void add_options_of(const invocation& shell, const tool_info& tool,
                    std::vector<std::string>& words) {
  const tool_command* command = tool.command(words.front());
  if (words.size() > 1)
    if (const auto* longer = tool.command(words[0] + ' ' + words[1])) command = longer;
  if (command == nullptr || command->local) return;
  const std::vector<std::string> said = words;
  for (const option_info& each : shared_options()) {
    const bool is_said = std::any_of(said.begin(), said.end(), [&](const std::string& word) {
      return word == each.name || word.starts_with(std::string{each.name} + '=') ||
             (!each.short_name.empty() && word.starts_with(each.short_name));
    });
    if (!is_said && shell.chosen(each.name))
      words.insert(words.end(), {std::string{each.name}, shell.text(each.name)});
  }
}

std::vector<std::string> ways(const tool_info& tool, std::string_view text) {
  const auto last = text.find_last_of(" \t");
  const auto begun = text.substr(last == std::string_view::npos ? 0 : last + 1);
  const auto before = split_line(text.substr(0, text.size() - begun.size()));
  if (!before) return {}; // inside of a quote
  return completions(tool, *before, begun);
}

command_result shell(command_call& call, const tool_info& tool, const command_handlers& handlers) {
  no_interrupts guard;
  kept_connections connections{call.around.connect};
  surroundings inner{call.around.in,
                     call.around.out,
                     call.around.err,
                     call.around.environment,
                     call.around.stdout_is_terminal,
                     [&](const settings& how) { return connections.get(how); },
                     call.around.listen,
                     call.around.time,
                     call.around.random};
  const bool edits = call.around.stdout_is_terminal && ::isatty(STDIN_FILENO) == 1;
  std::unique_ptr<line_source> lines;
  if (edits)
    lines = edit_lines(std::string{tool.name} + "> ", history_file(call.around.environment),
                       [&](std::string_view text) { return ways(tool, text); });
  else
    lines = std::make_unique<plain_lines>(call.around.in);
  auto last = static_cast<int>(exit_code::done);
  while (const auto line = lines->next()) {
    auto words = split_line(*line);
    if (!words) {
      const auto wrong = usage_failure("cannot read the line", words.error().message,
                                       "quote words with blanks: 'two words'");
      print(call.around.err, wrong);
      last = wrong.exit;
      continue;
    }
    if (words->empty()) continue;
    if (words->front() == "exit" || words->front() == "quit") break;
    if (words->front() == "shell") {
      print(call.around.err,
            usage_failure("this is a shell already", "a second one would read the same lines",
                          "type the command itself, such as `tree`"));
      last = static_cast<int>(exit_code::usage);
      continue;
    }
    add_options_of(call.line, tool, *words);
    guard.forget();
    last = run_tool(tool, handlers, *words, inner);
    call.around.out.flush();
  }
  // Ctrl-D is no failure of the command before it; a script wants to know.
  return edits ? exit_code::done : static_cast<exit_code>(last);
}

} // namespace

void add_shell_command(command_handlers& to, const tool_info& tool) {
  to["shell"] = [&to, &tool](command_call& call) { return shell(call, tool, to); };
}

} // namespace troupe::cli
