#include "bin/cli/every_node.hpp"
#include "bin/cli/fields.hpp"
#include "bin/cli/tool.hpp"

/// `context limit`: what clients may send to a context, on every node.
namespace troupe::cli {
namespace {

command_result limit_context(command_call& call) {
  auto parsed = parse_context(call.line.arguments[0]);
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const std::string name = std::get<const context_info*>(parsed)->full_name();
  const std::string what = "cannot limit " + name;
  value arguments;
  arguments["context"] = name;
  arguments["rate"] = call.line.arguments[1];
  auto answer = ask_every_node(call, what, "limit", arguments);
  if (auto* wrong = std::get_if<failure>(&answer)) return std::move(*wrong);
  const auto& said = std::get<nodes_said>(answer);
  listing shown;
  shown.kind = "LimitList";
  for (const auto& each : said.answers) {
    shown.items.push_back(each.answer);
    shown.items.back()["node"] = each.node;
  }
  shown.columns = {member_column("NODE", "node"), member_column("CONTEXT", "context"),
                   member_column("RATE", "rate")};
  shown.name = [](const value& item) { return cell_text(*item.find("node")); };
  print(call.around.out, call.how, shown);
  // A limit that some nodes lack is none: whoever is refused here is served there.
  if (!said.silent.empty())
    return failed(what + " on node " + said.silent.front().node, said.silent.front().why);
  return exit_code::done;
}

} // namespace

void add_limit_command(command_handlers& to) {
  to["context limit"] = limit_context;
}

} // namespace troupe::cli
