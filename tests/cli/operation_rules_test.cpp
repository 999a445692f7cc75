#include "bin/launcher/operation_rules.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe;
using namespace troupe::cli;
using std::chrono::seconds;

namespace {

const std::vector<std::string> three{"n1", "n2", "n3"};

/// A cluster that does what an operation orders, one order at each look.
struct stage {
  cluster_facts facts;
  std::vector<operation_step> orders; ///< all that were given
  monotonic_time now{std::chrono::hours{1}};
  std::string fails_to_start; ///< this one ends again

  explicit stage(const std::vector<std::string>& nodes = three) {
    for (const std::string& each : nodes)
      facts.parts[each] = {.state = part_state::up, .active = true, .owns = 4};
    facts.parts["gateway"] = {.state = part_state::up};
    facts.known = true;
  }
  void look(operation& of) {
    now += seconds{1};
    for (const operation_step& each : of.next(now, facts)) {
      orders.push_back(each);
      obey(each);
    }
  }
  void obey(const operation_step& order) {
    part_facts& part = facts.parts[order.part];
    if (order.kind == step_kind::begin_stop) part = {.state = part_state::stopped};
    if (order.kind == step_kind::forget) facts.parts.erase(order.part);
    if (order.kind == step_kind::replace && order.part != fails_to_start)
      part = {.state = part_state::starting, .active = true};
    else if (order.kind == step_kind::replace)
      part = {.state = part_state::crash_loop, .failures = 5, .why = "ended with exit code 4"};
    if (order.kind == step_kind::leave) {
      part.leave_answer = result<void>{};
      part.state = part_state::draining;
      part.owns = 0;
    }
    if (order.kind != step_kind::begin_start) return;
    if (order.part == fails_to_start)
      part = {.state = part_state::backoff, .failures = 1, .why = "ended with exit code 4"};
    else
      part = {.state = part_state::up, .active = true};
  }
  operation_state run(operation& of, int looks = 200) {
    for (int i = 0; i < looks && of.state() == operation_state::running; ++i)
      look(of);
    return of.state();
  }
  /// The names that got an order of that kind, in order.
  [[nodiscard]] std::vector<std::string> ordered(step_kind kind) const {
    std::vector<std::string> names;
    for (const operation_step& each : orders)
      if (each.kind == kind) names.push_back(each.part);
    return names;
  }
};

using names = std::vector<std::string>;

} // namespace

TEST_CASE("A roll takes one node after the other, each back before the next goes") {
  stage on;
  operation roll{1, "rolling-restart", steps_to_roll(three)};
  REQUIRE(on.run(roll) == operation_state::done);
  CHECK(on.ordered(step_kind::begin_stop) == three);
  CHECK(on.ordered(step_kind::begin_start) == three);
  for (std::size_t i = 0; i + 1 < on.orders.size(); i += 2) {
    CHECK(on.orders[i].kind == step_kind::begin_stop);
    CHECK(on.orders[i + 1] == operation_step{step_kind::begin_start, on.orders[i].part});
  }
}

TEST_CASE("An abrupt roll kills all nodes and waits for none of them before it has") {
  stage on;
  operation roll{1, "rolling-restart --abrupt", steps_to_roll_abruptly(three)};
  for (int i = 0; i < 20; ++i)
    on.look(roll);
  CHECK(on.ordered(step_kind::replace) == three);
  CHECK(on.ordered(step_kind::begin_stop).empty());
  CHECK(roll.state() == operation_state::running); // none is up yet, and the end waits for all
  for (const std::string& each : three)
    on.facts.parts[each].state = part_state::up;
  CHECK(on.run(roll) == operation_state::done);
}

TEST_CASE("An abrupt roll needs a whole cluster, and says who did not come back") {
  stage on;
  on.facts.without_owner = 1;
  operation waits{1, "rolling-restart --abrupt", steps_to_roll_abruptly(three)};
  REQUIRE(on.run(waits) == operation_state::failed);
  CHECK(on.orders.empty());
  on.facts.without_owner = 0;
  on.fails_to_start = "n1";
  operation fails{2, "rolling-restart --abrupt", steps_to_roll_abruptly(three)};
  REQUIRE(on.run(fails) == operation_state::failed);
  CHECK(on.ordered(step_kind::replace) == three);
  CHECK(fails.failure().message.find("n1 did not stay up: it ended with exit code 4") == 0);
}

TEST_CASE("A roll stops at the node that does not come back; the next is not touched") {
  stage on;
  on.fails_to_start = "n2";
  operation roll{1, "rolling-restart", steps_to_roll(three)};
  REQUIRE(on.run(roll) == operation_state::failed);
  CHECK(on.ordered(step_kind::begin_stop) == names{"n1", "n2"});
  CHECK(roll.failure().message.find("n2 did not start: it ended with exit code 4") == 0);
  CHECK(roll.failure().message.ends_with("what was to follow was not begun"));
}

TEST_CASE("A roll does not begin while a shard has no owner, and says for what it waited") {
  stage on;
  on.facts.without_owner = 1;
  on.facts.moving = 2;
  operation roll{1, "rolling-restart", steps_to_roll(three)};
  REQUIRE(on.run(roll) == operation_state::failed);
  CHECK(on.orders.empty());
  CHECK(roll.failure().code == errc::timeout);
  CHECK(roll.failure().message.find("1 shard without an owner, 2 shards being handed over") !=
        std::string::npos);
}

