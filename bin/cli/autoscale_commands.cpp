#include "bin/cli/launcher_client.hpp"
#include "bin/cli/plain_text.hpp"
#include "bin/cli/tool.hpp"
#include "bin/launcher/log_files.hpp"
#include "messages/json.hpp"

#include <filesystem>
#include <ostream>

/// autoscale status, on, off: asked of the launcher; autoscale log: read from the data directory.
namespace troupe::cli {
namespace {

value::array items_in(const value& from, std::string_view member) {
  const value* held = from.find(member);
  const auto* items = held == nullptr ? nullptr : held->get_if<value::array>();
  return items == nullptr ? value::array{} : *items;
}

std::vector<column> entry_columns() {
  return {member_column("TIME", "time"), member_column("WHAT", "what", true),
          member_column("FROM", "from"), member_column("TO", "to"), member_column("WHY", "why")};
}

void print_autoscale(command_call& call, const value& said) {
  std::ostream& out = call.around.out;
  value shown = said;
  const value* on = said.find("on");
  shown["state"] = on != nullptr && *on == value{true} ? "on" : "off";
  print_one(out, call.how,
            {"Autoscale",
             {shown},
             {member_column("autoscale", "state"),
              member_column("nodes", "nodes"),
              {"targets",
               [](const value& item) {
                 std::string text;
                 for (const value& each : items_in(item, "targets"))
                   text += (text.empty() ? "" : ", ") + cell_text(each);
                 return text;
               }},
              member_column("verdict", "verdict"),
              member_column("why", "why"),
              member_column("log", "log")},
             [](const value& item) { return cell_text(*item.find("state")); }});
  if (call.how.format != output_format::table) return;
  listing samples{"",
                  items_in(said, "samples"),
                  {member_column("NODE", "node"), member_column("CPU %", "cpu_percent"),
                   member_column("P50 ms", "mailbox_p50_ms"),
                   member_column("P95 ms", "mailbox_p95_ms"),
                   member_column("P99 ms", "mailbox_p99_ms")},
                  {}};
  samples.empty_note = "no samples yet";
  out << '\n';
  print(out, call.how, samples);
  listing entries{"", items_in(said, "entries"), entry_columns(), {}};
  entries.empty_note = "nothing was decided yet";
  out << '\n';
  print(out, call.how, entries);
}

command_result ask(command_call& call, value arguments, const std::string& title) {
  const std::string data = call.line.text("--data");
  if (!launcher_pid(data)) return no_launcher("cannot " + title, data);
  const auto launcher = launcher_client::open(data, call, call.how.timeout);
  const auto said = launcher->ask("autoscale", std::move(arguments));
  if (!said)
    return failed("cannot " + title, said.error(), "`troupe up --help` tells of --autoscale");
  print_autoscale(call, *said);
  return exit_code::done;
}

command_result status(command_call& call) {
  return ask(call, value{value::object{}}, "show autoscaling");
}

command_result turn(command_call& call, bool on) {
  value arguments;
  arguments["on"] = on;
  return ask(call, std::move(arguments), on ? "turn autoscaling on" : "turn autoscaling off");
}

command_result log(command_call& call) {
  const auto count = parse_number(call.line.text("--lines"), 1, 100'000);
  if (!count) return usage_failure("cannot use --lines", count.error().message, "--lines 20");
  const auto file = std::filesystem::path{call.line.text("--data")} / "logs" / "autoscale.log";
  value::array entries;
  for (const std::string& each : last_lines(file, static_cast<std::size_t>(*count)))
    if (auto entry = parse_json(each)) entries.push_back(std::move(*entry));
  if (entries.empty())
    return failed("there is no log of autoscaling",
                  fail(errc::not_found, file.string() + " has no entry"),
                  "--data with the directory of `troupe up --autoscale`");
  print(call.around.out, call.how,
        {"AutoscaleLog", std::move(entries), entry_columns(),
         [](const value& item) { return cell_text(*item.find("time")); }});
  return exit_code::done;
}

} // namespace

void add_autoscale_commands(command_handlers& to) {
  to["autoscale status"] = status;
  to["autoscale log"] = log;
  to["autoscale off"] = [](command_call& call) { return turn(call, false); };
  to["autoscale on"] = [](command_call& call) { return turn(call, true); };
}

} // namespace troupe::cli
