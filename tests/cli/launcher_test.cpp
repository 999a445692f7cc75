#include "bin/launcher/launcher.hpp"

#include "tests/cli/launched.hpp"

using namespace troupe;
using namespace troupe::cli;

TEST_CASE("Nodes and gateway come up and go down in order, and nothing is left") {
  launched with;
  auto running = with.open(3);
  const auto wrong = running->wait_ready();
  if (wrong) FAIL(wrong->what + ": " + wrong->why);
  CHECK(running->all_up());
  CHECK(running->endpoints().size() == 3);
  CHECK(running->http().port != 0);
  std::vector<int> pids;
  for (const char* each : {"n1", "n2", "n3", "gateway"})
    pids.push_back(read_identity(with.identity(each)).value().pid);
  running->go_down();
  CHECK_FALSE(running->keeps_anything());
  for (const int each : pids)
    CHECK_FALSE(start_time_of(each));
  CHECK_FALSE(std::filesystem::exists(with.identity("n1")));
}

TEST_CASE("A node that is killed comes back at the same place, and its lease is ended") {
  launched with;
  auto running = with.open(2);
  REQUIRE_FALSE(running->wait_ready());
  const auto endpoints = running->endpoints();
  const auto killed = node_process::adopt(with.identity("n2"));
  REQUIRE(killed);
  killed.value()->signal(SIGKILL);
  REQUIRE(launched::comes(*running, [&] { return with.heard("n2 was killed by signal 9"); }));
  auto store = open_sqlite_lease_store(with.data);
  REQUIRE(store);
  const auto view = (*store)->read();
  REQUIRE(view);
  const auto* lease = view->find_lease({"n2", 1});
  CHECK((lease == nullptr || lease->ended));
  REQUIRE(launched::comes(*running, [&] { return running->all_up(); }));
  CHECK(running->endpoints() == endpoints);
  running->go_down();
}

TEST_CASE("A gateway that ends is started again") {
  launched with;
  auto running = with.open(1);
  REQUIRE_FALSE(running->wait_ready());
  const auto port = running->http().port;
  const auto ended = node_process::adopt(with.identity("gateway"));
  REQUIRE(ended);
  ended.value()->signal(SIGKILL);
  REQUIRE(launched::comes(*running, [&] { return with.heard("gateway was killed by signal 9"); }));
  REQUIRE(launched::comes(*running, [&] { return running->all_up(); }));
  CHECK(running->http().port == port);
  running->go_down();
}

TEST_CASE("A node that does not answer any more is killed and started again") {
  launched with;
  with.manner("n2", "hang");
  auto running = with.open(2);
  REQUIRE_FALSE(running->wait_ready());
  with.manner("n2", "fine");
  REQUIRE(
      launched::comes(*running, [&] { return with.heard("n2 did not answer for 2 s; killed"); }));
  REQUIRE(launched::comes(*running, [&] { return running->all_up(); }));
  running->go_down();
}

TEST_CASE("A node that is stopped by a signal is taken for one that hangs") {
  launched with;
  auto running = with.open(2);
  REQUIRE_FALSE(running->wait_ready());
  const auto stopped = node_process::adopt(with.identity("n1"));
  REQUIRE(stopped);
  stopped.value()->signal(SIGSTOP);
  REQUIRE(
      launched::comes(*running, [&] { return with.heard("n1 did not answer for 2 s; killed"); }));
  REQUIRE(launched::comes(*running, [&] { return running->all_up(); }));
  running->go_down();
}

TEST_CASE("A node in a crash loop is given up with its last words while the others serve") {
  launched with;
  with.manner("n2", "exit 4");
  auto running = with.open(3);
  REQUIRE_FALSE(running->wait_ready());
  CHECK_FALSE(running->all_up());
  CHECK(with.heard("n2 ended with exit code 4; crash-loop: 5 ends within 1 m 0 s"));
  CHECK(with.heard("its last words: n2 cannot go on; log: "));
  running->go_down();
}

TEST_CASE("A cluster none of whose nodes stays up is a failure that says why") {
  launched with;
  with.manner("n1", "exit 74");
  auto running = with.open(1);
  const auto wrong = running->wait_ready();
  REQUIRE(wrong);
  CHECK(wrong->what == "n1 does not stay up");
  CHECK(wrong->code == "CRASH_LOOP");
  CHECK(wrong->why.find("ended with exit code 74") != std::string::npos);
  CHECK(running->last_words().back() == "n1 cannot go on");
  running->go_down();
  CHECK_FALSE(running->keeps_anything());
}

TEST_CASE("A missing program is said, again and again, and then given up") {
  launched with;
  std::filesystem::remove(with.programs / "troupe-node");
  auto running = with.open(1);
  const auto wrong = running->wait_ready();
  REQUIRE(wrong);
  CHECK(wrong->why.find("No such file") != std::string::npos);
  running->go_down();
}

TEST_CASE("A node that does not end on SIGTERM is killed after its time") {
  launched with;
  with.manner("n1", "stubborn");
  auto running = with.open(1);
  REQUIRE_FALSE(running->wait_ready());
  running->go_down();
  CHECK(with.heard("n1 did not end within 1 s; killed"));
  CHECK_FALSE(running->keeps_anything());
}

TEST_CASE("A gateway that hangs is killed and started again at the same place") {
  launched with;
  auto running = with.open(1);
  REQUIRE_FALSE(running->wait_ready());
  const auto port = running->http().port;
  const auto hung = node_process::adopt(with.identity("gateway"));
  REQUIRE(hung);
  hung.value()->signal(SIGSTOP);
  REQUIRE(launched::comes(*running,
                          [&] { return with.heard("gateway did not answer for 2 s; killed"); }));
  REQUIRE(launched::comes(*running, [&] { return running->all_up(); }));
  CHECK(running->http().port == port);
  running->go_down();
}

TEST_CASE("A gateway that answers is left alone, however long") {
  launched with;
  auto running = with.open(1);
  REQUIRE_FALSE(running->wait_ready());
  CHECK_FALSE(launched::comes(
      *running, [&] { return with.heard("gateway did not answer"); }, 3 * with.limits.silence_max));
  CHECK(running->all_up());
  running->go_down();
}

TEST_CASE("A node whose supervisors gave up is started again, and given up after five times") {
  launched with;
  auto running = with.open(2);
  REQUIRE_FALSE(running->wait_ready());
  with.manner("n2", "exit 70");
  const auto there = node_process::adopt(with.identity("n2"));
  REQUIRE(there);
  there.value()->signal(SIGKILL);
  REQUIRE(launched::comes(*running, [&] {
    return with.heard("n2 ended with exit code 70 (its supervisors gave up); starts again in");
  }));
  REQUIRE(launched::comes(*running, [&] { return with.heard("crash-loop: 5 ends within"); }));
  running->go_down();
}

TEST_CASE("A node with a handler that does not return says so by its exit code") {
  launched with;
  with.limits.ends_max = 1'000;
  with.limits.backoff_first = std::chrono::milliseconds{200};
  with.manner("n2", "exit 71");
  auto running = with.open(2);
  REQUIRE(launched::comes(*running, [&] {
    return with.heard("n2 ended with exit code 71 (a handler did not return; the stack is in its "
                      "log)");
  }));
  with.manner("n2", "fine");
  REQUIRE(launched::comes(*running, [&] { return running->all_up(); }));
  running->go_down();
}
