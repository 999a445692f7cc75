#include "bin/cli/cause_chain.hpp"

#include "messages/derived_commands.hpp"
#include "messages/json.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>

using namespace troupe;
using namespace troupe::cli;

namespace {

/// Records by place, as nodes would tell of them.
struct told_records {
  std::map<std::string, std::string> by_place; ///< "taxi.call/0/7" or a command's id
  int asked = 0;

  cause_asker asker() {
    return [this](const value& wanted) -> result<value> {
      ++asked;
      std::string place = *wanted.find("context")->get_if<std::string>();
      if (const auto* id = wanted.find("command_id"))
        place += "/" + *id->get_if<std::string>();
      else if (const auto* index = wanted.find("index"))
        place += "/" + std::to_string(*wanted.find("shard")->get_if<std::int64_t>()) + "/" +
                 std::to_string(*index->get_if<std::int64_t>());
      else
        place += "#" + std::to_string(*wanted.find("id")->get_if<std::int64_t>());
      const auto found = by_place.find(place);
      if (found == by_place.end()) return fail(errc::not_found, "no " + place);
      if (found->second.empty()) return fail(errc::unreachable, "nobody answers");
      return parse_json(found->second);
    };
  }
};

std::string turn(const std::string& context, int index, const std::string& by,
                 const std::string& more = {}) {
  return R"({"context":")" + context + R"(","shard":0,"index":)" + std::to_string(index) +
         R"(,"id":4,"seq":)" + std::to_string(index) +
         R"(,"time_ms":1700000000123,"outcome":"accepted","command":"go","events":["Went"],)"
         R"("correlation":"c-1",)" +
         more + R"("by":)" + by + "}";
}

const value first{value::object{{"context", "taxi.driver"}, {"id", 4}}};

} // namespace

TEST_CASE("a chain goes back over events, asks and timers to the client") {
  told_records told;
  told.by_place["taxi.driver#4"] = turn(
      "taxi.driver", 9, R"({"kind":"policy","event":{"context":"taxi.call","shard":0,"index":7}})");
  told.by_place["taxi.call/0/7"] = turn(
      "taxi.call", 7, R"({"kind":"ask","caller":{"context":"taxi.payment","shard":0,"index":3}})",
      R"("trace":"4bf92f3577b34da6a3ce929d0e0e4736","span":"00f067aa0ba902b7",)");
  told.by_place["taxi.payment/0/3"] = turn(
      "taxi.payment", 3,
      R"({"kind":"timer","timer":"late","caller":{"context":"taxi.payment","shard":0,"index":1}})");
  told.by_place["taxi.payment/0/1"] = turn("taxi.payment", 1, R"({"kind":"client"})");
  const auto chain = causes_of(first, told.asker());
  REQUIRE(chain.ok());
  CHECK(chain->end == "client");
  REQUIRE(chain->turns.size() == 4);
  CHECK(chain_text(*chain, false, false) ==
        "taxi.driver/4#9 go  accepted: Went  2023-11-14T22:13:20.123Z\n"
        "`- in reaction to taxi.call/4#7 go  accepted: Went  2023-11-14T22:13:20.123Z  "
        "span 00f067aa0ba902b7 of trace 4bf92f3577b34da6a3ce929d0e0e4736\n"
        "   `- asked by taxi.payment/4#3 go  accepted: Went  2023-11-14T22:13:20.123Z\n"
        "      `- by a timer that was set in taxi.payment/4#1 go  accepted: Went  "
        "2023-11-14T22:13:20.123Z\n"
        "         `- a client sent it, correlation c-1\n");
}

