#include "bin/cli/every_node.hpp"
#include "bin/cli/fields.hpp"
#include "bin/cli/plain_text.hpp"

#include <ostream>

/// breaker ls, show, open, close, disable and reset: of every node, because each has its own.
namespace troupe::cli {
namespace {

std::string cell_of(const value& item, std::string_view name) {
  const value* held = item.find(name);
  return held == nullptr || held->is_null() ? std::string{"-"} : cell_text(*held);
}

std::string time_cell(const value& item, std::string_view name) {
  const value* held = item.find(name);
  const auto* ms = held == nullptr ? nullptr : held->get_if<std::int64_t>();
  return ms == nullptr ? std::string{"-"} : duration_text(*ms);
}

column time_column(std::string head, std::string member) {
  return {std::move(head), [member](const value& item) { return time_cell(item, member); }, false};
}

/// What both bounds refused: the open breaker and the full bulkhead.
std::string refused_cell(const value& item) {
  return cell_of(item, "refused_open") + "+" + cell_of(item, "refused_full");
}

std::string name_of_item(const value& item) {
  return cell_of(item, "node") + "/" + cell_of(item, "asking") + "/" + cell_of(item, "target") +
         "/" + cell_of(item, "owner") + "/" + cell_of(item, "operation");
}

listing breaker_listing(const nodes_said& said) {
  listing shown;
  shown.kind = "BreakerList";
  shown.items = said.items("items");
  shown.columns = {member_column("NODE", "node"),           member_column("ASKING", "asking"),
                   member_column("TARGET", "target"),       member_column("OWNER", "owner"),
                   member_column("OPERATION", "operation"), member_column("STATE", "state", true),
                   time_column("SINCE", "since_ms"),        member_column("CALLS", "calls"),
                   member_column("FAILED", "failures"),     member_column("SLOW", "slow"),
                   time_column("RETRY", "retry_after_ms"),  member_column("IN FLIGHT", "in_flight"),
                   {"REFUSED", refused_cell, false}};
  shown.name = name_of_item;
  shown.extra = {{"wishes", said.items("wishes")}};
  shown.empty_note = "nothing was asked yet; a breaker appears with the first ask of a direction";
  return shown;
}

/// What operators hold, also of directions that nobody asked in yet.
void print_wishes(command_call& call, const nodes_said& said) {
  for (const auto& each : said.items("wishes")) {
    const auto part = [&each](std::string_view word, std::string_view member) {
      const value* held = each.find(member);
      return held == nullptr || held->is_null() ? std::string{}
                                                : std::string{word} + cell_text(*held);
    };
    call.around.err << plain_line("held at " + cell_of(each, "node") + ": " +
                                  cell_of(each, "asking") + " -> " + cell_of(each, "target") +
                                  part(" at ", "owner") + part(" by ", "operation") + " is " +
                                  cell_of(each, "mode"))
                    << '\n';
  }
}

/// The contexts that the line names by arguments or options, as the verb's arguments.
std::variant<value, failure> ends_of(command_call& call) {
  value arguments{value::object{}};
  const auto& line = call.line;
  for (const auto& [name, place, option] :
       {std::tuple{"asking", std::size_t{0}, "--asking"}, {"target", std::size_t{1}, "--target"}}) {
    const bool by_place = line.arguments.size() > place;
    if (!by_place && (!line.arguments.empty() || !line.given(option))) continue;
    auto parsed = parse_context(by_place ? line.arguments[place] : line.text(option));
    if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
    arguments[name] = std::get<const context_info*>(parsed)->full_name();
  }
  return arguments;
}

command_result breaker_ls(command_call& call) {
  auto arguments = ends_of(call);
  if (auto* wrong = std::get_if<failure>(&arguments)) return std::move(*wrong);
  const auto answer =
      ask_every_node(call, "cannot list the breakers", "breakers", std::get<value>(arguments));
  if (const auto* wrong = std::get_if<failure>(&answer)) return *wrong;
  const auto& said = std::get<nodes_said>(answer);
  auto shown = breaker_listing(said);
  if (call.line.given("--state"))
    std::erase_if(shown.items, [&](const value& item) {
      return cell_of(item, "state") != call.line.text("--state");
    });
  print(call.around.out, call.how, shown);
  if (call.how.format == output_format::table) print_wishes(call, said);
  return said.end();
}

/// The transitions of all breakers, a row each, with their breaker in front.
value::array transition_rows(const value::array& breakers) {
  value::array rows;
  for (const value& each : breakers) {
    const value* held = each.find("transitions");
    const auto* all = held == nullptr ? nullptr : held->get_if<value::array>();
    if (all == nullptr) continue;
    for (value row : *all) {
      for (const char* name : {"node", "owner", "operation"})
        row[name] = cell_of(each, name);
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

command_result breaker_show(command_call& call) {
  auto arguments = ends_of(call);
  if (auto* wrong = std::get_if<failure>(&arguments)) return std::move(*wrong);
  const auto answer = ask_every_node(call,
                                     "cannot show the breakers from " + call.line.arguments[0] +
                                         " to " + call.line.arguments[1],
                                     "breakers", std::get<value>(arguments));
  if (const auto* wrong = std::get_if<failure>(&answer)) return *wrong;
  const auto& said = std::get<nodes_said>(answer);
  const auto shown = breaker_listing(said);
  print(call.around.out, call.how, shown);
  if (call.how.format != output_format::table) return said.end();
  print_wishes(call, said);
  listing story;
  story.items = transition_rows(shown.items);
  if (story.items.empty()) return said.end();
  story.columns = {member_column("NODE", "node"),           member_column("OWNER", "owner"),
                   member_column("OPERATION", "operation"), time_column("AGO", "ago_ms"),
                   member_column("FROM", "from", true),     member_column("TO", "to", true),
                   member_column("CALLS", "calls"),         member_column("FAILED", "failures"),
                   member_column("SLOW", "slow"),           time_column("OPEN FOR", "open_ms")};
  call.around.out << '\n';
  print(call.around.out, call.how, story);
  return said.end();
}

/// Says one word to the breakers of all nodes.
command_result set_mode(command_call& call, const char* mode) {
  auto ends = ends_of(call);
  if (auto* wrong = std::get_if<failure>(&ends)) return std::move(*wrong);
  auto& arguments = std::get<value>(ends);
  arguments["mode"] = mode;
  if (call.line.given("--owner")) arguments["owner"] = call.line.text("--owner");
  if (call.line.given("--operation")) arguments["operation"] = call.line.text("--operation");
  const auto answer = ask_every_node(call,
                                     "cannot change the breakers from " + call.line.arguments[0] +
                                         " to " + call.line.arguments[1],
                                     "breaker-mode", arguments);
  if (const auto* wrong = std::get_if<failure>(&answer)) return *wrong;
  const auto& said = std::get<nodes_said>(answer);
  listing shown;
  shown.kind = "BreakerModeList";
  for (const auto& each : said.answers) {
    value item{value::object{}};
    item["node"] = each.node;
    for (const char* name : {"asking", "target", "owner", "operation", "mode", "directions"})
      item[name] = each.answer.find(name) == nullptr ? value{} : *each.answer.find(name);
    shown.items.push_back(std::move(item));
  }
  shown.columns = {member_column("NODE", "node"),           member_column("ASKING", "asking"),
                   member_column("TARGET", "target"),       member_column("OWNER", "owner"),
                   member_column("OPERATION", "operation"), member_column("MODE", "mode", true),
                   member_column("BREAKERS", "directions")};
  shown.name = name_of_item;
  print(call.around.out, call.how, shown);
  return said.end();
}

} // namespace

void add_breaker_commands(command_handlers& to) {
  to["breaker ls"] = breaker_ls;
  to["breaker show"] = breaker_show;
  to["breaker open"] = [](command_call& call) { return set_mode(call, "open"); };
  to["breaker close"] = [](command_call& call) { return set_mode(call, "closed"); };
  to["breaker disable"] = [](command_call& call) { return set_mode(call, "disabled"); };
  to["breaker reset"] = [](command_call& call) { return set_mode(call, "reset"); };
}

} // namespace troupe::cli
