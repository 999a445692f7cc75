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

tool_command breaker_word(std::string_view path, std::string_view meaning,
                          std::string_view example) {
  return {path,
          meaning,
          {{example, ""}},
          {{"ASKING", "context that asks", word_kind::context},
           {"TARGET", "context that is asked", word_kind::context}},
          {{.name = "--owner", .value = "NODE", .meaning = "only where this node has the shard"},
           {.name = "--operation",
            .value = "KIND",
            .meaning = "only of these",
            .choices = {"command", "query"}}}};
}

std::vector<tool_command> breaker_commands() {
  return {{"breaker ls",
           "lists the breakers of all nodes: state, calls of the last 10 s, what was refused",
           {{"actor-inspector breaker ls", ""},
            {"actor-inspector breaker ls --state open -o json", "what is cut off, as data"}},
           {},
           {{.name = "--asking",
             .value = "CONTEXT",
             .meaning = "only from this context",
             .completes = word_kind::context},
            {.name = "--target",
             .value = "CONTEXT",
             .meaning = "only to this context",
             .completes = word_kind::context},
            {"--state",
             "STATE",
             "only in this state",
             "",
             {"closed", "open", "half-open", "forced-open", "forced-closed", "disabled"}}}},
          {"breaker show",
           "shows the breakers from one context to another, and their last changes of state",
           {{"actor-inspector breaker show {asking} {asked}", ""}},
           {{"ASKING", "context that asks", word_kind::context},
            {"TARGET", "context that is asked", word_kind::context}}},
          breaker_word("breaker open",
                       "refuses every ask of a direction, on all nodes, until `reset`",
                       "actor-inspector breaker open {asking} {asked}"),
          breaker_word("breaker close",
                       "lets every ask of a direction pass and goes on measuring, until `reset`",
                       "actor-inspector breaker close {asking} {asked}"),
          breaker_word("breaker disable",
                       "lets every ask of a direction pass and measures nothing, until `reset`",
                       "actor-inspector breaker disable {asking} {asked}"),
          breaker_word("breaker reset",
                       "makes breakers automatic again, closed, with nothing measured yet",
                       "actor-inspector breaker reset {asking} {asked}")};
}

std::vector<tool_command> event_commands() {
  return {{"events",
           "shows what happened on the nodes: breakers, restarts, dead letters, healing",
           {{"actor-inspector events", "the newest that the nodes keep"},
            {"actor-inspector events --follow --kind breaker-opened", "as they come"}},
           {},
           {{.name = "--follow", .value = "", .meaning = "wait for new ones instead"},
            {.name = "--kind", .value = "KIND", .meaning = "only of this kind"},
            {"--limit", "N", "at most this many, 1 to 4096", "100"}}}};
}

tool_info make_inspector() {
  tool_info tool{
      "actor-inspector",
      "looks inside a running cluster: its supervision tree, its actors, what went wrong",
      {{"tree", "shows the supervision tree", {{"actor-inspector tree", ""}}}}};
  for (auto topic : {actor_commands(), breaker_commands(), event_commands()})
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
