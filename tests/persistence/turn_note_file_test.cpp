#include "persistence/turn_note_file.hpp"

#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>

using namespace troupe;
using test::temp_folder;

/// Notes that survive the process that wrote them.
namespace {

/// Does something in a process of its own, which then dies by SIGKILL.
void in_dying_process(const std::function<void()>& work) {
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    work();
    ::raise(SIGKILL);
    ::_exit(1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
}

void write(turn_note& to, std::string_view context, std::uint32_t shard, std::uint64_t epoch) {
  to.epoch = epoch;
  to.shard = shard;
  to.command_high = 5;
  to.command_low = 6;
  to.aggregate = 42;
  turn_note::put(to.context, context);
  turn_note::put(to.name, "explode");
  to.since_ns.store(1);
}

std::size_t files_in(const std::filesystem::path& folder) {
  std::size_t files = 0;
  for (const auto& each : std::filesystem::directory_iterator{folder})
    files += each.path().extension() == ".turns" ? 1 : 0;
  return files;
}

} // namespace

TEST_CASE("what ran when a process died is known to the next one") {
  const temp_folder folder;
  in_dying_process([&] {
    auto notes = turn_note_file::make(folder.path(), "n1", real_clock());
    write(*(*notes)->slot(0), "bank.account", 3, 7);
    write(*(*notes)->slot(1), "bank.order", 3, 9);
    (*notes)->slot(1)->since_ns.store(0); // over when the process died
    notes->release();
  });
  auto next = turn_note_file::make(folder.path(), "n1", real_clock());
  REQUIRE(next.ok());
  const auto deaths = (*next)->deaths("bank.account", {3});
  REQUIRE(deaths.size() == 1);
  CHECK(deaths[0].epoch.value == 7);
  CHECK(deaths[0].command == command_id{5, 6});
  CHECK(deaths[0].aggregate.number == 42);
  CHECK(deaths[0].name == "explode");
  CHECK(deaths[0].signal == 0);
  CHECK((*next)->deaths("bank.account", {2}).empty());
  CHECK((*next)->deaths("bank.order", {3}).empty());
}

TEST_CASE("of a process that died by a signal only the lane that raised it counts") {
  const temp_folder folder;
  in_dying_process([&] {
    auto notes = turn_note_file::make(folder.path(), "n1", real_clock());
    write(*(*notes)->slot(0), "bank.account", 0, 7);
    write(*(*notes)->slot(1), "bank.account", 1, 8);
    (*notes)->slot(1)->signal = SIGSEGV;
    (*notes)->slot(1)->stack_hash = 99;
    notes->release();
  });
  auto next = turn_note_file::make(folder.path(), "n2", real_clock());
  REQUIRE(next.ok());
  CHECK((*next)->deaths("bank.account", {0}).empty());
  const auto deaths = (*next)->deaths("bank.account", {1});
  REQUIRE(deaths.size() == 1);
  CHECK(deaths[0].signal == SIGSEGV);
  CHECK(deaths[0].stack_hash == 99);
}

TEST_CASE("a process that lives has not died of what it runs") {
  const temp_folder folder;
  auto one = turn_note_file::make(folder.path(), "n1", real_clock());
  auto other = turn_note_file::make(folder.path(), "n2", real_clock());
  REQUIRE(one.ok());
  REQUIRE(other.ok());
  write(*(*one)->slot(0), "bank.account", 0, 7);
  CHECK((*other)->deaths("bank.account", {0}).empty());
  CHECK((*one)->deaths("bank.account", {0}).empty());
  CHECK((*one)->slot(turn_note_file::slots) == nullptr);
  CHECK(files_in(folder.path()) == 2);
  one->reset(); // ends in order
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("files of processes that died long ago are removed") {
  const temp_folder folder;
  in_dying_process([&] { turn_note_file::make(folder.path(), "n1", real_clock())->release(); });
  REQUIRE(files_in(folder.path()) == 1);
  simulated_clock later{real_clock().wall() + turn_note_file::kept_ms / 2};
  {
    const auto young = turn_note_file::make(folder.path(), "n2", later);
    CHECK(files_in(folder.path()) == 2);
  }
  later.advance(std::chrono::milliseconds{turn_note_file::kept_ms});
  const auto old = turn_note_file::make(folder.path(), "n2", later);
  CHECK(files_in(folder.path()) == 1); // its own
}

TEST_CASE("a file of another layout is not read, and removed when it is old") {
  const temp_folder folder;
  const auto strange = folder.path() / "n9.1.2.turns";
  std::FILE* const file = std::fopen(strange.c_str(), "w");
  REQUIRE(file != nullptr);
  std::fputs("of another version", file);
  std::fclose(file);
  {
    auto made = turn_note_file::make(folder.path(), "n1", real_clock());
    REQUIRE(made.ok());
    CHECK((*made)->deaths("bank.account", {0}).empty());
    CHECK(std::filesystem::exists(strange));
  }
  const simulated_clock later{real_clock().wall() + turn_note_file::kept_ms + 60'000};
  REQUIRE(turn_note_file::make(folder.path(), "n1", later).ok());
  CHECK_FALSE(std::filesystem::exists(strange));
}
