#include "seams/random.hpp"
#include "tests/actors/bank.hpp"
#include "tests/actors/diary.hpp"
#include "tests/actors/simulated.hpp"

#include <catch2/catch.hpp>

#include <iterator>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::test::bank;
using namespace std::chrono_literals;

namespace {

void place_orders(simulated_node& node, int count) {
  if (node.list(accounts).empty()) {
    (void)node.say(accounts, {}, open_account{"ann"});
    (void)node.say(accounts, {1}, deposit{1'000});
  }
  for (int i = 0; i < count; ++i)
    (void)node.say(orders, {}, place_order{1, 1 + i});
}

/// Every order is on the board, and written about unless nobody writes about it.
void check_board(simulated_node& node) {
  const auto rows = node.list(board);
  const auto all = node.list(orders);
  REQUIRE(rows.size() == all.size());
  for (const auto& [id, row] : all) {
    INFO("order " << id);
    const auto& shown = rows.at(id);
    CHECK(*shown.find("amount") == *row.find("amount"));
    const bool sevens = *row.find("amount") == value{7};
    CHECK(*shown.find("status") == value{sevens ? "placed" : "written"});
  }
}

} // namespace

TEST_CASE("a view equals the fold of what it has read", "[views]") {
  simulated_node node{behaviours(), {.shards = 2, .lanes = 2}};
  place_orders(node, 20);
  node.pass(500ms);
  check_board(node);
  CHECK(node.view(board).sources == 4);
  CHECK(node.view(board).held_back == 0);
}

TEST_CASE("an event waits in a view for the event that caused it", "[views]") {
  // The board starts while the orders are down: letters come first.
  simulated_node node{behaviours()};
  node.stop(board);
  place_orders(node, 3);
  node.pass(500ms);
  node.stop(orders);
  node.start(board);
  node.pass(200ms);
  CHECK(node.view(board).held_back == 3); // the letter about a deposit waits for nobody
  CHECK(node.list(board).empty());
  CHECK(node.view(board).state == view_state::following); // as far as it can
  node.start(orders);
  node.pass(1'000ms);
  CHECK(node.view(board).held_back == 0);
  check_board(node);
}

TEST_CASE("a view reads on from its positions", "[views]") {
  simulated_node node{behaviours()};
  place_orders(node, 5);
  node.pass(500ms);
  const auto folded = node.view(board).events.load();
  SECTION("after a stop") {
    node.stop(board);
    place_orders(node, 2);
    node.start(board);
  }
  SECTION("after a crash") {
    node.crash_and_restart();
    place_orders(node, 2);
  }
  node.pass(1'000ms);
  check_board(node);
  CHECK(node.view(board).events > folded);
  CHECK(node.view(board).events < 2 * folded);
}

TEST_CASE("a view whose store was lost is built anew", "[views]") {
  simulated_node node{behaviours()};
  place_orders(node, 8);
  node.pass(500ms);
  node.crash();
  node.disk().lose_derived();
  node.come_back();
  node.pass(500ms);
  check_board(node);
}

TEST_CASE("a view that could not write reads again and loses nothing", "[views]") {
  simulated_node node{behaviours()};
  place_orders(node, 2);
  node.pass(500ms);
  node.disk().fail_view_writes(3);
  place_orders(node, 9);
  node.pass(20'000ms);
  check_board(node);
}

TEST_CASE("a view is read-only and knows what it has", "[views]") {
  simulated_node node{behaviours()};
  place_orders(node, 1);
  node.pass(500ms);
  CHECK(node.get(board, 1).as<board_row>().status == "written");
  CHECK(node.get(board, 9).failure().code == errc::not_found);
  const auto writing = node.command(board, {1}, deposit{1}, node.fresh_id());
  CHECK(node.say(writing).failure().code == errc::method_not_allowed);
}

namespace {

/// Deposits and orders of three accounts, as `seed` has it, with some time between them: what
/// clients do who see what others did.
void be_busy(simulated_node& node, std::uint64_t seed, int steps) {
  seeded_random random{seed};
  const auto all = node.list(accounts);
  for (int i = 0; i < steps; ++i) {
    const auto account =
        std::next(all.begin(), static_cast<std::ptrdiff_t>(random.next() % all.size()))->first;
    const auto amount = static_cast<std::int64_t>(1 + random.next() % 5);
    if (random.next() % 2 == 0)
      (void)node.say(accounts, {account}, deposit{amount});
    else
      (void)node.say(orders, {}, place_order{account, amount});
    node.pass(2ms);
  }
}

void open_accounts(simulated_node& node) {
  for (int i = 1; i <= 3; ++i) {
    const auto opened = node.say(accounts, {}, open_account{"ann"}).reply().target;
    (void)node.say(accounts, opened, deposit{1'000});
  }
}

said ask_view(simulated_node& node, const std::string& view, const std::string& verb) {
  request content;
  content.kind = request_kind::admin;
  content.context = view;
  content.name = verb;
  content.target = {1};
  return node.say(std::move(content), true);
}

value told(const said& from) {
  return decode_value(from.reply().payload).value();
}

value status_of(simulated_node& node, const std::string& view) {
  return told(ask_view(node, view, "view-status"));
}

value rebuild_of(simulated_node& node, const std::string& view, std::string_view member) {
  const auto status = status_of(node, view);
  return *status.find("rebuild")->find(member);
}

/// More records in one stream than are under way at a time, so that a rebuild takes several rounds.
constexpr int many = 700;

} // namespace

TEST_CASE("a view that is built anew folds independent streams as it did live", "[views]") {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
    INFO("seed " << seed);
    simulated_node node{with_diaries(), {.shards = 2, .lanes = 3}};
    open_accounts(node);
    be_busy(node, seed, 60);
    node.pass(100ms);
    const auto live = node.list(diary);
    REQUIRE(live.size() > 3);
    CHECK(node.list(desk) == live);
    node.crash();
    node.disk().lose_derived();
    node.come_back();
    node.pass(500ms);
    CHECK(node.list(diary) == live);
    CHECK(node.list(desk) == live);
    REQUIRE(ask_view(node, diary, "view-rebuild").ok());
    node.pass(100ms);
    CHECK(rebuild_of(node, diary, "state") == value{"done"});
    CHECK(node.list(diary) == live);
  }
}

TEST_CASE("a view does not fold past a source that is still to come", "[views]") {
  simulated_node node{with_diaries()};
  open_accounts(node);
  be_busy(node, 7, 30);
  node.pass(100ms);
  const auto live = node.list(desk);
  node.stop(desk);
  node.stop(orders);
  node.announce(orders); // it recovers
  node.start(desk);
  node.pass(1'000ms);
  CHECK(node.list(desk).empty());
  CHECK(node.view(desk).state == view_state::building);
  node.start(orders);
  node.pass(1'000ms);
  CHECK(node.list(desk) == live);
  CHECK(node.view(desk).state == view_state::following);
}

TEST_CASE("a view does not wait for a source that is down", "[views]") {
  simulated_node node{with_diaries()};
  open_accounts(node);
  be_busy(node, 7, 30);
  node.pass(100ms);
  node.stop(desk);
  node.stop(orders);
  node.start(desk);
  node.pass(1'000ms);
  CHECK(node.list(desk).size() > 3);
  CHECK(node.view(desk).state == view_state::following);
  (void)node.say(accounts, {1}, deposit{99});
  node.pass(10ms);
  CHECK(*node.list(desk).at(1).find("last") == value{"deposit 99"});
  SECTION("nor for one that goes down later") {
    node.stop(accounts);
    node.start(orders);
    node.pass(1'000ms);
    CHECK(node.view(desk).held_back == 0);
    CHECK(node.view(desk).lag == 0);
  }
}

TEST_CASE("live events do not wait for idle streams", "[views]") {
  simulated_node node{with_diaries(), {.shards = 3, .lanes = 2}};
  open_accounts(node);
  node.pass(100ms);
  const auto account = node.list(accounts).begin()->first;
  (void)node.say(accounts, {account}, deposit{77});
  CHECK(*node.list(diary).at(account).find("last") == value{"deposit 77"});
  CHECK(node.view(diary).state == view_state::following);
}

TEST_CASE("a view in memory is built from the journals whenever it is opened", "[views]") {
  simulated_node node{with_diaries(), {.shards = 2, .lanes = 2}};
  open_accounts(node);
  be_busy(node, 3, 40);
  node.pass(100ms);
  const auto live = node.list(desk);
  const auto folded = node.view(desk).events.load();
  SECTION("after a stop by the operator") {
    node.stop(desk);
    CHECK(node.get(desk, 1).failure().code == errc::context_down);
    be_busy(node, 4, 5);
    node.start(desk);
  }
  SECTION("after a crash") {
    node.crash_and_restart();
    be_busy(node, 4, 5);
  }
  node.pass(1'000ms);
  CHECK(node.view(desk).events >= 2 * folded);
  CHECK(node.list(desk) != live);
  CHECK(node.list(desk) == node.list(diary));
  CHECK(node.view(desk).rows == node.list(desk).size());
}

TEST_CASE("a view in memory tells how far it is until it has what there was", "[views]") {
  simulated_node node{with_diaries()};
  open_accounts(node);
  be_busy(node, 9, many);
  node.pass(100ms);
  node.stop(desk);
  node.hold(orders);
  node.start(desk);
  node.pass(50ms);
  CHECK(node.view(desk).state == view_state::building);
  CHECK(node.view(desk).folded == 0);
  CHECK(node.view(desk).to_fold == node.counters(accounts).records); // the other is not known yet
  CHECK(ask_view(node, desk, "view-rebuild").failure().shown_code() == view_part::rebuild_running);
  const auto before = node.counters(orders).records + node.counters(accounts).records;
  node.release(orders);
  (void)node.say(accounts, {1}, deposit{88});
  node.pass(500ms);
  CHECK(node.view(desk).state == view_state::following);
  CHECK(node.view(desk).to_fold == before);
  CHECK(node.view(desk).folded == before);
  CHECK(*node.list(desk).at(1).find("last") == value{"deposit 88"});
}

TEST_CASE("while a view is rebuilt its old rows are served", "[views]") {
  const auto& view = GENERATE(diary, desk);
  simulated_node node{with_diaries()};
  open_accounts(node);
  be_busy(node, 5, 40);
  node.pass(100ms);
  const auto before = node.list(view);
  node.hold(orders); // the rebuild cannot end
  const auto begun = told(ask_view(node, view, "view-rebuild"));
  CHECK(*begun.find("state") == value{"rebuilding"});
  (void)node.say(accounts, {1}, deposit{66});
  node.pass(100ms);
  CHECK(node.view(view).state == view_state::rebuilding);
  CHECK(node.list(view) == before);
  CHECK(node.get(view, 1).as<diary_row>().last ==
        *before.at(1).find("last")->get_if<std::string>());
  CHECK(rebuild_of(node, view, "state") == value{"running"});
  const auto again = ask_view(node, view, "view-rebuild").failure();
  CHECK(again.code == errc::rejected);
  CHECK(again.reason == view_part::rebuild_running);
  node.release(orders);
  node.pass(500ms);
  CHECK(rebuild_of(node, view, "state") == value{"done"});
  CHECK(rebuild_of(node, view, "number") == value{1});
  CHECK(rebuild_of(node, view, "folded") == rebuild_of(node, view, "to_fold"));
  CHECK(*node.list(view).at(1).find("last") == value{"deposit 66"});
  CHECK(node.list(diary) == node.list(desk));
  REQUIRE(ask_view(node, view, "view-rebuild").ok());
  node.pass(500ms);
  CHECK(rebuild_of(node, view, "number") == value{2});
}

TEST_CASE("a rebuild needs its sources and waits for one that goes down", "[views]") {
  simulated_node node{with_diaries()};
  open_accounts(node);
  be_busy(node, 5, 40);
  node.pass(100ms);
  const auto live = node.list(diary);
  node.stop(orders);
  const auto refused = ask_view(node, diary, "view-rebuild").failure();
  CHECK(refused.code == errc::context_down);
  CHECK_THAT(refused.message, Catch::Contains(orders));
  CHECK(node.list(diary) == live);
  node.start(orders);
  node.pass(1'000ms);
  node.hold(orders);
  REQUIRE(ask_view(node, diary, "view-rebuild").ok());
  node.stop(orders);
  node.release(orders);
  node.pass(1'000ms);
  CHECK(node.view(diary).state == view_state::rebuilding);
  CHECK(node.list(diary) == live);
  SECTION("until it is back") {
    node.start(orders);
    node.pass(10'000ms);
    CHECK(rebuild_of(node, diary, "state") == value{"done"});
  }
  SECTION("or until the view is stopped, which leaves the old rows") {
    node.stop(diary);
    node.start(diary);
    node.pass(1'000ms);
    CHECK(status_of(node, diary).find("rebuild")->is_null());
  }
  CHECK(node.list(diary) == live);
}

TEST_CASE("a rebuild that cannot write is given up, and the old rows go on", "[views]") {
  simulated_node node{with_diaries()};
  open_accounts(node);
  be_busy(node, 5, 40);
  node.pass(100ms);
  node.disk().fail_view_writes(1);
  REQUIRE(ask_view(node, diary, "view-rebuild").ok());
  node.pass(100ms);
  CHECK(rebuild_of(node, diary, "state") == value{"failed"});
  CHECK_THAT(*rebuild_of(node, diary, "error").get_if<std::string>(),
             Catch::Contains("the write failed"));
  be_busy(node, 6, 10);
  node.pass(20'000ms);
  CHECK(node.view(diary).state == view_state::following);
  CHECK(node.list(diary) == node.list(desk));
  REQUIRE(ask_view(node, diary, "view-rebuild").ok());
  node.pass(1'000ms);
  CHECK(rebuild_of(node, diary, "state") == value{"done"});
  CHECK(node.list(diary) == node.list(desk));
}

TEST_CASE("a crash in the middle of a rebuild leaves the old rows, which go on", "[views]") {
  simulated_node node{with_diaries()};
  open_accounts(node);
  be_busy(node, 5, 40);
  node.pass(100ms);
  node.hold(orders);
  REQUIRE(ask_view(node, diary, "view-rebuild").ok());
  node.pass(100ms);
  node.crash_and_restart();
  node.pass(1'000ms);
  CHECK(status_of(node, diary).find("rebuild")->is_null());
  CHECK(node.view(diary).state == view_state::following);
  CHECK(node.list(diary) == node.list(desk));
}

TEST_CASE("the status of a view tells its rows, its state and where it stands", "[views]") {
  simulated_node node{with_diaries()};
  open_accounts(node);
  be_busy(node, 5, 20);
  node.pass(100ms);
  node.stop(orders);
  node.pass(1'000ms);
  const auto said = status_of(node, desk);
  CHECK(*said.find("context") == value{desk});
  CHECK(*said.find("store") == value{"memory"});
  CHECK(*said.find("state") == value{"up"});
  CHECK(*said.find("rows") == value{std::uint64_t{node.list(desk).size()}});
  CHECK(*said.find("lag") == value{0});
  const auto& sources = *said.find("sources")->get_if<value::array>();
  REQUIRE(sources.size() == 2);
  CHECK(*sources[0].find("context") == value{orders});
  CHECK(*sources[0].find("state") == value{"down"});
  CHECK(*sources[1].find("state") == value{"up"});
  CHECK(*sources[1].find("head") == value{node.counters(accounts).records.load()});
  CHECK(*sources[1].find("next") == value{node.counters(accounts).records.load() + 1});
  CHECK(*status_of(node, diary).find("store") == value{"sqlite"});
  CHECK(ask_view(node, desk, "juggle").failure().code == errc::unknown_command);
}
