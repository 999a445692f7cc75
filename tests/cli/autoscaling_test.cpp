#include "bin/launcher/autoscaling.hpp"

#include "messages/json.hpp"
#include "net/sdk/troupe/client.hpp"
#include "tests/cli/launched.hpp"

#include <future>
#include <set>

using namespace troupe;
using namespace troupe::cli;
using std::chrono::milliseconds;

namespace {

/// A launcher that scales stand-ins, whose load the test writes into a file.
struct scaled : launched {
  std::unique_ptr<launcher> running;

  explicit scaled(node_range nodes) {
    std::filesystem::create_directories(data / "run");
    load(0);
    running = open(scaling_plan(nodes));
    REQUIRE_FALSE(running->wait_ready());
  }
  ~scaled() {
    if (running) running->go_down();
  }
  scaled(const scaled&) = delete;
  scaled& operator=(const scaled&) = delete;

  [[nodiscard]] launch_plan scaling_plan(node_range nodes) const {
    launch_plan out = plan(nodes.least);
    autoscale_plan how{nodes, {{load_metric::cpu, 50}}, {}};
    how.pace.sample_every = milliseconds{50};
    how.pace.out_after = how.pace.out_pause = milliseconds{300};
    how.pace.in_after = how.pace.in_pause = milliseconds{600};
    out.settings.autoscale = how;
    return out;
  }
  /// Percent of a core, of all nodes together.
  void load(double percent) const {
    std::ofstream{data / "load.new"} << percent;
    std::filesystem::rename(data / "load.new", data / "load");
  }
  void no_load() const { std::filesystem::remove(data / "load"); }
  [[nodiscard]] std::set<std::string> nodes() const {
    std::set<std::string> found;
    for (const char* name : {"n1", "n2", "n3", "n4"})
      if (const auto who = read_identity(identity(name)); who && lives(*who)) found.insert(name);
    return found;
  }
  [[nodiscard]] bool comes_to(std::size_t count) {
    return comes(*running, [&] { return nodes().size() == count && running->all_up(); });
  }
  result<value> ask(const char* verb, value arguments = value{value::object{}}) {
    const control_endpoint at{data};
    client_options options;
    options.endpoints = {at.text()};
    options.deadline = milliseconds{10'000};
    auto connected = client::connect(options);
    REQUIRE(connected);
    auto future = connected->admin(verb, std::move(arguments));
    REQUIRE(comes(*running, [&] {
      return future.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
    }));
    return future.get();
  }
  /// Has a node restarted, once nothing else is under way.
  void restart(const char* name) {
    value node;
    node["node"] = name;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    auto begun = ask("restart", node);
    while (!begun && begun.error().reason == "OPERATION_UNDER_WAY" &&
           std::chrono::steady_clock::now() < until)
      begun = ask("restart", node);
    REQUIRE(begun);
  }
  result<value> turn(bool on) {
    value arguments;
    arguments["on"] = on;
    return ask("autoscale", std::move(arguments));
  }
  [[nodiscard]] std::vector<value> log() const {
    std::vector<value> entries;
    std::ifstream in{data / "logs" / "autoscale.log"};
    for (std::string line; std::getline(in, line);) {
      auto entry = parse_json(line);
      REQUIRE(entry);
      entries.push_back(std::move(*entry));
    }
    return entries;
  }
  /// "scale 1 2" of each entry, and when it was written.
  [[nodiscard]] std::vector<std::string> logged() const {
    std::vector<std::string> words;
    for (const value& each : log())
      words.push_back(*each.find("what")->get_if<std::string>() + ' ' +
                      std::to_string(*each.find("from")->get_if<std::int64_t>()) + ' ' +
                      std::to_string(*each.find("to")->get_if<std::int64_t>()));
    return words;
  }
};

std::string reason(const result<value>& said) {
  REQUIRE_FALSE(said);
  return std::string{said.error().shown_code()};
}

} // namespace

TEST_CASE("Nodes come with the load and go with it, and the log says why") {
  scaled with{{1, 3}};
  CHECK(with.nodes().size() == 1);
  with.load(140);
  REQUIRE(with.comes_to(3));
  with.load(10);
  REQUIRE(with.comes_to(1));
  CHECK(with.nodes() == std::set<std::string>{"n1"});
  const auto entries = with.log();
  std::string all;
  for (const auto& each : with.logged())
    all += each + "; ";
  CHECK(all.starts_with("scale 1 2; done 1 2; scale 2 3; done 2 3; "));
  CHECK(all.find("scale 3 1; ") != std::string::npos);
  CHECK(entries.front().find("why")->get_if<std::string>()->find("1 x 140/50 asks for 3 nodes") !=
        std::string::npos);
  const auto* samples = entries.front().find("samples")->get_if<value::array>();
  REQUIRE((samples != nullptr && samples->size() == 1));
  CHECK(*samples->front().find("cpu_percent") == value{140.0});
  CHECK(with.heard("autoscale 1 -> 2 nodes: cpu is 140% on average, target 50%"));
}

TEST_CASE("Operators see it, and scale by hand only when it is off") {
  scaled with{{1, 2}};
  const auto status = with.ask("launcher-status");
  REQUIRE(status);
  const value* shown = status->find("autoscale");
  REQUIRE(shown != nullptr);
  CHECK(*shown->find("on") == value{true});
  CHECK(*shown->find("nodes") == value{"1..2"});
  value two;
  two["nodes"] = 2;
  CHECK(reason(with.ask("scale", two)) == "AUTOSCALE_ON");
  value rubbish;
  rubbish["on"] = "yes";
  CHECK(reason(with.ask("autoscale", rubbish)) == "MALFORMED");
  REQUIRE(with.turn(false));
  REQUIRE(with.ask("scale", two));
  REQUIRE(with.comes_to(2));
  // Nothing is done by itself while it is off; as nothing cannot be waited for, the operation of
  // somebody else takes the time.
  with.restart("n2");
  REQUIRE(with.comes_to(2));
  CHECK(with.nodes().size() == 2);
  REQUIRE(with.turn(true));
  REQUIRE(with.comes_to(1));
  const auto logged = with.logged();
  REQUIRE(logged.size() >= 3);
  CHECK(logged[0].starts_with("off"));
  CHECK(logged[1].starts_with("on"));
  CHECK(std::find(logged.begin(), logged.end(), "scale 2 1") != logged.end());
}

TEST_CASE("Without --autoscale there is nothing to switch") {
  launched with;
  auto running = with.open(1);
  REQUIRE_FALSE(running->wait_ready());
  const control_endpoint at{with.data};
  client_options options;
  options.endpoints = {at.text()};
  auto asked = client::connect(options);
  REQUIRE(asked);
  auto future = asked->admin("autoscale", value{value::object{}});
  REQUIRE(launched::comes(*running, [&] {
    return future.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
  }));
  CHECK(reason(future.get()) == "NO_AUTOSCALE");
  running->go_down();
}

TEST_CASE("While a node is not up nothing is changed") {
  scaled with{{2, 3}};
  with.manner("n2", "exit 4");
  const auto ended = node_process::adopt(with.identity("n2"));
  REQUIRE(ended);
  ended.value()->signal(SIGKILL);
  REQUIRE(launched::comes(*with.running, [&] { return with.heard("n2 ended with exit code 4"); }));
  with.load(1'000);
  REQUIRE(launched::comes(*with.running, [&] { return with.heard("crash-loop"); }));
  REQUIRE(launched::comes(*with.running, [&] {
    const auto logged = with.logged();
    return !logged.empty() && logged.back() == "held 2 2";
  }));
  CHECK(with.nodes() == std::set<std::string>{"n1"});
  with.manner("n2", "fine");
  with.restart("n2");
  REQUIRE(with.comes_to(3));
}

TEST_CASE("Nodes that do not tell their load are left as they are") {
  scaled with{{1, 2}};
  with.load(200);
  REQUIRE(with.comes_to(2));
  with.no_load();
  // Two restarts take longer than what would be decided, were silence an idle node.
  for (int i = 0; i < 2; ++i) {
    with.restart("n2");
    REQUIRE(launched::comes(*with.running, [&] { return with.running->all_up(); }));
    const auto until = std::chrono::steady_clock::now() + milliseconds{800};
    while (std::chrono::steady_clock::now() < until)
      with.running->step(milliseconds{20});
  }
  CHECK(with.nodes().size() == 2);
  for (const std::string& each : with.logged())
    CHECK_FALSE(each.starts_with("scale 2"));
}

TEST_CASE("A launcher that comes after one that was killed keeps the nodes that were needed") {
  scaled with{{1, 3}};
  with.load(140);
  REQUIRE(with.comes_to(3));
  with.running.reset(); // its nodes stay, as after a kill
  with.running = with.open(with.scaling_plan({1, 3}));
  REQUIRE_FALSE(with.running->wait_ready());
  CHECK(with.nodes().size() == 3);
  CHECK_FALSE(with.heard("is not wanted any more"));
  with.load(0);
  REQUIRE(with.comes_to(1));
}

TEST_CASE("A status tells the load; of a node where no command had its turn, how long one waits") {
  value status;
  CHECK_FALSE(sample_of("n1", status).of(load_metric::cpu));
  status["load"]["cpu_percent"] = 87.5;
  status["load"]["mailbox_p50_ms"] = 1;
  status["load"]["mailbox_p95_ms"] = 2.5;
  status["load"]["mailbox_p99_ms"] = 3.5;
  status["load"]["mailbox_oldest_ms"] = 40.0;
  auto sample = sample_of("n1", status);
  CHECK(sample.of(load_metric::cpu) == 87.5);
  CHECK(sample.of(load_metric::mailbox_p50) == 1.0);
  CHECK(sample.of(load_metric::mailbox_p95) == 2.5);
  for (const char* each : {"mailbox_p50_ms", "mailbox_p95_ms", "mailbox_p99_ms"})
    status["load"][each] = 0.0;
  status["load"]["cpu_percent"] = value{};
  sample = sample_of("n1", status);
  CHECK_FALSE(sample.of(load_metric::cpu));
  CHECK(sample.of(load_metric::mailbox_p95) == 40.0);
}
