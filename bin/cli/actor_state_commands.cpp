#include "bin/cli/every_node.hpp"
#include "bin/cli/fields.hpp"
#include "bin/cli/moment.hpp"
#include "bin/cli/plain_text.hpp"
#include "bin/cli/send_command.hpp"

#include <algorithm>
#include <ostream>
#include <set>

/// actor state, diff, send and stop: one actor as it is, as it was, and as it would be.
namespace troupe::cli {
namespace {

value member(const value& of, std::string_view name) {
  const value* held = of.find(name);
  return held == nullptr ? value{} : *held;
}

value named(const target& of) {
  value arguments{value::object{}};
  arguments["context"] = of.context->full_name();
  arguments["id"] = of.id.number;
  return arguments;
}

/// The fields of a state as lines of their own.
std::vector<column> with_fields(std::vector<column> first, const value& state) {
  const auto* members = state.get_if<value::object>();
  if (members == nullptr) return first;
  for (const auto& [name, unused] : *members)
    first.push_back({name,
                     [name](const value& item) {
                       const value held = member(member(item, "state"), name);
                       return cell_text(held);
                     },
                     false});
  return first;
}

column time_column() {
  return {"time",
          [](const value& item) {
            const value held = member(item, "time_ms");
            const auto* ms = held.get_if<std::int64_t>();
            return ms == nullptr ? std::string{"-"} : time_text(*ms);
          },
          false};
}

command_result actor_state(command_call& call) {
  auto parsed = parse_one(call.line.arguments[0]);
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const std::string what = "cannot show the state of " + call.line.arguments[0];
  value arguments = named(std::get<target>(parsed));
  if (call.line.given("--at")) {
    const auto at = parse_moment(call.line.text("--at"), call.around.time.wall());
    if (!at) return usage_failure(what, "--at: " + at.error().message, "--at 3, or --at -5m");
    arguments[at->is_time ? "at_ms" : "at_seq"] = at->number;
  }
  const auto answer = ask(call, what, "actor-state", std::move(arguments));
  if (const auto* wrong = std::get_if<failure>(&answer)) return *wrong;
  const value& item = std::get<value>(answer);
  print_one(
      call.around.out, call.how,
      {"ActorState",
       {item},
       with_fields({member_column("actor", "id"), member_column("seq", "seq"),
                    member_column("of", "head"), time_column(), member_column("exists", "exists")},
                   member(item, "state")),
       [](const value& each) { return cell_text(member(each, "id")); }});
  return exit_code::done;
}

/// What is different, field by field, in the order of the fields' names.
value::array differences(const value& one, const value& other) {
  std::set<std::string> names;
  for (const value* each : {&one, &other})
    if (const auto* members = each->get_if<value::object>())
      for (const auto& [name, unused] : *members)
        names.insert(name);
  value::array rows;
  for (const auto& name : names) {
    const value before = member(one, name);
    const value after = member(other, name);
    if (before == after) continue;
    rows.push_back(value::object{{"field", name}, {"before", before}, {"after", after}});
  }
  return rows;
}

command_result actor_diff(command_call& call) {
  auto parsed = parse_one(call.line.arguments[0]);
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const std::string what = "cannot compare states of " + call.line.arguments[0];
  std::vector<value> states;
  for (const std::size_t place : {1U, 2U}) {
    const auto at = parse_moment(call.line.arguments[place], call.around.time.wall());
    if (!at)
      return usage_failure(what, at.error().message,
                           "actor diff " + call.line.arguments[0] + " 1 3");
    value arguments = named(std::get<target>(parsed));
    arguments[at->is_time ? "at_ms" : "at_seq"] = at->number;
    const auto answer = ask(call, what, "actor-state", std::move(arguments));
    if (const auto* wrong = std::get_if<failure>(&answer)) return *wrong;
    states.push_back(std::get<value>(answer));
  }
  listing shown;
  shown.kind = "ActorDiff";
  shown.items = differences(member(states[0], "state"), member(states[1], "state"));
  shown.columns = {member_column("FIELD", "field"), member_column("BEFORE", "before"),
                   member_column("AFTER", "after")};
  shown.name = [](const value& each) { return cell_text(member(each, "field")); };
  shown.extra = {{"actor", call.line.arguments[0]},
                 {"from", member(states[0], "seq")},
                 {"to", member(states[1], "seq")}};
  shown.empty_note = "the states are the same";
  print(call.around.out, call.how, shown);
  return exit_code::done;
}

/// What a dry run says, a line each; events as "name {…}".
std::vector<column> dry_columns(const value& item) {
  std::vector<column> columns{member_column("actor", "id"), member_column("decided on", "seq"),
                              member_column("outcome", "outcome", true)};
  if (!member(item, "rejection").is_null())
    columns.push_back({"rejection",
                       [](const value& each) {
                         const value why = member(each, "rejection");
                         return cell_text(member(why, "code")) + ": " +
                                cell_text(member(why, "message"));
                       },
                       false});
  if (!member(item, "asks").is_null())
    columns.push_back({"asks",
                       [](const value& each) {
                         const value ask = member(each, "asks");
                         return cell_text(member(ask, "command")) + " of " +
                                cell_text(member(ask, "target"));
                       },
                       false});
  const value held = member(item, "events");
  const auto* events = held.get_if<value::array>();
  for (std::size_t i = 0; events != nullptr && i < events->size(); ++i)
    columns.push_back({"event",
                       [i](const value& each) {
                         const value all = member(each, "events");
                         const value& event = (*all.get_if<value::array>())[i];
                         return cell_text(member(event, "name")) + ' ' +
                                cell_text(member(event, "payload"));
                       },
                       false});
  return columns;
}

command_result dry_run(command_call& call, const target& to, const command_info& command) {
  const std::string what =
      "cannot try " + std::string{command.message.name} + " at " + call.line.arguments[0];
  const auto fields = read_fields(call, command);
  if (!fields) return failed(what, fields.error(), "`actor-inspector actor send --help`");
  value arguments = named(to);
  if (!to.id.given() && !command.id_from.empty())
    arguments["id"] = member(value{*fields}, command.id_from);
  arguments["command"] = command.message.name;
  arguments["fields"] = value{*fields};
  const auto answer = ask(call, what, "actor-dry-run", std::move(arguments));
  if (const auto* wrong = std::get_if<failure>(&answer)) return *wrong;
  const value& item = std::get<value>(answer);
  print_one(call.around.out, call.how,
            {"DryRun",
             {item},
             with_fields(dry_columns(item), member(item, "state")),
             [&call](const value&) { return call.line.arguments[0]; }});
  if (call.how.format == output_format::table)
    call.around.err << "a dry run: nothing was changed or sent\n";
  return exit_code::done;
}

command_result actor_send(command_call& call) {
  if (!call.line.given("--dry-run")) return send_command(call);
  auto parsed = parse_target(call.line.arguments[0]);
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const target& to = std::get<target>(parsed);
  auto found = find_command(*to.context, call.line.arguments[1]);
  if (auto* wrong = std::get_if<failure>(&found)) return std::move(*wrong);
  return dry_run(call, to, *std::get<const command_info*>(found));
}

command_result actor_stop(command_call& call) {
  auto parsed = parse_one(call.line.arguments[0]);
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const auto answer = ask(call, "cannot stop " + call.line.arguments[0], "actor-stop",
                          named(std::get<target>(parsed)));
  if (const auto* wrong = std::get_if<failure>(&answer)) return *wrong;
  print(call.around.out, call.how,
        {"Actor",
         {std::get<value>(answer)},
         {member_column("ACTOR", "id"), member_column("STATE", "state", true),
          member_column("SHARD", "shard"), member_column("SEQ", "seq")},
         [](const value& each) { return cell_text(member(each, "id")); }});
  return exit_code::done;
}

} // namespace

void add_actor_state_commands(command_handlers& to) {
  to["actor state"] = actor_state;
  to["actor diff"] = actor_diff;
  to["actor send"] = actor_send;
  to["actor stop"] = actor_stop;
}

} // namespace troupe::cli
