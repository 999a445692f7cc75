#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The shape of the command line as data: parsing, help, completion and the check of docs/cli.md
/// all read these tables, so they cannot tell different stories.
namespace troupe::cli {

/// What a word stands for, so that a shell can complete it.
enum class word_kind : std::uint8_t {
  text,
  context,
  context_id,
  view,
  command,
  field,
  system,
  file
};

struct option_info {
  std::string_view name;  ///< "--limit"
  std::string_view value; ///< shown in help, e.g. "N"; empty: a flag without a value
  std::string_view meaning;
  std::string_view preset = {};               ///< the default, as text; empty: none
  std::vector<std::string_view> choices = {}; ///< the only values allowed; empty: any
  std::string_view short_name = {};           ///< "-o"
  std::string_view environment = {};          ///< variable that gives the default
  word_kind completes = word_kind::text;
  bool many = false; ///< may be given several times; its text is then one value a line
};

struct argument_info {
  std::string_view name; ///< shown in help, e.g. "CONTEXT/ID"
  std::string_view meaning;
  word_kind completes = word_kind::text;
  bool required = true;
  bool many = false; ///< takes all words that are left; last only
};

struct example_info {
  std::string_view line; ///< with placeholders, see `with_names`
  std::string_view meaning;
};

struct tool_command {
  std::string_view path; ///< words that name it, e.g. "context stop"
  std::string_view meaning;
  std::vector<example_info> examples;
  std::vector<argument_info> arguments = {};
  std::vector<option_info> options = {};
  bool local = false;    ///< talks to no node: the options of a connection do not apply
  bool attached = false; ///< parses its own options (`attach_command`), which are not listed here
};

struct tool_info {
  std::string_view name;
  std::string_view meaning;
  std::vector<tool_command> commands;

  [[nodiscard]] const tool_command* command(std::string_view path) const;
};

/// Options that every command takes.
[[nodiscard]] std::span<const option_info> shared_options();
[[nodiscard]] const tool_info& troupe_tool();
[[nodiscard]] const tool_info& inspector_tool();

/// Puts names of this build's catalogue in the place of {system}, {context}, {create}, {changed},
/// {change}, {change-name}, {filter}, {view}, {asking} and {asked}: tables and examples know no
/// system by name.
[[nodiscard]] std::string with_names(std::string_view from);

/// An example as this tool shows it: they are written for `troupe`, and commands that both tools
/// have are shown under the tool's own name.
[[nodiscard]] std::string example_line(const tool_info& tool, std::string_view from);

/// Help as text: examples first, then usage, arguments and options.
[[nodiscard]] std::string help_text(const tool_info& tool);
[[nodiscard]] std::string help_text(const tool_info& tool, const tool_command& command);
/// "troupe send CONTEXT[/ID] COMMAND [field=value...] [options]".
[[nodiscard]] std::string usage_line(const tool_info& tool, const tool_command& command);

} // namespace troupe::cli
