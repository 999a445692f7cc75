#include "bench/process.hpp"

#include "bench/machine.hpp"
#include "bench/own_node.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

using namespace troupe;
using namespace troupe::bench;

namespace {

/// A program that plays the node.
[[nodiscard]] std::filesystem::path script(const std::filesystem::path& folder,
                                           const std::string& body) {
  const auto path = folder / "troupe-node";
  std::ofstream{path} << "#!/bin/sh\n" << body;
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

} // namespace

TEST_CASE("a process's use of the machine is read, an unknown one's is not") {
  const process_id self{getpid()};
  CHECK(cpu_of(self).has_value());
  CHECK(resident_bytes(self).value() > 1024 * 1024);
  CHECK(activity_of(self)->running.count() > 0);
  CHECK(cpu_of_self().count() > 0);
  CHECK_FALSE(cpu_of({}).has_value());
  CHECK_FALSE(resident_bytes({}).has_value());
  CHECK_FALSE(activity_of({}).has_value());
}

TEST_CASE("the machine is described and its sync measured") {
  const auto folder = scratch_folder::make(std::filesystem::temp_directory_path());
  REQUIRE(folder.ok());
  const auto facts = look_at_machine(folder->path());
  CHECK(facts.cores > 0);
  CHECK(facts.memory_bytes > 0);
  CHECK_FALSE(facts.cpu.empty());
  CHECK(facts.sync_us_median > 0);
  CHECK(facts.sync_us_p99 >= facts.sync_us_median);
  CHECK(std::filesystem::is_empty(folder->path()));
}

TEST_CASE("a scratch folder is removed with its content") {
  std::filesystem::path path;
  {
    const auto folder = scratch_folder::make(std::filesystem::temp_directory_path());
    REQUIRE(folder.ok());
    path = folder->path();
    std::ofstream{path / "file"} << "content";
  }
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK_FALSE(scratch_folder::make("/nowhere/at/all").ok());
}

TEST_CASE("a node of its own is started, found by its announcement and stopped") {
  const auto folder = scratch_folder::make(std::filesystem::temp_directory_path());
  REQUIRE(folder.ok());
  const auto binary =
      script(folder->path(), "trap 'kill $waiting; exit 0' TERM\n"
                             "echo \"troupe-node listening on tcp://127.0.0.1:4711\"\n"
                             "sleep 60 & waiting=$!\nwait\n");
  auto node = own_node::start(binary, folder->path());
  REQUIRE(node.ok());
  CHECK(node->endpoint() == "tcp://127.0.0.1:4711");
  CHECK(resident_bytes(node->process()).has_value());
  CHECK(node->stop().ok());
  CHECK(node->stop().ok());
}

TEST_CASE("a node that does not come up is reported with what it said") {
  const auto folder = scratch_folder::make(std::filesystem::temp_directory_path());
  REQUIRE(folder.ok());
  const auto binary = script(folder->path(), "echo 'the data folder is locked'; exit 3\n");
  const auto node = own_node::start(binary, folder->path());
  REQUIRE_FALSE(node.ok());
  CHECK(node.error().message.find("the data folder is locked") != std::string::npos);
  CHECK(own_node::start(folder->path() / "none", folder->path()).error().code == errc::not_found);
}

TEST_CASE("a node that ends badly is reported") {
  const auto folder = scratch_folder::make(std::filesystem::temp_directory_path());
  REQUIRE(folder.ok());
  const auto binary =
      script(folder->path(), "trap 'kill $waiting; exit 4' TERM\n"
                             "echo \"troupe-node listening on tcp://127.0.0.1:4711\"\n"
                             "sleep 60 & waiting=$!\nwait\n");
  auto node = own_node::start(binary, folder->path());
  REQUIRE(node.ok());
  CHECK_FALSE(node->stop().ok());
}
