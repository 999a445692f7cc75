#pragma once

#include "bin/cli/command_table.hpp"
#include "bin/cli/failure.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace CLI {
class App;
}

namespace troupe::cli {

/// Reads a variable of the environment; empty optional if it is not set.
using environment_reader = std::function<std::optional<std::string>(const std::string&)>;

/// A well-formed command line: the command and what was given with it. Values of options are those
/// given, else of the environment, else the default of the table.
struct invocation {
  const tool_command* command = nullptr; ///< null: only help was wanted, or an attached command ran
  std::map<std::string, std::string, std::less<>> values; ///< option name → value; flags: "true"
  std::set<std::string, std::less<>> presets; ///< names of options that have the table's default
  std::vector<std::string> arguments;         ///< in the order of the table
  bool help = false;
  std::string attached_help; ///< help of an attached command, if that was wanted
  int attached_exit = 0;     ///< what an attached command returned

  [[nodiscard]] bool given(std::string_view option) const { return values.contains(option); }
  [[nodiscard]] std::string text(std::string_view option) const;
  /// Of an option that may be given several times.
  [[nodiscard]] std::vector<std::string> texts(std::string_view option) const;
  /// Whether it comes from the command line or the environment, not from the table.
  [[nodiscard]] bool chosen(std::string_view option) const {
    return given(option) && !presets.contains(option);
  }
};

/// Why a command line could not be read, or what it says.
using parsed_line = std::variant<invocation, failure>;

/// Adds a command that parses and runs itself to the tool (such as `bench`); it writes its exit
/// code.
using attach_command = std::function<void(CLI::App&, int&)>;

/// Reads a command line by the tool's table. Never prints, never exits.
[[nodiscard]] parsed_line parse_line(const tool_info& tool, std::vector<std::string> words,
                                     const environment_reader& environment,
                                     const attach_command& attach = {});

/// "250ms", "10s", "2m"; a bare number is refused, because its unit would be a guess.
[[nodiscard]] result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// A decimal number of the range.
[[nodiscard]] result<std::int64_t> parse_number(std::string_view text, std::int64_t least,
                                                std::int64_t most);

} // namespace troupe::cli
