#include "bin/cli/cluster.hpp"
#include "bin/cli/every_node.hpp"
#include "bin/cli/fields.hpp"
#include "bin/cli/plain_text.hpp"
#include "bin/cli/tool.hpp"
#include "messages/json.hpp"

#include <cstddef>
#include <fstream>
#include <ostream>

/// Dead letters, and aggregates in quarantine: what operators do about them. Whichever node is
/// asked, the owner of the shard answers.
namespace troupe::cli {
namespace {

constexpr std::int64_t export_page = 500;

std::string member_text(const value& of, std::string_view name) {
  const value* held = of.find(name);
  return held == nullptr ? std::string{"-"} : cell_text(*held);
}

std::string id_of(const value& letter) {
  return member_text(letter, "id");
}

column time_column(std::string head) {
  return {std::move(head),
          [](const value& item) {
            const value* held = item.find("time_ms");
            const auto* ms = held == nullptr ? nullptr : held->get_if<std::int64_t>();
            return ms == nullptr ? std::string{"-"} : time_text(*ms);
          },
          false};
}

/// Shards whose letters an answer does not have.
std::int64_t missing_of(const value& answer) {
  const value* held = answer.find("missing");
  const auto* count = held == nullptr ? nullptr : held->get_if<std::int64_t>();
  return count == nullptr ? 0 : *count;
}

/// Fills in the context of `--context`, if it is given.
std::optional<failure> take_context(const command_call& call, value& arguments) {
  if (!call.line.given("--context")) return {};
  auto parsed = parse_context(call.line.text("--context"));
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  arguments["context"] = std::get<const context_info*>(parsed)->full_name();
  return {};
}

command_result letter_ls(command_call& call) {
  const std::string what = "cannot list the dead letters";
  value arguments{value::object{}};
  if (auto wrong = take_context(call, arguments)) return std::move(*wrong);
  const auto limit = parse_number(call.line.text("--limit"), 1, 1'000);
  if (!limit) return usage_failure(what, "--limit: " + limit.error().message, "--limit 100");
  arguments["limit"] = *limit;
  const auto answer = ask(call, what, "deadletters", std::move(arguments));
  if (const auto* wrong = std::get_if<failure>(&answer)) return *wrong;
  const value& found = std::get<value>(answer);
  listing shown;
  shown.kind = "DeadLetterList";
  shown.items = items_of(found);
  shown.columns = {member_column("ID", "id"),
                   time_column("TIME"),
                   member_column("STATE", "state", true),
                   member_column("AGGREGATE", "aggregate"),
                   member_column("COMMAND", "command"),
                   member_column("BY", "made_by"),
                   member_column("TIMES", "attempts"),
                   member_column("CAUSE", "cause")};
  shown.name = id_of;
  shown.extra = {{"total", total_of(found)}};
  shown.empty_note = "no dead letters";
  const auto missing = missing_of(found);
  if (missing > 0) {
    shown.extra.emplace_back("missing", missing);
    call.around.err << "note: " << missing << " shards did not say theirs\n";
  }
  print(call.around.out, call.how, shown);
  return missing > 0 ? exit_code::partly_done : exit_code::done;
}

listing one_letter(value letter) {
  return {"DeadLetter",
          {std::move(letter)},
          {member_column("id", "id"), time_column("time"), member_column("state", "state", true),
           member_column("aggregate", "aggregate"), member_column("shard", "shard"),
           member_column("command", "command"), member_column("made by", "made_by"),
           member_column("attempts", "attempts"), member_column("how", "how"),
           member_column("signal", "signal"), member_column("cause", "cause"),
           member_column("stack hash", "stack_hash"), member_column("correlation", "correlation"),
           member_column("trace", "trace"), member_column("reacts to", "reacts_to"),
           member_column("payload", "payload")},
          id_of};
}

/// What is done to one letter, by its command id.
std::variant<value, failure> about_letter(command_call& call, const std::string& what,
                                          const char* verb) {
  value arguments{value::object{}};
  arguments["id"] = call.line.arguments[0];
  if (auto wrong = take_context(call, arguments)) return std::move(*wrong);
  return ask(call, what, verb, std::move(arguments));
}

command_result letter_show(command_call& call) {
  auto answer =
      about_letter(call, "cannot show dead letter " + call.line.arguments[0], "deadletter");
  if (auto* wrong = std::get_if<failure>(&answer)) return std::move(*wrong);
  print_one(call.around.out, call.how, one_letter(std::get<value>(std::move(answer))));
  return exit_code::done;
}

command_result letter_retry(command_call& call) {
  auto answer =
      about_letter(call, "cannot retry dead letter " + call.line.arguments[0], "deadletter-retry");
  if (auto* wrong = std::get_if<failure>(&answer)) return std::move(*wrong);
  print_one(call.around.out, call.how,
            {"DeadLetterRetry",
             {std::get<value>(answer)},
             {member_column("id", "id"), member_column("outcome", "outcome", true),
              member_column("message", "message")},
             id_of});
  return exit_code::done;
}

command_result letter_drop(command_call& call) {
  auto answer =
      about_letter(call, "cannot drop dead letter " + call.line.arguments[0], "deadletter-drop");
  if (auto* wrong = std::get_if<failure>(&answer)) return std::move(*wrong);
  print_one(call.around.out, call.how,
            {"DeadLetter",
             {std::get<value>(answer)},
             {member_column("id", "id"), member_column("state", "state", true),
              member_column("command", "command")},
             id_of});
  return exit_code::done;
}

/// Writes every letter with its envelope, one JSON object a line.
std::optional<failure> write_letters(cluster& nodes, const std::string& what, value arguments,
                                     std::ostream& to, std::size_t& written) {
  arguments["limit"] = export_page;
  for (;;) {
    const auto page = nodes.admin("deadletters", arguments);
    if (!page) return failed(what, page.error());
    if (const auto missing = missing_of(*page); missing > 0)
      return failed(what, fail(errc::context_down, std::to_string(missing) +
                                                       " shards did not say theirs; what is "
                                                       "written is not all"));
    const auto letters = items_of(*page);
    for (const value& each : letters) {
      value one{value::object{}};
      one["id"] = id_of(each);
      one["context"] = member_text(each, "context");
      const auto whole = nodes.admin("deadletter", one);
      if (!whole && whole.error().code == errc::not_found) continue; // closed meanwhile
      if (!whole) return failed(what, whole.error());
      to << to_json(*whole) << '\n';
      ++written;
    }
    if (letters.size() < static_cast<std::size_t>(export_page)) break;
    arguments["after_ms"] = *letters.back().find("time_ms");
    arguments["after_id"] = id_of(letters.back());
  }
  return {};
}

command_result letter_export(command_call& call) {
  const std::string what = "cannot export the dead letters";
  value arguments{value::object{}};
  if (auto wrong = take_context(call, arguments)) return std::move(*wrong);
  auto nodes = reach(call);
  if (!nodes) return failed(what, nodes.error());
  std::size_t written = 0;
  if (!call.line.given("--file")) {
    if (auto wrong = write_letters(**nodes, what, arguments, call.around.out, written))
      return std::move(*wrong);
    return exit_code::done;
  }
  const std::string path = call.line.text("--file");
  std::ofstream file{path, std::ios::trunc};
  if (auto wrong = write_letters(**nodes, what, arguments, file, written)) return std::move(*wrong);
  file.flush();
  if (!file)
    return failed(what, fail(errc::storage_failed, "cannot write " + path),
                  "a file in a folder that exists, with space left");
  call.around.err << written << " dead letters written to " << plain_line(path) << '\n';
  return exit_code::done;
}

command_result change_actor(command_call& call, const char* verb, const std::string& what) {
  auto parsed = parse_one(call.line.arguments[0]);
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const auto& of = std::get<target>(parsed);
  value arguments{value::object{}};
  arguments["context"] = of.context->full_name();
  arguments["id"] = of.id.number;
  if (std::string_view{verb} == "quarantine" && call.line.given("--reason"))
    arguments["reason"] = call.line.text("--reason");
  const auto answer = ask(call, what + call.line.arguments[0], verb, std::move(arguments));
  if (const auto* wrong = std::get_if<failure>(&answer)) return *wrong;
  print_one(call.around.out, call.how,
            {"Actor",
             {std::get<value>(answer)},
             {member_column("actor", "id"), member_column("state", "state", true)},
             id_of});
  return exit_code::done;
}

} // namespace

void add_deadletter_commands(command_handlers& to) {
  to["deadletter ls"] = letter_ls;
  to["deadletter show"] = letter_show;
  to["deadletter retry"] = letter_retry;
  to["deadletter drop"] = letter_drop;
  to["deadletter export"] = letter_export;
  to["actor quarantine"] = [](command_call& call) {
    return change_actor(call, "quarantine", "cannot quarantine ");
  };
  to["actor release"] = [](command_call& call) {
    return change_actor(call, "release", "cannot release ");
  };
  to["actor restart"] = [](command_call& call) {
    return change_actor(call, "actor-restart", "cannot restart ");
  };
}

} // namespace troupe::cli
