#include "tests/actors/bank.hpp"
#include "tests/actors/simulated_node.hpp"

#include <catch2/catch.hpp>

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
  // The board starts while the orders' stream is held back: letters come first.
  simulated_node node{behaviours()};
  node.stop(board);
  place_orders(node, 3);
  node.pass(500ms);
  node.hold(orders);
  node.start(board);
  node.pass(200ms);
  CHECK(node.view(board).held_back == 3);
  CHECK(node.list(board).empty());
  node.release(orders);
  node.pass(500ms);
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
