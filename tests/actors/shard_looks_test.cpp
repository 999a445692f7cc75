#include "messages/credit.hpp"
#include "tests/actors/bank.hpp"
#include "tests/actors/simulated.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::test::bank;
using namespace std::chrono_literals;

/// What a shard tells those who look: top, earlier states, dry runs, and itself.
namespace {

struct looked_at {
  mended_at_the_end at_the_end;
  simulated_node node{behaviours()};

  void open_accounts(int count) {
    for (int i = 0; i < count; ++i)
      REQUIRE(node.say(accounts, {}, open_account{"ann"}).ok());
  }
  request asking(const std::string& context, const std::string& name, value::object arguments) {
    request content;
    content.kind = request_kind::admin;
    content.context = context;
    content.target = {1};
    content.name = name;
    content.payload = encode_value(value{std::move(arguments)});
    return content;
  }
  value told(const std::string& context, const std::string& name, value::object arguments = {}) {
    const auto said = node.say(asking(context, name, std::move(arguments)), true);
    return decode_value(said.reply().payload).value();
  }
  error refused(const std::string& context, const std::string& name, value::object arguments = {}) {
    return node.say(asking(context, name, std::move(arguments)), true).failure();
  }
};

value at(const value& from, std::string_view key) {
  const auto* held = from.find(key);
  return held == nullptr ? value{"missing"} : *held;
}

const value::array& items(const value& from) {
  return *from.find("items")->get_if<value::array>();
}

} // namespace

