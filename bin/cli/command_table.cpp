#include "bin/cli/command_table.hpp"

#include "bin/cli/command_parts.hpp"
#include "bin/cli/live_table.hpp"

#include <algorithm>
#include <array>

namespace troupe::cli {
namespace {

const argument_info context_argument{"CONTEXT", "such as {context}", word_kind::context};

option_info data_option() {
  return {.name = "--data",
          .value = "DIR",
          .meaning = "data directory of the cluster",
          .preset = "./data",
          .environment = "TROUPE_DATA",
          .completes = word_kind::file};
}

const option_info config_option{.name = "--config",
                                .value = "FILE",
                                .meaning = "TOML file with these options by their long names",
                                .completes = word_kind::file};
const option_info metrics_base_option{
    "--metrics-base", "PORT",
    "port of n1's /metrics, n2 has the next and so on (default: 7200; 0: free ones)"};
const option_info admin_keys_option{
    .name = "--admin-keys",
    .value = "FILE",
    .meaning = "of mode 0600, with the keys that the dashboard takes (default: none)",
    .environment = "TROUPE_ADMIN_KEYS",
    .completes = word_kind::file};
const option_info no_wait_option{"--no-wait", "", "return when it has begun"};
const option_info watch_option{
    .name = "--watch", .value = "", .meaning = "repeat until Ctrl-C", .short_name = "-w"};

tool_command up_command() {
  return {
      "up",
      "starts the nodes of a cluster and their HTTP gateway on this machine and keeps them alive",
      {{"troupe up -n 3", "in the foreground, data in ./data; Ctrl-C takes all down"},
       {"troupe up --config troupe.toml --detach", "in the background, as the file says"},
       {"troupe up --autoscale 1..3 --target cpu=60%", "as many nodes as their load asks for"},
       {"troupe up --host n1={context} --print-config", "the settings as a TOML file"}},
      {},
      {{.name = "--nodes",
        .value = "N",
        .meaning = "how many nodes, 1 to 16 (default: 3)",
        .short_name = "-n",
        .environment = "TROUPE_NODES"},
       {.name = "--data",
        .value = "DIR",
        .meaning = "where journals, views and logs live (default: ./data)",
        .environment = "TROUPE_DATA",
        .completes = word_kind::file},
       config_option,
       {"--print-config", "", "print every setting with its value and exit"},
       {.name = "--detach",
        .value = "",
        .meaning = "return when all is ready; the launcher goes on in the background",
        .short_name = "-d"},
       {.name = "--listen-base",
        .value = "PORT",
        .meaning = "port of n1, n2 has the next and so on (default: 7100; 0: free ones)",
        .environment = "TROUPE_LISTEN_BASE"},
       metrics_base_option,
       {.name = "--http",
        .value = "HOST:PORT",
        .meaning = "the gateway's (default: 127.0.0.1:8080; port 0: a free one)",
        .environment = "TROUPE_HTTP"},
       {.name = "--host",
        .value = "NODE=CONTEXT,...",
        .meaning = "all that this node hosts; repeatable. Without it a node hosts everything",
        .many = true},
       {.name = "--system",
        .value = "SYSTEM",
        .meaning = "run only this; repeatable",
        .completes = word_kind::system,
        .many = true},
       {"--lanes", "N", "threads of a node that own shards, 1 to 64 (default: 2)"},
       {"--shards", "N", "shards of a context that has no journals yet, 1 to 1024 (default: 4)"},
       admin_keys_option,
       {"--client-rate", "N[/BURST]",
        "requests a second of each address at the gateway; more get 429 (default: off)"},
       {.name = "--context-rate",
        .value = "CONTEXT=N[/BURST]",
        .meaning = "requests a second of all clients to a context at each node; repeatable",
        .many = true},
       {.name = "--cors",
        .value = "RULE",
        .meaning = "whose pages may call a system, as the gateway takes it; repeatable",
        .environment = "TROUPE_CORS",
        .many = true},
       {.name = "--web",
        .value = "DIR",
        .meaning = "where the systems' web pages are (default: web beside the program)",
        .environment = "TROUPE_WEB",
        .completes = word_kind::file},
       {.name = "--log-level",
        .value = "LEVEL",
        .meaning = "of nodes and gateway: trace, debug, info, warn, error (default: info)",
        .environment = "TROUPE_LOG_LEVEL"},
       {"--ready-within", "TIME", "how long start-up may take (default: 60s)"}},
      true};
}

/// What `up` takes to choose the number of nodes by their load.
tool_command with_autoscale(tool_command up) {
  const option_info options[] = {
      {"--autoscale", "MIN..MAX",
       "start and end nodes by their load; begins with MIN, or with --nodes"},
      {.name = "--target",
       .value = "METRIC=VALUE",
       .meaning = "what nodes should show on average: cpu=60% (of a core), mailbox_p95=5ms, also "
                  "p50, p99; repeatable (default: cpu=60%)",
       .many = true},
      {"--scale-out-after", "TIME", "a wish for more nodes must hold so long (default: 10s)"},
      {"--scale-in-after", "TIME", "a wish for fewer (default: 60s)"},
      {"--scale-out-pause", "TIME", "from one change to one with more nodes (default: 15s)"},
      {"--scale-in-pause", "TIME", "from one change to one with fewer (default: 60s)"}};
  up.options.insert(up.options.end(), std::begin(options), std::end(options));
  return up;
}

/// How a launcher's autoscaling is seen and switched.
std::vector<tool_command> autoscale_commands() {
  return {{"autoscale status",
           "shows by what the number of nodes is chosen, what the nodes show, and why it is what "
           "it is",
           {{"troupe autoscale status", ""}, {"troupe autoscale status -o json", "as data"}},
           {},
           {data_option()}},
          {"autoscale log",
           "shows what autoscaling decided and what came of it, the newest last",
           {{"troupe autoscale log", ""}, {"troupe autoscale log -n 100 -o jsonl", "as data"}},
           {},
           {data_option(),
            {.name = "--lines",
             .value = "N",
             .meaning = "how many of the newest",
             .preset = "20",
             .short_name = "-n"}}},
          {"autoscale off",
           "leaves the number of nodes as it is; `troupe scale` works again",
           {{"troupe autoscale off", "until `troupe autoscale on` or a new launcher"}},
           {},
           {data_option()}},
          {"autoscale on",
           "lets the number of nodes follow their load again",
           {{"troupe autoscale on", "of a launcher that was started with --autoscale"}},
           {},
           {data_option()}}};
}

/// What is asked of a launcher.
std::vector<tool_command> launcher_commands() {
  const argument_info node{"NODE", "such as n2", word_kind::text};
  return {
      {"down",
       "ends the gateway and the nodes of a cluster in order",
       {{"troupe down", "the cluster in ./data"}, {"troupe down --data DIR", "another one"}},
       {},
       {data_option(), no_wait_option}},
      {"scale",
       "starts or ends nodes until there are so many",
       {{"troupe scale 5", "n4 and n5 are started if there were three"},
        {"troupe scale 2", "the others give their shards away and end"}},
       {{"N", "1 to 16", word_kind::text}},
       {data_option(), no_wait_option}},
      {"drain",
       "has a node give its shards to the others while it goes on running",
       {{"troupe drain n2", "`troupe restart n2` takes it back"}},
       {node},
       {data_option(), no_wait_option}},
      {"restart",
       "ends a node in order and starts it again, also out of a crash loop",
       {{"troupe restart n2", "waits until it is a member again"},
        {"troupe restart gateway", "the gateway"}},
       {node},
       {data_option(), no_wait_option}},
      {"rolling-restart",
       "restarts all nodes, one after the other, without a failed request",
       {{"troupe rolling-restart", "stops at the first node that does not come back"}},
       {},
       {data_option(),
        no_wait_option,
        {"--abrupt", "",
         "REQUESTS MAY FAIL: kill all nodes at once, without hand-over, and start them; for "
         "drills"}}},
      {"logs",
       "prints the logs of nodes, gateway and launcher, merged by time",
       {{"troupe logs", "the newest lines of all"}, {"troupe logs n2 -f -n 100", "one, followed"}},
       {{"NODE", "only this log: n2, gateway, launcher", word_kind::text, false}},
       {data_option(),
        {.name = "--follow",
         .value = "",
         .meaning = "go on as lines come, until Ctrl-C",
         .short_name = "-f"},
        {.name = "--lines",
         .value = "N",
         .meaning = "how many of the newest",
         .preset = "50",
         .short_name = "-n"}}}};
}

tool_command status_command() {
  return {"status",
          "shows how the cluster of a data directory is, or with --endpoint how a node is",
          {{"troupe status", "nodes, gateway, contexts and who owns their shards"},
           {"troupe status -w --interval 2s", "again and again"},
           {"troupe status --endpoint tcp://127.0.0.1:7101", "what one node says of itself"}},
          {},
          {data_option(), watch_option, {"--interval", "TIME", "between two looks", "1s"}}};
}

tool_command run_command() {
  return {"run",
          "starts a cluster and its HTTP gateway, shows a tour of each system, serves until Ctrl-C",
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
           {.name = "--nodes",
            .value = "N",
            .meaning = "how many nodes, 1 to 16",
            .preset = "3",
            .short_name = "-n"},
           {"--listen", "ENDPOINT",
            "of the first node, the others have the next ports (default: tcp://127.0.0.1:7100; "
            "port 0: free ones)"},
           {"--http", "HOST:PORT", "the gateway's (default: 127.0.0.1:8080; port 0: a free one)"},
           {"--port", "PORT", "short for --http 127.0.0.1:PORT"},
           {"--log-level",
            "LEVEL",
            "of the nodes",
            "info",
            {"trace", "debug", "info", "warn", "error"}},
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
           {"--ready-within", "TIME", "how long start-up may take", "60s"}},
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
  tool_info tool{
      "troupe",
      "runs, uses and operates a troupe of actors",
      {run_command(),
       with_autoscale(up_command()),
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
       {"context limit",
        "limits what clients may send to a context, on every node until it starts again",
        {{"troupe context limit {context} 500/1000", "500 a second, 1000 at once after a pause"},
         {"troupe context limit {context} off", "as before"}},
        {{"NAME", "such as {context}", word_kind::context},
         {"RATE", "N, N/BURST or off; a second, of each node", word_kind::text}}},
       status_command(),
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
  auto more = launcher_commands();
  for (tool_command& each : autoscale_commands())
    more.push_back(std::move(each));
  const auto at = std::ranges::find(tool.commands, "status", &tool_command::path);
  const auto views = view_commands("troupe");
  tool.commands.insert(at, views.begin(), views.end());
  tool.commands.insert(tool.commands.begin() + 2, more.begin(), more.end());
  return tool;
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
      option_info{"--role",
                  "ROLE",
                  "the most that it asks of a node: to look, to see payloads, to change something",
                  "operate",
                  {"observe", "inspect", "operate"},
                  "",
                  "TROUPE_ROLE"},
      option_info{.name = "--admin-key-file",
                  .value = "FILE",
                  .meaning = "file of mode 0600 with the key that admin endpoints on tcp ask for",
                  .environment = "TROUPE_ADMIN_KEY_FILE",
                  .completes = word_kind::file},
  };
  return options;
}

const tool_info& troupe_tool() {
  static const tool_info tool = make_troupe();
  return tool;
}

} // namespace troupe::cli
