#include "bin/cli/command_table.hpp"

#include <algorithm>

namespace troupe::cli {
namespace {

struct line {
  std::string left;
  std::string right;
};

std::string two_columns(const std::vector<line>& lines) {
  constexpr std::size_t left_columns_max = 34; // a longer left side gets its own line
  std::size_t width = 0;
  for (const line& each : lines)
    if (each.left.size() <= left_columns_max) width = std::max(width, each.left.size());
  std::string out;
  for (const line& each : lines) {
    out += "  " + each.left;
    if (each.right.empty()) {
      out += '\n';
      continue;
    }
    if (each.left.size() > width)
      out += "\n  " + std::string(width, ' ');
    else
      out.append(width - each.left.size(), ' ');
    out += "  " + each.right + '\n';
  }
  return out;
}

line option_line(const option_info& from) {
  std::string left = from.short_name.empty() ? "    " : std::string{from.short_name} + ", ";
  left += from.name;
  if (!from.value.empty()) left += ' ' + std::string{from.value};
  std::string right{from.meaning};
  if (!from.choices.empty()) {
    right += ": ";
    for (std::size_t i = 0; i < from.choices.size(); ++i)
      right += (i == 0 ? "" : ", ") + std::string{from.choices[i]};
  }
  if (!from.preset.empty()) right += " (default: " + std::string{from.preset} + ")";
  if (!from.environment.empty()) right += " [$" + std::string{from.environment} + "]";
  return {std::move(left), std::move(right)};
}

std::string argument_text(const argument_info& from) {
  std::string text{from.name};
  if (from.many) text += "...";
  return from.required ? text : '[' + text + ']';
}

std::string examples_text(const tool_info& tool, const tool_command& command) {
  std::string out = "Examples:\n";
  for (const example_info& each : command.examples) {
    out += "  " + example_line(tool, each.line) + '\n';
    if (!each.meaning.empty()) out += "      " + std::string{each.meaning} + '\n';
  }
  return out;
}

std::string shared_options_text() {
  std::vector<line> lines;
  for (const option_info& each : shared_options())
    lines.push_back(option_line(each));
  return two_columns(lines);
}

} // namespace

std::string example_line(const tool_info& tool, std::string_view from) {
  std::string text{from};
  constexpr std::string_view other = "troupe";
  if (tool.name == other || text.find(tool.name) != std::string::npos) return text;
  for (auto at = text.find(other); at != std::string::npos; at = text.find(other, at)) {
    text.replace(at, other.size(), tool.name);
    at += tool.name.size();
  }
  return text;
}

std::string usage_line(const tool_info& tool, const tool_command& command) {
  std::string text = std::string{tool.name} + ' ' + std::string{command.path};
  for (const argument_info& each : command.arguments)
    text += ' ' + argument_text(each);
  return text + " [options]";
}

std::string help_text(const tool_info& tool, const tool_command& command) {
  std::string out = usage_line(tool, command) + "\n  " + std::string{command.meaning} + "\n\n";
  out += examples_text(tool, command);
  std::vector<line> lines;
  for (const argument_info& each : command.arguments)
    lines.push_back({argument_text(each), std::string{each.meaning}});
  if (!lines.empty()) out += "\nArguments:\n" + two_columns(lines);
  lines.clear();
  for (const option_info& each : command.options)
    lines.push_back(option_line(each));
  lines.push_back({"-h, --help", "this text"});
  out += "\nOptions:\n" + two_columns(lines);
  if (!command.local) out += "\nOptions of every command:\n" + shared_options_text();
  return with_names(out);
}

std::string help_text(const tool_info& tool) {
  std::string out = std::string{tool.name} + " - " + std::string{tool.meaning} + "\n\nExamples:\n";
  constexpr std::size_t examples_max = 6;
  for (std::size_t i = 0; i < std::min(examples_max, tool.commands.size()); ++i)
    out += "  " + example_line(tool, tool.commands[i].examples.front().line) + '\n';
  std::vector<line> lines;
  for (const tool_command& each : tool.commands)
    lines.push_back({std::string{each.path}, std::string{each.meaning}});
  out += "\nCommands:\n" + two_columns(lines);
  out += "\nOptions of every command:\n" + shared_options_text();
  return with_names(out) + "\n`" + std::string{tool.name} + " help COMMAND` shows more.\n";
}

} // namespace troupe::cli
