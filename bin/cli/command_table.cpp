#include "bin/cli/command_table.hpp"

#include <algorithm>
#include <array>

namespace troupe::cli {
namespace {

const tool_command completion_command{
    "completion",
    "prints the completion script of a shell",
    {{"source <(troupe completion bash)", "complete in this bash session"},
     {"troupe completion zsh > ~/.zfunc/_troupe", "install for zsh"}},
    {{"SHELL", "bash, zsh or fish"}},
    {},
    true};
const tool_command version_command{
    "version", "prints the version of this tool", {{"troupe version", ""}}, {}, {}, true};
const tool_command help_command{
    "help",
    "shows the help of a command",
    {{"troupe help send", "the same as `troupe send --help`"}},
    {{"COMMAND", "words of the command", word_kind::command, false, true}},
    {},
    true};

const argument_info context_argument{"CONTEXT", "such as {context}", word_kind::context};
const argument_info one_argument{"CONTEXT/ID", "such as {context}/1", word_kind::context_id};

tool_command run_command() {
  return {
      "run",
      "starts a node and its HTTP gateway, shows a tour of each system, serves until Ctrl-C",
      {{"troupe run", "serve all systems, data in ./data"},
       {"troupe run --demo", "tour only: scratch data, free ports, ends by itself"},
       {"troupe run --data /srv/{system} --http 0.0.0.0:80 {system}",
        "one system, own place and port"}},
      {{"SYSTEM", "only these; without any, all", word_kind::system, false, true}},
      {{"--demo", "", "scratch data directory, free ports, ends after the tour"},
       {.name = "--data",
        .value = "DIR",
        .meaning = "where journals, views and logs live (default: ./data)",
        .completes = word_kind::file},
       {"--listen", "ENDPOINT", "the node's (default: tcp://127.0.0.1:7100; port 0: a free one)"},
       {"--http", "HOST:PORT", "the gateway's (default: 127.0.0.1:8080; port 0: a free one)"},
       {"--port", "PORT", "short for --http 127.0.0.1:PORT"},
       {"--log-level", "LEVEL", "of the node", "info", {"trace", "debug", "info", "warn", "error"}},
       {.name = "--tours",
        .value = "DIR",
        .meaning = "where the tours are (default: scripts/tours beside the program)",
        .environment = "TROUPE_TOURS",
        .completes = word_kind::file},
       {.name = "--web",
        .value = "DIR",
        .meaning = "where the systems' web pages are (default: web beside the program)",
        .environment = "TROUPE_WEB",
        .completes = word_kind::file},
       {"--no-tour", "", "serve at once, change nothing"},
       {"--ready-within", "TIME", "how long start-up may take", "30s"}},
      true};
}

tool_command send_command() {
  return {
      "send",
      "sends a command to an aggregate and waits until its effect is on disk",
      {{"troupe send {context} {create}", "the context gives the new aggregate its id"},
       {"troupe send {changed}/1 {change}", "to a given aggregate"},
       {"echo '{}' | troupe send {changed}/1 {change-name} --json -",
        "fields from standard input"}},
      {{"CONTEXT[/ID]", "such as {context} or {context}/1", word_kind::context},
       {"COMMAND", "name of the command", word_kind::command},
       {"FIELD=VALUE", "the command's fields, converted to their types", word_kind::field, false,
        true}},
      {{"--json", "TEXT", "fields as one JSON object; `-` reads standard input"},
       {"--id", "COMMAND-ID", "the same id again has no second effect and gets the same answer"},
       {"--correlation", "TEXT", "shown in histories, events and logs"}}};
}

tool_command list_command() {
  return {"list",
          "lists the aggregates of a context or the rows of a view",
          {{"troupe list {context}", "the first page"},
           {"troupe list {context} {filter} --sort id,desc --size 50", "chosen and sorted"}},
          {context_argument, {"FIELD=VALUE", "all must match", word_kind::field, false, true}},
          {{"--page", "N", "which page, from 0", "0"},
           {"--size", "N", "items of a page, 1 to 1000", "20"},
           {"--sort", "FIELD[,desc]", "order (default: by id)"}}};
}

tool_command watch_command() {
  return {
      "watch",
      "prints the events of a context as they happen, until Ctrl-C",
      {{"troupe watch {changed}", "from now on"},
       {"troupe watch {context} --from beginning --count 10 -o jsonl", "the first ten, as data"}},
      {context_argument},
      {{"--shard", "N|all", "which shards", "all"},
       {"--from", "POSITION", "beginning, now, or a record's number (of one shard)", "now"},
       {"--count", "N", "end after this many events"}}};
}

tool_command describe_command() {
  return {"describe",
          "prints what a system is made of: contexts, messages, who asks and hears whom",
          {{"troupe describe {system}", "as the generated parts of its page"},
           {"troupe describe {system} --format json", "as data"},
           {"troupe describe {system} --update docs/systems/{system}.md",
            "renew the generated parts of the page"}},
          {{"SYSTEM", "such as {system}", word_kind::system}},
          {{"--format", "FORMAT", "markdown or data", "markdown", {"markdown", "json"}},
           {.name = "--update",
            .value = "FILE",
            .meaning = "renew the parts of this page between the generated markers",
            .completes = word_kind::file}},
          true};
}

tool_command verify_command() {
  return {
      "verify",
      "proves that journals, states, views and what clients were told agree; changes nothing",
      {{"troupe verify ./data", "all that a node keeps, while it runs or after"},
       {"troupe verify ./data --ledger client.jsonl", "and what clients were told"},
       {"troupe verify ./data --context {context} --json", "one context, as data"}},
      {{"DIR", "a data directory or a copy of one", word_kind::file}},
      {{.name = "--ledger",
        .value = "FILE",
        .meaning = "finished calls of clients as JSON lines; may be given several times",
        .completes = word_kind::file,
        .many = true},
       {.name = "--context",
        .value = "CONTEXT",
        .meaning = "judge only this one",
        .completes = word_kind::context},
       {"--max-findings", "N", "show at most this many violations; all are counted", "100"},
       {"--json", "", "the same as -o json"},
       {.name = "--quiet", .value = "", .meaning = "print violations only", .short_name = "-q"}},
      true};
}

tool_info make_troupe() {
  return {"troupe",
          "runs, uses and operates a troupe of actors",
          {run_command(),
           send_command(),
           {"get",
            "shows the state of one aggregate or row",
            {{"troupe get {context}/1", ""}, {"troupe get {view}/1 -o json", "as data"}},
            {one_argument}},
           list_command(),
           watch_command(),
           {"context ls", "lists the contexts that the node serves", {{"troupe context ls", ""}}},
           {"context stop",
            "stops a context while the rest runs",
            {{"troupe context stop {context}", "callers get CONTEXT_DOWN until it is started"}},
            {{"NAME", "such as {context}", word_kind::context}}},
           {"context start",
            "starts a stopped context; it catches up with what it missed",
            {{"troupe context start {context}", ""}},
            {{"NAME", "such as {context}", word_kind::context}}},
           {"context delay",
            "makes a context's answers to asks of other contexts late, to see what its callers do",
            {{"troupe context delay {context} 400..620ms", "evenly between both"},
             {"troupe context delay {context} off", "as before"}},
            {{"NAME", "such as {context}", word_kind::context},
             {"DELAY", "400..620ms, 500ms or off", word_kind::text}}},
           {"view ls",
            "lists the views: where they are kept, their rows, and how far they follow",
            {{"troupe view ls", ""}, {"troupe view ls -o json", "with every shard's position"}}},
           {"view rebuild",
            "builds a view anew from the journals while its old rows are served",
            {{"troupe view rebuild {view}", "waits as long as it takes, shows how far it is"},
             {"troupe view rebuild {view} --no-wait", "`view ls` then shows how it goes"}},
            {{"NAME", "such as {view}", word_kind::view}},
            {{"--no-wait", "", "return when it has begun"}}},
           {"status",
            "shows how the node is",
            {{"troupe status", ""}, {"troupe status -w --interval 2s", "again and again"}},
            {},
            {{.name = "--watch", .value = "", .meaning = "repeat until Ctrl-C", .short_name = "-w"},
             {"--interval", "TIME", "between two looks", "1s"}}},
           describe_command(),
           verify_command(),
           {.path = "bench",
            .meaning = "measures a node: throughput, round trips, memory, start, recovery, idling, "
                       "stories of users",
            .examples = {{"troupe bench --duration 10s", "against the node that runs"},
                         {"troupe bench --start --measure start", "against one of its own"},
                         {"troupe bench --start --scenario {system} -o json",
                          "the system's main story, told by many users at a time"}},
            .local = true,
            .attached = true},
           completion_command,
           version_command,
           help_command}};
}

tool_info make_inspector() {
  return {
      "actor-inspector",
      "looks inside a running node: its supervision tree and its actors",
      {{"tree", "shows the supervision tree", {{"actor-inspector tree", ""}}},
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
         {"--limit", "N", "at most this many turns, 1 to 1000", "100"}}},
       completion_command,
       version_command,
       help_command}};
}

} // namespace

const tool_command* tool_info::command(std::string_view path) const {
  const auto found = std::find_if(commands.begin(), commands.end(),
                                  [&](const auto& each) { return each.path == path; });
  return found == commands.end() ? nullptr : &*found;
}

std::span<const option_info> shared_options() {
  static const std::array options{
      option_info{"--endpoint",
                  "ENDPOINT",
                  "of a node; several, separated by commas",
                  "tcp://127.0.0.1:7100",
                  {},
                  "",
                  "TROUPE_ENDPOINT"},
      option_info{"--timeout", "TIME", "for the whole command, 1ms to 60s", "10s"},
      option_info{"--output",
                  "FORMAT",
                  "how results are printed",
                  "table",
                  {"table", "json", "jsonl", "name"},
                  "-o"},
      option_info{"--color", "WHEN", "colours", "auto", {"auto", "always", "never"}},
  };
  return options;
}

const tool_info& troupe_tool() {
  static const tool_info tool = make_troupe();
  return tool;
}

const tool_info& inspector_tool() {
  static const tool_info tool = make_inspector();
  return tool;
}

} // namespace troupe::cli
