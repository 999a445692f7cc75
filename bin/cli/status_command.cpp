#include "bin/cli/cluster_status.hpp"
#include "bin/cli/plain_text.hpp"
#include "bin/cli/tool.hpp"
#include "messages/json.hpp"

#include <ostream>

namespace troupe::cli {
namespace {

value::array items_of(const value& from, std::string_view member) {
  const value* held = from.find(member);
  const auto* items = held == nullptr ? nullptr : held->get_if<value::array>();
  return items == nullptr ? value::array{} : *items;
}

column uptime_column() {
  return {"uptime",
          [](const value& item) {
            const value* held = item.find("uptime_ms");
            const auto* ms = held == nullptr ? nullptr : held->get_if<std::int64_t>();
            return ms == nullptr ? std::string{"-"} : duration_text(*ms);
          },
          false};
}

void print_status(std::ostream& out, const settings& how, const value& status) {
  listing node{"Status",
               {status},
               {member_column("node", "node"), member_column("state", "state", true),
                member_column("build", "build"), member_column("pid", "pid"), uptime_column(),
                member_column("metrics", "metrics"), member_column("server", "server")},
               [](const value& item) {
                 const value* name = item.find("node");
                 return name == nullptr ? std::string{"node"} : cell_text(*name);
               }};
  print_one(out, how, node);
  if (how.format != output_format::table) return;
  listing contexts{"",
                   items_of(status, "contexts"),
                   {member_column("CONTEXT", "name"), member_column("KIND", "kind"),
                    member_column("STATE", "state", true), member_column("SHARDS", "shards"),
                    member_column("RESIDENT", "resident"), member_column("RECORDS", "records"),
                    member_column("LAG", "lag"), member_column("NOTE", "note")},
                   {}};
  contexts.empty_note = "no contexts";
  out << '\n';
  print(out, how, contexts);
  listing lanes{"",
                items_of(status, "lanes"),
                {member_column("LANE", "lane"), member_column("INBOX", "inbox"),
                 member_column("HANDLED", "handled")},
                {}};
  lanes.empty_note = "no lanes";
  out << '\n';
  print(out, how, lanes);
  const value* load = status.find("load");
  if (load == nullptr) return; // of an earlier build
  listing busy{"",
               {*load},
               {member_column("CPU %", "cpu_percent"), member_column("P50 ms", "mailbox_p50_ms"),
                member_column("P95 ms", "mailbox_p95_ms"),
                member_column("P99 ms", "mailbox_p99_ms"),
                member_column("COMMANDS/S", "commands_per_s"), member_column("WAITING", "waiting"),
                member_column("RESIDENT BYTES", "resident_bytes")},
               {}};
  out << '\n';
  print(out, how, busy);
}

command_result status_once(command_call& call, cluster& nodes, const settings& how, bool repaint) {
  const auto status = nodes.admin("status", value{value::object{}});
  if (!status) return failed("cannot get the status", status.error());
  if (repaint) call.around.out << "\x1b[H\x1b[2J";
  print_status(call.around.out, how, *status);
  call.around.out.flush();
  return exit_code::done;
}

/// The cluster of a data directory, once.
command_result cluster_once(command_call& call, cluster_look& look, const settings& how,
                            bool repaint) {
  const cluster_picture picture = picture_of(look.gather());
  if (repaint) call.around.out << "\x1b[H\x1b[2J";
  print(call.around.out, how, picture);
  call.around.out.flush();
  for (const std::string& each : picture.silent)
    call.around.err << plain_line(each) << " did not answer\n";
  return exit_code::done;
}

/// Again and again until Ctrl-C: repainted on a terminal, a line each elsewhere.
command_result repeat(command_call& call, interruption& stop, std::chrono::milliseconds interval,
                      const std::function<command_result(const settings&, bool repaint)>& once) {
  settings how = call.how;
  const bool repaint = how.terminal && how.format == output_format::table;
  if (!how.terminal && how.format == output_format::table) how.format = output_format::jsonl;
  do {
    command_result done = once(how, repaint);
    if (std::holds_alternative<failure>(done)) return done;
  } while (call.around.out && !stop.wait(interval));
  return exit_code::done;
}

command_result status(command_call& call) {
  const bool again = call.line.given("--watch");
  const auto interval = parse_duration(call.line.text("--interval"));
  if (!interval || *interval < std::chrono::milliseconds{100})
    return usage_failure("cannot use --interval",
                         interval ? "the shortest interval is 100ms" : interval.error().message,
                         "--interval 1s");
  std::unique_ptr<interruption> stop;
  if (again) stop = call.around.listen();
  // Whoever names a node wants to hear that node; else it is the cluster of the data directory.
  const bool one_node = call.line.chosen("--endpoint") && !call.line.chosen("--data");
  cluster_look look{call.line.text("--data"), call};
  if (!one_node && look.there_is_one()) {
    const auto once = [&](const settings& how, bool repaint) {
      return cluster_once(call, look, how, repaint);
    };
    return again ? repeat(call, *stop, *interval, once) : once(call.how, false);
  }
  if (call.line.chosen("--data"))
    return no_launcher("cannot get the status", call.line.text("--data"));
  auto nodes = call.around.connect(call.how);
  if (!nodes) return failed("cannot get the status", nodes.error());
  const auto once = [&](const settings& how, bool repaint) {
    return status_once(call, **nodes, how, repaint);
  };
  return again ? repeat(call, *stop, *interval, once) : once(call.how, false);
}

} // namespace

void add_status_command(command_handlers& to) {
  to["status"] = status;
}

} // namespace troupe::cli
