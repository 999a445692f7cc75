#include "bin/cli/child_process.hpp"
#include "bin/cli/launcher_client.hpp"
#include "bin/cli/plain_text.hpp"
#include "bin/cli/tool.hpp"
#include "bin/launcher/launcher.hpp"

#include <ostream>

/// down, drain, restart, rolling-restart and scale: asked of the launcher, watched until done.
namespace troupe::cli {
namespace {

constexpr std::chrono::milliseconds look_interval{200};

std::string member_text(const value& from, std::string_view key) {
  const value* held = from.find(key);
  const auto* text = held == nullptr ? nullptr : held->get_if<std::string>();
  return text == nullptr ? std::string{} : *text;
}

std::int64_t member_number(const value& from, std::string_view key) {
  const value* held = from.find(key);
  const auto* number = held == nullptr ? nullptr : held->get_if<std::int64_t>();
  return number == nullptr ? 0 : *number;
}

/// What a launcher said of one operation; null if it has forgotten it.
const value* operation_in(const value& status, std::int64_t number) {
  const value* all = status.find("operations");
  const auto* list = all == nullptr ? nullptr : all->get_if<value::array>();
  if (list == nullptr) return nullptr;
  for (const value& each : *list)
    if (member_number(each, "number") == number) return &each;
  return nullptr;
}

/// Prints the lines of progress that were not printed yet.
void print_progress(std::ostream& err, const value& operation, std::int64_t& printed) {
  const value* lines = operation.find("progress");
  const auto* list = lines == nullptr ? nullptr : lines->get_if<value::array>();
  if (list == nullptr) return;
  std::int64_t at = member_number(operation, "dropped");
  for (const value& each : *list)
    if (at++ >= printed) err << plain_line(cell_text(each)) << '\n';
  printed = std::max(printed, at);
  err.flush();
}

command_result print_result(command_call& call, std::int64_t number, const std::string& title,
                            const char* state) {
  value item;
  item["operation"] = number;
  item["title"] = title;
  item["state"] = state;
  print_one(call.around.out, call.how,
            {"Operation",
             {item},
             {member_column("operation", "operation"), member_column("title", "title"),
              member_column("state", "state", true)},
             [](const value& from) { return cell_text(*from.find("operation")); }});
  return exit_code::done;
}

command_result operation_failure(const value& operation, const std::string& title,
                                 const std::string& data) {
  const std::string code = member_text(operation, "code");
  error why = fail(errc_named(code).value_or(errc::rejected), member_text(operation, "message"));
  if (!errc_named(code)) why.reason = code;
  return failed(title + " did not come out", why,
                "`troupe status --data " + data + "`, then `troupe logs --data " + data + '`');
}

/// Watches an operation until it is done. The launcher goes on with it whether we watch or not.
command_result follow(command_call& call, std::int64_t number, const std::string& title) {
  const std::string data = call.line.text("--data");
  const auto asked = launcher_client::open(data, call);
  const auto stop = call.around.listen();
  const bool ends_with_it = title == "down";
  std::int64_t printed = 0;
  do {
    const auto status = asked->status();
    if (!status) {
      if (ends_with_it && !launcher_pid(data)) return print_result(call, number, title, "done");
      if (!launcher_pid(data)) return no_launcher(title + " was cut short", data);
      continue; // it is busy; Ctrl-C ends the watching
    }
    const value* operation = operation_in(status->all, number);
    if (operation == nullptr)
      return failed("cannot follow " + title,
                    fail(errc::not_found, "the launcher does not know operation " +
                                              std::to_string(number) + " any more"),
                    "`troupe status --data " + data + '`');
    print_progress(call.around.err, *operation, printed);
    const std::string state = member_text(*operation, "state");
    if (state == "failed") return operation_failure(*operation, title, data);
    if (state == "done" && (!ends_with_it || !launcher_pid(data)))
      return print_result(call, number, title, "done");
    if (state == "done") break;
  } while (!stop->wait(look_interval));
  // A launcher that went down ends a moment after it says so.
  if (ends_with_it) {
    bool interrupted = false;
    while (launcher_pid(data) && !interrupted)
      interrupted = stop->wait(look_interval);
    if (!interrupted) return print_result(call, number, title, "done");
  }
  call.around.err << title << " goes on (operation " << number << "); `troupe status --data "
                  << data << "` shows it\n";
  return stop->reason();
}

command_result begin(command_call& call, const char* verb, value arguments,
                     const std::string& title) {
  const std::string data = call.line.text("--data");
  if (!launcher_pid(data)) return no_launcher("cannot " + title, data);
  const auto asked = launcher_client::open(data, call, call.how.timeout);
  const auto begun = asked->ask(verb, std::move(arguments));
  if (!begun)
    return failed("cannot " + title, begun.error(), "`troupe status --data " + data + '`');
  const std::int64_t number = member_number(*begun, "operation");
  if (call.line.given("--no-wait")) return print_result(call, number, title, "running");
  return follow(call, number, title);
}

value named_node(const std::string& name) {
  value arguments;
  arguments["node"] = name;
  return arguments;
}

command_result drain(command_call& call) {
  const std::string& node = call.line.arguments.front();
  return begin(call, "drain", named_node(node), "drain " + node);
}

command_result restart(command_call& call) {
  const std::string& part = call.line.arguments.front();
  return begin(call, "restart", named_node(part), "restart " + part);
}

command_result roll(command_call& call) {
  value arguments{value::object{}};
  if (call.line.given("--abrupt")) arguments["abrupt"] = true;
  return begin(call, "rolling-restart", std::move(arguments), "rolling-restart");
}

command_result scale(command_call& call) {
  const std::string& text = call.line.arguments.front();
  const auto wanted = parse_number(text, 1, launch_settings::nodes_max);
  if (!wanted)
    return usage_failure("cannot scale to " + text, wanted.error().message, "troupe scale 3");
  value arguments;
  arguments["nodes"] = *wanted;
  return begin(call, "scale", std::move(arguments), "scale to " + text);
}

/// Ends what a launcher left that is gone itself.
command_result end_leftovers(command_call& call, const std::string& data) {
  if (std::error_code fault; !std::filesystem::is_directory(data + "/run", fault))
    return no_launcher("there is nothing to take down", data);
  surroundings& around = call.around;
  const auto stop = around.listen();
  launch_plan plan;
  plan.settings.data = data;
  plan.folder = program_folder();
  plan.adopt_only = true;
  auto opened = launcher::open(std::move(plan), *stop, around.time, around.random,
                               [&](const std::string& part, const std::string& line) {
                                 around.err << plain_line(part) << ": " << plain_line(line) << '\n';
                               });
  if (auto* wrong = std::get_if<failure>(&opened)) return std::move(*wrong);
  launcher& left = *std::get<std::unique_ptr<launcher>>(opened);
  if (!left.keeps_anything()) return no_launcher("there is nothing to take down", data);
  left.go_down();
  return print_result(call, 1, "down", "done");
}

command_result down(command_call& call) {
  const std::string data = call.line.text("--data");
  if (!launcher_pid(data)) return end_leftovers(call, data);
  return begin(call, "down", value{value::object{}}, "down");
}

} // namespace

void add_operation_commands(command_handlers& to) {
  to["down"] = down;
  to["drain"] = drain;
  to["restart"] = restart;
  to["rolling-restart"] = roll;
  to["scale"] = scale;
}

} // namespace troupe::cli
