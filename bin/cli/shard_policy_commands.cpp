#include "bin/cli/every_node.hpp"
#include "bin/cli/fields.hpp"
#include "bin/cli/plain_text.hpp"

#include <algorithm>
#include <ostream>
#include <tuple>

/// shard ls, show and move, policy ls: what the nodes say of their own shards, as one list.
namespace troupe::cli {
namespace {

std::string cell_of(const value& item, std::string_view name) {
  const value* held = item.find(name);
  return held == nullptr || held->is_null() ? std::string{"-"} : cell_text(*held);
}

std::int64_t number_of(const value& item, std::string_view name) {
  const value* held = item.find(name);
  const auto* number = held == nullptr ? nullptr : held->get_if<std::int64_t>();
  return number == nullptr ? 0 : *number;
}

std::string shard_name(const value& item) {
  return cell_of(item, "context") + '/' + cell_of(item, "shard");
}

column time_column(std::string head, std::string member) {
  return {std::move(head),
          [member = std::move(member)](const value& item) {
            const value* held = item.find(member);
            const auto* ms = held == nullptr ? nullptr : held->get_if<std::int64_t>();
            return ms == nullptr ? std::string{"-"} : duration_text(*ms);
          },
          false};
}

value::array silent_of(const nodes_said& said) {
  value::array names;
  for (const auto& each : said.silent)
    names.emplace_back(each.node);
  return names;
}

/// The --context option as an argument.
std::variant<value, failure> chosen_context(command_call& call) {
  value arguments{value::object{}};
  if (!call.line.given("--context")) return arguments;
  auto parsed = parse_context(call.line.text("--context"));
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  arguments["context"] = std::get<const context_info*>(parsed)->full_name();
  return arguments;
}

listing shard_listing(const nodes_said& said) {
  listing shown;
  shown.kind = "ShardList";
  shown.items = said.items("items");
  std::ranges::stable_sort(shown.items, [](const value& a, const value& b) {
    return std::pair{cell_of(a, "context"), number_of(a, "shard")} <
           std::pair{cell_of(b, "context"), number_of(b, "shard")};
  });
  shown.columns = {{"SHARD", shard_name, false},
                   member_column("NODE", "node"),
                   member_column("STATE", "state", true),
                   member_column("EPOCH", "epoch"),
                   member_column("LANE", "lane"),
                   member_column("RESIDENT", "residents"),
                   member_column("KNOWN", "heads"),
                   member_column("MAILBOX", "mailbox"),
                   member_column("RECORDS", "records"),
                   member_column("JOURNAL B", "journal_bytes"),
                   member_column("DERIVED B", "derived_bytes"),
                   member_column("COMMIT P99 US", "commit_p99_us")};
  shown.name = shard_name;
  shown.extra = {{"silent", silent_of(said)}};
  shown.empty_note = "no node has a shard";
  return shown;
}

command_result shard_ls(command_call& call) {
  auto arguments = chosen_context(call);
  if (auto* wrong = std::get_if<failure>(&arguments)) return std::move(*wrong);
  const auto answer =
      ask_every_node(call, "cannot list the shards", "shards", std::get<value>(arguments));
  if (const auto* wrong = std::get_if<failure>(&answer)) return *wrong;
  const auto& said = std::get<nodes_said>(answer);
  print(call.around.out, call.how, shard_listing(said));
  return said.end();
}

/// "taxi.call/2": here the number is a shard's.
std::variant<target, failure> parse_shard(const std::string& text) {
  const auto slash = text.rfind('/');
  const auto number = slash == std::string::npos
                          ? result<std::int64_t>{fail(errc::malformed, "no number")}
                          : parse_number(text.substr(slash + 1), 0, 65'535);
  auto parsed = parse_context(text.substr(0, slash));
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const auto* context = std::get<const context_info*>(parsed);
  if (!number)
    return usage_failure("cannot use '" + text + "'", "a shard is CONTEXT/NUMBER, counted from 0",
                         context->full_name() + "/0");
  return target{context, {*number}};
}

command_result shard_show(command_call& call) {
  auto parsed = parse_shard(call.line.arguments[0]);
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const target& of = std::get<target>(parsed);
  const std::string what = "cannot show shard " + call.line.arguments[0];
  value arguments{value::object{}};
  arguments["context"] = of.context->full_name();
  const auto answer = ask_every_node(call, what, "shards", arguments);
  if (const auto* wrong = std::get_if<failure>(&answer)) return *wrong;
  const auto& said = std::get<nodes_said>(answer);
  auto shown = shard_listing(said);
  std::erase_if(shown.items,
                [&](const value& item) { return number_of(item, "shard") != of.id.number; });
  if (shown.items.empty())
    return failed(what,
                  fail(errc::not_found,
                       said.silent.empty() ? "no node has it" : "no node that answered has it"),
                  "`actor-inspector shard ls --context " + of.context->full_name() + "`");
  shown.kind = "Shard";
  print_one(call.around.out, call.how, shown);
  return said.end();
}

command_result shard_move(command_call& call) {
  auto parsed = parse_shard(call.line.arguments[0]);
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const target& of = std::get<target>(parsed);
  const std::string& to = call.line.arguments[1];
  value arguments{value::object{}};
  arguments["context"] = of.context->full_name();
  arguments["shard"] = of.id.number;
  arguments["to"] = to;
  const auto answer = ask(call, "cannot move shard " + call.line.arguments[0] + " to " + to,
                          "shard-move", std::move(arguments));
  if (const auto* wrong = std::get_if<failure>(&answer)) return *wrong;
  print(call.around.out, call.how,
        {"ShardMove",
         {std::get<value>(answer)},
         {{"SHARD", shard_name, false},
          member_column("FROM", "from"),
          member_column("TO", "to"),
          member_column("STATE", "state", true)},
         shard_name});
  if (call.how.format == output_format::table && to != "any")
    call.around.err << "it stays there until " << plain_line(to)
                    << " leaves or it is moved again; `shard move "
                    << plain_line(call.line.arguments[0]) << " any` lets it be balanced again\n";
  return exit_code::done;
}

// -- policies ---------------------------------------------------------------------------------

std::string policy_names(const value& item) {
  const value* held = item.find("policies");
  const auto* names = held == nullptr ? nullptr : held->get_if<value::array>();
  std::string all;
  if (names != nullptr)
    for (const value& each : *names)
      all += (all.empty() ? "" : ", ") + cell_text(each);
  return all.empty() ? "-" : all;
}

command_result policy_ls(command_call& call) {
  auto arguments = chosen_context(call);
  if (auto* wrong = std::get_if<failure>(&arguments)) return std::move(*wrong);
  const auto answer =
      ask_every_node(call, "cannot list the policies", "policies", std::get<value>(arguments));
  if (const auto* wrong = std::get_if<failure>(&answer)) return *wrong;
  const auto& said = std::get<nodes_said>(answer);
  listing shown;
  shown.kind = "PolicyList";
  shown.items = said.items("items");
  if (call.line.given("--lagging"))
    std::erase_if(shown.items, [](const value& item) {
      return number_of(item, "lag") == 0 && cell_of(item, "stuck") == "-";
    });
  std::ranges::stable_sort(shown.items, [](const value& a, const value& b) {
    return std::tuple{-number_of(a, "lag"), cell_of(a, "context"), cell_of(a, "source"),
                      number_of(a, "source_shard")} <
           std::tuple{-number_of(b, "lag"), cell_of(b, "context"), cell_of(b, "source"),
                      number_of(b, "source_shard")};
  });
  shown.columns = {{"CONTEXT", shard_name, false},
                   member_column("NODE", "node"),
                   {"POLICIES", policy_names, false},
                   {"SOURCE",
                    [](const value& item) {
                      return cell_of(item, "source") + '/' + cell_of(item, "source_shard");
                    },
                    false},
                   member_column("STATE", "state", true),
                   member_column("NEXT", "next"),
                   member_column("LAG", "lag"),
                   time_column("OLDEST", "lag_ms"),
                   member_column("IN FLIGHT", "in_flight"),
                   member_column("STUCK", "stuck")};
  shown.name = [](const value& item) {
    return shard_name(item) + '<' + cell_of(item, "source") + '/' + cell_of(item, "source_shard");
  };
  shown.extra = {{"silent", silent_of(said)}};
  shown.empty_note = "no policies, or none of them lags";
  print(call.around.out, call.how, shown);
  return said.end();
}

} // namespace

void add_shard_commands(command_handlers& to) {
  to["shard ls"] = shard_ls;
  to["shard show"] = shard_show;
  to["shard move"] = shard_move;
  to["policy ls"] = policy_ls;
}

} // namespace troupe::cli