TEST_CASE("a chain says where it ends, and why") {
  told_records told;
  told.by_place["taxi.driver#4"] = turn(
      "taxi.driver", 9, R"({"kind":"ask","caller":{"context":"taxi.call","shard":0,"index":7}})");
  SECTION("at a node that does not answer") {
    told.by_place["taxi.call/0/7"] = "";
    const auto chain = causes_of(first, told.asker());
    REQUIRE(chain.ok());
    CHECK(chain->end == "gap");
    CHECK(chain->why == "record 7 of taxi.call shard 0 cannot be shown: nobody answers");
  }
  SECTION("at a record of an earlier build") {
    told.by_place["taxi.call/0/7"] = turn("taxi.call", 7, R"({"kind":"unknown"})");
    const auto chain = causes_of(first, told.asker());
    CHECK(chain->end == "unknown");
    CHECK(chain->why.find("an earlier build wrote it") != std::string::npos);
  }
  SECTION("at a record that says nothing at all") {
    told.by_place["taxi.call/0/7"] = "{}";
    CHECK(causes_of(first, told.asker())->end == "unknown");
  }
  SECTION("after so many hops, where records name each other") {
    told.by_place["taxi.call/0/7"] = told.by_place["taxi.driver#4"];
    const auto chain = causes_of(first, told.asker());
    CHECK(chain->end == "long");
    CHECK(chain->turns.size() == hops_max);
  }
  SECTION("before it begins") {
    told.by_place.clear();
    CHECK(causes_of(first, told.asker()).error().code == errc::not_found);
  }
}

TEST_CASE("what a turn led to is found by the ids that follow from it") {
  told_records told;
  const command_id asked{1, 2};
  const auto ask = R"({"context":"taxi.payment","id":4,"command":"pay","command_id":")" +
                   asked.text() + R"(","reads_only":false})";
  const auto own = command_id{5, 6}.text();
  const auto opening = parse_json(turn("taxi.call", 7, R"({"kind":"client"})",
                                       R"("command_id":")" + own + R"(","asked":)" + ask +
                                           R"(,"timers":[{"name":"late","due_ms":99}],)"));
  REQUIRE(opening.ok());
  told.by_place["taxi.payment/" + asked.text()] = turn("taxi.payment", 3, R"({"kind":"ask"})");
  told.by_place["taxi.call/" + own] = turn("taxi.call", 8, R"({"kind":"client"})");
  told.by_place["taxi.call/" + timer_id("late", 99, {0}, {4}).text()] =
      turn("taxi.call", 9, R"({"kind":"timer"})");
  const auto tree = effects_of(*opening, told.asker());
  CHECK(effects_text(tree, false, false) ==
        "taxi.call/4#7 go  accepted: Went  2023-11-14T22:13:20.123Z\n"
        "|- asked: taxi.payment/4#3 go  accepted: Went  2023-11-14T22:13:20.123Z\n"
        "|- settled: taxi.call/4#8 go  accepted: Went  2023-11-14T22:13:20.123Z\n"
        "`- timer late: taxi.call/4#9 go  accepted: Went  2023-11-14T22:13:20.123Z\n");
}

TEST_CASE("an ask without a turn of its own is said to be one") {
  told_records told;
  const auto asking = [&](const char* reads) {
    return effects_text(
        effects_of(
            *parse_json(turn("taxi.call", 7, R"({"kind":"client"})",
                             std::string{R"("asked":{"context":"taxi.payment","id":4,)"
                                         R"("command":"pay","command_id":")"} +
                                 command_id{1, 2}.text() + R"(","reads_only":)" + reads + "},")),
            told.asker()),
        false, false);
  };
  CHECK(asking("true").find("taxi.payment: pay only reads, which leaves no record") !=
        std::string::npos);
  CHECK(asking("false").find("taxi.payment: pay has no turn there") != std::string::npos);
}

TEST_CASE("hostile texts of records do not reach the terminal") {
  told_records told;
  told.by_place["taxi.driver#4"] =
      R"({"context":"\u001b[2J","id":1,"seq":1,"command":"\u001b[31m","outcome":"accepted",)"
      R"("correlation":"\u001b]0;x","events":["\u001b[0m"],"by":{"kind":"client"}})";
  const auto chain = causes_of(first, told.asker());
  REQUIRE(chain.ok());
  CHECK(chain_text(*chain, true, false).find('\x1b') == std::string::npos);
  CHECK(effects_text(chain->turns.front(), true, false).find('\x1b') == std::string::npos);
}
