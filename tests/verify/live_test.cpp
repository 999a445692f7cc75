#include "messages/json.hpp"
#include "messages/screening.hpp"
#include "messages/taxi.hpp"
#include "tests/support/client_ledger.hpp"
#include "tests/support/sdk_door.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>

/// `troupe verify` as people run it: on the directory of a node that works, is killed, has ended.
namespace troupe::test {
namespace {

constexpr int clean = 0;
constexpr int damaged = 13;

finished verify(const std::filesystem::path& data, std::vector<std::string> more = {}) {
  std::vector<std::string> words{"verify", data.string()};
  words.insert(words.end(), more.begin(), more.end());
  return run_program("troupe", std::move(words));
}

/// Rides and screenings, noted in a ledger, until told to stop or to a number.
void live(const test_node& node, client_ledger& told, const std::atomic<bool>& over, int rounds) {
  auto through = connect_to(node);
  for (int i = 0; i < rounds && !over; ++i) {
    const auto called =
        told.send(through, "taxi.call", {}, taxi::call_taxi{i % 5, "suji", 100 + i});
    const auto booked = told.send(through, "screening.screening", {},
                                  screening::request_screening{1 + i % 3, "S", "20200910", "Kim"});
    if (called) (void)told.get(through, "taxi.call", called->target);
    if (called && i % 2 == 0)
      (void)told.send(through, "taxi.driver", called->target, taxi::change_status{"Accepted"});
    if (booked && i % 3 == 0)
      (void)told.send(through, "screening.screening", booked->target,
                      screening::cancel_screening{"Canceled"});
  }
}

TEST_CASE("a node that works is verified while it works, after its death, and after its end") {
  const temp_folder scratch;
  const auto data = scratch.path() / "data";
  const auto file = scratch.path() / "client.jsonl";
  test_node node{data, {"--log-level", "warning"}};
  node.start();
  client_ledger told{file};
  const std::atomic<bool> never{false};
  {
    auto through = connect_to(node);
    REQUIRE(all_up(through));
    for (int i = 0; i < 3; ++i)
      REQUIRE(told.send(through, "screening.hospital", {},
                        screening::register_hospital{"Samsung", "20200910", 50}));
  }
  std::atomic<bool> over{false};
  std::thread busy{[&] { live(node, told, over, 1'000'000); }};
  for (int look = 0; look < 5; ++look) {
    const auto lines = told.lines();
    CHECK(eventually([&] { return told.lines() > lines + 20; }));
    const auto said = verify(data);
    INFO(said.output);
    CHECK(said.exit_code == clean);
  }
  over = true;
  busy.join();
  for (int round = 0; round < 2; ++round) {
    node.kill();
    const auto dead = verify(data, {"--ledger", file.string()});
    INFO(dead.output);
    CHECK(dead.exit_code == clean);
    node.start();
    live(node, told, never, 10);
  }
  CHECK(node.running()); // nobody disturbed it
  CHECK(node.stop() == 0);
  const auto ended = verify(data, {"--ledger", file.string(), "--json"});
  INFO(ended.output);
  CHECK(ended.exit_code == clean);
  const auto read = parse_json(ended.output);
  REQUIRE(read);
  CHECK(*read->find("clean") == value{true});
  CHECK(number(*read->find("read"), "ledger_lines") == static_cast<std::int64_t>(told.lines()));
  CHECK(number(*read->find("read"), "records") > 100);
}

TEST_CASE("verify does not change a byte of what it reads") {
  const temp_folder scratch;
  const auto data = scratch.path() / "data";
  test_node node{data, {"--system", "taxi", "--log-level", "warning"}};
  node.start();
  client_ledger told{scratch.path() / "client.jsonl"};
  const std::atomic<bool> never{false};
  live(node, told, never, 5);
  node.kill(); // with a write-ahead log that was not moved into the file
  const auto contents = [&] {
    std::map<std::string, std::string> all;
    for (const auto& each : std::filesystem::directory_iterator{data}) {
      const auto name = each.path().filename().string();
      if (name.ends_with("-shm")) continue; // the index of the log is the readers' too
      std::ifstream in{each.path(), std::ios::binary};
      all[name].assign(std::istreambuf_iterator<char>{in}, {});
    }
    return all;
  };
  const auto before = contents();
  CHECK(verify(data).exit_code == clean);
  CHECK(contents() == before);
}

TEST_CASE("the tours of all five systems leave a sound directory") {
  const temp_folder scratch;
  const auto data = scratch.path() / "data";
  auto run = cli::child_process::start(
      {"run",
       program("troupe"),
       {"run", "--data", data.string(), "--listen",
        "tcp://127.0.0.1:" + std::to_string(free_port()), "--http", "127.0.0.1:0"}});
  REQUIRE(run);
  auto& troupe = **run;
  const auto played = [&] {
    troupe.poll();
    const auto& said = troupe.lines();
    return !troupe.running() || (!said.empty() && said.back().starts_with("Ctrl-C stops it"));
  };
  CHECK(eventually(played));
  CHECK(troupe.running());
  const auto live = verify(data);
  INFO(live.output);
  CHECK(live.exit_code == clean);
  troupe.ask_to_end();
  CHECK(wait_end(troupe) == 0);
  const auto ended = verify(data);
  INFO(ended.output);
  CHECK(ended.exit_code == clean);
  for (const char* system : {"taxi", "screening", "siren", "mybnb", "edu"}) {
    INFO(system);
    CHECK(std::any_of(begin(std::filesystem::directory_iterator{data}),
                      std::filesystem::directory_iterator{}, [&](const auto& each) {
                        return each.path().filename().string().starts_with(system) &&
                               std::filesystem::file_size(each.path()) > 0;
                      }));
  }
}

TEST_CASE("damage ends with 13, nothing to check with 5, a mistake with 2") {
  const temp_folder scratch;
  const auto data = scratch.path() / "data";
  CHECK(verify(data).exit_code == 5);
  std::filesystem::create_directory(data);
  CHECK(verify(data).exit_code == 5);
  CHECK(verify(scratch.path(), {"--max-findings", "none"}).exit_code == 2);
  std::ofstream{data / "taxi.call.0.journal"} << "no journal at all";
  const auto said = verify(data, {"-q"});
  INFO(said.output);
  CHECK(said.exit_code == damaged);
  CHECK(said.output.find("files taxi.call.0.journal taxi.call shard 0: ") == 0);
  CHECK(verify(data / "taxi.call.0.journal").exit_code == 2);
  std::ofstream{scratch.path() / "bad.jsonl"} << "{}\n";
  const auto bad = verify(data, {"--ledger", (scratch.path() / "bad.jsonl").string()});
  CHECK(bad.exit_code == 2);
  CHECK(bad.output.find("line 1") != std::string::npos);
}

} // namespace
} // namespace troupe::test
