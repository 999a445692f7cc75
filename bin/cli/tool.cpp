#include "bin/cli/tool.hpp"

#include "bin/cli/completion.hpp"
#include "bin/cli/man_page.hpp"
#include "bin/cli/suggestion.hpp"

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>

namespace troupe::cli {
namespace {

constexpr int code(exit_code from) {
  return static_cast<int>(from);
}

int fail_with(surroundings& around, const failure& from) {
  print(around.err, from);
  return from.exit;
}

int show_help(const tool_info& tool, const invocation& line, surroundings& around) {
  if (!line.attached_help.empty()) {
    around.out << line.attached_help;
    return code(exit_code::done);
  }
  if (!line.help && line.given("--man")) {
    around.out << man_page(tool);
    return code(exit_code::done);
  }
  std::string path;
  if (!line.help)
    for (const std::string& each : line.arguments)
      path += (path.empty() ? "" : " ") + each;
  const tool_command* command = line.help ? line.command : tool.command(path);
  if (command == nullptr && !path.empty()) {
    std::vector<std::string_view> names;
    for (const tool_command& each : tool.commands)
      names.push_back(each.path);
    return fail_with(around,
                     usage_failure("there is no command `" + path + '`', suggestion(path, names),
                                   "`" + std::string{tool.name} + " help`"));
  }
  around.out << (command == nullptr ? help_text(tool) : help_text(tool, *command));
  return code(exit_code::done);
}

int show_version(const tool_info& tool, const settings& how, surroundings& around) {
  value item;
  item["tool"] = tool.name;
  item["version"] = TROUPE_VERSION;
  item["protocol"] = protocol_version;
  const listing what{"Version",
                     {item},
                     {member_column("tool", "tool"), member_column("version", "version"),
                      member_column("protocol", "protocol")},
                     [](const value& from) { return cell_text(*from.find("version")); }};
  print_one(around.out, how, what);
  return code(exit_code::done);
}

int show_completion(const tool_info& tool, const invocation& line, surroundings& around) {
  const auto script = completion_script(tool, line.arguments.front());
  if (!script)
    return fail_with(around, usage_failure("cannot complete for '" + line.arguments.front() + "'",
                                           "the shells are bash, zsh and fish",
                                           std::string{tool.name} + " completion bash"));
  around.out << *script;
  return code(exit_code::done);
}

} // namespace

int run_tool(const tool_info& tool, const command_handlers& handlers,
             std::vector<std::string> words, surroundings& around, const attach_command& attach) {
  const parsed_line parsed = parse_line(tool, std::move(words), around.environment, attach);
  if (const auto* wrong = std::get_if<failure>(&parsed)) return fail_with(around, *wrong);
  const invocation& line = std::get<invocation>(parsed);
  if (line.help || (line.command != nullptr && line.command->path == "help"))
    return show_help(tool, line, around);
  if (line.command == nullptr) return line.attached_exit;
  const auto how = settings_of(line, around.environment, around.stdout_is_terminal);
  if (const auto* wrong = std::get_if<failure>(&how)) return fail_with(around, *wrong);
  if (line.command->path == "completion") return show_completion(tool, line, around);
  if (line.command->path == "version") return show_version(tool, std::get<settings>(how), around);

  command_call call{line, std::get<settings>(how), around};
  const command_result done = handlers.find(line.command->path)->second(call);
  around.out.flush();
  if (const auto* wrong = std::get_if<failure>(&done)) return fail_with(around, *wrong);
  return code(std::get<exit_code>(done));
}

int run_main(const tool_info& tool, const command_handlers& handlers, int argc, char** argv,
             const attach_command& attach) {
  const auto random = real_random();
  surroundings around{
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .environment =
          [](const std::string& name) {
            const char* held = std::getenv(name.c_str());
            return held == nullptr ? std::nullopt : std::optional<std::string>{held};
          },
      .stdout_is_terminal = isatty(STDOUT_FILENO) == 1,
      .connect = [](const settings& how) { return connect(how); },
      .listen = [] { return listen_to_signals(); },
      .time = real_clock(),
      .random = *random,
  };
  try {
    return run_tool(tool, handlers, {argv + 1, argv + argc}, around, attach);
  } catch (const std::exception& fault) {
    return fail_with(around,
                     failed(std::string{tool.name} + " failed", fail(errc::internal, fault.what()),
                            "report this with the line "
                            "you typed"));
  }
}

} // namespace troupe::cli
