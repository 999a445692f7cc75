#include "messages/json.hpp"
#include "persistence/audit_journal.hpp"
#include "tests/support/sdk_door.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include <fstream>

/// The admin plane of real nodes: who gets in where, and what is written down.
namespace troupe::test {
namespace {

struct served {
  temp_folder scratch;
  test_node node;
  explicit served(std::vector<std::string> flags = {"--system", "taxi"})
      : node(scratch.path() / "data", std::move(flags)) {
    node.start();
    auto nodes = connect_to(node);
    REQUIRE(all_up(nodes));
  }
  [[nodiscard]] std::filesystem::path socket() const { return node.data() / "n1.admin.sock"; }
  [[nodiscard]] finished inspector(std::vector<std::string> words) const {
    words.insert(words.end(), {"--endpoint", node.endpoint()});
    return run_program("actor-inspector", std::move(words));
  }
};

bool has(const finished& how, std::string_view what) {
  UNSCOPED_INFO(how.output);
  return how.output.find(what) != std::string::npos;
}

mode_t mode_of(const std::filesystem::path& file) {
  struct stat is {};
  REQUIRE(::lstat(file.c_str(), &is) == 0);
  return is.st_mode;
}

TEST_CASE("operators come by a socket that is its owner's alone, also after a crash") {
  served by;
  CHECK(S_ISSOCK(mode_of(by.socket())));
  CHECK((mode_of(by.socket()) & 0777) == 0600);
  auto nodes = connect_to(by.node);
  REQUIRE(stop_context(nodes, "taxi.driver"));
  by.node.kill(); // the socket stays behind
  REQUIRE(std::filesystem::exists(by.socket()));
  by.node.start();
  CHECK((mode_of(by.socket()) & 0777) == 0600);
  auto again = connect_to(by.node);
  REQUIRE(start_context(again, "taxi.driver"));

  // Both processes' verbs are there, the one before the kill with its end.
  const auto kept = read_audit_journal(audit_file(by.node.data(), "n1")).value()->after(0, 10);
  REQUIRE(kept.ok());
  REQUIRE(kept->size() == 2);
  CHECK(kept->at(0).verb == "context-stop");
  CHECK(kept->at(0).result == "done");
  CHECK(kept->at(0).who == "test");
  CHECK(kept->at(0).from.find("uid " + std::to_string(::geteuid())) == 0);
  CHECK(kept->at(1).verb == "context-start");
  const auto shown = by.inspector({"audit", "-o", "jsonl"});
  CHECK(shown.exit_code == 0);
  CHECK(has(shown, "\"context-stop\""));
  CHECK(has(shown, "\"context-start\""));
}

TEST_CASE("nobody sees what callers sent without a role, and nobody sees what is about people") {
  const served by;
  auto nodes = connect_to(by.node);
  const auto called =
      nodes.send_sync("taxi.call", {}, taxi::call_taxi{1, "junja", 500}, call_options{});
  REQUIRE(called.ok());
  const auto name = "taxi.call/" + std::to_string(called->target.number);
  for (const auto* verb : {"show", "history"}) {
    const auto refused = by.inspector({"actor", verb, name, "--role", "observe"});
    CHECK(refused.exit_code != 0);
    CHECK(has(refused, "UNAUTHORIZED"));
    const auto shown = by.inspector({"actor", verb, name, "-o", "json", "--role", "inspect"});
    CHECK(shown.exit_code == 0);
    CHECK(has(shown, "[redacted]"));
    CHECK_FALSE(has(shown, "junja"));
  }
  const auto release = by.inspector({"actor", "release", name, "--role", "inspect"});
  CHECK(has(release, "UNAUTHORIZED"));
  CHECK(by.inspector({"tree", "--role", "observe"}).exit_code == 0);
  const auto looks = by.inspector({"audit", "--verb", "history", "-o", "name"});
  CHECK(has(looks, "#"));
}

TEST_CASE("without an admin endpoint nothing is changed, and the caller hears why") {
  const served by{{"--system", "taxi", "--admin", "off"}};
  CHECK_FALSE(std::filesystem::exists(by.socket()));
  auto nodes = connect_to(by.node);
  const auto said = nodes.admin("context-stop", of_context("taxi.driver")).get();
  REQUIRE_FALSE(said.ok());
  CHECK(said.error().code == errc::unauthorized);
  CHECK(said.error().message.find("no admin endpoint") != std::string::npos);
  CHECK(context_state(nodes, "taxi.driver") == "up");
}

TEST_CASE("a node whose audit journal is damaged serves, and nobody operates it") {
  const temp_folder scratch;
  std::filesystem::create_directory(scratch.path() / "data");
  std::ofstream{audit_file(scratch.path() / "data", "n1")}
      << "this is no database, and it is long enough to be seen as such: " << std::string(500, '!');
  test_node node{scratch.path() / "data", {"--system", "taxi"}};
  node.start();
  auto nodes = connect_to(node);
  REQUIRE(all_up(nodes));
  CHECK(nodes.send_sync("taxi.call", {}, taxi::call_taxi{1, "junja", 500}).ok());
  const auto said = nodes.admin("context-stop", of_context("taxi.driver")).get();
  REQUIRE_FALSE(said.ok());
  CHECK(said.error().code == errc::corrupt);
  CHECK(said.error().message.find("nothing was done") != std::string::npos);
  CHECK(context_state(nodes, "taxi.driver") == "up");
}

TEST_CASE("tcp takes keys, and none is needed to look") {
  const temp_folder keys;
  const auto file = keys.path() / "keys.toml";
  const std::string key(32, 'k');
  std::ofstream{file} << "operate = \"" << key << "\"\n";
  REQUIRE(::chmod(file.c_str(), 0600) == 0);
  const served by{
      {"--system", "taxi", "--admin", "tcp://127.0.0.1:0", "--admin-keys", file.string()}};
  auto without = connect_to(by.node);
  CHECK(without.admin("context-stop", of_context("taxi.driver")).get().error().code ==
        errc::unauthorized);
  auto options = options_for({by.node.endpoint()});
  options.admin_key = key;
  auto with = connect_with(options);
  CHECK(stop_context(with, "taxi.driver"));

  const auto own = keys.path() / "key";
  std::ofstream{own} << key << '\n';
  REQUIRE(::chmod(own.c_str(), 0600) == 0);
  CHECK(by.inspector({"healing", "off", "restart-shard", "--admin-key-file", own.string()})
            .exit_code == 0);
  REQUIRE(::chmod(own.c_str(), 0644) == 0);
  CHECK(has(by.inspector({"healing", "off", "restart-shard", "--admin-key-file", own.string()}),
            "chmod 600"));
}

TEST_CASE("a node does not start with an admin endpoint that others can reach") {
  const temp_folder scratch;
  const auto start = [&](std::vector<std::string> more) {
    std::vector<std::string> words{"--data", (scratch.path() / "data").string(), "--listen",
                                   "tcp://127.0.0.1:0"};
    words.insert(words.end(), more.begin(), more.end());
    return run_program("troupe-node", std::move(words));
  };
  const auto open = start({"--admin", "tcp://0.0.0.0:0"});
  CHECK(open.exit_code != 0);
  CHECK(has(open, "--admin-keys"));
  const auto file = scratch.path() / "keys.toml";
  std::ofstream{file} << "operate = \"" << std::string(32, 'k') << "\"\n";
  REQUIRE(::chmod(file.c_str(), 0644) == 0);
  const auto readable = start({"--admin", "tcp://0.0.0.0:0", "--admin-keys", file.string()});
  CHECK(readable.exit_code != 0);
  CHECK(has(readable, "chmod 600"));
}

} // namespace
} // namespace troupe::test
