#include "bin/cli/child_process.hpp"
#include "bin/cli/launcher_client.hpp"
#include "bin/cli/plain_text.hpp"
#include "bin/cli/serving_help.hpp"
#include "bin/cli/system_map.hpp"
#include "bin/cli/tool.hpp"
#include "bin/launcher/launcher.hpp"
#include "bin/launcher/log_files.hpp"
#include "messages/descriptor.hpp"
#include "persistence/data_folder.hpp"

#include <ostream>

namespace troupe::cli {
namespace {

constexpr std::chrono::milliseconds look_interval{100};
constexpr std::size_t lines_shown = 15;

std::vector<std::string> systems_served(const launch_settings& from) {
  if (!from.systems.empty()) return from.systems;
  const auto known = systems_of(all_contexts());
  return {known.begin(), known.end()};
}

void print_place(const launch_settings& from, const std::vector<std::string>& endpoints,
                 const http_place& http, surroundings& around, const std::string& how_to_stop) {
  const std::string web = from.web.empty() ? folder_beside("web", "web") : from.web;
  print_serving({systems_served(from), http, endpoints, from.data, from.data + "/logs", web},
                around, how_to_stop);
}

command_result in_foreground(command_call& call, const launch_settings& from) {
  surroundings& around = call.around;
  const auto stop = around.listen();
  launch_plan plan;
  plan.settings = from;
  plan.folder = program_folder();
  auto opened = launcher::open(std::move(plan), *stop, around.time, around.random,
                               [&](const std::string& part, const std::string& line) {
                                 around.err << time_text(around.time.wall()) << ' '
                                            << plain_line(part) << ' ' << plain_line(line) << '\n';
                                 around.err.flush();
                               });
  if (auto* wrong = std::get_if<failure>(&opened)) return std::move(*wrong);
  launcher& running = *std::get<std::unique_ptr<launcher>>(opened);
  auto wrong = running.wait_ready();
  const bool cut_short = running.interrupted();
  if (wrong) {
    for (const std::string& each : running.last_words())
      around.err << "  | " << plain_line(each) << '\n';
  } else if (!cut_short) {
    print_place(from, running.endpoints(), running.http(), around,
                "Ctrl-C or `troupe down` stops it.");
    running.serve();
  }
  running.go_down();
  if (wrong) return *wrong;
  return cut_short ? stop->reason() : exit_code::done;
}

/// The error that a launcher in the background wrote last, to be shown as our own.
failure failure_in(const std::vector<std::string>& lines, const node_process& child,
                   const std::string& log) {
  failure out{"the launcher " + child.end_text(), "its last lines are above", "CHILD_ENDED",
              "look into " + log, child.exit_code().value_or(static_cast<int>(exit_code::bug))};
  constexpr std::string_view heads[] = {"error: ", "  why: ", "  try: "};
  for (std::size_t i = 0; i + 2 < lines.size(); ++i) {
    if (!lines[i].starts_with(heads[0]) || !lines[i + 1].starts_with(heads[1]) ||
        !lines[i + 2].starts_with(heads[2]))
      continue;
    out.what = lines[i].substr(heads[0].size());
    out.why = lines[i + 1].substr(heads[1].size());
    out.code.clear(); // the sentence before ends with it
    out.next = lines[i + 2].substr(heads[2].size());
  }
  return out;
}

/// A launcher of its own session; this process watches until it is ready.
command_result in_background(command_call& call, const launch_settings& from) {
  surroundings& around = call.around;
  const auto stop = around.listen();
  const std::filesystem::path data = std::filesystem::absolute(from.data);
  const std::string log = (data / "logs" / "launcher.log").string();
  for (const auto& each : {data, data / "logs", data / "run"})
    if (const auto made = make_data_folder(each); !made)
      return usage_failure("cannot use the data directory " + from.data, made.error().message,
                           "--data with a directory that can be written to");
  node_process::start_info info;
  info.name = "launcher";
  info.program = program_folder() + "troupe";
  info.arguments = flags_of(from);
  info.arguments.insert(info.arguments.begin(), "up");
  info.log = log;
  info.identity = data / "run" / ("launcher-" + std::to_string(around.random.next()) + ".start");
  auto started = node_process::start(info);
  if (!started) return failed("cannot start a launcher", started.error());
  node_process& child = **started;
  std::error_code ignored; // a stale file is recognised as such
  std::unique_ptr<launcher_client> asked;
  around.err << "starting " << from.nodes << (from.nodes == 1 ? " node" : " nodes") << " ...\n";
  while (!stop->wait(look_interval)) {
    child.poll();
    if (!child.running()) {
      const auto lines = last_lines(log, lines_shown);
      failure why = failure_in(lines, child, log);
      if (!why.code.empty())
        for (const std::string& each : lines)
          around.err << "  | " << plain_line(each) << '\n';
      return why;
    }
    if (launcher_pid(from.data) != child.pid()) continue;
    if (!asked) asked = launcher_client::open(from.data, call);
    const auto status = asked->status();
    if (!status || !status->ready) continue;
    std::filesystem::remove(info.identity, ignored);
    print_place(from, status->endpoints, status->http, around,
                "`" + called("troupe", around) + " down --data " + from.data +
                    "` stops it; what happens is in " + log);
    return exit_code::done;
  }
  std::filesystem::remove(info.identity, ignored);
  around.err << "the launcher goes on (pid " << child.pid() << "); its log is " << log << '\n';
  return stop->reason();
}

command_result up(command_call& call) {
  auto read = read_launch_settings(call.line);
  if (auto* wrong = std::get_if<failure>(&read)) return std::move(*wrong);
  const auto& settings = std::get<read_settings>(read);
  if (call.line.given("--print-config")) {
    call.around.out << settings.printed;
    return exit_code::done;
  }
  return call.line.given("--detach") ? in_background(call, settings.settings)
                                     : in_foreground(call, settings.settings);
}

} // namespace

void add_up_command(command_handlers& to) {
  to["up"] = up;
}

} // namespace troupe::cli
