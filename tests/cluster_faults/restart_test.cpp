#include "persistence/file_lock.hpp"
#include "tests/cluster_faults/journal_visit.hpp"
#include "tests/cluster_faults/probed_stage.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iostream>

/// The whole cluster crashes, its file is lost or damaged, and files are in other hands.
namespace troupe::test {
namespace {

constexpr milliseconds soon{10'000}; ///< seconds, on a busy machine

void check_served_soon(probed_stage& by, const std::string& after) {
  const auto started = probed_stage::now();
  by.cluster().start();
  by.wait_until_served(after);
  const auto took = std::chrono::duration_cast<milliseconds>(probed_stage::now() - started);
  std::cout << after << ": all shards served again " << took.count() << " ms after the start\n";
  CHECK(took <= soon);
}

/// Every shard is owned under a newer epoch than before.
void check_epochs_went_on(const cluster_view& before, const cluster_view& after) {
  for (const auto& each : before.shards) {
    const auto* now = after.find_shard(each.which);
    INFO(each.which.context << " shard " << each.which.shard.value);
    REQUIRE(now != nullptr);
    CHECK(now->epoch.value > each.epoch.value);
  }
}

void write_over(const std::filesystem::path& file, const std::string& text) {
  std::ofstream{file, std::ios::binary | std::ios::trunc} << text;
}

TEST_CASE("a cluster that was killed as a whole serves again and has lost nothing") {
  probed_stage by;
  const int times = rounds(2, 50);
  for (int i = 0; i < times; ++i) {
    by.wait_until_served("before the crash");
    const auto before = by.cluster().view();
    by.cluster().kill();
    check_served_soon(by, "after a crash of all nodes");
    check_epochs_went_on(before, by.cluster().view());
  }
  by.end();
}

TEST_CASE("a cluster whose file is lost makes a new one and goes on with newer epochs") {
  probed_stage by;
  by.wait_until_served("before the loss");
  const auto before = by.cluster().view();
  by.cluster().kill();
  for (const auto& each : std::filesystem::directory_iterator{by.cluster().data()}) {
    const auto name = each.path().filename().string();
    if (name.starts_with("cluster.db") || name.ends_with(".beats"))
      std::filesystem::remove(each.path());
  }
  check_served_soon(by, "after the loss of the cluster's file");
  const auto after = by.cluster().view();
  CHECK(after.secret != before.secret);
  for (const auto& each : by.probes().shards())
    CHECK(after.find_shard(each)->epoch.value > before.find_shard(each)->epoch.value);
  by.end();
}

TEST_CASE("a damaged cluster file is refused by name, and its copy goes on") {
  probed_stage by;
  by.wait_until_served("before the damage");
  for (const int end : by.cluster().stop())
    CHECK(end == 0);
  const auto file = by.cluster().data() / "cluster.db";
  const auto kept = by.cluster().data().parent_path() / "kept.db";
  std::filesystem::copy_file(file, kept);
  for (const auto& damage : {std::string(8'192, 'x'), std::string{}}) {
    write_over(file, damage);
    const auto refused =
        run_program("troupe-node", {"--name", "n1", "--data", by.cluster().data().string(),
                                    "--system", "taxi", "--listen", "tcp://127.0.0.1:0"});
    INFO(refused.output);
    CHECK(refused.exit_code == info(errc::corrupt).exit_code);
    CHECK(refused.output.find("cluster.db") != std::string::npos);
  }
  std::filesystem::copy_file(kept, file, std::filesystem::copy_options::overwrite_existing);
  check_served_soon(by, "with the file as it was");
  by.end();
}

TEST_CASE("a second node of the same name is refused, and the first goes on") {
  probed_stage by;
  by.wait_until_served("before the second one");
  const auto before = by.cluster().view();
  const auto refused =
      run_program("troupe-node", {"--name", "n2", "--data", by.cluster().data().string(),
                                  "--system", "taxi", "--listen", "tcp://127.0.0.1:0"});
  INFO(refused.output);
  CHECK(refused.exit_code == info(errc::storage_locked).exit_code);
  CHECK(refused.output.find("node n2 of " + by.cluster().data().string() + " is already open") !=
        std::string::npos);
  CHECK(refused.output.find(std::to_string(by.cluster().node(1).pid())) != std::string::npos);
  by.wait_until_served("after the second one");
  CHECK(by.cluster().view().members == before.members);
  by.end();
}

TEST_CASE("an heir waits for a journal that another process has, and says whose it is") {
  probed_stage by;
  by.wait_until_spread();
  const auto lost = by.owned_by(0);
  REQUIRE(lost.size() > 1);
  const auto held = *lost.begin();
  by.cluster().node(0).kill();
  const auto killed = probed_stage::now();
  auto file = journal_file(by.cluster().data(), held);
  file += ".lock";
  auto lock = file_lock::take(file, "journal", "somebody else");
  REQUIRE(lock.ok());
  auto rest = lost;
  rest.erase(held);
  CHECK(eventually([&] { return by.probes().first_answers(rest, killed).size() == rest.size(); }));
  const bool said = eventually([&] {
    const auto logs = by.cluster().logs();
    return logs.find("shard=" + std::to_string(held.shard.value) + " waits: ") !=
               std::string::npos &&
           logs.find("is already open by node somebody else") != std::string::npos;
  });
  INFO(by.cluster().logs());
  CHECK(said);
  CHECK(by.probes().first_answers({held}, killed).empty());
  lock->release();
  by.wait_until_served("after the file was free");
  by.end();
}

} // namespace
} // namespace troupe::test
