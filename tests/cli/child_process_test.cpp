#include "bin/cli/child_process.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

using namespace troupe;
using namespace troupe::cli;

namespace {

std::unique_ptr<child_process> shell(const std::string& script, std::string log = {}) {
  auto started = child_process::start({"child", "/bin/sh", {"-c", script}, std::move(log)});
  REQUIRE(started);
  return std::move(*started);
}

bool comes_true(child_process& child, const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (std::chrono::steady_clock::now() < until) {
    child.poll();
    if (condition()) return true;
    std::this_thread::yield();
  }
  return false;
}

} // namespace

TEST_CASE("A child's output comes line by line, also what it printed last") {
  const auto child =
      shell("echo 'child listening on tcp://x:1'; echo error >&2; printf end; exit 3");
  REQUIRE(comes_true(*child, [&] { return !child->running(); }));
  CHECK(child->announced("child listening on ") == "tcp://x:1");
  CHECK_FALSE(child->announced("nothing"));
  CHECK(child->lines().back() == "end");
  CHECK(child->lines().size() == 3);
  CHECK(child->end_text() == "ended with exit code 3");
  CHECK(child->output() == -1);
}

TEST_CASE("A child that floods its output is kept within bounds") {
  const auto child = shell("i=0; while [ $i -lt 1000 ]; do echo line $i; i=$((i+1)); done");
  REQUIRE(comes_true(*child, [&] { return !child->running(); }));
  CHECK(child->lines().size() == child_process::lines_kept);
  CHECK(child->lines().back() == "line 999");
}

TEST_CASE("A child can be asked to end, and killed if it does not") {
  const auto polite =
      shell("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done");
  REQUIRE(comes_true(*polite, [&] { return !polite->lines().empty(); }));
  polite->ask_to_end();
  REQUIRE(comes_true(*polite, [&] { return !polite->running(); }));
  CHECK(polite->end_text() == "ended with exit code 0");
  const auto stubborn = shell("trap '' TERM; echo ready; while :; do sleep 0.05; done");
  REQUIRE(comes_true(*stubborn, [&] { return !stubborn->lines().empty(); }));
  stubborn->ask_to_end();
  stubborn->kill();
  REQUIRE(comes_true(*stubborn, [&] { return !stubborn->running(); }));
  CHECK(stubborn->end_text() == "was killed by signal 9");
}

TEST_CASE("A program that is not there is an error, not a child") {
  const auto none = child_process::start({"x", "/no/such/program", {}});
  REQUIRE_FALSE(none);
  CHECK(none.error().code == errc::not_found);
}

TEST_CASE("A child's output is copied to its log") {
  const auto path = std::filesystem::temp_directory_path() /
                    ("troupe-child-" + std::to_string(getpid()) + ".log");
  {
    const auto child = shell("echo logged", path.string());
    REQUIRE(comes_true(*child, [&] { return !child->running(); }));
  }
  CHECK(std::filesystem::file_size(path) == 7);
  std::filesystem::remove(path);
}
