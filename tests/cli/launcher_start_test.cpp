#include "tests/cli/launched.hpp"

#include <unistd.h>

using namespace troupe;
using namespace troupe::cli;

TEST_CASE("A second launcher on the same data directory is refused, naming the first") {
  launched with;
  auto running = with.open(1);
  REQUIRE_FALSE(running->wait_ready());
  auto second = with.try_open(with.plan(1));
  const auto* wrong = std::get_if<failure>(&second);
  REQUIRE(wrong != nullptr);
  CHECK(wrong->what.find("there is a launcher on") == 0);
  CHECK(wrong->why.find("(pid " + std::to_string(getpid()) + ")") != std::string::npos);
  CHECK(wrong->next.find("troupe down --data") != std::string::npos);
  running->go_down();
}

TEST_CASE("What a launcher left that was killed is taken over: same processes, none twice") {
  launched with;
  std::vector<int> before;
  {
    auto first = with.open(2);
    REQUIRE_FALSE(first->wait_ready());
    for (const char* each : {"n1", "n2", "gateway"})
      before.push_back(read_identity(with.identity(each)).value().pid);
  } // leaves its processes alone, as a killed one does
  auto second = with.open(2);
  REQUIRE_FALSE(second->wait_ready());
  std::vector<int> after;
  for (const char* each : {"n1", "n2", "gateway"})
    after.push_back(read_identity(with.identity(each)).value().pid);
  CHECK(after == before);
  CHECK(with.heard("n2 taken over from an earlier launcher"));
  // Whoever is taken over is kept alive like any other.
  const auto killed = node_process::adopt(with.identity("n1"));
  REQUIRE(killed);
  killed.value()->signal(SIGKILL);
  REQUIRE(launched::comes(*second, [&] { return with.heard("n1 ended; starts again"); }));
  REQUIRE(launched::comes(*second, [&] { return second->all_up(); }));
  second->go_down();
  CHECK_FALSE(start_time_of(before[1]));
}

TEST_CASE("A process that was left and does not answer is killed and replaced") {
  launched with;
  with.limits.silence_max = std::chrono::milliseconds{60'000};
  int left = 0;
  {
    auto first = with.open(2);
    REQUIRE_FALSE(first->wait_ready());
    const auto node = node_process::adopt(with.identity("n2"));
    REQUIRE(node);
    left = node.value()->pid();
    node.value()->signal(SIGSTOP);
  }
  auto second = with.open(2);
  REQUIRE_FALSE(second->wait_ready());
  CHECK(with.heard("n2 was not up within 4 s; killed"));
  CHECK(read_identity(with.identity("n2")).value().pid != left);
  CHECK_FALSE(start_time_of(left));
  second->go_down();
}

TEST_CASE("A stale file does no harm, even if its pid lives on as another process") {
  launched with;
  std::filesystem::create_directories(with.data / "run");
  process_identity stale{"n1", getpid(), start_time_of(getpid()).value() + 1, {"x"}, "log", 0, {}};
  REQUIRE(write_identity(with.identity("n1"), stale));
  std::ofstream{with.identity("n2")} << "rubbish";
  auto running = with.open(2);
  CHECK(with.heard("n1 an earlier launcher's process is gone"));
  REQUIRE_FALSE(running->wait_ready());
  running->go_down();
}

TEST_CASE("Nodes that nobody wants any more are ended in order") {
  launched with;
  {
    auto first = with.open(3);
    REQUIRE_FALSE(first->wait_ready());
  }
  const int third = read_identity(with.identity("n3")).value().pid;
  auto second = with.open(2);
  REQUIRE_FALSE(second->wait_ready());
  CHECK(second->endpoints().size() == 2);
  CHECK(with.heard("n3 is not wanted any more"));
  CHECK_FALSE(start_time_of(third));
  second->go_down();
}

TEST_CASE("Other settings than those a taken-over node was started with are said") {
  launched with;
  {
    auto first = with.open(1);
    REQUIRE_FALSE(first->wait_ready());
  }
  auto plan = with.plan(1);
  plan.settings.lanes = 5;
  auto second = with.open(plan);
  CHECK(with.heard("n1 runs with other settings"));
  CHECK_FALSE(with.heard("gateway runs with other settings"));
  second->go_down();
}

TEST_CASE("A taken port is refused before anything is started") {
  launched with;
  auto running = with.open(1);
  REQUIRE_FALSE(running->wait_ready());
  launched other;
  auto plan = other.plan(1);
  plan.settings.http = "127.0.0.1:" + std::to_string(running->http().port);
  auto refused = other.try_open(plan);
  const auto* wrong = std::get_if<failure>(&refused);
  REQUIRE(wrong != nullptr);
  CHECK(wrong->code == "ADDRESS_IN_USE");
  CHECK(wrong->next.find("--http") == 0);
  plan = other.plan(1);
  plan.settings.listen_base = place_of_endpoint(running->endpoints().front()).value().port;
  refused = other.try_open(plan);
  wrong = std::get_if<failure>(&refused);
  REQUIRE(wrong != nullptr);
  CHECK(wrong->next.find("--listen-base") == 0);
  CHECK(other.said.empty());
  running->go_down();
}

TEST_CASE("A data directory that cannot be written to is refused") {
  launched with;
  auto plan = with.plan(1);
  plan.settings.data = "/proc/nothing/here";
  auto opened = with.try_open(plan);
  const auto* wrong = std::get_if<failure>(&opened);
  REQUIRE(wrong != nullptr);
  CHECK(wrong->exit == 2);
  CHECK(wrong->what == "cannot use the data directory /proc/nothing/here");
}

TEST_CASE("A launcher that only takes over starts nothing, and ends what is left") {
  launched with;
  {
    auto first = with.open(2);
    REQUIRE_FALSE(first->wait_ready());
  }
  auto plan = with.plan(5);
  plan.adopt_only = true;
  auto last = with.open(plan);
  CHECK(last->keeps_anything());
  last->go_down();
  CHECK_FALSE(last->keeps_anything());
  last.reset();
  auto none = with.open(plan);
  CHECK_FALSE(none->keeps_anything());
}
