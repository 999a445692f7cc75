#include "bin/cli/plain_text.hpp"
#include "bin/cli/suggestion.hpp"
#include "bin/cli/tool.hpp"
#include "bin/launcher/log_files.hpp"

#include <algorithm>
#include <filesystem>
#include <ostream>

namespace troupe::cli {
namespace {

namespace files = std::filesystem;

constexpr std::chrono::milliseconds look_interval{200};

/// Names of the parts that have a log, sorted.
std::vector<std::string> logged_parts(const files::path& folder) {
  std::vector<std::string> names;
  std::error_code fault;
  for (const auto& each : files::directory_iterator{folder, fault})
    if (each.path().extension() == ".log") names.push_back(each.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

void print_lines(command_call& call, const std::vector<log_line>& lines, std::size_t name_width) {
  std::ostream& out = call.around.out;
  for (const log_line& each : lines) {
    if (call.how.format == output_format::table) {
      out << each.part << std::string(name_width - each.part.size(), ' ') << " | "
          << plain_line(each.text) << '\n';
      continue;
    }
    value item;
    item["node"] = each.part;
    item["time"] = each.stamp.empty() ? value{} : value{each.stamp};
    item["line"] = each.text;
    settings how = call.how;
    how.format = output_format::jsonl;
    print(out, how, {"LogLine", {item}, {}, {}});
  }
  out.flush();
}

command_result logs(command_call& call) {
  const files::path folder = files::path{call.line.text("--data")} / "logs";
  const auto count = parse_number(call.line.text("--lines"), 1, 100'000);
  if (!count) return usage_failure("cannot use --lines", count.error().message, "--lines 50");
  auto parts = logged_parts(folder);
  if (parts.empty())
    return failed("there are no logs", fail(errc::not_found, folder.string() + " has none"),
                  "--data with the directory of `troupe up` or `troupe run`");
  if (!call.line.arguments.empty()) {
    const std::string& wanted = call.line.arguments.front();
    if (std::find(parts.begin(), parts.end(), wanted) == parts.end())
      return failed(
          "there is no log of '" + wanted + "'",
          fail(errc::not_found,
               suggestion(wanted, std::vector<std::string_view>{parts.begin(), parts.end()})),
          "troupe logs " + parts.front());
    parts = {wanted};
  }
  std::size_t width = 0;
  std::vector<log_follower> followers;
  std::vector<std::vector<log_line>> read;
  const auto lines_max = static_cast<std::size_t>(*count);
  for (const std::string& each : parts) {
    width = std::max(width, each.size());
    followers.emplace_back(each, folder / (each + ".log"));
    read.push_back(followers.back().last(lines_max));
  }
  auto lines = merged(std::move(read));
  if (lines.size() > lines_max)
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(lines_max));
  print_lines(call, lines, width);
  if (!call.line.given("--follow")) return exit_code::done;
  const auto stop = call.around.listen();
  while (call.around.out && !stop->wait(look_interval)) {
    std::vector<std::vector<log_line>> more;
    for (log_follower& each : followers)
      more.push_back(each.more());
    print_lines(call, merged(std::move(more)), width);
  }
  return exit_code::done;
}

} // namespace

void add_logs_command(command_handlers& to) {
  to["logs"] = logs;
}

} // namespace troupe::cli
