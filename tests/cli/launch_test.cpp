#include "bin/cli/launch.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace troupe;
using namespace troupe::cli;
namespace files = std::filesystem;

namespace {

/// A folder with shell scripts in the place of the programs.
struct programs {
  files::path folder =
      files::temp_directory_path() / ("troupe-launch-test-" + std::to_string(getpid()));
  std::unique_ptr<interruption> signals = listen_to_signals();

  programs() { files::create_directories(folder); }
  ~programs() { files::remove_all(folder); }
  void write(const char* name, const std::string& script) const {
    std::ofstream{folder / name} << "#!/bin/sh\n" << script << '\n';
    files::permissions(folder / name, files::perms::owner_all);
  }
  [[nodiscard]] launch_plan plan() const {
    launch_plan out;
    out.folder = folder.string() + '/';
    out.data = (folder / "data").string();
    out.endpoint = "tcp://127.0.0.1:0";
    out.http = "127.0.0.1:0";
    out.systems = {"taxi"};
    out.ready_within = std::chrono::milliseconds{5'000};
    return out;
  }
};

constexpr const char* serving_node = "echo \"$@\" > $(dirname $0)/words\n"
                                     "echo 'troupe-node listening on tcp://127.0.0.1:7777'\n"
                                     "trap 'exit 0' TERM; while :; do sleep 0.05; done";

} // namespace

TEST_CASE("A node that dies while it starts is reported with its last lines") {
  programs with;
  with.write("troupe-node", "echo 'the disk is full' >&2; exit 4");
  launch started{with.plan(), *with.signals, real_clock()};
  const auto wrong = started.start();
  REQUIRE(wrong);
  CHECK(wrong->what == "troupe-node ended with exit code 4");
  CHECK(started.last_lines() == std::vector<std::string>{"the disk is full"});
}

TEST_CASE("The gateway is given the node's real endpoint; its end is reported too") {
  programs with;
  with.write("troupe-node", serving_node);
  with.write("troupe-gateway", "echo \"got $@\"; exit 1");
  launch started{with.plan(), *with.signals, real_clock()};
  const auto wrong = started.start();
  REQUIRE(wrong);
  CHECK(wrong->what == "troupe-gateway ended with exit code 1");
  CHECK(started.last_lines().front() == "got --node tcp://127.0.0.1:7777 --listen 127.0.0.1:0");
  std::ifstream words{with.folder / "words"};
  std::string line;
  std::getline(words, line);
  CHECK(line.find("--system taxi") != std::string::npos);
  CHECK(line.find("--listen tcp://127.0.0.1:0") != std::string::npos);
  started.stop();
}

TEST_CASE("The gateway is told where the web pages are, if that is known") {
  programs with;
  with.write("troupe-node", serving_node);
  with.write("troupe-gateway", "echo \"got $@\"; exit 1");
  launch_plan plan = with.plan();
  plan.web = "/srv/pages";
  launch started{plan, *with.signals, real_clock()};
  REQUIRE(started.start());
  CHECK(started.last_lines().front().ends_with(" --web /srv/pages"));
  started.stop();
}

TEST_CASE("Start-up has a deadline") {
  programs with;
  with.write("troupe-node", "trap 'exit 0' TERM; while :; do sleep 0.05; done");
  launch_plan plan = with.plan();
  plan.ready_within = std::chrono::milliseconds{150};
  launch started{plan, *with.signals, real_clock()};
  const auto wrong = started.start();
  REQUIRE(wrong);
  CHECK(wrong->code == "TIMEOUT");
  CHECK(wrong->exit == 6);
  started.stop();
}

TEST_CASE("A taken port names the flag that changes it; a missing program is named") {
  programs with;
  launch_plan plan = with.plan();
  launch none{plan, *with.signals, real_clock()};
  CHECK(none.start()->what == "cannot start troupe-node");
  plan.endpoint = "ipc://x";
  launch odd{plan, *with.signals, real_clock()};
  CHECK(odd.start()->what == "cannot use --listen");
  plan = with.plan();
  plan.http = "192.0.2.1:80";
  launch foreign{plan, *with.signals, real_clock()};
  CHECK(foreign.start()->next.find("--http") == 0);
}

TEST_CASE("Endpoints have a place") {
  CHECK(place_of_endpoint("tcp://127.0.0.1:*")->port == 0);
  CHECK(place_of_endpoint("tcp://*:7100")->host == "0.0.0.0");
  CHECK_FALSE(place_of_endpoint("127.0.0.1:7100"));
  CHECK_FALSE(place_of_endpoint("tcp://x"));
}
