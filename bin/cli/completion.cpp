#include "bin/cli/completion.hpp"

#include "messages/descriptor.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <sstream>
#include <vector>

namespace troupe::cli {
namespace {

std::string words_of(const std::vector<std::string>& from) {
  std::string out;
  for (const std::string& each : from)
    out += (out.empty() ? "" : " ") + each;
  return out;
}

std::vector<std::string> words_in(const std::string& from) {
  std::istringstream in{from};
  return {std::istream_iterator<std::string>{in}, {}};
}

/// The words that can follow `prefix` ("" or "context") in the names of commands.
std::vector<std::string> next_words(const tool_info& tool, std::string_view prefix) {
  std::vector<std::string> words;
  for (const tool_command& each : tool.commands) {
    std::string_view path = each.path;
    if (!prefix.empty()) {
      if (!path.starts_with(prefix) || path.size() <= prefix.size() || path[prefix.size()] != ' ')
        continue;
      path.remove_prefix(prefix.size() + 1);
    }
    const std::string word{path.substr(0, path.find(' '))};
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  }
  return words;
}

std::vector<std::string> groups(const tool_info& tool) {
  std::set<std::string> found;
  for (const tool_command& each : tool.commands)
    if (const auto space = each.path.find(' '); space != std::string_view::npos)
      found.emplace(each.path.substr(0, space));
  return {found.begin(), found.end()};
}

/// What can stand for a word of that kind; the same for every shell.
std::vector<std::string> candidates(const tool_info& tool, word_kind kind) {
  std::vector<std::string> words;
  for (const context_info& each : all_contexts()) {
    const std::string name = each.full_name();
    if (kind == word_kind::context) words.push_back(name);
    if (kind == word_kind::view && each.kind == context_kind::view) words.push_back(name);
    if (kind == word_kind::context_id) words.push_back(name + '/');
    if (kind == word_kind::command)
      for (const auto& command : each.commands)
        words.emplace_back(command.message.name);
    if (kind == word_kind::field)
      for (const auto& command : each.commands)
        for (const field_info& field : command.message.fields)
          words.push_back(std::string{field.name} + '=');
    const std::string system{each.system};
    if (kind == word_kind::system && std::find(words.begin(), words.end(), system) == words.end())
      words.push_back(system);
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  (void)tool;
  return words;
}

/// Words for the place behind a command: its arguments (by name for `help`, `completion`) and
/// options.
std::vector<std::string> words_behind(const tool_info& tool, const tool_command& command) {
  std::vector<std::string> words;
  if (command.path == "help")
    words = next_words(tool, "");
  else if (command.path == "completion")
    words = {"bash", "zsh", "fish"};
  else
    for (const argument_info& each : command.arguments)
      for (std::string& word : candidates(tool, each.completes))
        words.push_back(std::move(word));
  for (const option_info& each : command.options)
    words.emplace_back(each.name);
  for (const option_info& each : shared_options())
    words.emplace_back(each.name);
  words.emplace_back("--help");
  return words;
}

/// Every option with its fixed values, once.
std::vector<std::pair<std::string, std::string>> option_values(const tool_info& tool) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto add = [&](const option_info& from) {
    std::vector<std::string> words;
    for (const std::string_view each : from.choices)
      if (!each.empty()) words.emplace_back(each);
    if (words.empty() && from.completes != word_kind::text)
      words = candidates(tool, from.completes);
    if (words.empty()) return;
    std::string names{from.name};
    if (!from.short_name.empty()) names += '|' + std::string{from.short_name};
    out.emplace_back(std::move(names), words_of(words));
  };
  for (const option_info& each : shared_options())
    add(each);
  for (const tool_command& command : tool.commands)
    for (const option_info& each : command.options)
      add(each);
  return out;
}

std::string function_name(const tool_info& tool) {
  std::string name = "_" + std::string{tool.name};
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// One function that fills COMPREPLY; zsh runs the same through its bashcompinit.
std::string bash_script(const tool_info& tool) {
  const std::string function = function_name(tool);
  std::string out = "# Completion of " + std::string{tool.name} + ", made by `" +
                    std::string{tool.name} + " completion`.\n" + function + "() {\n" +
                    "  local now=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
                    "  local first=${COMP_WORDS[1]} second=${COMP_WORDS[2]} words=''\n"
                    "  case $before in\n";
  for (const auto& [names, words] : option_values(tool))
    out += "    " + names + ") COMPREPLY=($(compgen -W '" + words + "' -- \"$now\")); return ;;\n";
  out += "    --data|--tours) COMPREPLY=($(compgen -d -- \"$now\")); return ;;\n"
         "    --update) COMPREPLY=($(compgen -f -- \"$now\")); return ;;\n  esac\n"
         "  if ((COMP_CWORD == 1)); then\n    words='" +
         words_of(next_words(tool, "")) + "'\n  else\n    case \"$first $second\" in\n";
  for (const tool_command& each : tool.commands) {
    if (each.path.find(' ') == std::string_view::npos) continue;
    out += "      '" + std::string{each.path} + "') words='" + words_of(words_behind(tool, each)) +
           "' ;;\n";
  }
  for (const std::string& each : groups(tool))
    out += "      '" + each + " '*) words='" + words_of(next_words(tool, each)) + "' ;;\n";
  for (const tool_command& each : tool.commands) {
    if (each.path.find(' ') != std::string_view::npos) continue;
    out += "      '" + std::string{each.path} + " '*) words='" +
           words_of(words_behind(tool, each)) + "' ;;\n";
  }
  out += "    esac\n    ((COMP_CWORD == 2)) && case $first in\n";
  for (const std::string& each : groups(tool))
    out += "      " + each + ") words='" + words_of(next_words(tool, each)) + "' ;;\n";
  return out +
         "    esac\n  fi\n  COMPREPLY=($(compgen -W \"$words\" -- \"$now\"))\n"
         "  if [[ ${COMPREPLY[0]} == *[=/] ]]; then\n"
         "    compopt -o nospace 2>/dev/null\n  fi\n  return 0\n}\n" +
         "complete -F " + function + ' ' + std::string{tool.name} + '\n';
}

std::string zsh_script(const tool_info& tool) {
  return "#compdef " + std::string{tool.name} +
         "\nautoload -Uz +X compinit && compinit -u\n"
         "autoload -Uz +X bashcompinit && bashcompinit\n" +
         bash_script(tool);
}

std::string quoted(std::string_view from) {
  std::string out = "'";
  for (const char each : from)
    out += each == '\'' || each == '\\' ? std::string{'\\', each} : std::string{each};
  return out + '\'';
}

std::string fish_script(const tool_info& tool) {
  const std::string start = "complete -c " + std::string{tool.name};
  std::string out = "# Completion of " + std::string{tool.name} + ", made by `" +
                    std::string{tool.name} + " completion`.\n" + start + " -f\n";
  for (const tool_command& each : tool.commands) {
    const std::string path{each.path};
    const std::size_t space = path.find(' ');
    const std::string first = path.substr(0, space);
    std::string seen = "__fish_seen_subcommand_from " + first;
    if (space == std::string::npos) {
      out += start + " -n __fish_use_subcommand -a " + first + " -d " + quoted(each.meaning) + '\n';
    } else {
      const std::string second = path.substr(space + 1);
      out += start + " -n __fish_use_subcommand -a " + first + '\n';
      out += start + " -n " + quoted(seen) + " -a " + second + " -d " + quoted(each.meaning) + '\n';
      seen += "; and __fish_seen_subcommand_from " + second;
    }
    for (const option_info& option : each.options)
      out += start + " -n " + quoted(seen) + " -l " + std::string{option.name.substr(2)} +
             (option.value.empty() ? "" : " -x") + " -d " + quoted(option.meaning) + '\n';
    std::vector<std::string> words;
    for (const std::string& word : words_behind(tool, each))
      if (!word.starts_with("--")) words.push_back(word);
    if (!words.empty())
      out += start + " -n " + quoted(seen) + " -a " + quoted(words_of(words)) + '\n';
  }
  for (const option_info& each : shared_options()) {
    out += start + " -l " + std::string{each.name.substr(2)} + " -x -d " + quoted(each.meaning);
    if (!each.short_name.empty()) out += " -s " + std::string{each.short_name.substr(1)};
    std::vector<std::string> words{each.choices.begin(), each.choices.end()};
    if (!words.empty()) out += " -a " + quoted(words_of(words));
    out += '\n';
  }
  return out;
}

} // namespace

std::vector<std::string> completions(const tool_info& tool, const std::vector<std::string>& before,
                                     std::string_view begun) {
  std::vector<std::string> words;
  const std::string first = before.empty() ? std::string{} : before[0];
  const tool_command* command = tool.command(first);
  if (before.size() >= 2)
    if (const auto* longer = tool.command(first + ' ' + before[1])) command = longer;
  if (before.empty()) {
    words = next_words(tool, "");
  } else {
    for (const auto& [names, values] : option_values(tool))
      if (('|' + names + '|').find('|' + before.back() + '|') != std::string::npos)
        words = words_in(values);
    if (words.empty() && command != nullptr) words = words_behind(tool, *command);
    if (words.empty() && before.size() == 1) words = next_words(tool, first);
  }
  std::erase_if(words, [&](const std::string& each) { return !each.starts_with(begun); });
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

std::optional<std::string> completion_script(const tool_info& tool, std::string_view shell) {
  if (shell == "bash") return bash_script(tool);
  if (shell == "zsh") return zsh_script(tool);
  if (shell == "fish") return fish_script(tool);
  return std::nullopt;
}

} // namespace troupe::cli
