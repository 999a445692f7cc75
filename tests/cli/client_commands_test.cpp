#include "messages/json.hpp"
#include "tests/cli/fake_cluster.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

call_reply answered(std::int64_t id, value::object state) {
  call_reply reply;
  reply.target = {id};
  reply.seq = 3;
  reply.payload = encode_value(value{std::move(state)});
  return reply;
}

} // namespace

TEST_CASE("send converts the fields, makes a command id and shows the answer") {
  stage on;
  on.script.reply = answered(4, {{"status", "Called"}, {"cost", 500}});
  REQUIRE(on.troupe({"send", "taxi.call", "callTaxi", "cost=500", "destination=junja"}) == 0);
  CHECK(on.script.context == "taxi.call");
  CHECK_FALSE(on.script.target.given());
  CHECK(*decode_value(on.script.payload) ==
        value{value::object{{"cost", 500}, {"destination", "junja"}}});
  CHECK(on.script.options.command.ordered());
  CHECK(on.out.str().find("taxi.call/4") != std::string::npos);
  CHECK(on.out.str().find("status:     Called") != std::string::npos);

  REQUIRE(on.troupe({"send", "taxi.call", "callTaxi", "cost=1", "-o", "json"}) == 0);
  const auto data = parse_json(on.out.str());
  REQUIRE(data);
  CHECK(*data->find("kind") == value{"Reply"});
}

TEST_CASE("what is not the present state is shown as such") {
  stage on;
  on.script.reply = answered(4, {{"status", "Called"}});
  REQUIRE(on.troupe({"get", "taxi.call/4"}) == 0);
  CHECK(on.out.str().find("degraded") == std::string::npos);
  auto old = answered(4, {{"status", "Called"}});
  old.degraded = degraded_mark{3, 1500};
  on.script.reply = old;
  REQUIRE(on.troupe({"get", "taxi.call/4"}) == 0);
  CHECK(on.out.str().find("as of turn 3, 1500 ms old") != std::string::npos);
  REQUIRE(on.troupe({"get", "taxi.call/4", "-o", "json"}) == 0);
  const auto data = parse_json(on.out.str());
  REQUIRE(data);
  const auto* mark = data->find("items")->get_if<value::array>()->front().find("degraded");
  REQUIRE(mark != nullptr);
  CHECK(*mark->find("as_of") == value{3});
  CHECK(*mark->find("age_ms") == value{1500});
  old.degraded = degraded_mark{};
  on.script.reply = old;
  REQUIRE(on.troupe({"send", "taxi.call", "callTaxi", "cost=1"}) == 0);
  CHECK(on.out.str().find("a declared fallback was used") != std::string::npos);
}

TEST_CASE("send takes fields from standard input and an id of the caller") {
  stage on;
  on.script.reply = answered(1, {});
  on.in.str(R"({"status":"Accepted"})");
  REQUIRE(on.troupe({"send", "taxi.driver/9", "changeStatus", "--json", "-", "--id", "mine"}) == 0);
  CHECK(on.script.target.number == 9);
  CHECK(*decode_value(on.script.payload) == value{value::object{{"status", "Accepted"}}});
  CHECK(on.script.options.command == command_id::named("cli", "mine"));
  const command_id id = command_id::make(5, 6, 7);
  REQUIRE(on.troupe({"send", "taxi.driver/9", "changeStatus", "--id", id.text()}) == 0);
  CHECK(on.script.options.command == id);
}

TEST_CASE("send refuses what cannot work before it connects") {
  stage on;
  on.reachable = false;
  CHECK(on.troupe({"send", "taxi.driver", "changeStatus", "status=x"}) == 2);
  CHECK(on.err.str().find("the id is missing") != std::string::npos);
  CHECK(on.troupe({"send", "taxi.call", "callTaxi", "cost=x"}) == 2);
  CHECK(on.troupe({"send", "taxi.call", "callTaxi", "cost=1", "--json", "{}"}) == 2);
  CHECK(on.troupe({"send", "taxi.call", "fly"}) == 5);
  CHECK(on.troupe({"send", "bus.call", "fly"}) == 5);
}

TEST_CASE("An unknown outcome tells the id that makes a retry safe") {
  stage on;
  on.script.reply = fail(errc::timeout, "no answer");
  CHECK(on.troupe({"send", "taxi.call", "callTaxi"}) == 6);
  CHECK(on.err.str().find("--id " + on.script.options.command.text()) != std::string::npos);
}

