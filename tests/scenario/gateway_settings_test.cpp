#include "tests/support/http_door.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <stdlib.h>

#include <fstream>

/// What a gateway is started with: flags, environment and a file, and what it says to wrong ones.
namespace troupe::test {
namespace {

/// A variable of the environment for as long as the object lives; children get it too.
class variable {
public:
  variable(const char* name, const char* text) : name_(name) { ::setenv(name, text, 1); }
  ~variable() { ::unsetenv(name_); }
  variable(const variable&) = delete;
  variable& operator=(const variable&) = delete;

private:
  const char* name_;
};

struct file {
  temp_folder scratch;
  std::string path = (scratch.path() / "gateway.toml").string();
  explicit file(std::string_view text) { std::ofstream{path} << text; }
};

[[nodiscard]] std::string printed(std::vector<std::string> flags, const char* by = "gateway") {
  flags.emplace_back("--print-config");
  const auto how = run_program("troupe-" + std::string{by}, std::move(flags));
  CHECK(how.exit_code == 0);
  return "\n" + how.output;
}

[[nodiscard]] bool says(const std::string& text, std::string_view what) {
  UNSCOPED_INFO(text);
  return text.find(what) != std::string::npos;
}

TEST_CASE(
    "a flag wins over the environment, the environment over the file, the file over nothing") {
  const file from{"listen = \"127.0.0.1:1\"\nthreads = 3\n"
                  "cors = [\"taxi=https://a.example,https://b.example\", \"none\"]\n"};
  CHECK(says(printed({}), "\nlisten=\"127.0.0.1:8080\"\n"));
  CHECK(says(printed({"--config", from.path}), "\nlisten=\"127.0.0.1:1\"\n"));
  CHECK(says(printed({"--config", from.path}), "\nthreads=3\n"));
  CHECK(says(printed({"--config", from.path}),
             "\ncors=[\"taxi=https://a.example,https://b.example\", \"none\"]\n"));
  const variable place{"TROUPE_HTTP", "127.0.0.1:2"};
  const variable origins{"TROUPE_CORS", "none taxi=*"};
  CHECK(says(printed({"--config", from.path}), "\nlisten=\"127.0.0.1:2\"\n"));
  CHECK(says(printed({"--config", from.path}), "\ncors=\"none taxi=*\"\n"));
  CHECK(says(printed({"--config", from.path, "--listen", "127.0.0.1:3"}),
             "\nlisten=\"127.0.0.1:3\"\n"));
  CHECK(
      says(printed({"--config", from.path, "--listen=127.0.0.1:3"}), "\nlisten=\"127.0.0.1:3\"\n"));
}

TEST_CASE("what --print-config prints can be given back as the file") {
  const std::string first = printed({"--cors", "none", "--cors", "taxi=https://a.example"});
  const file from{first};
  CHECK(printed({"--config", from.path}) == first);
  const file untouched{printed({})};
  CHECK(printed({"--config", untouched.path}) == printed({}));
}

/// A node used to let its file win over the environment, against what its help promised.
TEST_CASE("a node reads its settings in the same order") {
  const file from{"name = \"of the file\"\n"};
  CHECK(says(printed({"--config", from.path}, "node"), "\nname=\"of the file\"\n"));
  const variable name{"TROUPE_NAME", "of the environment"};
  CHECK(says(printed({"--config", from.path}, "node"), "\nname=\"of the environment\"\n"));
}

TEST_CASE("settings that mean nothing are refused, each with what is wrong") {
  const auto refused = [](std::vector<std::string> flags, std::string_view why) {
    const auto how = run_program("troupe-gateway", std::move(flags));
    CHECK(how.exit_code == 2);
    return says(how.output, why);
  };
  const file unknown{"colour = \"red\"\n"};
  CHECK(refused({"--config", unknown.path}, "colour"));
  CHECK(refused({"--config", "/nowhere/gateway.toml"}, "/nowhere/gateway.toml"));
  CHECK(refused({"--cors", "ship=*"}, "there is no system 'ship'"));
  CHECK(refused({"--cors", "taxi=https://a.example/"}, "no path"));
  CHECK(refused({"--cors", "*", "--cors", "none"}, "twice"));
  CHECK(refused({"--cors-origin", "*"}, "--cors-origin"));
  const variable wrong{"TROUPE_CORS", "taxi=a.example"};
  CHECK(refused({}, "begins with http:// or https://"));
}

TEST_CASE("a gateway shows nodes on tcp the key that it was given, its callers another one") {
  const temp_folder scratch;
  const auto kept = [&](const char* name, const std::string& text) {
    const auto path = scratch.path() / name;
    std::ofstream{path} << text << '\n';
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
    return path.string();
  };
  const std::string of_nodes(32, 'n');
  const std::string of_callers(32, 'c');
  test_node node{scratch.path() / "data",
                 {"--admin", "tcp://127.0.0.1:0", "--admin-keys",
                  kept("nodes.toml", "operate = \"" + of_nodes + "\"")}};
  node.start();
  const auto callers = kept("callers.toml", "operate = \"" + of_callers + "\"");
  const auto status_of = [&](std::vector<std::string> flags) {
    flags.insert(flags.end(), {"--admin-keys", callers});
    const test_gateway gateway{node.endpoint(), std::move(flags)};
    return gateway
        .ask("POST", "/troupe/api/healing-switch", R"({"action":"restart-shard","state":"off"})",
             {{"Authorization", "Bearer " + of_callers}, {"Content-Type", "application/json"}})
        .status;
  };
  CHECK(status_of({}) == 401);
  CHECK(status_of({"--node-key-file", kept("key", of_nodes)}) == 200);
  const auto refused = run_program("troupe-gateway", {"--node-key-file", "/nowhere/key"});
  CHECK(refused.exit_code != 0);
  CHECK(says(refused.output, "--node-key-file: "));
}

TEST_CASE("a gateway without its web pages says so and serves the systems") {
  const temp_folder scratch;
  test_node node{scratch.path() / "data"};
  node.start();
  const test_gateway gateway{node.endpoint(), {"--web", (scratch.path() / "none").string()}};
  CHECK(gateway.get("/taxi/html/").status == 404);
  CHECK(gateway.get("/taxi/calls").status == 200);
  CHECK(says(gateway.printed(), "there is no folder"));
}

TEST_CASE("origins are a matter of each system, over the wire too") {
  const temp_folder scratch;
  test_node node{scratch.path() / "data"};
  node.start();
  const test_gateway gateway{node.endpoint(),
                             {"--cors", "taxi=https://a.example", "--cors", "none"}};
  const auto allowed = [&](const char* target, const char* origin) {
    return gateway.ask("GET", target, {}, {{"Origin", origin}})
        .header("Access-Control-Allow-Origin");
  };
  CHECK(allowed("/taxi/calls", "https://a.example") == "https://a.example");
  CHECK(allowed("/taxi/calls", "https://b.example").empty());
  CHECK(allowed("/metrics", "https://a.example").empty());
}

} // namespace
} // namespace troupe::test
