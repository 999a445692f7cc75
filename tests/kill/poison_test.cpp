#include "tests/support/sdk_door.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <cstdlib>
#include <fstream>

/// A command that takes the process down, in a real node that is started again each time.
namespace troupe::test {
namespace {

using namespace troupe::taxi;

/// The fault is there as long as this is.
class fault_file {
public:
  explicit fault_file(std::filesystem::path path) : path_(std::move(path)) {
    std::ofstream{path_} << "broken";
    ::setenv("TROUPE_TEST_DEADLY", path_.c_str(), 1);
  }
  ~fault_file() { ::unsetenv("TROUPE_TEST_DEADLY"); }
  void mend() { std::filesystem::remove(path_); }

private:
  std::filesystem::path path_;
};

value::array letters_of(client& of) {
  const auto said = admin(of, "deadletters", of_context("taxi.driver"));
  const auto items = part(said, "items");
  const auto* all = items.get_if<value::array>();
  return all != nullptr ? *all : value::array{};
}

TEST_CASE("a command that takes the node down three times becomes a dead letter") {
  const temp_folder scratch;
  fault_file fault{scratch.path() / "fault"};
  node_identity who;
  who.build = "troupe-node-deadly";
  test_node node{scratch.path() / "data", {"--system", "taxi", "--shards", "1"}, who};
  node.start();
  aggregate_id driver;
  {
    auto nodes = connect_to(node);
    REQUIRE(all_up(nodes));
    const auto called = nodes.send_sync("taxi.call", {}, call_taxi{1, "junja", 100});
    REQUIRE(called.ok());
    driver = called->target;
    REQUIRE(eventually([&] { return nodes.get("taxi.driver", driver).get().ok(); }));
  }
  call_options once;
  once.command = command_id::make(1'700'000'000'000, 1, 2);
  change_status deadly;
  deadly.status = "deadly";
  for (int death = 1; death <= 3; ++death) {
    auto nodes = connect_to(node, milliseconds{3'000});
    REQUIRE(all_up(nodes));
    CHECK(letters_of(nodes).empty());
    auto sent = nodes.send("taxi.driver", driver, deadly, once);
    CHECK(node.wait_end() == 128 + SIGSEGV);
    // Its sender comes again by itself until its time is over, and would end the next one, too.
    CHECK_FALSE(sent.get().ok());
    CHECK(eventually([&] {
      (void)node.running(); // takes up what it printed
      return node.printed().find("fatal signal 11 in taxi.driver changeStatus") !=
             std::string::npos;
    }));
    node.start();
  }
  auto nodes = connect_to(node);
  REQUIRE(all_up(nodes));
  const auto refused = nodes.send("taxi.driver", driver, deadly, once).get();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == errc::dead_lettered);
  const auto letters = letters_of(nodes);
  REQUIRE(letters.size() == 1);
  CHECK(text(letters[0], "id") == once.command.text());
  CHECK(text(letters[0], "how") == "process");
  CHECK(text(letters[0], "cause") == "the process ended by signal 11");
  CHECK(text(letters[0], "stack_hash") != std::string(16, '0'));
  // The aggregate goes on.
  change_status accepted;
  accepted.status = std::string{status_accepted};
  CHECK(nodes.send("taxi.driver", driver, accepted).get().ok());
  CHECK(node.running());

  fault.mend();
  const auto retried = admin(nodes, "deadletter-retry", value::object{{"id", once.command.text()}});
  CHECK(text(retried, "outcome") == "INVALID_TRANSITION"); // it ran, and the business refused
  CHECK(letters_of(nodes).empty());
  CHECK(node.stop() == 0);
  CHECK(run_program("troupe", {"verify", node.data().string()}).exit_code == 0);
}

} // namespace
} // namespace troupe::test
