#include "supervisors/breaker_verbs.hpp"

#include "messages/json.hpp"
#include "tests/supervisors/breaker_driver.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::test;

namespace {

/// A node on which shop.order asks shop.bank by a query and a command, and nobody else asks.
struct shop {
  shop() {
    order.system = "shop";
    order.name = "order";
    order.asks = {{"shop.bank", "pay"},
                  {"shop.bank", "price", milliseconds{610}, true},
                  {"shop.post", "send"}};
    bank.system = "shop";
    bank.name = "bank";
  }
  [[nodiscard]] result<value> say(std::string_view json) {
    const auto known = [this](std::string_view name) -> const context_info* {
      for (const auto* each : {&order, &bank})
        if (each->full_name() == name) return each;
      return nullptr;
    };
    return set_breaker_mode(rules, known, parse_json(json).value(), time.monotonic());
  }
  [[nodiscard]] errc refused(std::string_view json) {
    const auto said = say(json);
    REQUIRE_FALSE(said.ok());
    CHECK(rules.wishes().empty()); // nothing was changed
    return said.error().code;
  }
  [[nodiscard]] value shown(std::string_view json = "{}") {
    return show_breakers(rules, parse_json(json).value(), time.monotonic()).value();
  }

  simulated_clock time;
  context_info order, bank;
  default_supervision_rules rules{std::make_unique<seeded_random>(1)};
};

const value::array& list_in(const value& from, std::string_view name) {
  return *from.find(name)->get_if<value::array>();
}

} // namespace

TEST_CASE("breaker-mode refuses what it cannot mean", "[breaker]") {
  shop of;
  CHECK(of.refused(R"({"asking":"shop.moon","target":"shop.bank","mode":"open"})") ==
        errc::unknown_context);
  CHECK(of.refused(R"({"asking":"shop.bank","target":"shop.order","mode":"open"})") ==
        errc::not_found);
  CHECK(of.refused(R"({"asking":"shop.order","target":"shop.post","operation":"query",
                       "mode":"open"})") == errc::not_found);
  for (const auto* wrong :
       {R"({"target":"shop.bank","mode":"open"})", R"({"asking":"shop.order","mode":"open"})",
        R"({"asking":"shop.order","target":"shop.bank"})",
        R"({"asking":"shop.order","target":"shop.bank","mode":"ajar"})",
        R"({"asking":"shop.order","target":"shop.bank","mode":7})",
        R"({"asking":"shop.order","target":"shop.bank","mode":"open","owner":7})",
        R"({"asking":"shop.order","target":"shop.bank","mode":"open","owner":""})",
        R"({"asking":"shop.order","target":"shop.bank","mode":"open","operation":"dream"})"}) {
    INFO(wrong);
    CHECK(of.refused(wrong) == errc::malformed);
  }
}

TEST_CASE("breaker-mode holds directions that come later, until it is taken back", "[breaker]") {
  shop of;
  const auto said = of.say(R"({"asking":"shop.order","target":"shop.bank","mode":"open"})");
  REQUIRE(said.ok());
  CHECK(*said->find("mode") == value{"open"});
  CHECK(*said->find("directions") == value{0});
  CHECK(list_in(of.shown(), "items").empty());
  const auto wishes = list_in(of.shown(), "wishes");
  REQUIRE(wishes.size() == 1);
  CHECK(*wishes[0].find("mode") == value{"open"});
  CHECK(wishes[0].find("owner")->is_null());

  const auto guard =
      of.rules.guard({"shop.order", "shop.bank", "n9", operation_class::query}, milliseconds{610});
  CHECK_FALSE(guard->admit(of.time.monotonic()).ok());
  const auto reset = of.say(R"({"asking":"shop.order","target":"shop.bank","mode":"reset"})");
  REQUIRE(reset.ok());
  CHECK(*reset->find("directions") == value{1});
  CHECK(guard->admit(of.time.monotonic()).ok());
  CHECK(list_in(of.shown(), "wishes").empty());
}

TEST_CASE("breakers shows the window, the rates, and when it may be asked again", "[breaker]") {
  shop of;
  const auto guard =
      of.rules.guard({"shop.order", "shop.bank", "n1", operation_class::query}, milliseconds{610});
  const auto call = [&](ask_end how, milliseconds took) {
    const auto permit = guard->admit(of.time.monotonic());
    if (permit) guard->done(*permit, how, took, of.time.monotonic());
  };
  for (int i = 0; i < 6; ++i)
    call(ask_end::success, milliseconds{600});
  for (int i = 0; i < 2; ++i)
    call(ask_end::failure, milliseconds{1});
  const auto closed = list_in(of.shown(), "items").at(0);
  CHECK(*closed.find("state") == value{"closed"});
  CHECK(*closed.find("mode") == value{"auto"});
  CHECK(*closed.find("calls") == value{8});
  CHECK(*closed.find("failures") == value{2});
  CHECK(*closed.find("slow") == value{6});
  CHECK(*closed.find("failure_rate") == value{0.25});
  CHECK(*closed.find("slow_rate") == value{0.75});
  CHECK(closed.find("retry_after_ms")->is_null());
  CHECK(closed.find("since_ms")->is_null());

  for (int i = 0; i < 12; ++i)
    call(ask_end::failure, milliseconds{1});
  of.time.advance(milliseconds{1000});
  call(ask_end::success, milliseconds{1});
  const auto open = list_in(of.shown(), "items").at(0);
  CHECK(*open.find("state") == value{"open"});
  CHECK(*open.find("since_ms") == value{1000});
  CHECK(*open.find("refused_open") == value{1});
  const auto left = *open.find("retry_after_ms")->get_if<std::int64_t>();
  CHECK(left >= 3000);
  CHECK(left <= 5000);
  const auto changes = list_in(open, "transitions");
  REQUIRE(changes.size() == 1);
  CHECK(*changes[0].find("to") == value{"open"});
  CHECK(*changes[0].find("ago_ms") == value{1000});
  CHECK(*changes[0].find("calls") == value{20});
  CHECK(*changes[0].find("failures") == value{14});
}

TEST_CASE("breakers can be asked for one end", "[breaker]") {
  shop of;
  (void)of.rules.guard({"shop.order", "shop.bank", "n1", operation_class::query}, milliseconds{1});
  (void)of.rules.guard({"shop.order", "shop.post", "n1", operation_class::query}, milliseconds{1});
  CHECK(list_in(of.shown(), "items").size() == 2);
  CHECK(list_in(of.shown(R"({"target":"shop.post"})"), "items").size() == 1);
  CHECK(list_in(of.shown(R"({"asking":"shop.post"})"), "items").empty());
  CHECK(show_breakers(of.rules, parse_json(R"({"asking":3})").value(), {}).error().code ==
        errc::malformed);
}
