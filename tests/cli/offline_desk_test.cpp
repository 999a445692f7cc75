#include "bin/cli/offline_desk.hpp"

#include "messages/json.hpp"
#include "messages/taxi.hpp"
#include "persistence/storage.hpp"
#include "tests/cli/fake_cluster.hpp"
#include "tests/support/temp_folder.hpp"
#include "troupe/testkit/simulated_node.hpp"
#include "troupe/testkit/systems.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace troupe;
using namespace troupe::cli;
using namespace std::chrono_literals;

namespace {

const std::string trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";

/// The data directory of a node of two shards that had one ride, and the node.
struct one_ride {
  test::temp_folder folder;
  std::unique_ptr<testkit::simulated_node> node;
  std::int64_t call = 0;
  stage on;

  one_ride() {
    testkit::node_shape shape;
    shape.shards = 2;
    node = std::make_unique<testkit::simulated_node>(testkit::behaviours_of("taxi"), shape,
                                                     make_sqlite_storage({folder.path()}));
    auto content =
        node->command("taxi.call", {}, taxi::call_taxi{1, "junja", 500}, node->fresh_id());
    content.trace = parse_traceparent("00-" + trace_id + "-00f067aa0ba902b7-01").value();
    content.correlation = "ride-1";
    const auto of = node->post(content);
    node->pass(500ms);
    call = node->heard(of).reply().target.number;
    on.reachable = false; // nobody runs
  }
  std::string text() const { return "taxi.call/" + std::to_string(call); }
  int inspect(std::vector<std::string> words) {
    words.insert(words.end(), {"--data", folder.path().string()});
    return on.inspector(std::move(words));
  }
  value said() const { return parse_json(on.out.str()).value(); }
  bool shows(std::string_view what) const {
    UNSCOPED_INFO(on.out.str() << on.err.str());
    return on.out.str().find(what) != std::string::npos;
  }
};

std::string names_of(const value& listing, const char* member) {
  std::string all;
  for (const auto& each : *listing.find("items")->get_if<value::array>())
    all += (all.empty() ? "" : " ") + cell_text(*each.find(member));
  return all;
}

} // namespace

TEST_CASE("a data directory answers like nodes, whether one runs on it or not", "[offline]") {
  one_ride with;
  if (GENERATE(false, true)) with.node.reset();
  auto& on = with.on;
  REQUIRE(with.inspect({"actor", "ls", "--context", "taxi.call"}) == 0);
  CHECK(with.shows(with.text() + "  passive"));
  REQUIRE(with.inspect({"actor", "show", with.text()}) == 0);
  CHECK(with.shows(R"("status":"Called")"));
  REQUIRE(with.inspect({"actor", "history", with.text()}) == 0);
  CHECK(with.shows("  TRACE"));
  CHECK(with.shows("  " + trace_id));
  REQUIRE(with.inspect({"actor", "history", with.text(), "-o", "json"}) == 0);
  CHECK(names_of(with.said(), "outcome") == "asked accepted");
  CHECK(names_of(with.said(), "trace") == trace_id + " " + trace_id);
  REQUIRE(with.inspect({"deadletter", "ls", "-o", "json"}) == 0);
  CHECK(names_of(with.said(), "id").empty());
  CHECK(with.inspect({"deadletter", "show", "018bcfe5-6800-7abc-8123-456789abcdef"}) == 5);
  REQUIRE(with.inspect({"journal", "tail", "--context", "taxi.call", "-o", "name"}) == 0);
  CHECK(on.out.str() == with.text() + "#1\n" + with.text() + "#2\n");
  REQUIRE(with.inspect(
              {"journal", "grep", "registerFare", "--context", "taxi.payment", "-o", "json"}) == 0);
  CHECK(names_of(with.said(), "command") == "registerFare");
  REQUIRE(with.inspect({"journal", "grep", "junja", "-o", "json"}) == 0);
  CHECK(names_of(with.said(), "command").empty()); // nobody learns by guessing what is redacted
  REQUIRE(with.inspect({"journal", "stats", "-o", "json"}) == 0);
  CHECK(*with.said().find("total")->find("turns")->find("callTaxi") == value{2});
}

TEST_CASE("why goes from a driver over the call to the client, and forward again", "[offline]") {
  one_ride with;
  REQUIRE(with.inspect({"journal", "tail", "--context", "taxi.driver", "-o", "name"}) == 0);
  const std::string driver = with.on.out.str().substr(0, with.on.out.str().find('#'));
  REQUIRE(with.inspect({"why", driver, "1", "-o", "json"}) == 0);
  auto chain = with.said();
  CHECK(names_of(chain, "relation") == "turn event");
  CHECK(names_of(chain, "command") == "receiveCall callTaxi");
  CHECK(names_of(chain, "trace") == trace_id + " " + trace_id);
  CHECK(*chain.find("end") == value{"client"});
  CHECK(*chain.find("why") == value{"a client sent it, correlation ride-1"});

  const std::string payment = "taxi.payment/" + std::to_string(with.call);
  REQUIRE(with.inspect({"why", payment, "-o", "json"}) == 0);
  CHECK(names_of(with.said(), "relation") == "turn asked");
  REQUIRE(with.inspect({"why", payment}) == 0);
  CHECK(with.shows("`- asked by " + with.text() + "#1 callTaxi  asked"));
  CHECK(with.shows("   `- a client sent it, correlation ride-1"));

  REQUIRE(with.inspect({"why", with.text(), "1", "--forward"}) == 0);
  CHECK(with.shows("what followed from it:"));
  CHECK(with.shows("asked: " + payment + "#1 registerFare"));
  CHECK(with.shows("settled: " + with.text() + "#2 callTaxi"));
  CHECK(with.shows(": " + driver + "#1 receiveCall"));
}

