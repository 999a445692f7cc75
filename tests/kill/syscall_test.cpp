#include "tests/kill/audit.hpp"
#include "tests/kill/load.hpp"
#include "tests/kill/strace.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <iostream>

/// The node dies, or its disk fails, at a chosen system call.
namespace troupe::test {
namespace {

const std::vector<std::string> small_node{"--system", "taxi", "--shards",    "1",
                                          "--lanes",  "1",    "--log-level", "warning"};

[[nodiscard]] bool skipped() {
  const std::string why = strace::obstacle();
  if (!why.empty()) WARN("skipped, processes cannot be traced here: " << why);
  return !why.empty();
}

struct point {
  std::string call;
  int number;
};

/// Every one of the first writes and syncs, then some far behind them.
[[nodiscard]] std::vector<point> points() {
  const bool at_length = std::getenv("TROUPE_TEST_LONG") != nullptr;
  const int writes = at_length ? 120 : 20;
  const int syncs = at_length ? 60 : 10;
  std::vector<point> all;
  for (int i = 1; i <= writes; ++i)
    all.push_back({"pwrite64", i});
  for (int i = 1; i <= syncs; ++i)
    all.push_back({"fdatasync", i});
  for (const int far : {41, 83, 167, 333})
    all.push_back({"pwrite64", far});
  return all;
}

void check(test_node& node, const ledger& told) {
  const auto found = audit_taxi(node, told);
  INFO(found.text());
  INFO(node.log());
  CHECK(found.findings.empty());
  std::cout << told.size() << " acknowledgements, " << found.records << " records checked\n";
}

TEST_CASE("a node killed at any write or sync of a commit keeps what it acknowledged") {
  if (skipped()) return;
  const temp_folder scratch;
  test_node node{scratch.path() / "data", small_node};
  ledger told;
  node.start();
  {
    load clients{node, told, {2, 7, milliseconds{60'000}}};
    for (const auto& at : points()) {
      INFO(at.call << " " << at.number);
      const auto before = clients.answers();
      REQUIRE(eventually([&] { return clients.answers() > before; }));
      {
        const strace killer{node.pid(),
                            at.call + ":signal=SIGKILL:when=" + std::to_string(at.number)};
        CHECK(node.wait_end() == 128 + 9);
      }
      node.kill();
      node.start();
    }
    clients.end();
  }
  CHECK(told.unknown_count() == 0);
  check(node, told);
}

TEST_CASE("a node killed at any write or sync of its start can start again") {
  if (skipped()) return;
  const temp_folder scratch;
  test_node node{scratch.path() / "data", small_node};
  ledger told;
  node.start();
  {
    load clients{node, told, {2, 8, milliseconds{60'000}}};
    for (const auto& at : std::vector<point>{{"pwrite64", 1},
                                             {"pwrite64", 2},
                                             {"pwrite64", 3},
                                             {"pwrite64", 5},
                                             {"pwrite64", 8},
                                             {"pwrite64", 12},
                                             {"fdatasync", 1},
                                             {"fdatasync", 2},
                                             {"fdatasync", 3},
                                             {"fdatasync", 4}}) {
      const auto before = clients.answers();
      REQUIRE(eventually([&] { return clients.answers() > before; }));
      node.kill();
      // It announces itself before its contexts are open, so it may come that far.
      (void)node.start_inside(
          strace::words(at.call + ":signal=SIGKILL:when=" + std::to_string(at.number)));
      INFO(at.call << " " << at.number);
      CHECK(node.wait_end() == 128 + 9);
      node.kill();
      node.start();
    }
    clients.end();
  }
  check(node, told);
}

TEST_CASE("a node whose sync fails ends at once, and acknowledges nothing of it") {
  if (skipped()) return;
  const temp_folder scratch;
  test_node node{scratch.path() / "data", small_node};
  ledger told;
  node.start();
  {
    load clients{node, told, {2, 9, milliseconds{60'000}}};
    for (int i = 1; i <= 4; ++i) {
      const auto before = clients.answers();
      REQUIRE(eventually([&] { return clients.answers() > before; }));
      {
        const strace faulty{node.pid(), "fdatasync,fsync:error=EIO:when=" + std::to_string(i * i)};
        CHECK(node.wait_end() == 74);
      }
      node.kill();
      node.start();
    }
    clients.end();
  }
  check(node, told);
}

TEST_CASE("a full disk refuses commands with a code, reads go on, and space ends it") {
  if (skipped()) return;
  const temp_folder scratch;
  test_node node{scratch.path() / "data", small_node};
  ledger told;
  node.start();
  auto nodes = connect_to(node, milliseconds{5'000});
  REQUIRE(all_up(nodes));
  const auto kept = nodes.send_sync("taxi.call", {}, taxi::call_taxi{1, "junja", 500});
  REQUIRE(kept.ok());
  told.acknowledged({kept->command, "taxi.call", kept->target, kept->seq, "Called", 500});
  const int pid = node.pid();
  {
    const strace full{pid, "pwrite64:error=ENOSPC"};
    const auto refused = nodes.send_sync("taxi.call", {}, taxi::call_taxi{1, "junja", 500});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().shown_code() == "STORAGE_FULL");
    CHECK(nodes.get("taxi.call", kept->target).get().ok());
  }
  result<call_reply> again = fail(errc::internal, "never sent");
  CHECK(eventually([&] {
    again = nodes.send_sync("taxi.call", {}, taxi::call_taxi{2, "suji", 600});
    return again.ok();
  }));
  CHECK(node.running());
  CHECK(node.pid() == pid);
  if (again)
    told.acknowledged({again->command, "taxi.call", again->target, again->seq, "Called", 600});
  check(node, told);
}

} // namespace
} // namespace troupe::test
