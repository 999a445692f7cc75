#include "bin/launcher/launch_settings.hpp"

#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>

using namespace troupe;
using namespace troupe::cli;

namespace {

struct stage {
  test::temp_folder scratch;
  std::map<std::string, std::string> variables;

  [[nodiscard]] std::string file(const std::string& text) const {
    const auto path = scratch.path() / "troupe.toml";
    std::ofstream{path} << text;
    return path.string();
  }
  [[nodiscard]] std::variant<read_settings, failure> read(std::vector<std::string> words) const {
    words.insert(words.begin(), "up");
    const auto line = parse_line(troupe_tool(), words, [this](const std::string& name) {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional{found->second};
    });
    if (const auto* wrong = std::get_if<failure>(&line)) return *wrong;
    return read_launch_settings(std::get<invocation>(line));
  }
  [[nodiscard]] launch_settings settings(std::vector<std::string> words) const {
    auto said = read(std::move(words));
    if (const auto* wrong = std::get_if<failure>(&said)) FAIL(wrong->what + ": " + wrong->why);
    return std::get<read_settings>(said).settings;
  }
  [[nodiscard]] failure refused(std::vector<std::string> words) const {
    auto said = read(std::move(words));
    REQUIRE(std::holds_alternative<failure>(said));
    const auto wrong = std::get<failure>(said);
    CHECK(wrong.exit == 2);
    CHECK(wrong.code == "USAGE");
    CHECK_FALSE(wrong.next.empty());
    return wrong;
  }
};

} // namespace

TEST_CASE("Without anything said, three nodes from port 7100 serve everything") {
  const stage on;
  const auto got = on.settings({});
  CHECK(got.nodes == 3);
  CHECK(got.data == "./data");
  CHECK(got.listen_base == 7100);
  CHECK(got.http == "127.0.0.1:8080");
  CHECK(got.systems.empty());
  CHECK(contexts_without_host(got, 1).empty());
}

TEST_CASE("Flags beat the environment, the environment beats the file, the file beats defaults") {
  stage on;
  const auto file = on.file("nodes = 2\ndata = \"/srv/a\"\nhttp = \"127.0.0.1:1\"\nlanes = 7\n");
  on.variables = {{"TROUPE_NODES", "4"}, {"TROUPE_DATA", "/srv/b"}};
  const auto got = on.settings({"--config", file, "-n", "5"});
  CHECK(got.nodes == 5);
  CHECK(got.data == "/srv/b");
  CHECK(got.http == "127.0.0.1:1");
  CHECK(got.lanes == 7);
  CHECK(got.shards == 4);
}

TEST_CASE("Lists come from the file or from repeated flags; hosts of a node from either") {
  const stage on;
  const auto file = on.file("system = [\"taxi\", \"siren\"]\n[host]\n"
                            "n1 = [\"taxi.call\", \"siren.order\"]\nn2 = [\"taxi.payment\"]\n");
  const auto got = on.settings({"--config", file, "--host", "n2=taxi.driver,taxi.call"});
  CHECK(got.systems == std::vector<std::string>{"taxi", "siren"});
  CHECK(got.hosts.at("n1") == std::vector<std::string>{"taxi.call", "siren.order"});
  CHECK(got.hosts.at("n2") == std::vector<std::string>{"taxi.driver", "taxi.call"});
  const auto flags = on.settings({"--system", "taxi", "--system", "edu", "--cors", "none"});
  CHECK(flags.systems == std::vector<std::string>{"taxi", "edu"});
  CHECK(flags.cors == std::vector<std::string>{"none"});
}

TEST_CASE("What --print-config prints says the same when it is read") {
  const stage on;
  const std::vector<std::vector<std::string>> lines{
      {},
      {"--autoscale", "2..4", "--target", "cpu=33.5%", "--target", "mailbox_p95=5ms"},
      {"-n", "7", "--system", "taxi", "--host", "n1=taxi.call", "--data", "a \"b\""}};
  for (const auto& words : lines) {
    auto asked = words;
    asked.push_back("--print-config");
    const auto said = on.read(asked);
    REQUIRE(std::holds_alternative<read_settings>(said));
    const auto& printed = std::get<read_settings>(said).printed;
    const auto again = on.read({"--config", on.file(printed), "--print-config"});
    REQUIRE(std::holds_alternative<read_settings>(again));
    CHECK(std::get<read_settings>(again).printed == printed);
  }
}

