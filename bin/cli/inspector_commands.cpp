#include "actors/verb_arguments.hpp"
#include "bin/cli/actor_tree.hpp"
#include "bin/cli/every_node.hpp"
#include "bin/cli/fields.hpp"
#include "bin/cli/plain_text.hpp"
#include "bin/cli/tool.hpp"
#include "messages/json.hpp"

#include <algorithm>
#include <limits>
#include <ostream>

namespace troupe::cli {
namespace {

std::string member_text(const value& of, std::string_view name) {
  const value* held = of.find(name);
  return held == nullptr ? std::string{"-"} : cell_text(*held);
}

column idle_column(std::string head) {
  return {std::move(head),
          [](const value& item) {
            const value* held = item.find("idle_ms");
            const auto* ms = held == nullptr ? nullptr : held->get_if<std::int64_t>();
            return ms == nullptr ? std::string{"-"} : duration_text(*ms);
          },
          false};
}

/// Of every node its own: a shard is in the tree of the node that owns it.
command_result tree(command_call& call) {
  const auto answer =
      ask_every_node(call, "cannot show the supervision tree", "tree", value{value::object{}});
  if (const auto* wrong = std::get_if<failure>(&answer)) return *wrong;
  const auto& said = std::get<nodes_said>(answer);
  if (call.how.format == output_format::table) {
    for (const auto& each : said.answers)
      call.around.out << tree_text(each.answer, call.how.terminal, call.how.color);
    return said.end();
  }
  listing shown{"Tree", {}, {}, [](const value& item) { return member_text(item, "name"); }};
  for (const auto& each : said.answers)
    shown.items.push_back(each.answer);
  print(call.around.out, call.how, shown);
  return said.end();
}

command_result actor_ls(command_call& call) {
  const std::string what = "cannot list the actors";
  value arguments{value::object{}};
  if (call.line.given("--context")) {
    auto parsed = parse_context(call.line.text("--context"));
    if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
    arguments["context"] = std::get<const context_info*>(parsed)->full_name();
  }
  if (call.line.given("--state")) arguments["state"] = call.line.text("--state");
  const auto limit = parse_number(call.line.text("--limit"), 1, 10'000);
  if (!limit) return usage_failure(what, "--limit: " + limit.error().message, "--limit 100");
  arguments["limit"] = *limit;
  const auto answer = ask(call, what, "actors", std::move(arguments));
  if (const auto* wrong = std::get_if<failure>(&answer)) return *wrong;
  const value& found = std::get<value>(answer);
  listing shown;
  shown.kind = "ActorList";
  shown.items = items_of(found);
  shown.columns = {member_column("ACTOR", "id"),          member_column("STATE", "state", true),
                   member_column("SHARD", "shard"),       member_column("LANE", "lane"),
                   member_column("SEQ", "seq"),           member_column("WAITING", "waiting"),
                   member_column("HANDLED", "handled"),   member_column("FAILURES", "failures"),
                   member_column("RESTARTS", "restarts"), idle_column("IDLE")};
  shown.name = [](const value& item) { return member_text(item, "id"); };
  shown.extra = {{"total", total_of(found)}};
  shown.empty_note = "no resident actors; a command or a read makes one resident";
  print(call.around.out, call.how, shown);
  const value all = total_of(found);
  const auto* total = all.get_if<std::int64_t>();
  if (call.how.format == output_format::table && total != nullptr &&
      *total > static_cast<std::int64_t>(shown.items.size()))
    call.around.err << shown.items.size() << " of " << *total << "; --limit shows more\n";
  return exit_code::done;
}

value arguments_of(const target& of) {
  value arguments;
  arguments["context"] = of.context->full_name();
  arguments["id"] = of.id.number;
  return arguments;
}

command_result actor_show(command_call& call) {
  auto parsed = parse_one(call.line.arguments[0]);
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const auto answer = ask(call, "cannot show " + call.line.arguments[0], "actor",
                          arguments_of(std::get<target>(parsed)));
  if (const auto* wrong = std::get_if<failure>(&answer)) return *wrong;
  listing shown{"Actor",
                {std::get<value>(answer)},
                {member_column("actor", "id"), member_column("state", "state", true),
                 member_column("supervisor", "supervisor"), member_column("shard", "shard"),
                 member_column("lane", "lane"), member_column("epoch", "epoch"),
                 member_column("seq", "seq"), member_column("head", "head"),
                 member_column("exists", "exists"), member_column("waiting", "waiting"),
                 member_column("handled", "handled"), member_column("failures", "failures"),
                 member_column("restarts", "restarts"), idle_column("idle"),
                 member_column("open ask", "open_ask"), member_column("last error", "last_error"),
                 member_column("current", "current")},
                [](const value& item) { return member_text(item, "id"); }};
  print_one(call.around.out, call.how, shown);
  return exit_code::done;
}

std::string cause_text(const value& turn) {
  const value* cause = turn.find("cause");
  if (cause == nullptr || cause->is_null()) return "caller";
  return member_text(*cause, "context") + '@' + member_text(*cause, "shard") + ':' +
         member_text(*cause, "index");
}

/// Turns as table rows: one for each event, or one that says what came instead.
value::array history_rows(const value::array& turns) {
  value::array rows;
  for (const value& turn : turns) {
    value row;
    for (const char* each : {"seq", "outcome", "command"})
      row[each] = turn.find(each) == nullptr ? value{} : *turn.find(each);
    const value* time = turn.find("time_ms");
    const auto* ms = time == nullptr ? nullptr : time->get_if<std::int64_t>();
    row["time"] = ms == nullptr ? std::string{"-"} : time_text(*ms);
    row["cause"] = cause_text(turn);
    row["trace"] = turn.find("trace") == nullptr ? value{} : *turn.find("trace");
    row["what"] = nullptr;
    row["payload"] = nullptr;
    const value* held = turn.find("events");
    const auto* events = held == nullptr ? nullptr : held->get_if<value::array>();
    if (events != nullptr && !events->empty()) {
      for (const value& event : *events) {
        row["what"] = member_text(event, "name");
        row["payload"] = event.find("payload") == nullptr ? value{} : *event.find("payload");
        rows.push_back(row);
      }
      continue;
    }
    if (const value* rejection = turn.find("rejection");
        rejection != nullptr && !rejection->is_null()) {
      row["what"] = member_text(*rejection, "code");
      row["payload"] = member_text(*rejection, "message");
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

command_result actor_history(command_call& call) {
  auto parsed = parse_one(call.line.arguments[0]);
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const std::string what = "cannot show the history of " + call.line.arguments[0];
  const auto from =
      parse_number(call.line.text("--from"), 0, std::numeric_limits<std::int64_t>::max());
  if (!from) return usage_failure(what, "--from: " + from.error().message, "--from 1");
  const auto limit = parse_number(call.line.text("--limit"), 1, 1'000);
  if (!limit) return usage_failure(what, "--limit: " + limit.error().message, "--limit 100");
  value arguments = arguments_of(std::get<target>(parsed));
  listing shown;
  value total;
  auto next = *from;
  const auto open = [&] { return *limit - static_cast<std::int64_t>(shown.items.size()); };
  for (bool more = true; more;) { // an answer holds no more than fits into a frame
    arguments["from"] = next;
    arguments["limit"] = open();
    const auto answer = ask(call, what, "history", arguments);
    if (const auto* wrong = std::get_if<failure>(&answer)) return *wrong;
    const value& found = std::get<value>(answer);
    for (const value& turn : items_of(found))
      shown.items.push_back(turn);
    total = total_of(found);
    const auto behind = number_in(found, "next", 0);
    more = behind > next && behind <= number_in(found, "total", 0) && open() > 0;
    next = behind;
  }
  shown.kind = "History";
  if (call.how.format == output_format::table) shown.items = history_rows(shown.items);
  shown.columns = {member_column("SEQ", "seq"),
                   member_column("TIME", "time"),
                   member_column("OUTCOME", "outcome", true),
                   member_column("COMMAND", "command"),
                   member_column("CAUSE", "cause"),
                   member_column("EVENT", "what"),
                   member_column("PAYLOAD", "payload")};
  const auto traced = [](const value& item) {
    const auto* trace = item.find("trace");
    return trace != nullptr && !trace->is_null();
  };
  if (std::any_of(shown.items.begin(), shown.items.end(), traced))
    shown.columns.push_back(member_column("TRACE", "trace"));
  const std::string actor = call.line.arguments[0];
  shown.name = [actor](const value& item) { return actor + '#' + member_text(item, "seq"); };
  shown.extra = {{"actor", actor}, {"total", total}};
  shown.empty_note = "no turns there";
  print(call.around.out, call.how, shown);
  return exit_code::done;
}

} // namespace

void add_inspector_commands(command_handlers& to) {
  to["tree"] = tree;
  to["actor ls"] = actor_ls;
  to["actor show"] = actor_show;
  to["actor history"] = actor_history;
  add_breaker_commands(to);
  add_event_commands(to);
  add_audit_commands(to);
  add_why_command(to);
  add_journal_commands(to);
}

} // namespace troupe::cli
