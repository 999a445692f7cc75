#include "bin/launcher/node_process.hpp"

#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <thread>

using namespace troupe;
using namespace troupe::cli;

namespace {

struct stage {
  test::temp_folder scratch;

  [[nodiscard]] node_process::start_info shell(const std::string& script) const {
    return {"child",
            "/bin/sh",
            {"-c", script},
            scratch.path() / "child.log",
            scratch.path() / "child.pid"};
  }
  [[nodiscard]] std::unique_ptr<node_process> start(const std::string& script) const {
    auto started = node_process::start(shell(script));
    REQUIRE(started);
    return std::move(*started);
  }
  [[nodiscard]] std::string log() const {
    std::ifstream in{scratch.path() / "child.log"};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  [[nodiscard]] bool identified() const {
    return std::filesystem::exists(scratch.path() / "child.pid");
  }
};

bool comes_true(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (std::chrono::steady_clock::now() < until) {
    if (condition()) return true;
    std::this_thread::yield();
  }
  return false;
}

bool ends(node_process& process) {
  return comes_true([&] {
    process.poll();
    return !process.running();
  });
}

constexpr const char* endless = "while :; do sleep 0.05; done";

} // namespace

TEST_CASE("A process writes into its log, is identified by a file, and its end is seen") {
  const stage on;
  const auto child = on.start("echo said; echo wrong >&2; read x; exit 3");
  CHECK(child->who().start_time == start_time_of(child->pid()).value_or(child->who().start_time));
  REQUIRE(ends(*child));
  CHECK(child->end_text() == "ended with exit code 3");
  CHECK(child->exit_code() == 3);
  CHECK(on.log() == "said\nwrong\n");
  CHECK_FALSE(on.identified());
  CHECK_FALSE(start_time_of(child->pid()));
}

TEST_CASE("Its descriptor can be read from its end on") {
  const stage on;
  const auto child = on.start(endless);
  pollfd end{child->fd(), POLLIN, 0};
  CHECK(poll(&end, 1, 0) == 0);
  child->signal(SIGKILL);
  CHECK(poll(&end, 1, 20'000) == 1);
  REQUIRE(ends(*child));
  CHECK(child->end_text() == "was killed by signal 9");
  CHECK_FALSE(child->exit_code());
  child->signal(SIGKILL); // of no consequence
}

TEST_CASE("A program that is not there is an error and leaves nothing") {
  const stage on;
  auto info = on.shell("");
  info.program = "/no/such/program";
  const auto none = node_process::start(info);
  REQUIRE_FALSE(none);
  CHECK(none.error().code == errc::not_found);
  CHECK_FALSE(on.identified());
}

TEST_CASE("Without a place for its identity nothing is started") {
  const stage on;
  auto info = on.shell("echo ran");
  info.identity = "/no/such/folder/child.pid";
  CHECK(node_process::start(info).error().code == errc::storage_failed);
  CHECK(on.log().empty());
  info = on.shell("echo ran");
  info.log = "/no/such/folder/child.log";
  CHECK(node_process::start(info).error().code == errc::storage_failed);
}

TEST_CASE("A process outlives the object and is taken over by its file") {
  const stage on;
  int pid = 0;
  {
    const auto first = on.start(std::string{"echo 'child listening on x:1'; "} + endless);
    pid = first->pid();
    REQUIRE(comes_true([&] { return first->find_address("child listening on "); }));
  }
  auto taken = node_process::adopt(on.scratch.path() / "child.pid");
  REQUIRE(taken);
  CHECK((*taken)->pid() == pid);
  CHECK((*taken)->adopted());
  CHECK((*taken)->who().address == "x:1");
  CHECK((*taken)->find_address("child listening on "));
  (*taken)->signal(SIGKILL);
  REQUIRE(ends(**taken));
  CHECK((*taken)->end_text() == "ended");
  CHECK_FALSE((*taken)->exit_code());
  CHECK_FALSE(on.identified());
  (void)waitpid(pid, nullptr, 0); // it was ours after all
}

TEST_CASE("A pid that belongs to another process by now is not taken over, nor signalled") {
  const stage on;
  const auto other = on.start(endless);
  process_identity stale = other->who();
  stale.start_time -= 1;
  const auto file = on.scratch.path() / "stale.pid";
  REQUIRE(write_identity(file, stale));
  CHECK(node_process::adopt(file).error().code == errc::not_found);
  other->poll();
  CHECK(other->running());
  other->signal(SIGKILL);
  REQUIRE(ends(*other));
}

TEST_CASE("What it announced is found behind other lines, and not in the output of earlier lives") {
  const stage on;
  const auto first = on.start("echo 'child listening on old'");
  REQUIRE(ends(*first));
  const auto second =
      on.start("i=0; while [ $i -lt 3000 ]; do echo a line that says nothing in particular $i; "
               "i=$((i+1)); done; echo 'child listening on new'; " +
               std::string{endless});
  REQUIRE(comes_true([&] { return second->find_address("child listening on "); }));
  CHECK(second->who().address == "new");
  CHECK(read_identity(on.scratch.path() / "child.pid").value().address == "new");
  second->signal(SIGKILL);
  REQUIRE(ends(*second));
}

TEST_CASE("A log that is too long is put aside at the next start") {
  const stage on;
  {
    std::ofstream log{on.scratch.path() / "child.log"};
    log.seekp(static_cast<std::streamoff>(node_process::log_bytes_max));
    log << "end";
  }
  const auto child = on.start("echo fresh");
  REQUIRE(ends(*child));
  CHECK(on.log() == "fresh\n");
  CHECK(std::filesystem::file_size(on.scratch.path() / "child.log.1") ==
        node_process::log_bytes_max + 3);
}

TEST_CASE("A process that is to die with its launcher does, another does not") {
  for (const bool dies : {true, false}) {
    const stage on;
    const pid_t launcher = fork();
    if (launcher == 0) {
      auto info = on.shell(endless);
      info.dies_with_us = dies;
      const bool started = node_process::start(info).ok();
      _exit(started ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(launcher, &status, 0) == launcher);
    REQUIRE(status == 0);
    const auto who = read_identity(on.scratch.path() / "child.pid");
    REQUIRE(who);
    INFO("dies " << dies);
    if (dies) {
      CHECK(comes_true([&] { return !lives(*who); }));
    } else {
      CHECK(lives(*who));
      const auto taken = node_process::adopt(on.scratch.path() / "child.pid");
      REQUIRE(taken);
      (*taken)->signal(SIGKILL);
      CHECK(ends(**taken));
    }
  }
}
