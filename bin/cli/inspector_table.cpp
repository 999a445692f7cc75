#include "bin/cli/command_parts.hpp"
#include "bin/cli/command_table.hpp"
#include "bin/cli/live_table.hpp"

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
        {"--limit", "N", "at most this many, 1 to 10000", "100"},
        files_option}},
      {"actor show",
       "shows one actor: supervisor, counters, state, open ask, last failure",
       {{"actor-inspector actor show {context}/1", ""}},
       {one_argument},
       {files_option}},
      {"actor history",
       "shows what happened to one actor: its turns with events, cause and time",
       {{"actor-inspector actor history {changed}/1", ""},
        {"actor-inspector actor history {changed}/1 --from 3 --limit 1 -o json", "one turn"}},
       {one_argument},
       {{"--from", "SEQ", "first turn wanted", "1"},
        {"--limit", "N", "at most this many turns, 1 to 1000", "100"},
        files_option}},
      {"actor quarantine",
       "sets one actor apart: it takes no commands until it is released",
       {{"actor-inspector actor quarantine {context}/1 --reason odd", ""}},
       {one_argument},
       {{"--reason", "TEXT", "told to whoever sends it a command"}}},
      {"actor release",
       "lets an actor in quarantine work again",
       {{"actor-inspector actor release {context}/1", ""}},
       {one_argument}},
      {"actor restart",
       "makes one actor anew from its records, its failures forgotten",
       {{"actor-inspector actor restart {context}/1", ""}},
       {one_argument}}};
}

