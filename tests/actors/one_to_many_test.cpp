#include "tests/actors/club.hpp"
#include "tests/actors/simulated.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::test::club;
using namespace std::chrono_literals;

namespace {

const node_shape three_shards{.shards = 3, .lanes = 2};

std::int64_t open_one(simulated_node& node, std::int64_t seats) {
  return node.say(halls, {}, open_hall{"black", seats}).reply().target.number;
}

std::vector<std::int64_t> let_in(simulated_node& node, std::int64_t hall, int number) {
  std::vector<std::int64_t> ids;
  for (int i = 0; i < number; ++i)
    ids.push_back(node.say(guests, {}, enter{hall, "black"}).reply().target.number);
  return ids;
}

/// How often each guest of the hall was sent off: the events of the journal count.
void check_sent_once(simulated_node& node, const std::vector<std::int64_t>& ids) {
  std::map<std::int64_t, int> times;
  for (std::uint32_t shard = 0; shard < node.shards(); ++shard)
    for (const auto& each : node.records(guests, shard))
      for (const auto& event : each.events)
        if (event == sent_off::name) ++times[each.aggregate];
  CHECK(times.size() == ids.size());
  for (const auto id : ids) {
    CAPTURE(id);
    CHECK(times[id] == 1);
    CHECK(node.get(guests, id).as<guest_state>().status == "off");
  }
}

} // namespace

TEST_CASE("a one-to-many reaction reaches every match in every shard once, and nobody else",
          "[policies]") {
  simulated_node node{behaviours(), three_shards};
  const auto closing = open_one(node, 1'000);
  const auto staying = open_one(node, 10);
  const auto ids = let_in(node, closing, 700); // more than a page per shard
  const auto others = let_in(node, staying, 5);
  REQUIRE(node.say(halls, {closing}, close_hall{}).ok());
  node.pass(1'000ms);
  check_sent_once(node, ids);
  for (const auto id : others)
    CHECK(node.get(guests, id).as<guest_state>().status == "in");
}

TEST_CASE("a crash in the middle of a one-to-many reaction lets nobody be reached twice or never",
          "[policies]") {
  for (int moment = 0; moment < 60; moment += 3) {
    simulated_node node{behaviours(), three_shards};
    const auto hall = open_one(node, 1'000);
    const auto ids = let_in(node, hall, 300);
    const auto of = node.post(halls, {hall}, close_hall{}, node.fresh_id());
    for (int i = 0; i < moment; ++i)
      (void)node.step(static_cast<std::uint32_t>(i % 2));
    const bool closed = node.answer_to(of).has_value();
    node.crash_and_restart();
    node.pass(2'000ms);
    INFO("moment " << moment);
    if (!closed && node.list(halls).size() == 1) continue; // it was not committed
    check_sent_once(node, ids);
    node.crash_and_restart();
    node.pass(2'000ms);
    check_sent_once(node, ids);
  }
}

TEST_CASE("the list behind a one-to-many reaction waits for what is being made", "[policies]") {
  simulated_node node{behaviours()};
  const auto hall = open_one(node, 10);
  node.hold(halls);
  const auto entering = node.post(guests, {}, enter{hall, "black"}, node.fresh_id());
  node.pass(5ms); // its ask is open
  const auto list = [&](bool settled, bool internal) {
    request content;
    content.kind = request_kind::list;
    content.context = guests;
    content.payload = encode_list_request({.filter = {{"hall", hall}}, .settled = settled});
    return node.post(std::move(content), internal);
  };
  const auto rows_of = [&](simulated_node::ticket of) {
    return decode_list_reply(node.heard(of).reply().payload).value().rows.size();
  };
  const auto waiting = list(true, true);
  const auto at_once = list(false, true);
  const auto from_outside = list(true, false); // may not make the shard wait
  node.pass(50ms);
  CHECK(rows_of(at_once) == 0);
  CHECK(rows_of(from_outside) == 0);
  CHECK_FALSE(node.answer_to(waiting));
  SECTION("it comes to be") {
    node.release(halls);
    node.pass(100ms);
    REQUIRE(node.heard(entering).ok());
    CHECK(rows_of(waiting) == 1);
  }
  SECTION("the shard is stopped meanwhile") {
    node.stop(guests);
    node.pass(10ms);
    CHECK(node.heard(waiting).failure().code == errc::context_down);
  }
  SECTION("it is given up") {
    node.pass(1'100ms);
    CHECK_FALSE(node.heard(entering).ok());
    CHECK(rows_of(waiting) == 0);
  }
}

TEST_CASE("a context that was stopped catches up on a one-to-many reaction", "[policies]") {
  simulated_node node{behaviours(), three_shards};
  const auto hall = open_one(node, 100);
  const auto ids = let_in(node, hall, 20);
  node.stop(guests);
  REQUIRE(node.say(halls, {hall}, close_hall{}).ok());
  node.pass(1'000ms);
  node.start(guests);
  node.pass(2'000ms);
  check_sent_once(node, ids);
}

TEST_CASE("a reaction that makes something new makes it once", "[policies]") {
  for (int moment = 0; moment < 40; moment += 2) {
    simulated_node node{behaviours(), three_shards};
    const auto hall = open_one(node, 10);
    std::vector<simulated_node::ticket> entering;
    for (int i = 0; i < 3; ++i)
      entering.push_back(node.post(guests, {}, enter{hall, "black"}, node.fresh_id()));
    for (int i = 0; i < moment; ++i)
      (void)node.step(static_cast<std::uint32_t>(i % 2));
    node.crash_and_restart();
    node.pass(3'000ms);
    std::multiset<std::int64_t> made;
    for (const auto& [id, row] : node.list(cards))
      made.insert(*row.find("guest")->get_if<std::int64_t>());
    std::multiset<std::int64_t> in;
    for (const auto& [id, row] : node.list(guests))
      in.insert(id);
    INFO("moment " << moment);
    CHECK(made == in);
  }
}
