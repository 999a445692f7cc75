#include "bin/cli/every_node.hpp"

#include "bin/cli/offline_desk.hpp"
#include "bin/cli/plain_text.hpp"

#include <ostream>

namespace troupe::cli {

result<std::unique_ptr<cluster>> reach(command_call& call) {
  if (call.line.given("--data")) return open_data_directory(call.line.text("--data"));
  return call.around.connect(call.how);
}

std::variant<value, failure> ask(command_call& call, const std::string& what, const char* verb,
                                 value arguments) {
  auto nodes = reach(call);
  if (!nodes) return failed(what, nodes.error());
  auto answer = (*nodes)->admin(verb, std::move(arguments));
  if (!answer) return failed(what, answer.error());
  return std::move(*answer);
}

value::array items_of(const value& answer) {
  const value* held = answer.find("items");
  const auto* items = held == nullptr ? nullptr : held->get_if<value::array>();
  return items == nullptr ? value::array{} : *items;
}

value total_of(const value& answer) {
  const value* total = answer.find("total");
  return total == nullptr ? value{} : *total;
}

value::array nodes_said::items(std::string_view list) const {
  value::array all;
  for (const auto& each : answers) {
    const value* held = each.answer.find(list);
    const auto* found = held == nullptr ? nullptr : held->get_if<value::array>();
    if (found == nullptr) continue;
    for (value item : *found) {
      item["node"] = each.node;
      all.push_back(std::move(item));
    }
  }
  return all;
}

std::variant<nodes_said, failure> ask_every_node(command_call& call, const std::string& what,
                                                 std::string_view verb, const value& arguments) {
  auto nodes = reach(call);
  if (!nodes) return failed(what, nodes.error());
  const auto members = (*nodes)->nodes();
  if (!members) return failed(what, members.error());
  nodes_said said;
  for (const map_member& each : *members) {
    auto answer = (*nodes)->admin(verb, arguments, each.endpoint);
    if (answer)
      said.answers.push_back({each.node, std::move(*answer)});
    else
      said.silent.push_back({each.node, answer.error()});
  }
  if (said.answers.empty())
    return failed(what, said.silent.empty() ? fail(errc::unreachable, "the cluster has no nodes")
                                            : said.silent.front().why);
  for (const auto& each : said.silent)
    call.around.err << "note: node " << each.node
                    << " did not answer: " << plain_line(each.why.message) << '\n';
  return said;
}

} // namespace troupe::cli
