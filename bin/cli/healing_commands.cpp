#include "bin/cli/every_node.hpp"
#include "bin/cli/plain_text.hpp"
#include "bin/cli/tool.hpp"

#include <ostream>

/// healing ls, last, on and off: what the nodes do by themselves about what has failed.
namespace troupe::cli {
namespace {

std::string member_text(const value& of, std::string_view name) {
  const value* held = of.find(name);
  return held == nullptr ? std::string{"-"} : cell_text(*held);
}

listing actions_of(const nodes_said& said) {
  listing shown{"HealingList",
                said.items("actions"),
                {member_column("NODE", "node"),
                 member_column("ACTION", "action"),
                 member_column("STATE", "state", true),
                 member_column("TRIED", "tried"),
                 member_column("DONE", "done"),
                 member_column("FAILED", "failed"),
                 member_column("REFUSED", "refused"),
                 member_column("WHILE OFF", "refused_off"),
                 {"LIMIT",
                  [](const value& item) {
                    const value* within = item.find("within_ms");
                    const auto* ms = within == nullptr ? nullptr : within->get_if<std::int64_t>();
                    return member_text(item, "most") + " in " +
                           (ms == nullptr ? std::string{"-"} : duration_text(*ms));
                  },
                  false}},
                [](const value& item) {
                  return member_text(item, "node") + '/' + member_text(item, "action");
                }};
  return shown;
}

command_result healing_ls(command_call& call) {
  auto said =
      ask_every_node(call, "cannot list what the nodes heal", "healing", value{value::object{}});
  if (auto* wrong = std::get_if<failure>(&said)) return std::move(*wrong);
  print(call.around.out, call.how, actions_of(std::get<nodes_said>(said)));
  return std::get<nodes_said>(said).end();
}

command_result healing_last(command_call& call) {
  auto said =
      ask_every_node(call, "cannot show what the nodes healed", "healing", value{value::object{}});
  if (auto* wrong = std::get_if<failure>(&said)) return std::move(*wrong);
  listing shown{"HealedList",
                std::get<nodes_said>(said).items("last"),
                {{"TIME",
                  [](const value& item) {
                    const value* time = item.find("time_ms");
                    const auto* ms = time == nullptr ? nullptr : time->get_if<std::int64_t>();
                    return ms == nullptr ? std::string{"-"} : time_text(*ms);
                  },
                  false},
                 member_column("NODE", "node"),
                 member_column("ACTION", "action"),
                 member_column("SUBJECT", "subject"),
                 member_column("STATE", "state", true),
                 member_column("TOOK MS", "took_ms"),
                 member_column("CAUSE", "cause"),
                 member_column("OUTCOME", "outcome")},
                [](const value& item) {
                  return member_text(item, "node") + '/' + member_text(item, "subject");
                }};
  shown.empty_note = "nothing had to be healed";
  print(call.around.out, call.how, shown);
  return std::get<nodes_said>(said).end();
}

command_result turn(command_call& call, const char* state) {
  const std::string action = call.line.arguments[0];
  const std::string what = "cannot switch " + action + ' ' + state;
  value arguments;
  arguments["action"] = action;
  arguments["state"] = state;
  auto answer = ask_every_node(call, what, "healing-switch", arguments);
  if (auto* wrong = std::get_if<failure>(&answer)) return std::move(*wrong);
  const auto& said = std::get<nodes_said>(answer);
  print(call.around.out, call.how, actions_of(said));
  // Half a switch is worse than none that is noticed.
  if (!said.silent.empty())
    return failed(what + " on node " + said.silent.front().node, said.silent.front().why);
  return exit_code::done;
}

} // namespace

void add_healing_commands(command_handlers& to) {
  to["healing ls"] = healing_ls;
  to["healing last"] = healing_last;
  to["healing on"] = [](command_call& call) { return turn(call, "on"); };
  to["healing off"] = [](command_call& call) { return turn(call, "off"); };
}

} // namespace troupe::cli