TEST_CASE("top tells rates over the window between two looks", "[top]") {
  looked_at with;
  auto& node = with.node;
  with.open_accounts(3);
  auto first = with.told(accounts, "top", {{"by", "rate"}});
  CHECK(at(first, "residents") == value{3});
  CHECK(at(first, "window_ms") == value{0});
  REQUIRE(items(first).size() == 3);
  CHECK(at(items(first)[0], "rate") == value{}); // not measured yet
  for (int i = 0; i < 20; ++i)
    REQUIRE(node.say(accounts, {2}, deposit{1}).ok());
  REQUIRE(node.say(accounts, {3}, deposit{1}).ok());
  node.pass(5s);
  const auto said = with.told(accounts, "top", {{"by", "rate"}, {"limit", 2}});
  CHECK(at(said, "window_ms") == value{5'000});
  REQUIRE(items(said).size() == 2);
  CHECK(at(items(said)[0], "id") == value{"bank.account/2"});
  CHECK(at(items(said)[0], "context") == value{"bank.account"});
  CHECK(at(items(said)[0], "rate") == value{4.0});
  CHECK(at(items(said)[0], "handled") == value{21});
  CHECK(at(items(said)[0], "state") == value{"live"});
  CHECK(at(items(said)[0], "mailbox") == value{0});
  CHECK(at(items(said)[1], "id") == value{"bank.account/3"});
  // The state of an account, encoded, is more than nothing and less than a page.
  const auto memory = *at(items(said)[0], "memory_bytes").get_if<std::int64_t>();
  CHECK(memory > 10);
  CHECK(memory < 200);
}

TEST_CASE("top shows what waits behind an ask, and since when", "[top]") {
  looked_at with;
  auto& node = with.node;
  with.open_accounts(1);
  REQUIRE(node.say(accounts, {1}, deposit{100}).ok());
  node.hold(accounts); // asks do not arrive
  (void)node.post(orders, {}, place_order{1, 10}, node.fresh_id());
  node.run();
  for (int i = 0; i < 4; ++i)
    (void)node.post(orders, {1}, add_note{"hurry"}, node.fresh_id());
  node.run();
  node.pass(50ms);
  const auto said = with.told(orders, "top", {{"by", "mailbox"}});
  REQUIRE(items(said).size() == 1);
  const auto& top = items(said)[0];
  CHECK(at(top, "state") == value{"asking"});
  CHECK(at(top, "mailbox") == value{4});
  CHECK(*at(top, "mailbox_bytes").get_if<std::int64_t>() > 0);
  CHECK(*at(top, "head_age_ms").get_if<std::int64_t>() >= 50);
  node.release(accounts);
  node.pass(200ms);
  const auto then = with.told(orders, "top", {{"by", "growth"}});
  CHECK(at(items(then)[0], "mailbox") == value{0});
  CHECK(at(items(then)[0], "growth") == value{-4});
  CHECK(at(items(then)[0], "head_age_ms") == value{});
}

TEST_CASE("the time of turns is known of what ran while somebody looked", "[top]") {
  looked_at with;
  with.open_accounts(2);
  CHECK(items(with.told(accounts, "top", {{"by", "p99"}})).empty()); // nobody looked before
  REQUIRE(with.node.say(accounts, {2}, deposit{1}).ok());
  const auto said = with.told(accounts, "top", {{"by", "p99"}});
  REQUIRE(items(said).size() == 1);
  CHECK(at(items(said)[0], "id") == value{"bank.account/2"});
  CHECK(at(items(said)[0], "p99_of") == value{"actor"});
  const auto all = with.told(accounts, "top");
  CHECK(at(items(all)[0], "p99_of") == value{"shard"}); // the other one
  with.node.pass(150s); // a minute after the last look nothing is measured any more
  REQUIRE(with.node.say(accounts, {1}, deposit{1}).ok());
  CHECK(items(with.told(accounts, "top", {{"by", "p99"}})).empty());
}

TEST_CASE("top by memory estimates the states of all", "[top]") {
  looked_at with;
  with.open_accounts(2);
  REQUIRE(with.node.say(orders, {}, place_order{1, 0}).ok());
  REQUIRE(with.node.say(orders, {}, place_order{1, 0}).ok());
  REQUIRE(with.node.say(orders, {2}, add_note{std::string(500, 'x')}).ok());
  const auto said = with.told(orders, "top", {{"by", "memory"}});
  REQUIRE(items(said).size() == 2);
  CHECK(at(items(said)[0], "id") == value{"bank.order/2"});
  CHECK(*at(items(said)[0], "memory_bytes").get_if<std::int64_t>() > 500);
}

TEST_CASE("top goes through many actors and says what it cannot do", "[top]") {
  looked_at with;
  with.open_accounts(3'000);
  const auto said = with.told(accounts, "top", {{"limit", 1'000}});
  CHECK(items(said).size() == 1'000);
  CHECK(at(said, "residents") == value{3'000});
  for (value::object wrong : {value::object{{"by", "colour"}}, value::object{{"limit", 0}},
                              value::object{{"limit", 1'001}}, value::object{{"window_ms", 5}}})
    CHECK(with.refused(accounts, "top", wrong).code == errc::malformed);
}

TEST_CASE("those who look at once are answered one after the other", "[top]") {
  looked_at with;
  auto& node = with.node;
  with.open_accounts(3);
  std::vector<simulated_node::ticket> lookers;
  for (const auto* by : {"mailbox", "memory", "rate", "p99", "memory"})
    lookers.push_back(node.post(with.asking(accounts, "top", {{"by", by}}), true));
  const auto answered = [&] {
    return std::ranges::count_if(lookers,
                                 [&](auto each) { return node.answer_to(each).has_value(); });
  };
  std::ptrdiff_t before = 0;
  while (before < 5 && node.step(0)) {
    CHECK(answered() <= before + 1); // a round is not held up by all of them
    before = answered();
  }
  REQUIRE(answered() == 5);
  for (const std::size_t memory : {1U, 4U}) {
    const auto said = decode_value(node.heard(lookers[memory]).reply().payload).value();
    REQUIRE(items(said).size() == 3);
    CHECK(*at(items(said)[2], "memory_bytes").get_if<std::int64_t>() > 0);
  }
}

TEST_CASE("who wants a short window leaves the others theirs", "[top]") {
  looked_at with;
  with.open_accounts(1);
  (void)with.told(accounts, "top", {{"window_ms", 5'000}});
  for (int i = 0; i < 20; ++i) {
    with.node.pass(500ms);
    (void)with.told(accounts, "top", {{"window_ms", 100}});
  }
  const auto wide = with.told(accounts, "top", {{"window_ms", 5'000}});
  CHECK(*at(wide, "window_ms").get_if<std::int64_t>() >= 5'000);
  with.node.pass(50s);
  (void)with.told(accounts, "top", {{"window_ms", 100}});
  with.node.pass(11s); // nobody has wanted the wide one for a minute
  for (int i = 0; i < 3; ++i) {
    (void)with.told(accounts, "top", {{"window_ms", 100}});
    with.node.pass(200ms);
  }
  const auto narrow = with.told(accounts, "top", {{"window_ms", 100}});
  CHECK(*at(narrow, "window_ms").get_if<std::int64_t>() <= 1'000);
}

TEST_CASE("a state is shown as it was at a turn or a time", "[looks]") {
  looked_at with;
  auto& node = with.node;
  with.open_accounts(1);
  const auto before =
      *at(with.told(accounts, "actor-state", {{"id", 1}}), "time_ms").get_if<std::int64_t>();
  for (int i = 1; i <= 200; ++i) {
    node.time_jump(10ms);
    REQUIRE(node.say(accounts, {1}, deposit{i}).ok());
  }
  const auto balance = [&](value::object when) {
    when.emplace_back("id", 1);
    return at(at(with.told(accounts, "actor-state", when), "state"), "balance");
  };
  CHECK(balance({}) == value{20'100});
  CHECK(balance({{"at_seq", 1}}) == value{0});
  CHECK(balance({{"at_seq", 4}}) == value{6});
  CHECK(balance({{"at_seq", 201}}) == value{20'100});
  CHECK(balance({{"at_ms", before + 35}}) == value{6}); // three deposits by then
  const auto early = with.told(accounts, "actor-state", {{"id", 1}, {"at_ms", before - 1}});
  CHECK(at(early, "exists") == value{false});
  CHECK(at(early, "seq") == value{0});
  CHECK(at(early, "state") == value{});
  CHECK(at(early, "head") == value{201});
  // The same from a saved state, after it has left memory.
  node.stop(accounts);
  node.start(accounts);
  node.run();
  CHECK(balance({{"at_seq", 4}}) == value{6});
  CHECK(balance({}) == value{20'100});
  CHECK(with.refused(accounts, "actor-state", {{"id", 1}, {"at_seq", 202}}).code ==
        errc::not_found);
  CHECK(with.refused(accounts, "actor-state", {{"id", 9}}).code == errc::not_found);
  CHECK(with.refused(accounts, "actor-state", {{"id", 1}, {"at_seq", 0}}).code == errc::malformed);
  CHECK(with.refused(accounts, "actor-state", {{"id", 1}, {"at_seq", 1}, {"at_ms", 1}}).code ==
        errc::malformed);
}

TEST_CASE("a dry run decides on a copy and changes nothing", "[looks]") {
  looked_at with;
  auto& node = with.node;
  with.open_accounts(1);
  REQUIRE(node.say(accounts, {1}, deposit{100}).ok());
  const auto records = node.counters(accounts).records.load();
  const auto accepted =
      with.told(accounts, "actor-dry-run",
                {{"id", 1}, {"command", "withdraw"}, {"fields", value::object{{"amount", 30}}}});
  CHECK(at(accepted, "outcome") == value{"accepted"});
  CHECK(at(accepted, "seq") == value{2});
  CHECK(at(at(accepted, "state"), "balance") == value{70});
  const auto events = at(accepted, "events");
  REQUIRE(events.get_if<value::array>()->size() == 1);
  CHECK(at(events.get_if<value::array>()->front(), "name") == value{"Withdrawn"});
  CHECK(at(at(events.get_if<value::array>()->front(), "payload"), "amount") == value{30});
  const auto rejected =
      with.told(accounts, "actor-dry-run",
                {{"id", 1}, {"command", "withdraw"}, {"fields", value::object{{"amount", 1'000}}}});
  CHECK(at(rejected, "outcome") == value{"rejected"});
  CHECK(at(rejected, "rejection") != value{});
  CHECK(at(at(rejected, "state"), "balance") == value{100});
  const auto asks = with.told(orders, "actor-dry-run",
                              {{"id", 0},
                               {"command", "placeOrder"},
                               {"fields", value::object{{"account", 1}, {"amount", 5}}}});
  CHECK(at(asks, "outcome") == value{"asks"});
  CHECK(at(at(asks, "asks"), "target") == value{"bank.account/1"});
  CHECK(at(asks, "id") == value{});
  CHECK(with.refused(accounts, "actor-dry-run", {{"id", 1}, {"command", "explode"}}).code ==
        errc::aggregate_crashed);
  CHECK(with.refused(accounts, "actor-dry-run", {{"id", 7}, {"command", "withdraw"}}).code ==
        errc::not_found);
  CHECK(with.refused(accounts, "actor-dry-run", {{"id", 0}, {"command", "withdraw"}}).code ==
        errc::malformed);
  CHECK(with.refused(accounts, "actor-dry-run", {{"id", 1}, {"command", "fly"}}).code ==
        errc::unknown_command);
  node.pass(1s);
  CHECK(node.counters(accounts).records == records);
  CHECK(node.counters(accounts).crashes == 0);
  CHECK(node.get(accounts, 1).as<account_state>().balance == 100);
  // The id that it would have had is still free.
  CHECK(node.say(orders, {}, place_order{1, 0}).reply().target == aggregate_id{1});
}

TEST_CASE("an actor that is stopped comes back with the next command", "[looks]") {
  looked_at with;
  auto& node = with.node;
  with.open_accounts(3);
  CHECK(at(with.told(accounts, "actor-stop", {{"id", 2}}), "state") == value{"passive"});
  CHECK(node.counters(accounts).residents == 2);
  CHECK(at(with.told(accounts, "actor-stop", {{"id", 2}}), "state") == value{"passive"});
  REQUIRE(node.say(accounts, {2}, deposit{5}).ok());
  CHECK(node.counters(accounts).residents == 3);
  CHECK(node.get(accounts, 2).as<account_state>().balance == 5);
  CHECK(with.refused(accounts, "actor-stop", {{"id", 8}}).code == errc::not_found);
  node.hold(accounts);
  (void)node.post(orders, {}, place_order{1, 10}, node.fresh_id());
  node.run();
  const auto busy = with.refused(orders, "actor-stop", {{"id", 1}});
  CHECK(busy.shown_code() == "BUSY");
  node.release(accounts);
  node.pass(1s);
}

TEST_CASE("a shard tells what it holds, and its policies where they stand", "[looks]") {
  looked_at with;
  auto& node = with.node;
  with.open_accounts(2);
  const auto shard = with.told(accounts, "shards");
  CHECK(at(shard, "context") == value{"bank.account"});
  CHECK(at(shard, "residents") == value{2});
  CHECK(at(shard, "heads") == value{2});
  CHECK(at(shard, "state") == value{"up"});
  CHECK(*at(shard, "records").get_if<std::int64_t>() >= 2);
  REQUIRE(node.say(accounts, {1}, deposit{100}).ok());
  REQUIRE(node.say(orders, {}, place_order{1, 10}).ok());
  node.pass(1s);
  const auto idle = items(with.told(letters, "policies"));
  REQUIRE_FALSE(idle.empty());
  CHECK(at(idle[0], "context") == value{"bank.letter"});
  for (const auto& each : idle) {
    CHECK(at(each, "state") == value{"following"});
    CHECK(at(each, "stuck") == value{});
  }
  broken().reacting = true;
  REQUIRE(node.say(orders, {}, place_order{1, 55}).ok());
  node.pass(100ms);
  bool stands = false;
  const auto said = with.told(letters, "policies");
  for (const auto& each : items(said)) {
    if (at(each, "state") != value{"stopped"}) continue;
    stands = true;
    CHECK(at(each, "stuck").get_if<std::string>()->find("OrderPlaced") != std::string::npos);
    CHECK(*at(each, "lag").get_if<std::int64_t>() >= 1);
    CHECK(*at(each, "lag_ms").get_if<std::int64_t>() >= 90);
  }
  CHECK(stands);
}
