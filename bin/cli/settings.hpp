#pragma once

#include "bin/cli/invocation.hpp"
#include "messages/admin_verbs.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace troupe::cli {

enum class output_format : std::uint8_t { table, json, jsonl, name };

/// The options of every command, checked.
struct settings {
  std::vector<std::string> endpoints;
  std::chrono::milliseconds timeout{10'000};
  troupe::role role = troupe::role::operate; ///< the most that nodes are asked for
  std::string admin_key_file;                ///< empty: there is no key to show
  output_format format = output_format::table;
  bool color = false;    ///< after --color, NO_COLOR, TERM and whether stdout is a terminal
  bool terminal = false; ///< stdout is one: line drawing and repainting are welcome
};

[[nodiscard]] std::variant<settings, failure>
settings_of(const invocation& from, const environment_reader& environment, bool stdout_is_terminal);

} // namespace troupe::cli