TEST_CASE("The flags for a launcher in the background say the same") {
  const stage on;
  const auto got =
      on.settings({"-n", "2", "--system", "taxi", "--host", "n1=taxi.call", "--http", "127.0.0.1:0",
                   "--cors", "none", "--web", "/w", "--ready-within", "5s"});
  const auto again = on.settings(flags_of(got));
  CHECK(flags_of(again) == flags_of(got));
  CHECK(again.hosts == got.hosts);
  CHECK(again.ready_within == std::chrono::milliseconds{5'000});
}

TEST_CASE("With autoscale a cluster begins with its least, or with what --nodes says") {
  const stage on;
  CHECK(on.settings({"--autoscale", "2..5"}).nodes == 2);
  const auto got = on.settings({"--autoscale", "2..5", "-n", "4", "--target", "cpu=15%"});
  CHECK(got.nodes == 4);
  CHECK(on.settings(flags_of(got)).autoscale->targets == got.autoscale->targets);
  const auto file = on.file("autoscale = \"1..3\"\ntarget = [\"mailbox_p95=5ms\"]\n"
                            "scale-in-after = \"30s\"\n");
  const auto kept = on.settings({"--config", file});
  CHECK(kept.nodes == 1);
  CHECK(kept.autoscale->pace.in_after == std::chrono::milliseconds{30'000});
  CHECK(on.refused({"--config", file, "-n", "4"}).what ==
        "cannot use --nodes 4 with --autoscale 1..3");
  CHECK(on.refused({"--autoscale", "3..1"}).what == "cannot use --autoscale 3..1");
  // Every context needs a host even when there are as few nodes as there may be.
  CHECK(on.refused({"--autoscale", "1..2", "-n", "2", "--system", "taxi", "--host", "n1=taxi.call"})
            .what == "no node would host taxi.callList");
}

TEST_CASE("Bad settings are refused with what is wrong") {
  const stage on;
  CHECK(on.refused({"-n", "0"}).why == "it is from 1 to 16");
  CHECK(on.refused({"-n", "17"}).what == "cannot use --nodes 17");
  CHECK(on.refused({"-n", "many"}).what == "cannot read the settings");
  CHECK(on.refused({"--listen-base", "65530"}).what == "cannot use --listen-base 65530");
  CHECK(on.refused({"--lanes", "0"}).what == "cannot use --lanes 0");
  CHECK(on.refused({"--shards", "2000"}).what == "cannot use --shards 2000");
  CHECK(on.refused({"--http", "nowhere"}).what == "cannot use --http");
  CHECK(on.refused({"--system", "taxy"}).why.find("did you mean taxi?") == 0);
  CHECK(on.refused({"--host", "n1"}).why.find("NODE=CONTEXT") != std::string::npos);
  CHECK(on.refused({"--host", "m1=taxi.call"}).what == "there is no node 'm1'");
  CHECK(on.refused({"--host", "n17=taxi.call"}).what == "there is no node 'n17'");
  CHECK(on.refused({"--host", "n1=taxi.cal"}).why.find("did you mean taxi.call?") == 0);
  CHECK(on.refused({"--log-level", "loud"}).what == "cannot use --log-level loud");
  CHECK(on.refused({"--ready-within", "soon"}).what == "cannot use --ready-within");
  CHECK(on.refused({"--config", "/no/such.toml"}).why == "there is no file /no/such.toml");
  CHECK(on.refused({"--config", on.file("nodez = 3\n")}).why.find("'nodez'") != std::string::npos);
  CHECK(on.refused({"--config", on.file("[host]\nn99 = [\"taxi.call\"]\n")}).why.find("n99") !=
        std::string::npos);
}

TEST_CASE("Every context needs a node that hosts it") {
  const stage on;
  const auto wrong = on.refused({"-n", "1", "--system", "taxi", "--host", "n1=taxi.call"});
  CHECK(wrong.what == "no node would host taxi.callList");
  const auto got = on.settings({"-n", "2", "--host", "n1=taxi.call"});
  CHECK(contexts_without_host(got, 2).empty());
  CHECK_FALSE(contexts_without_host(got, 1).empty());
}

TEST_CASE("Endpoints have a place") {
  CHECK(place_of_endpoint("tcp://127.0.0.1:*")->port == 0);
  CHECK(place_of_endpoint("tcp://*:7100")->host == "0.0.0.0");
  CHECK_FALSE(place_of_endpoint("127.0.0.1:7100"));
  CHECK_FALSE(place_of_endpoint("tcp://x"));
}

TEST_CASE("The gateway's keys are looked at, printed and passed on") {
  stage on;
  CHECK(on.settings({}).admin_keys.empty());
  const auto path = on.file("operate = \"" + std::string(32, 'k') + "\"\n");
  CHECK(on.refused({"--admin-keys", path}).why.find("chmod 600") != std::string::npos);
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  const auto flags = flags_of(on.settings({"--admin-keys", path}));
  CHECK(std::find(flags.begin(), flags.end(), "--admin-keys=" + path) != flags.end());
  on.variables = {{"TROUPE_ADMIN_KEYS", path}};
  CHECK(on.settings({}).admin_keys == path);
  const auto said = on.read({"--print-config"});
  const auto& printed = std::get<read_settings>(said).printed;
  CHECK(printed.find("admin-keys = \"" + path + "\"\n") != std::string::npos);
  CHECK(on.refused({"--admin-keys", "/no/such"}).what == "cannot use --admin-keys /no/such");
}

TEST_CASE("Rates are checked, printed and passed on") {
  const stage on;
  const auto got = on.settings({"--client-rate", "50/100", "--context-rate", "taxi.call=5"});
  CHECK(got.client_rate == "50/100");
  CHECK(got.context_rates == std::vector<std::string>{"taxi.call=5"});
  const auto again = on.settings({"--config", on.file("client-rate = \"7\"\n"
                                                      "context-rate = [\"taxi.call=5/6\"]\n")});
  CHECK(again.client_rate == "7");
  CHECK(again.context_rates == std::vector<std::string>{"taxi.call=5/6"});
  const auto flags = flags_of(got);
  CHECK(std::find(flags.begin(), flags.end(), "--client-rate=50/100") != flags.end());
  CHECK(std::find(flags.begin(), flags.end(), "--context-rate=taxi.call=5") != flags.end());
  const auto said = on.read({"--print-config", "--client-rate", "50/100"});
  const auto& printed = std::get<read_settings>(said).printed;
  CHECK(printed.find("client-rate = \"50/100\"\n") != std::string::npos);
  CHECK(on.refused({"--client-rate", "much"}).what == "cannot use --client-rate much");
  CHECK(on.refused({"--context-rate", "taxi.call"}).what == "cannot use --context-rate taxi.call");
  CHECK(on.refused({"--context-rate", "taxi.cal=5"}).why.find("taxi.cal") != std::string::npos);
}
