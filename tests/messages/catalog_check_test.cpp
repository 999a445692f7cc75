#include "messages/descriptor.hpp"
#include "messages/taxi.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <stdexcept>

using namespace troupe;

namespace {

context_info& named(std::vector<context_info>& in, std::string_view name) {
  for (context_info& each : in)
    if (each.name == name) return each;
  throw std::logic_error{"no such context in the test"};
}

/// The problems of taxi's catalogue after a change.
std::vector<std::string>
problems_after(const std::function<void(std::vector<context_info>&)>& change) {
  auto contexts = taxi::contexts();
  change(contexts);
  return check_catalogue(contexts);
}

} // namespace

TEST_CASE("a wrong description is found before anything serves it") {
  const std::vector<std::pair<std::string, std::function<void(std::vector<context_info>&)>>> wrong{
      {"context 'taxi.call' is there twice",
       [](auto& all) {
         auto twice = named(all, "call");
         twice.resource = "others";
         all.push_back(twice);
       }},
      {"resource 'taxi/calls' is there twice",
       [](auto& all) { named(all, "driver").resource = "calls"; }},
      {"the sensitive field 'destinaton' is none of its system",
       [](auto& all) { named(all, "call").sensitive.push_back("destinaton"); }},
      {"'destination' is sensitive, but not in 'taxi.driver'",
       [](auto& all) { named(all, "driver").sensitive.clear(); }},
      {"filter 'colour' is no field", [](auto& all) { named(all, "call").filters = {"colour"}; }},
      {"filter 'status' is there twice",
       [](auto& all) {
         named(all, "call").filters = {"status", "status"};
       }},
      {"command 'callTaxi' is there twice",
       [](auto& all) { named(all, "call").commands.push_back(named(all, "call").commands[0]); }},
      {"query 'registerFare' is there twice",
       [](auto& all) { named(all, "payment").queries[0].name = "registerFare"; }},
      {"takes its id from 'destination'",
       [](auto& all) { named(all, "payment").commands[0].id_from = "destination"; }},
      {"answers no field", [](auto& all) { named(all, "payment").queries[0].answers = "price"; }},
      {"event 'CalledTaxi' is there twice",
       [](auto& all) { named(all, "call").events.push_back(named(all, "call").events[0]); }},
      {"field of 'Call' 'status' is there twice",
       [](auto& all) { named(all, "call").state.fields[0].name = "status"; }},
      {"goes to the unknown context",
       [](auto& all) { named(all, "call").asks[0].target = "taxi.bank"; }},
      {"is no command of 'taxi.payment'",
       [](auto& all) { named(all, "call").asks[0].command = "settleCost"; }},
      {"has no timeout",
       [](auto& all) { named(all, "call").asks[0].timeout = std::chrono::milliseconds{0}; }},
      {"listens to the unknown context",
       [](auto& all) { named(all, "driver").policies[0].source = "taxi.bank"; }},
      {"does not publish",
       [](auto& all) { named(all, "driver").policies[0].event = "CallStatusFollowed"; }},
      {"sends the unknown command",
       [](auto& all) { named(all, "driver").policies[0].command = "callTaxi"; }},
      {"is no context with aggregates",
       [](auto& all) { named(all, "callList").view.sources = {"taxi.callList"}; }},
      {"answers the unknown rejection 'GONE'",
       [](auto& all) { named(all, "call").asks[0].missing = "GONE"; }},
      {"reaches by 'cost', which is no filter",
       [](auto& all) { named(all, "driver").policies[0].reaches = "cost"; }},
      {"belongs to 'taxi.callList', which is no context of aggregates",
       [](auto& all) { named(all, "driver").part_of = "taxi.callList"; }},
      {"belongs to 'taxi.bank'", [](auto& all) { named(all, "driver").part_of = "taxi.bank"; }},
      {"a view needs a source", [](auto& all) { named(all, "callList").view.sources.clear(); }},
      {"a view needs a key", [](auto& all) { named(all, "callList").view.key = ""; }},
      {"index 'colour' is no column",
       [](auto& all) { named(all, "callList").view.indexes = {"colour"}; }},
      {"a view has no commands",
       [](auto& all) { named(all, "callList").commands = named(all, "call").commands; }},
      {"only a view has sources",
       [](auto& all) { named(all, "call").view.sources = {"taxi.driver"}; }},
      {"rejection 'INVALID_TRANSITION' is there twice",
       [](auto& all) {
         named(all, "driver").rejections.push_back(named(all, "driver").rejections[0]);
       }},
  };
  for (const auto& [expected, change] : wrong) {
    INFO(expected);
    const auto problems = problems_after(change);
    REQUIRE_FALSE(problems.empty());
    bool found = false;
    for (const std::string& each : problems)
      found |= each.find(expected) != std::string::npos;
    CAPTURE(problems);
    CHECK(found);
  }
}

TEST_CASE("a fallback that is no answer of a read is found") {
  const std::vector<std::pair<std::string, std::function<void(std::vector<context_info>&)>>> wrong{
      {"would say that something was done that was not",
       [](auto& all) {
         auto& ask = named(all, "call").asks[0];
         ask.fallback = encoded(taxi::payment_state{});
         ask.fallback_meaning = "free of charge";
       }},
      {"the fallback of ask 'settleCost' does not say what it leads to",
       [](auto& all) { named(all, "driver").asks[0].fallback = encoded(taxi::payment_state{}); }},
      {"the fallback of ask 'settleCost' has a meaning and is not there",
       [](auto& all) { named(all, "driver").asks[0].fallback_meaning = "free of charge"; }},
      {"the fallback of ask 'settleCost' is no answer of 'taxi.payment'",
       [](auto& all) {
         auto& ask = named(all, "driver").asks[0];
         ask.fallback = encode_value(value::object{{"cost", 0}});
         ask.fallback_meaning = "free of charge";
       }},
      {"the fallback of ask 'settleCost' is no answer of 'taxi.payment'",
       [](auto& all) {
         auto& ask = named(all, "driver").asks[0];
         ask.fallback = "garbage";
         ask.fallback_meaning = "free of charge";
       }},
  };
  for (const auto& [expected, change] : wrong) {
    INFO(expected);
    const auto problems = problems_after(change);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].find(expected) != std::string::npos);
  }
  CHECK(problems_after([](auto& all) {
          auto& ask = named(all, "driver").asks[0];
          ask.fallback = encoded(taxi::payment_state{});
          ask.fallback_meaning = "free of charge";
        }).empty());
}

TEST_CASE("one verb of one path stands for one command") {
  auto problems_of = [](const std::vector<http_verb>& verbs) {
    return problems_after([&](auto& all) { named(all, "driver").commands[1].verbs = verbs; });
  };
  CHECK(problems_of({http_verb::put, http_verb::patch}).empty());
  CHECK(problems_of({http_verb::get}).at(0).find("cannot be reached by GET") != std::string::npos);
  CHECK(problems_of({http_verb::put, http_verb::del}).at(0).find("has more than one verb") !=
        std::string::npos);
  const auto problems = problems_after([](auto& all) {
    auto twice = named(all, "driver").commands[1];
    twice.message.name = "changeStatusAgain";
    named(all, "driver").commands.push_back(twice);
  });
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].find("a verb that another command has at the same path") != std::string::npos);
}
