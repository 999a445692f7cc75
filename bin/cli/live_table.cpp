#include "bin/cli/live_table.hpp"

#include "bin/cli/command_parts.hpp"

namespace troupe::cli {
namespace {

const option_info of_context{.name = "--context",
                             .value = "CONTEXT",
                             .meaning = "only of this context",
                             .completes = word_kind::context};
const argument_info one_shard{"CONTEXT/SHARD", "such as {context}/0", word_kind::context};
const argument_info one_view{"NAME", "such as {view}", word_kind::view};

} // namespace

std::vector<tool_command> top_commands() {
  return {{"top",
           "shows the actors that come first, of all nodes: by what waits, rate, time, memory",
           {{"actor-inspector top", "by what waits in their mailboxes"},
            {"actor-inspector top --by rate --window 2s -n 5", "the busiest of two seconds"},
            {"actor-inspector top -w --by growth", "whose mailboxes grow, again and again"}},
           {},
           {{"--by",
             "FIGURE",
             "what they are ordered by",
             "mailbox",
             {"mailbox", "rate", "p99", "restarts", "memory", "growth"}},
            {"--window", "TIME", "rates and growth are measured over, 100ms to 60m", "5s"},
            {.name = "--limit",
             .value = "N",
             .meaning = "at most this many, 1 to 1000",
             .preset = "20",
             .short_name = "-n"},
            of_context,
            {.name = "--watch", .value = "", .meaning = "repeat until Ctrl-C", .short_name = "-w"},
            {"--interval", "TIME", "between two looks", "2s"}}}};
}

std::vector<tool_command> actor_state_table() {
  return {
      {"actor state",
       "shows the state of one actor, now or as it was at a turn or a time",
       {{"actor-inspector actor state {changed}/1", ""},
        {"actor-inspector actor state {changed}/1 --at 3", "after its third turn"},
        {"actor-inspector actor state {changed}/1 --at -5m -o json", "five minutes ago"}},
       {one_argument},
       {{"--at", "SEQ|TIME", "a turn, a time ago (-5m) or RFC 3339"}, files_option}},
      {"actor diff",
       "compares two states of one actor, field by field",
       {{"actor-inspector actor diff {changed}/1 1 3", "what turns 2 and 3 changed"},
        {"actor-inspector actor diff {changed}/1 -1h -1s", ""}},
       {one_argument, {"FROM", "a turn, a time ago (-5m) or RFC 3339"}, {"TO", "the same"}},
       {files_option}},
      {"actor send",
       "sends a command to one actor; with --dry-run, shows what it would decide",
       {{"actor-inspector actor send {changed}/1 {change} --dry-run", "changes nothing"},
        {"actor-inspector actor send {changed}/1 {change}", "the same as `troupe send`"}},
       {{"CONTEXT[/ID]", "such as {context} or {context}/1", word_kind::context},
        {"COMMAND", "name of the command", word_kind::command},
        {"FIELD=VALUE", "the command's fields, converted to their types", word_kind::field, false,
         true}},
       {{.name = "--dry-run", .value = "", .meaning = "decide on a copy; write and send nothing"},
        {"--json", "TEXT", "fields as one JSON object; `-` reads standard input"},
        {"--id", "COMMAND-ID", "the same id again has no second effect"},
        {"--correlation", "TEXT", "shown in histories, events and logs"}}},
      {"actor stop",
       "lets one actor leave memory; the next command or read brings it back",
       {{"actor-inspector actor stop {context}/1", ""}},
       {one_argument}}};
}

std::vector<tool_command> shard_table() {
  return {
      {"shard ls",
       "lists the shards of all nodes: where they are, what they hold, how they commit",
       {{"actor-inspector shard ls", ""},
        {"actor-inspector shard ls --context {context} -o json", "of one context"}},
       {},
       {of_context}},
      {"shard show",
       "shows one shard",
       {{"actor-inspector shard show {context}/0", ""}},
       {one_shard}},
      {"shard move",
       "has a shard move to another node and stay there",
       {{"actor-inspector shard move {context}/0 n2", "`shard ls` shows how it goes"},
        {"actor-inspector shard move {context}/0 any", "it may be balanced again"}},
       {one_shard, {"NODE", "where to, or `any`"}}},
      {"policy ls",
       "lists the policies of all nodes: how far they are behind, and what stands still",
       {{"actor-inspector policy ls", ""},
        {"actor-inspector policy ls --lagging -o json", "what is behind, as data"}},
       {},
       {of_context, {.name = "--lagging", .value = "", .meaning = "only those that are behind"}}}};
}

std::vector<tool_command> tap_commands() {
  return {{"tap",
           "shows a sample of the turns of all nodes as they come, for a while",
           {{"actor-inspector tap '{system}.*'", "of one system, for half a minute"},
            {"actor-inspector tap --sample 1% --for 2m -o jsonl", "one in a hundred, as data"},
            {"actor-inspector tap {context} --limit 1", "the next one"}},
           {{"PATTERN", "contexts, with * and ? (default: all)", word_kind::context, false}},
           {{"--sample", "SHARE", "of the turns, such as 1% or 0.01", "100%"},
            {"--for", "TIME", "at most 5m", "30s"},
            {"--most", "N", "turns a second of each node, 1 to 1000; others are counted", "100"},
            {"--limit", "N", "end after this many"}}}};
}

std::vector<tool_command> view_commands(std::string_view tool) {
  const bool troupe = tool == "troupe";
  const auto line = [troupe](std::string_view ours, std::string_view theirs) {
    return troupe ? ours : theirs;
  };
  return {{"view ls",
           "lists the views: where they are kept, their rows, and how far they follow",
           {{line("troupe view ls", "actor-inspector view ls"), ""},
            {line("troupe view ls -o json", "actor-inspector view ls -o json"),
             "with every shard's position"}}},
          {"view show",
           "shows one view and where it stands in each shard of its sources",
           {{line("troupe view show {view}", "actor-inspector view show {view}"), ""}},
           {one_view}},
          {"view rebuild",
           "builds a view anew from the journals while its old rows are served",
           {{line("troupe view rebuild {view}", "actor-inspector view rebuild {view}"),
             "waits as long as it takes, shows how far it is"},
            {line("troupe view rebuild {view} --no-wait",
                  "actor-inspector view rebuild {view} --no-wait"),
             "`view ls` then shows how it goes"}},
           {one_view},
           {{"--no-wait", "", "return when it has begun"}}}};
}

} // namespace troupe::cli
