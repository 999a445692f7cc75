#include "messages/list_reply.hpp"
#include "supervisors/self_healing.hpp"
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

namespace {

/// A node whose views heal, and what they healed.
struct healing_node {
  simulated_clock time;
  std::vector<supervision_event> told;
  self_healing heals{time, {}, [this](supervision_event what) { told.push_back(std::move(what)); }};
  simulated_node node{behaviours(), {.heals = &heals}};

  [[nodiscard]] self_healing::counters rebuilds() const {
    return heals.of(healing_action::rebuild_view);
  }
};

} // namespace

TEST_CASE("a view that met damage as it wrote is rebuilt by itself", "[views][healing]") {
  healing_node with;
  place_orders(with.node, 8);
  with.node.pass(500ms);
  with.node.disk().damage_views();
  place_orders(with.node, 2);
  with.node.pass(2'000ms);
  check_board(with.node);
  CHECK(with.node.view(board).state == view_state::following);
  CHECK(with.rebuilds().tried == 1);
  CHECK(with.rebuilds().done == 1);
  CHECK(with.heals.records().back().cause.find("damaged") != std::string::npos);
}

TEST_CASE("a view that met damage as it was read says so, and is rebuilt by itself",
          "[views][healing]") {
  healing_node with;
  place_orders(with.node, 8);
  with.node.pass(500ms);
  with.node.disk().damage_views();
  request read;
  read.kind = request_kind::list;
  read.context = board;
  read.payload = encode_list_request({});
  CHECK(with.node.say(read).failure().code == errc::corrupt);
  with.node.pass(2'000ms);
  check_board(with.node);
  CHECK(with.rebuilds().done == 1);
}

TEST_CASE("a view that has read more of a source than that has is rebuilt by itself",
          "[views][healing]") {
  healing_node with;
  place_orders(with.node, 8);
  with.node.pass(500ms);
  REQUIRE(with.node.list(board).size() == 8);
  with.node.crash();
  with.node.disk().lose_journals_of(orders);
  with.node.come_back();
  with.node.pass(2'000ms);
  CHECK(with.node.list(board).empty());
  place_orders(with.node, 2);
  with.node.pass(500ms);
  CHECK(with.node.list(board).size() == 2);
  CHECK(with.node.view(board).state == view_state::following);
  CHECK(with.rebuilds().done == 1);
  CHECK(with.heals.records().back().cause.find(orders) != std::string::npos);
}

TEST_CASE("a damaged view that must not heal itself stays as it is until it may",
          "[views][healing]") {
  healing_node with;
  with.heals.turn(healing_action::rebuild_view, false);
  place_orders(with.node, 8);
  with.node.pass(500ms);
  with.node.disk().damage_views();
  place_orders(with.node, 2);
  with.node.pass(10'000ms);
  CHECK(with.rebuilds().tried == 0);
  CHECK(with.rebuilds().off > 0);
  with.heals.turn(healing_action::rebuild_view, true);
  with.node.pass(10'000ms);
  check_board(with.node);
  CHECK(with.rebuilds().done == 1);
}
