#include "bin/launcher/process_identity.hpp"

#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <fstream>

using namespace troupe;
using namespace troupe::cli;

TEST_CASE("What is written of a process is read back whole") {
  const test::temp_folder scratch;
  const auto file = scratch.path() / "n1.pid";
  const process_identity who{"n1",
                             4711,
                             99,
                             {"/bin/x", "--data", "a \"b\"\n"},
                             "/l/n1.log",
                             123'456'789'012,
                             "tcp://127.0.0.1:7100"};
  REQUIRE(write_identity(file, who));
  const auto read = read_identity(file);
  REQUIRE(read);
  CHECK(*read == who);
}

TEST_CASE("A file that names no process is corrupt; a missing one is not found") {
  const test::temp_folder scratch;
  const auto file = scratch.path() / "n1.pid";
  CHECK(read_identity(file).error().code == errc::not_found);
  for (const char* text : {"", "rubbish", "{}", "[1]", R"({"name":"n1","pid":1,"start_time":5})",
                           R"({"name":"n1","pid":"x","start_time":5})"}) {
    INFO(text);
    std::ofstream{file} << text;
    CHECK(read_identity(file).error().code == errc::corrupt);
  }
  CHECK(write_identity("/no/such/folder/n1.pid", {}).error().code == errc::storage_failed);
}

TEST_CASE("A process is known by its pid and start time together") {
  const auto start = start_time_of(getpid());
  REQUIRE(start);
  CHECK(start_time_of(getpid()) == start);
  process_identity me{"me", getpid(), *start, {}, {}, 0, {}};
  CHECK(lives(me));
  ++me.start_time;
  CHECK_FALSE(lives(me));
  CHECK_FALSE(start_time_of(-1));
}
