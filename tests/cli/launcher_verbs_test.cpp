#include "bin/cli/launcher_client.hpp"
#include "tests/cli/launched.hpp"

#include <future>

using namespace troupe;
using namespace troupe::cli;

namespace {

/// A launcher and an operator who asks it over its socket.
struct operated : launched {
  std::unique_ptr<launcher> running;
  std::optional<client> asked;

  explicit operated(std::uint32_t nodes) : running(open(nodes)) {
    REQUIRE_FALSE(running->wait_ready());
    const control_endpoint at{data};
    client_options options;
    options.endpoints = {at.text()};
    options.deadline = std::chrono::milliseconds{10'000};
    auto connected = client::connect(options);
    REQUIRE(connected);
    asked.emplace(std::move(*connected));
  }
  ~operated() {
    asked.reset();
    if (running) running->go_down();
  }
  operated(const operated&) = delete;
  operated& operator=(const operated&) = delete;

  result<value> ask(const char* verb, value arguments = value{value::object{}}) {
    auto future = asked->admin(verb, std::move(arguments));
    REQUIRE(comes(*running, [&] {
      return future.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
    }));
    return future.get();
  }
  static value node(const char* name) {
    value arguments;
    arguments["node"] = name;
    return arguments;
  }
  static value nodes(int count) {
    value arguments;
    arguments["nodes"] = count;
    return arguments;
  }
  /// The state of the newest operation, as the launcher says it.
  std::string newest() {
    const auto status = ask("launcher-status");
    REQUIRE(status);
    const auto* all = status->find("operations")->get_if<value::array>();
    REQUIRE((all != nullptr && !all->empty()));
    return *all->back().find("state")->get_if<std::string>();
  }
  /// Asks for something and waits until it is over; its last state.
  std::string done(const char* verb, value arguments = value{value::object{}}) {
    const auto begun = ask(verb, std::move(arguments));
    if (!begun) return begun.error().message;
    std::string state;
    CHECK(comes(*running, [&] { return (state = newest()) != "running"; }));
    return state;
  }
  [[nodiscard]] ownership who() const {
    auto store = open_sqlite_lease_store(data);
    REQUIRE(store);
    const auto view = (*store)->read();
    REQUIRE(view);
    return ownership_of(*view);
  }
  [[nodiscard]] int pid_of(const char* name) const {
    return read_identity(identity(name)).value().pid;
  }
};

std::string reason(const result<value>& said) {
  REQUIRE_FALSE(said);
  return std::string{said.error().shown_code()};
}

} // namespace

TEST_CASE("A launcher tells of its processes") {
  operated by{2};
  const auto said = by.ask("launcher-status");
  REQUIRE(said);
  CHECK(*said->find("ready") == value{true});
  const auto* nodes = said->find("nodes")->get_if<value::array>();
  REQUIRE((nodes != nullptr && nodes->size() == 2));
  CHECK(*nodes->front().find("name") == value{"n1"});
  CHECK(*nodes->front().find("state") == value{"up"});
  CHECK(*nodes->front().find("build") == value{"fake/1"});
  CHECK(*nodes->front().find("pid") == value{by.pid_of("n1")});
  CHECK(*said->find("gateway")->find("state") == value{"up"});
}

TEST_CASE("Scaling up and down: nodes come and go, no shard is left without an owner") {
  operated by{2};
  CHECK(by.done("scale", operated::nodes(4)) == "done");
  CHECK(by.running->endpoints().size() == 4);
  CHECK(by.who().nodes.at("n4").member.state == member_state::active);
  CHECK(by.done("scale", operated::nodes(1)) == "done");
  CHECK(by.running->endpoints().size() == 1);
  CHECK(by.who().without_owner == 0);
  CHECK(by.who().nodes.at("n1").owns == 4);
  CHECK_FALSE(std::filesystem::exists(by.identity("n2")));
}

TEST_CASE("A roll replaces every process and ends with a whole cluster") {
  operated by{3};
  const int before[] = {by.pid_of("n1"), by.pid_of("n2"), by.pid_of("n3")};
  const auto endpoints = by.running->endpoints();
  CHECK(by.done("rolling-restart") == "done");
  CHECK(by.pid_of("n1") != before[0]);
  CHECK(by.pid_of("n2") != before[1]);
  CHECK(by.pid_of("n3") != before[2]);
  CHECK(by.running->endpoints() == endpoints);
  CHECK(by.running->all_up());
  CHECK(by.who().without_owner == 0);
}

TEST_CASE("An abrupt roll replaces every process too, by force, and none counts as a failure") {
  operated by{2};
  const int before[] = {by.pid_of("n1"), by.pid_of("n2")};
  value arguments{value::object{}};
  arguments["abrupt"] = 1;
  CHECK_FALSE(by.ask("rolling-restart", arguments));
  arguments["abrupt"] = true;
  CHECK(by.done("rolling-restart", arguments) == "done");
  CHECK(by.pid_of("n1") != before[0]);
  CHECK(by.pid_of("n2") != before[1]);
  CHECK(by.heard("is replaced; killed (SIGKILL)"));
  CHECK_FALSE(by.heard("SIGTERM"));
  CHECK(by.running->all_up());
}

TEST_CASE("A roll stops at a node that does not start, and says so") {
  operated by{3};
  by.manner("n2", "exit 4");
  const int third = by.pid_of("n3");
  CHECK(by.done("rolling-restart") == "failed");
  CHECK(by.heard("rolling-restart: failed: n2 did not start: it ended with exit code 4"));
  CHECK(by.pid_of("n3") == third);
  CHECK(reason(by.ask("rolling-restart")) == "NOT_WHOLE");
  by.manner("n2", "fine");
  CHECK(by.done("restart", operated::node("n2")) == "done");
  CHECK(by.running->all_up());
}

TEST_CASE("A drained node gives its shards away, runs on, and comes back with a restart") {
  operated by{2};
  // Whoever came first has all shards.
  const char* full = by.who().nodes.at("n1").owns > 0 ? "n1" : "n2";
  const char* other = full == std::string_view{"n1"} ? "n2" : "n1";
  const int pid = by.pid_of(full);
  CHECK(by.done("drain", operated::node(full)) == "done");
  CHECK(by.who().nodes.at(full).owns == 0);
  CHECK(by.who().nodes.at(other).owns == 4);
  CHECK(by.pid_of(full) == pid);
  CHECK(reason(by.ask("drain", operated::node(full))) == "NOT_UP");
  CHECK(reason(by.ask("drain", operated::node(other))) == "LAST_NODE");
  CHECK(by.done("restart", operated::node(full)) == "done");
  CHECK(by.who().nodes.at(full).member.state == member_state::active);
}

TEST_CASE("The gateway is restarted alone") {
  operated by{1};
  const int gateway = by.pid_of("gateway");
  const int node = by.pid_of("n1");
  CHECK(by.done("restart", operated::node("gateway")) == "done");
  CHECK(by.pid_of("gateway") != gateway);
  CHECK(by.pid_of("n1") == node);
}

TEST_CASE("What cannot be done is refused, and nothing changes") {
  operated by{2};
  CHECK(reason(by.ask("scale", operated::nodes(0))) == "MALFORMED");
  CHECK(reason(by.ask("scale", operated::nodes(17))) == "MALFORMED");
  CHECK(reason(by.ask("scale", value{"rubbish"})) == "MALFORMED");
  CHECK(reason(by.ask("drain", operated::node("n9"))) == "NOT_FOUND");
  CHECK(reason(by.ask("drain", operated::node("gateway"))) == "NOT_FOUND");
  CHECK(reason(by.ask("restart", operated::node(""))) == "NOT_FOUND");
  CHECK(reason(by.ask("explode")) == "UNKNOWN_COMMAND");
  CHECK(by.running->all_up());
}

TEST_CASE("One operation at a time; going down cuts off what is under way") {
  operated by{2};
  by.manner("n1", "stubborn");
  REQUIRE(by.ask("restart", operated::node("n1")));
  CHECK(reason(by.ask("scale", operated::nodes(3))) == "OPERATION_UNDER_WAY");
  REQUIRE(by.ask("down"));
  CHECK(reason(by.ask("scale", operated::nodes(3))) == "SHUTTING_DOWN");
  by.running->serve();
  CHECK_FALSE(by.running->keeps_anything());
  CHECK(by.heard("launcher down: done"));
}

TEST_CASE("A launcher is no node: other requests are refused, not left waiting") {
  operated by{1};
  auto future = by.asked->get("market.stall", aggregate_id{1});
  REQUIRE(launched::comes(*by.running, [&] {
    return future.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
  }));
  const auto said = future.get();
  REQUIRE_FALSE(said);
  CHECK(said.error().code == errc::unknown_context);
}
