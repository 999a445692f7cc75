#include "messages/siren.hpp"

#include <catch2/catch.hpp>
#include <troupe/testkit/breaker_handle.hpp>
#include <troupe/testkit/systems.hpp>

using namespace troupe;
using namespace troupe::testkit;
using namespace std::chrono_literals;

TEST_CASE("orders while nobody can tell the price") {
  // All contexts of one system, in this thread, on a clock that only the test moves.
  simulated_node shop{behaviours_of("siren")};
  breaker_handle prices{shop, "siren.order", "siren.product", "checkProduct"};
  const auto product = shop.say("siren.product", {}, siren::register_product{"Available", 3500});
  const auto id = product.reply().target.number;
  shop.pass(200ms); // the order service hears of the product

  // The product service answers nobody: the ask times out, and nothing is stored.
  shop.hold("siren.product");
  const auto waiting = shop.post("siren.order", {}, siren::place_order{id}, shop.fresh_id());
  shop.pass(609ms);
  CHECK_FALSE(shop.answer_to(waiting));
  shop.pass(2ms);
  CHECK(shop.heard(waiting).failure().code == errc::ask_timeout);
  shop.drop_held("siren.product");
  shop.release("siren.product");

  // The circuit is open: refused at once, with a hint when to come again; product hears nothing.
  prices.force(breaker_state::open);
  const auto asked = shop.asked("siren.product");
  const auto refused = shop.say("siren.order", {}, siren::place_order{id}).failure();
  CHECK(refused.code == errc::circuit_open);
  CHECK(refused.retry_after_ms > 0);
  CHECK(shop.asked("siren.product") == asked);
  CHECK(shop.list("siren.order").empty());

  // Its time is over, ten probes find product well, and it closes.
  prices.expire_open_time();
  for (int i = 0; i < 10; ++i)
    CHECK(shop.say("siren.order", {}, siren::place_order{id}).ok());
  CHECK(prices.story() ==
        std::vector<std::string>{"closed -> open: 20 calls, 20 failed, 1 slow",
                                 "open -> half-open: 0 calls, 0 failed, 0 slow",
                                 "half-open -> closed: 10 calls, 0 failed, 0 slow"});
}