TEST_CASE("A roll waits until the restarted node is a member and its shards rest") {
  stage on;
  operation roll{1, "rolling-restart", steps_to_roll(three)};
  while (on.ordered(step_kind::begin_start).empty())
    on.look(roll);
  on.facts.parts["n1"].active = false;
  for (int i = 0; i < 20; ++i)
    on.look(roll);
  CHECK(on.ordered(step_kind::begin_stop) == names{"n1"});
  on.facts.parts["n1"].active = true;
  on.facts.moving = 1;
  for (int i = 0; i < 20; ++i)
    on.look(roll);
  CHECK(on.ordered(step_kind::begin_stop) == names{"n1"});
  on.facts.moving = 0;
  on.facts.known = false; // what was read before the step began counts for nothing
  for (int i = 0; i < 20; ++i)
    on.look(roll);
  CHECK(on.ordered(step_kind::begin_stop) == names{"n1"});
  on.facts.known = true;
  CHECK(on.run(roll) == operation_state::done);
}

TEST_CASE("A node that dies while a roll waits for its shards stops the roll") {
  stage on;
  operation roll{1, "rolling-restart", steps_to_roll(three)};
  while (on.ordered(step_kind::begin_start).empty())
    on.look(roll);
  on.facts.parts["n1"].active = false;
  on.look(roll);
  on.facts.parts["n1"] = {.state = part_state::backoff, .failures = 1, .why = "was killed"};
  REQUIRE(on.run(roll) == operation_state::failed);
  CHECK(roll.failure().message.find("n1 did not stay up: it was killed") == 0);
}

TEST_CASE("Scaling up starts the missing nodes together and waits for each") {
  stage on;
  operation scale{1, "scale to 5", steps_to_scale(three, 5)};
  REQUIRE(on.run(scale) == operation_state::done);
  CHECK(on.ordered(step_kind::begin_stop).empty());
  CHECK(on.orders[0] == operation_step{step_kind::begin_start, "n4"});
  CHECK(on.orders[1] == operation_step{step_kind::begin_start, "n5"});
  const auto& lines = scale.progress();
  CHECK(std::count(lines.begin(), lines.end(), "starting n4") == 1);
}

TEST_CASE("Scaling down ends the newest first, one at a time, and forgets them") {
  stage on;
  operation scale{1, "scale to 1", steps_to_scale(three, 1)};
  REQUIRE(on.run(scale) == operation_state::done);
  CHECK(on.ordered(step_kind::begin_stop) == names{"n3", "n2"});
  CHECK(on.ordered(step_kind::forget) == names{"n3", "n2"});
  CHECK(on.facts.parts.size() == 2);
}

TEST_CASE("Scaling to what there is does nothing and is done") {
  stage on;
  operation scale{1, "scale to 3", steps_to_scale(three, 3)};
  CHECK(on.run(scale) == operation_state::done);
  CHECK(on.orders.empty());
  CHECK(scale.progress().empty());
}

TEST_CASE("Scaling fills a gap in the numbers") {
  operation scale{1, "scale to 3", steps_to_scale({"n1", "n3"}, 3)};
  stage on{{"n1", "n3"}};
  REQUIRE(on.run(scale) == operation_state::done);
  CHECK(on.ordered(step_kind::begin_start) == names{"n2", "n2"});
}

TEST_CASE("A drain waits until the node owns nothing; a refusal ends it") {
  stage on;
  operation drain{1, "drain n2", steps_to_drain("n2")};
  REQUIRE(on.run(drain) == operation_state::done);
  CHECK(drain.progress().back() == "n2 owns no shard any more");

  stage other;
  operation refused{2, "drain n2", steps_to_drain("n2")};
  (void)refused.next(other.now, other.facts);
  other.facts.parts["n2"].leave_answer = result<void>{fail(errc::unknown_command, "no such verb")};
  REQUIRE(other.run(refused) == operation_state::failed);
  CHECK(refused.failure().code == errc::unknown_command);
  CHECK(refused.failure().message == "n2 cannot be drained: no such verb");
}

TEST_CASE("A node that keeps its shards makes a drain run out of time, with the number left") {
  stage on;
  operation drain{1, "drain n2", steps_to_drain("n2")};
  (void)drain.next(on.now, on.facts);
  on.facts.parts["n2"].leave_answer = result<void>{};
  on.facts.parts["n2"].owns = 7;
  REQUIRE(on.run(drain) == operation_state::failed);
  CHECK(drain.failure().message.find("n2 still owns 7 shards") != std::string::npos);
}

TEST_CASE("The gateway is restarted without waiting for shards") {
  stage on;
  on.facts.without_owner = 3;
  operation restart{1, "restart gateway", steps_to_restart("gateway", false)};
  CHECK(on.run(restart) == operation_state::done);
}

TEST_CASE("A restart brings a node back out of a crash loop") {
  stage on;
  on.facts.parts["n2"] = {.state = part_state::crash_loop, .failures = 5, .why = "ended"};
  operation restart{1, "restart n2", steps_to_restart("n2", true)};
  REQUIRE(on.run(restart) == operation_state::done);
  CHECK(on.facts.parts["n2"].state == part_state::up);
}

TEST_CASE("Going down: the gateway first, then all nodes together") {
  stage on;
  operation down{1, "down", steps_to_go_down(three, "gateway")};
  REQUIRE(on.run(down) == operation_state::done);
  REQUIRE(on.orders.size() >= 4);
  CHECK(on.orders[0].part == "gateway");
  CHECK(names{on.orders[1].part, on.orders[2].part, on.orders[3].part} == three);
}

TEST_CASE("An operation that is abandoned has failed, and orders nothing any more") {
  stage on;
  operation roll{1, "rolling-restart", steps_to_roll(three)};
  roll.abandon("everything was told to go down");
  CHECK(roll.state() == operation_state::failed);
  CHECK(roll.next(on.now, on.facts).empty());
  CHECK(roll.failure().message.find("everything was told to go down") == 0);
}
