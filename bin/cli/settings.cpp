#include "bin/cli/settings.hpp"

namespace troupe::cli {
namespace {

bool wants_color(const std::string& when, const environment_reader& environment, bool terminal) {
  if (when != "auto") return when == "always";
  const auto no_color = environment("NO_COLOR");
  return terminal && (!no_color || no_color->empty()) && environment("TERM") != "dumb";
}

output_format format_named(const std::string& name) {
  if (name == "json") return output_format::json;
  if (name == "jsonl") return output_format::jsonl;
  return name == "name" ? output_format::name : output_format::table;
}

std::vector<std::string> split(const std::string& from) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= from.size();) {
    const std::size_t comma = std::min(from.find(',', at), from.size());
    if (comma > at) parts.push_back(from.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

} // namespace

std::variant<settings, failure> settings_of(const invocation& from,
                                            const environment_reader& environment,
                                            bool stdout_is_terminal) {
  settings out;
  out.endpoints = split(from.text("--endpoint"));
  if (out.endpoints.empty())
    return usage_failure("no node to talk to", "the endpoint is empty",
                         "--endpoint tcp://127.0.0.1:7100");
  const auto timeout = parse_duration(from.text("--timeout"));
  if (!timeout)
    return usage_failure("cannot use --timeout", timeout.error().message, "--timeout 10s");
  constexpr std::chrono::milliseconds timeout_max{60'000}; // the protocol's longest deadline
  if (*timeout > timeout_max)
    return usage_failure("cannot use --timeout", "a request may take 60 s at most",
                         "--timeout 60s");
  out.timeout = *timeout;
  out.role = role_named(from.text("--role")).value_or(role::observe);
  out.admin_key_file = from.text("--admin-key-file");
  out.format = format_named(from.text("--output"));
  out.terminal = stdout_is_terminal;
  out.color = wants_color(from.text("--color"), environment, stdout_is_terminal);
  return out;
}

} // namespace troupe::cli
