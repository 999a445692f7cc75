#include "tests/actors/bank.hpp"
#include "tests/actors/simulated.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::test::bank;
using namespace std::chrono_literals;

namespace {

/// The same request again must get the answer of the first, and have no further effect.
void check_again(simulated_node& node, const request& content, const said& first) {
  const auto again = node.say(content);
  REQUIRE(again.ok() == first.ok());
  if (!first.ok()) {
    CHECK(again.failure() == first.failure());
    return;
  }
  CHECK(again.reply().replayed);
  CHECK(again.reply().target == first.reply().target);
  CHECK(again.reply().seq == first.reply().seq);
  CHECK(again.reply().epoch == first.reply().epoch);
  CHECK(again.reply().payload == first.reply().payload);
}

} // namespace

TEST_CASE("a command id sent twice in one batch has one effect and identical answers", "[dedup]") {
  simulated_node node{behaviours()};
  (void)node.say(accounts, {}, open_account{"ann"});
  const auto paying = node.command(accounts, {1}, deposit{5}, node.fresh_id());
  const auto first = node.post(paying);
  const auto second = node.post(paying);
  node.pass(10ms); // the second waits until the first is decided
  REQUIRE(node.heard(first).ok());
  REQUIRE(node.heard(second).ok());
  CHECK(node.heard(second).reply().payload == node.heard(first).reply().payload);
  CHECK(node.heard(second).reply().replayed);
  CHECK(node.get(accounts, 1).as<account_state>().balance == 5);
}

TEST_CASE("a command id sent again later gets its first answer, whatever happened since",
          "[dedup]") {
  simulated_node node{behaviours()};
  const auto opening = node.command(accounts, {}, open_account{"ann"}, node.fresh_id());
  const auto paying = node.command(accounts, {1}, deposit{5}, node.fresh_id());
  const auto taking = node.command(accounts, {1}, withdraw{50}, node.fresh_id());
  const auto opened_first = node.say(opening);
  const auto paid_first = node.say(paying);
  const auto refused_first = node.say(taking);
  REQUIRE_FALSE(refused_first.ok());
  (void)node.say(accounts, {1}, deposit{100}); // by now the withdrawal would be accepted

  SECTION("at once") {}
  SECTION("after an orderly stop and start") {
    node.stop(accounts);
    node.start(accounts);
  }
  SECTION("after a crash") {
    node.crash_and_restart();
  }
  SECTION("after a crash that also lost everything derived") {
    node.crash();
    node.disk().lose_derived();
    node.come_back();
  }
  SECTION("after the aggregate left memory") {
    node.time_jump(600'000ms);
    node.maintain(true);
    node.maintain(true);
    REQUIRE(node.counters(accounts).residents == 0);
  }
  check_again(node, opening, opened_first);
  check_again(node, paying, paid_first);
  check_again(node, taking, refused_first);
  CHECK(node.get(accounts, 1).as<account_state>().balance == 105);
  CHECK(node.list(accounts).size() == 1);
}

TEST_CASE("a command id used again for something else is a conflict", "[dedup]") {
  simulated_node node{behaviours()};
  (void)node.say(accounts, {}, open_account{"ann"});
  (void)node.say(accounts, {}, open_account{"bob"});
  const auto id = node.fresh_id();
  REQUIRE(node.say(accounts, {1}, deposit{5}, id).ok());
  CHECK(node.say(accounts, {1}, deposit{6}, id).failure().code == errc::idempotency_conflict);
  CHECK(node.say(accounts, {2}, deposit{5}, id).failure().code == errc::idempotency_conflict);
  CHECK(node.say(accounts, {1}, withdraw{5}, id).failure().code == errc::idempotency_conflict);
  node.crash_and_restart();
  CHECK(node.say(accounts, {1}, deposit{6}, id).failure().code == errc::idempotency_conflict);
  CHECK(node.get(accounts, 1).as<account_state>().balance == 5);
}

TEST_CASE("a command that was not admitted may be sent again with its id", "[dedup]") {
  simulated_node node{behaviours()};
  const auto paying = node.command(accounts, {1}, deposit{5}, node.fresh_id());
  CHECK(node.say(paying).failure().code == errc::not_found);
  (void)node.say(accounts, {}, open_account{"ann"});
  CHECK(node.say(paying).ok());
}

TEST_CASE("a caller's own key is as good an id as an ordered one", "[dedup]") {
  simulated_node node{behaviours()};
  (void)node.say(accounts, {}, open_account{"ann"});
  const auto paying = node.command(accounts, {1}, deposit{5}, command_id::named("ann", "salary"));
  const auto first = node.say(paying);
  node.crash_and_restart();
  check_again(node, paying, first);
}

// -- the window by itself ---------------------------------------------------------------------

TEST_CASE("the window knows a command from its beginning to its end", "[dedup]") {
  dedup_window window;
  const auto id = command_id::make(1'000, 1, 2);
  CHECK(window.find(id) == nullptr);
  window.begin(id, 77);
  REQUIRE(window.find(id) != nullptr);
  CHECK(window.find(id)->is == dedup_window::phase::running);
  window.abandon(id);
  CHECK(window.find(id) == nullptr);
  window.begin(id, 77);
  window.finish(id, 77, {5}, dedup_window::phase::asking);
  window.abandon(id); // it has begun to act: no way back
  REQUIRE(window.find(id) != nullptr);
  window.finish(id, 77, {6}, dedup_window::phase::done);
  CHECK(window.find(id)->at.value == 6);
  CHECK(window.finished().size() == 1);
}

TEST_CASE("the window hands out its oldest marks when it is full, and says what may have left",
          "[dedup]") {
  dedup_window window;
  const auto count = dedup_window::marks_max + dedup_window::overflow_batch;
  const auto id_of = [](std::uint64_t n) {
    return command_id::make(static_cast<std::int64_t>(1'000 + n), n, n);
  };
  for (std::uint64_t n = 0; n < count; ++n)
    window.finish(id_of(n), n, {n + 1},
                  n == 3 ? dedup_window::phase::asking : dedup_window::phase::done);
  CHECK_FALSE(window.may_be_older(id_of(0)));
  const auto oldest = window.overflow();
  REQUIRE(oldest.size() == dedup_window::overflow_batch);
  CHECK(oldest.front().command == id_of(0));
  CHECK(oldest.front().at.value == 1);
  window.dropped(oldest.size());
  CHECK(window.overflow().empty());
  CHECK(window.find(id_of(0)) == nullptr);
  CHECK(window.find(id_of(3)) != nullptr); // still asks: needed
  CHECK(window.may_be_older(id_of(0)));
  CHECK(window.may_be_older(command_id::named("a", "b"))); // tells nothing of its age
  CHECK_FALSE(window.may_be_older(id_of(count + 1)));
}