TEST_CASE("a state is rebuilt as of a turn or a time", "[offline]") {
  one_ride with;
  auto desk = open_data_directory(with.folder.path());
  REQUIRE(desk.ok());
  const auto state = [&](value::object more) {
    value wanted{value::object{{"context", "taxi.call"}, {"id", with.call}}};
    for (auto& [name, each] : more)
      wanted[name] = each;
    return (*desk)->admin("actor-state", wanted);
  };
  const auto newest = state({});
  REQUIRE(newest.ok());
  CHECK(*newest->find("seq") == value{2});
  CHECK(*newest->find("exists") == value{true});
  CHECK(*newest->find("state")->find("status") == value{"Called"});
  const auto before = state({{"at_seq", 1}});
  CHECK(*before->find("exists") == value{false});
  CHECK(*before->find("state") == value{});
  CHECK(*before->find("head") == value{2});
  CHECK(*state({{"at_ms", 1}})->find("seq") == value{0});
}

TEST_CASE("a state read from files is the one that the node tells, redacted like there",
          "[offline]") {
  one_ride with;
  auto desk = open_data_directory(with.folder.path());
  REQUIRE(desk.ok());
  const std::vector<value::object> moments{{},
                                           {{"at_seq", 1}},
                                           {{"at_seq", 2}},
                                           {{"at_seq", value{}}},
                                           {{"at_ms", 1}},
                                           {{"at_seq", 0}},
                                           {{"at_seq", 3}},
                                           {{"at_seq", "1"}},
                                           {{"at_ms", -1}},
                                           {{"at_seq", 1}, {"at_ms", 1}}};
  for (const auto& moment : moments) {
    value wanted{moment};
    wanted["context"] = "taxi.call";
    wanted["id"] = with.call;
    INFO(to_json(wanted));
    request content;
    content.kind = request_kind::admin;
    content.context = "taxi.call";
    content.target = {with.call};
    content.name = "actor-state";
    content.payload = encode_value(wanted);
    const auto told = with.node->say(content, true);
    auto read = (*desk)->admin("actor-state", wanted);
    REQUIRE(read.ok() == told.ok());
    if (!told.ok()) {
      CHECK(read.error().code == told.failure().code);
      CHECK(read.error().message == told.failure().message);
      continue;
    }
    auto expected = decode_value(told.reply().payload).value();
    expected["node"] = value{}; // nobody's
    const auto* members = expected.get_if<value::object>();
    CHECK(read->get_if<value::object>()->size() == members->size());
    for (const auto& [name, held] : *members) {
      INFO(name);
      REQUIRE(read->find(name) != nullptr);
      CHECK(*read->find(name) == held);
    }
  }
  REQUIRE(with.inspect({"actor", "state", with.text(), "-o", "json"}) == 0);
  CHECK(with.shows("[redacted]"));
  CHECK_FALSE(with.shows("junja"));
  for (const char* each : {"show", "history"}) {
    REQUIRE(with.inspect({"actor", each, with.text(), "-o", "json"}) == 0);
    CHECK(with.shows("[redacted]"));
    CHECK_FALSE(with.shows("junja"));
  }
  REQUIRE(with.inspect({"journal", "tail", "--limit", "100", "-o", "json"}) == 0);
  CHECK_FALSE(with.shows("junja"));
}

TEST_CASE("what needs a node, and what is no data directory, is refused", "[offline]") {
  one_ride with;
  auto desk = open_data_directory(with.folder.path());
  REQUIRE(desk.ok());
  for (const char* verb : {"deadletter-retry", "tree", "context-stop", "quarantine"}) {
    const auto said = (*desk)->admin(verb, value{value::object{{"context", "taxi.call"}}});
    REQUIRE_FALSE(said.ok());
    CHECK(said.error().message.find("leave --data out") != std::string::npos);
  }
  CHECK((*desk)
            ->admin("history", value{value::object{{"context", "no.such"}, {"id", 1}}})
            .error()
            .code == errc::unknown_context);
  CHECK((*desk)
            ->admin("actor", value{value::object{{"context", "taxi.call"}, {"id", 99}}})
            .error()
            .code == errc::not_found);
  CHECK_FALSE((*desk)->send("taxi.call", {}, "callTaxi", {}, {}).ok());
  const test::temp_folder empty;
  CHECK(open_data_directory(empty.path()).error().code == errc::not_found);
  CHECK(open_data_directory(empty.path() / "nothing").error().code == errc::not_found);
  std::ofstream{empty.path() / "taxi.call.0.journal"} << "no journal";
  CHECK_FALSE(open_data_directory(empty.path()).ok());
  CHECK(with.on.inspector({"actor", "ls", "--data", (empty.path() / "x").string()}) == 5);
  CHECK(with.on.inspector({"tree", "--data", "x"}) == 2); // there is no such option
}
