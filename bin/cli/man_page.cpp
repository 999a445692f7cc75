#include "bin/cli/man_page.hpp"

#include "bin/cli/exit_code.hpp"

#include <algorithm>
#include <cctype>

namespace troupe::cli {
namespace {

/// Text of a line: roff reads backslashes, a leading point or quote, and hyphens in its own way.
std::string plain(std::string_view from) {
  std::string out;
  if (from.starts_with('.') || from.starts_with('\'')) out = "\\&";
  for (const char c : from) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

std::string bold(std::string_view from) {
  return "\\fB" + plain(from) + "\\fR";
}

std::string slanted(std::string_view from) {
  return "\\fI" + plain(from) + "\\fR";
}

std::string upper(std::string_view from) {
  std::string out;
  for (const char c : from)
    out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string option_text(const option_info& from) {
  std::string head;
  if (!from.short_name.empty()) head += bold(from.short_name) + ", ";
  head += bold(from.name);
  if (!from.value.empty()) head += ' ' + slanted(from.value);
  std::string text = plain(from.meaning);
  const char* before = ": ";
  for (const auto each : from.choices) {
    if (each.empty()) continue;
    text += before + plain(each);
    before = ", ";
  }
  if (!from.preset.empty()) text += " (default: " + plain(from.preset) + ')';
  if (!from.environment.empty()) text += " [environment: " + plain(from.environment) + ']';
  return ".TP\n" + head + '\n' + text + '\n';
}

std::string argument_text(const argument_info& from) {
  const std::string shown = slanted(from.name) + (from.many ? "..." : "");
  return from.required ? shown : '[' + shown + ']';
}

std::string command_text(const tool_info& tool, const tool_command& command) {
  std::string out =
      ".SS \"" + plain(command.path) + "\"\n" + bold(tool.name) + ' ' + bold(command.path);
  for (const auto& each : command.arguments)
    out += ' ' + argument_text(each);
  out += " [" + slanted("options") + "]\n.PP\n" + plain(command.meaning) + ".\n";
  for (const auto& each : command.arguments)
    out += ".TP\n" + slanted(each.name) + '\n' + plain(each.meaning) + '\n';
  for (const auto& each : command.options)
    out += option_text(each);
  for (const auto& each : command.examples) {
    out += ".PP\n.RS 4\n.nf\n" + plain(example_line(tool, each.line)) + "\n.fi\n";
    if (!each.meaning.empty()) out += plain(each.meaning) + '\n';
    out += ".RE\n";
  }
  return out;
}

} // namespace

std::string man_page(const tool_info& tool) {
  std::string out = ".\\\" Made from the command table by `" + std::string{tool.name} +
                    " help --man`.\n.TH \"" + upper(tool.name) + "\" 1 \"\" \"troupe " +
                    TROUPE_VERSION + "\" \"troupe\"\n.SH NAME\n" + plain(tool.name) + " \\- " +
                    plain(tool.meaning) + "\n.SH SYNOPSIS\n" + bold(tool.name) + ' ' +
                    slanted("command") + " [" + slanted("arguments") + "] [" + slanted("options") +
                    "]\n.SH COMMANDS\n";
  for (const auto& each : tool.commands)
    out += command_text(tool, each);
  out += ".SH \"OPTIONS OF EVERY COMMAND\"\nOf all commands that talk to a node.\n";
  for (const auto& each : shared_options())
    out += option_text(each);
  out += ".SH \"EXIT STATUS\"\n";
  for (const auto& each : exit_codes)
    out += ".TP\n" + bold(std::to_string(static_cast<int>(each.code))) + '\n' +
           plain(each.meaning) + '\n';
  out += ".SH \"SEE ALSO\"\n";
  out += tool.name == "troupe" ? bold("actor-inspector") : bold("troupe");
  return with_names(out) + "(1)\n";
}

} // namespace troupe::cli
