#include "tests/cluster_run/cluster_in_background.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

/// `troupe up` and its operators' commands over real nodes.
namespace troupe::test {
namespace {

/// Whether a process is there, and not only its remains.
bool lives(int pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/stat"};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto state = text.rfind(") ");
  return state != std::string::npos && text[state + 2] != 'Z';
}

bool has(const finished& how, std::string_view what) {
  UNSCOPED_INFO(how.output);
  return how.output.find(what) != std::string::npos;
}

TEST_CASE("up in the background, a node killed and back, and down without remains") {
  const cluster_in_background by;
  by.bring_up(3);
  CHECK(by.whole(3));
  const auto before = by.of_nodes("endpoint");
  const int killed = by.pid_of("n2");
  REQUIRE(killed > 0);
  REQUIRE(::kill(killed, SIGKILL) == 0);
  CHECK(eventually([&] { return by.whole(3) && by.pid_of("n2") != killed; }));
  CHECK(by.of_nodes("endpoint") == before);
  CHECK(by.of_nodes("restarts").at("n2") == value{1});
  CHECK(has(by.run({"logs", "launcher"}), "n2 was killed by signal 9"));
  std::vector<int> pids{by.launcher()};
  for (const char* each : {"n1", "n2", "n3"})
    pids.push_back(by.pid_of(each));
  CHECK(by.run({"down"}).exit_code == 0);
  for (const int each : pids)
    CHECK_FALSE(lives(each));
  CHECK(by.run({"down"}).exit_code == 3);
}

TEST_CASE("a second up is refused and told who is there") {
  const cluster_in_background by;
  by.bring_up(1);
  const auto second = by.up(1);
  CHECK(second.exit_code == 8);
  CHECK(has(second, "(pid " + std::to_string(by.launcher()) + ")"));
  CHECK(by.whole(1));
}

TEST_CASE("scale, rolling-restart, drain and restart of real nodes") {
  const cluster_in_background by;
  by.bring_up(3);
  CHECK(by.run({"scale", "2"}).exit_code == 0);
  CHECK(by.whole(2));
  CHECK(by.run({"scale", "3"}).exit_code == 0);
  CHECK(by.whole(3));
  const auto before = by.of_nodes("pid");
  const auto rolled = by.run({"rolling-restart"});
  CHECK(rolled.exit_code == 0);
  CHECK(has(rolled, "n3 is a member, every shard has its owner"));
  CHECK(by.whole(3));
  for (const auto& [node, pid] : by.of_nodes("pid"))
    CHECK(pid != before.at(node));
  CHECK(by.run({"drain", "n2"}).exit_code == 0);
  CHECK(by.of_nodes("state").at("n2") == value{"draining"});
  CHECK(by.of_nodes("shards").at("n2") == value{0});
  CHECK(by.run({"restart", "n2"}).exit_code == 0);
  CHECK(by.whole(3));
}

TEST_CASE("a launcher that is killed leaves its nodes to the next one") {
  const cluster_in_background by;
  by.bring_up(2);
  const auto pids = by.of_nodes("pid");
  const int first = by.launcher();
  REQUIRE(first > 0);
  REQUIRE(::kill(first, SIGKILL) == 0);
  REQUIRE(eventually([&] { return !lives(first); }));
  const auto alone = by.run({"status"});
  CHECK(has(alone, "no launcher keeps these nodes alive"));
  CHECK(has(alone, "n2"));
  CHECK(by.run({"scale", "3"}).exit_code == 3);
  by.bring_up(2);
  CHECK(by.launcher() != first);
  CHECK(by.of_nodes("pid") == pids);
  const int second = by.launcher();
  REQUIRE(::kill(second, SIGKILL) == 0);
  REQUIRE(eventually([&] { return !lives(second); }));
  CHECK(by.run({"down"}).exit_code == 0);
  for (const auto& [node, pid] : pids)
    CHECK_FALSE(lives(static_cast<int>(*pid.get_if<std::int64_t>())));
}

TEST_CASE("a node that does not go on answering is replaced") {
  const cluster_in_background by;
  by.bring_up(2);
  const int stopped = by.pid_of("n1");
  REQUIRE(::kill(stopped, SIGSTOP) == 0);
  CHECK(eventually([&] { return by.whole(2) && by.pid_of("n1") != stopped; }));
  CHECK_FALSE(lives(stopped));
  CHECK(has(by.run({"logs", "launcher"}), "n1 did not answer for 4 s; killed"));
}

TEST_CASE("a gateway that does not go on answering is replaced") {
  const cluster_in_background by;
  by.bring_up(1);
  const auto pid_of_gateway = [&] {
    const value said = by.status();
    const value* gateway = said.find("gateway");
    const value* pid = gateway == nullptr ? nullptr : gateway->find("pid");
    const auto* number = pid == nullptr ? nullptr : pid->get_if<std::int64_t>();
    return number == nullptr ? 0 : static_cast<int>(*number);
  };
  const int hung = pid_of_gateway();
  REQUIRE(hung > 0);
  REQUIRE(::kill(hung, SIGSTOP) == 0);
  CHECK(eventually([&] {
    const int now = pid_of_gateway();
    return now > 0 && now != hung;
  }));
  CHECK_FALSE(lives(hung));
  CHECK(has(by.run({"logs", "launcher"}), "gateway did not answer for 4 s; killed"));
}

TEST_CASE("a node that gives up ends with 70 and is started again, until that goes in circles") {
  const cluster_in_background by;
  by.bring_up(1);
  REQUIRE(by.run({"down"}).exit_code == 0);
  const auto journal = std::filesystem::path{by.data} / "taxi.driver.0.journal";
  const auto aside = journal.string() + ".aside";
  REQUIRE(std::filesystem::exists(journal));
  std::filesystem::rename(journal, aside);
  std::filesystem::create_directory(journal); // nothing that could be opened
  ::setenv("TROUPE_GIVE_UP_AFTER", "2", 1);   // so that it does not take hours
  const auto how = by.up(1);
  ::unsetenv("TROUPE_GIVE_UP_AFTER");
  CHECK(how.exit_code != 0);
  const auto log = by.run({"logs", "launcher"});
  CHECK(has(log, "n1 ended with exit code 70 (its supervisors gave up); starts again in"));
  CHECK(has(log, "crash-loop: 5 ends within"));
  (void)by.run({"down"});
  std::filesystem::remove(journal);
  std::filesystem::rename(aside, journal);
  by.bring_up(1);
  CHECK(by.whole(1));
}

TEST_CASE("what cannot be started or changed is refused with a reason, and nothing is left") {
  const cluster_in_background by;
  std::ofstream{by.scratch.path() / "bad.toml"} << "nodez = 3\n";
  CHECK(by.run({"up", "--config", (by.scratch.path() / "bad.toml").string()}).exit_code == 2);
  CHECK(by.up(17).exit_code == 2);
  CHECK(by.up(2, {"--host", "n1=taxi.nothing"}).exit_code == 2);
  CHECK_FALSE(std::filesystem::exists(by.data));
  by.bring_up(1);
  const cluster_in_background other;
  const auto status = by.status();
  const std::string url = *status.find("gateway")->find("address")->get_if<std::string>();
  const auto taken = other.run({"up", "--detach", "-n", "1", "--listen-base", "0", "--http",
                                url.substr(std::string_view{"http://"}.size())});
  CHECK(taken.exit_code == 2);
  CHECK(has(taken, "another program uses this port (ADDRESS_IN_USE)"));
  CHECK(by.run({"scale", "0"}).exit_code == 2);
  CHECK(by.run({"drain", "n1"}).exit_code == 7);
  CHECK(by.run({"restart", "n5"}).exit_code == 5);
  CHECK(by.whole(1));
}

TEST_CASE("up in the foreground ends on SIGTERM, and its nodes with it") {
  const cluster_in_background by;
  auto started =
      cli::child_process::start({"troupe",
                                 program("troupe"),
                                 {"up", "-n", "2", "--system", "taxi", "--http", "127.0.0.1:0",
                                  "--listen-base", "0", "--data", by.data}});
  REQUIRE(started);
  cli::child_process& up = **started;
  REQUIRE(eventually([&] {
    up.poll();
    return up.announced("Ctrl-C or ").has_value() || !up.running();
  }));
  const auto pids = by.of_nodes("pid");
  REQUIRE(pids.size() == 2);
  up.ask_to_end();
  CHECK(wait_end(up, 2 * patience) == 0);
  for (const auto& [node, pid] : pids)
    CHECK_FALSE(lives(static_cast<int>(*pid.get_if<std::int64_t>())));
}

} // namespace
} // namespace troupe::test