std::vector<tool_command> deadletter_commands() {
  const argument_info letter{"ID", "the command's id, as `deadletter ls` shows it"};
  const option_info of_context{.name = "--context",
                               .value = "CONTEXT",
                               .meaning = "only of this context",
                               .completes = word_kind::context};
  const std::string_view id = "018bcfe5-6800-7abc-8123-456789abcdef";
  static const std::string show = "actor-inspector deadletter show " + std::string{id};
  static const std::string retry = "actor-inspector deadletter retry " + std::string{id};
  static const std::string drop = "actor-inspector deadletter drop " + std::string{id};
  return {{"deadletter ls",
           "lists commands that crashed too often and were set aside, oldest first",
           {{"actor-inspector deadletter ls", ""},
            {"actor-inspector deadletter ls --context {context} -o json", "of one context"}},
           {},
           {of_context, {"--limit", "N", "at most this many, 1 to 1000", "100"}, files_option}},
          {"deadletter show",
           "shows one dead letter with its envelope and the cause of its crashes",
           {{show, ""}},
           {letter},
           {of_context, files_option}},
          {"deadletter retry",
           "lets the command run again under its id, so that it has one effect at most",
           {{retry, "after the fault is fixed"}},
           {letter},
           {of_context}},
          {"deadletter drop",
           "closes a dead letter; its command stays refused",
           {{drop, ""}},
           {letter},
           {of_context}},
          {"deadletter export",
           "writes every dead letter with its envelope, one JSON object a line",
           {{"actor-inspector deadletter export > letters.jsonl", ""},
            {"actor-inspector deadletter export --context {context} --file letters.jsonl", ""}},
           {},
           {of_context,
            {.name = "--file",
             .value = "FILE",
             .meaning = "where to (default: standard output)",
             .completes = word_kind::file},
            files_option}}};
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

std::vector<tool_command> audit_commands() {
  return {{"audit",
           "shows who did what to the nodes, or looked at what callers sent, and what came of it",
           {{"actor-inspector audit", "the newest of all nodes"},
            {"actor-inspector audit --verb context-stop --limit 1000 -o jsonl", "to be kept"},
            {"actor-inspector audit --data data", "of a data directory whose nodes are gone"}},
           {},
           {{.name = "--follow",
             .value = "",
             .meaning = "wait for new ones instead",
             .short_name = "-f"},
            {.name = "--who", .value = "NAME", .meaning = "only of this caller"},
            {.name = "--verb", .value = "VERB", .meaning = "only this verb"},
            {"--limit", "N", "at most this many, 1 to 100000", "100"},
            {.name = "--data",
             .value = "DIR",
             .meaning = "read the journals in this data directory instead of asking the nodes",
             .completes = word_kind::file}}}};
}

std::vector<tool_command> journal_commands() {
  const option_info of_context{.name = "--context",
                               .value = "CONTEXT",
                               .meaning = "only of this context",
                               .completes = word_kind::context};
  return {{"why",
           "tells why a turn happened: who asked, which event, timer or client, back to the begin",
           {{"actor-inspector why {changed}/1", "the newest turn"},
            {"actor-inspector why {changed}/1 1 --forward", "and what followed from it"},
            {"actor-inspector why {changed}/1 --data data -o json", "without a node"}},
           {one_argument, {"SEQ", "turn; the newest if left out", word_kind::text, false}},
           {{.name = "--forward", .value = "", .meaning = "also what it led to"}, files_option}},
          {"journal tail",
           "shows the newest turns of all shards by time",
           {{"actor-inspector journal tail", ""},
            {"actor-inspector journal tail --follow --context {context}", "as they come"}},
           {},
           {{.name = "--follow", .value = "", .meaning = "go on with new ones", .short_name = "-f"},
            of_context,
            {"--limit", "N", "this many to begin with, 0 to 1000", "20"},
            files_option}},
          {"journal stats",
           "counts what stands in the journals: records, bytes, turns by command, events by name",
           {{"actor-inspector journal stats", ""},
            {"actor-inspector journal stats --data data -o json", "without a node"}},
           {},
           {of_context, files_option}},
          {"journal grep",
           "finds turns whose ids, names or fields hold a text",
           {{"actor-inspector journal grep {context}/1", ""},
            {"actor-inspector journal grep ann --context {context} --limit 5 -o jsonl", ""}},
           {{"TEXT", "part of a name or text, or a whole number"}},
           {of_context, {"--limit", "N", "at most this many, 1 to 10000", "100"}, files_option}}};
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

tool_command check_command(std::string_view path, std::string_view meaning,
                           std::string_view example, std::string_view warning,
                           std::string_view critical) {
  return {
      path,
      meaning,
      {{example, "for a monitoring system: a line with figures, exit status 0 to 3"}},
      {{"NODE", "only this node (default: all)", word_kind::text, false}},
      {{"--warning", "N", warning},
       {"--critical", "N", critical},
       {"--format", "FORMAT", "how it is told", "text", {"text", "nagios", "json", "prometheus"}}}};
}

std::vector<tool_command> check_commands() {
  return {
      check_command("check cluster",
                    "tells whether all nodes answer, all contexts are up, and what is set apart",
                    "actor-inspector check cluster --format nagios",
                    "from so many silent nodes on (default: 1)",
                    "from so many silent nodes on (default: 2)"),
      check_command("check node", "tells whether nodes are live, ready and quick",
                    "actor-inspector check node n1 --format nagios",
                    "seconds that 1 in 100 commands waited, or more (default: 0.25)",
                    "seconds that 1 in 100 commands waited, or more (default: 1)"),
      check_command("check lag", "tells how far views are behind, and which policies stopped",
                    "actor-inspector check lag --format nagios",
                    "records behind, or more (default: 1000)",
                    "records behind, or more (default: 10000)"),
      check_command("check disk", "tells how much space the data directory has left",
                    "actor-inspector check disk --format nagios",
                    "percent free, or less (default: 20)", "percent free, or less (default: 10)")};
}

std::vector<tool_command> number_commands() {
  return {{"metrics",
           "shows the numbers of all nodes in the text format of Prometheus, or as data",
           {{"actor-inspector metrics", ""},
            {"actor-inspector metrics --reference", "what each of them means"}},
           {},
           {{"--reference", "", "the page docs/metrics.md; asks nobody"}}},
          {"shell",
           "reads commands line by line over one connection, with history and completion",
           {{"actor-inspector shell", "Ctrl-D ends it"},
            {"echo 'check cluster' | actor-inspector shell", "one command a line"}}}};
}

tool_info make_inspector() {
  tool_info tool{
      "actor-inspector",
      "looks inside a running cluster: its supervision tree, its actors, what went wrong",
      {{"tree", "shows the supervision tree", {{"actor-inspector tree", ""}}}}};
  for (auto topic : {top_commands(), actor_commands(), actor_state_table(), shard_table(),
                     view_commands("actor-inspector"), breaker_commands(), deadletter_commands(),
                     event_commands(), tap_commands(), journal_commands(), healing_commands(),
                     audit_commands(), check_commands(), number_commands()})
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