TEST_CASE("Errors end with the exit code of the table and nothing on stdout") {
  stage on;
  on.script.reply = error{errc::rejected, "INVALID_TRANSITION", "Completed is the end", 0};
  CHECK(on.troupe({"send", "taxi.driver/1", "changeStatus", "status=Called"}) == 7);
  CHECK(on.err.str().find("Completed is the end (INVALID_TRANSITION)") != std::string::npos);
  CHECK(on.out.str().empty());
  on.script.reply = fail(errc::not_found, "");
  CHECK(on.troupe({"get", "taxi.call/77"}) == 5);
  on.reachable = false;
  CHECK(on.troupe({"get", "taxi.call/77"}) == 3);
  CHECK(on.troupe({"list", "taxi.call"}) == 3);
  CHECK(on.troupe({"watch", "taxi.call"}) == 3);
  CHECK(on.troupe({"status"}) == 3);
  CHECK(on.inspector({"tree"}) == 3);
}

TEST_CASE("list asks for one page, filtered by declared fields") {
  stage on;
  page found;
  found.total = 40;
  found.items = {{{1}, value{value::object{{"status", "Called"}, {"cost", 500}}}},
                 {{12}, value{value::object{{"status", "Called"}, {"cost", 5}}}}};
  on.script.rows = found;
  REQUIRE(on.troupe({"list", "taxi.call", "customerId=1", "--sort", "cost,desc", "--size", "2"}) ==
          0);
  CHECK(on.script.wanted.filter == value::object{{"customerId", 1}});
  CHECK(on.script.wanted.sort == "cost");
  CHECK(on.script.wanted.descending);
  CHECK(on.out.str().find("\n 1  ") != std::string::npos);
  CHECK(on.err.str().find("2 of 40") != std::string::npos);
  REQUIRE(on.troupe({"list", "taxi.call", "-o", "name"}) == 0);
  CHECK(on.out.str() == "taxi.call/1\ntaxi.call/12\n");

  CHECK(on.troupe({"list", "taxi.call", "cost=1"}) == 2); // not a declared filter
  CHECK(on.troupe({"list", "taxi.call", "--sort", "nope"}) == 2);
  CHECK(on.troupe({"list", "taxi.call", "--sort", "cost,up"}) == 2);
  CHECK(on.troupe({"list", "taxi.call", "--size", "1001"}) == 2);
}

TEST_CASE("Contexts are listed, stopped and started") {
  stage on;
  on.script.served = {{"taxi.call", 4, false, true}, {"taxi.callList", 1, true, false}};
  REQUIRE(on.troupe({"context", "ls"}) == 0);
  CHECK(on.out.str().find("taxi.callList  view        stopped") != std::string::npos);
  on.script.admin_answers.emplace(
      "context-stop", value{value::object{{"context", "taxi.call"}, {"state", "stopped"}}});
  REQUIRE(on.troupe({"context", "stop", "taxi.call"}) == 0);
  CHECK(*on.script.arguments.find("context") == value{"taxi.call"});
  CHECK(on.troupe({"context", "start", "taxi.call"}) == 5);
  CHECK(on.troupe({"context", "stop", "taxi.nope"}) == 5);
}

TEST_CASE("status shows the node, its contexts and lanes") {
  stage on;
  on.script.admin_answers.emplace(
      "status", *parse_json(R"({"node":"n1","build":"x","pid":7,"uptime_ms":61000,"state":"up",
        "contexts":[{"name":"taxi.call","kind":"aggregates","shards":4,"state":"up",
        "resident":2,"records":10}],"lanes":[{"lane":0,"inbox":0,"handled":12}],
        "server":{"requests":3}})"));
  REQUIRE(on.troupe({"status"}) == 0);
  CHECK(on.out.str().find("uptime:  1 m 1 s") != std::string::npos);
  CHECK(on.out.str().find("taxi.call") != std::string::npos);
  on.waits_before_stop = 2;
  REQUIRE(on.troupe({"status", "-w"}) == 0); // no terminal: a line of data for each look
  CHECK(on.lines_printed() == 3);
  CHECK(on.troupe({"status", "--interval", "1ms"}) == 2);
}

TEST_CASE("Version and help work without a node") {
  stage on;
  on.reachable = false;
  CHECK(on.troupe({"version"}) == 0);
  CHECK(on.troupe({"help", "send"}) == 0);
  CHECK(on.out.str().find("Examples:") < on.out.str().find("Options:"));
  CHECK(on.troupe({"help", "sendd"}) == 2);
  CHECK(on.troupe({"run", "bus"}) == 2);
  CHECK(on.err.str().find("taxi") != std::string::npos);
}
