#include "bin/cli/command_parts.hpp"
#include "bin/cli/command_table.hpp"

/// The commands of actor-inspector, each topic in a function of its own.
namespace troupe::cli {
namespace {

std::vector<tool_command> actor_commands() {
  return {
      {"actor ls",
       "lists resident actors",
       {{"actor-inspector actor ls", ""},
        {"actor-inspector actor ls --context {context} --state quarantined", "what needs a look"}},
       {},
       {{.name = "--context",
         .value = "CONTEXT",
         .meaning = "only of this context",
         .completes = word_kind::context},
        {"--state",
         "STATE",
         "only in this state",
         "",
         {"live", "passive", "asking", "restarting", "quarantined"}},
        {"--limit", "N", "at most this many, 1 to 10000", "100"}}},
      {"actor show",
       "shows one actor: supervisor, counters, state, open ask, last failure",
       {{"actor-inspector actor show {context}/1", ""}},
       {one_argument}},
      {"actor history",
       "shows what happened to one actor: its turns with events, cause and time",
       {{"actor-inspector actor history {changed}/1", ""},
        {"actor-inspector actor history {changed}/1 --from 3 --limit 1 -o json", "one turn"}},
       {one_argument},
       {{"--from", "SEQ", "first turn wanted", "1"},
        {"--limit", "N", "at most this many turns, 1 to 1000", "100"}}}};
}

std::vector<tool_command> healing_commands() {
  const argument_info action{"ACTION", "restart-aggregate, restart-shard, restart-context, "
                                       "rebuild-view or reopen-socket"};
  return {{"healing ls",
           "lists what the nodes heal by themselves: switches, limits, counters",
           {{"actor-inspector healing ls", ""}}},
          {"healing last",
           "shows what was healed last, with cause and outcome",
           {{"actor-inspector healing last -o json", "the last hundred of each node"}}},
          {"healing on",
           "switches an action on, on all nodes",
           {{"actor-inspector healing on restart-shard", ""}},
           {action}},
          {"healing off",
           "switches an action off, on all nodes, until they start again",
           {{"actor-inspector healing off restart-shard", "what fails stays so, and can be seen"}},
           {action}}};
}

tool_info make_inspector() {
  tool_info tool{
      "actor-inspector",
      "looks inside a running cluster: its supervision tree, its actors, what went wrong",
      {{"tree", "shows the supervision tree", {{"actor-inspector tree", ""}}}}};
  for (auto topic : {actor_commands(), healing_commands()})
    tool.commands.insert(tool.commands.end(), topic.begin(), topic.end());
  for (const auto& each : {completion_command, version_command, help_command})
    tool.commands.push_back(each);
  return tool;
}

} // namespace

const tool_info& inspector_tool() {
  static const tool_info tool = make_inspector();
  return tool;
}

} // namespace troupe::cli
