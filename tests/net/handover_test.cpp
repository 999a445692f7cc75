#include "net/transport/handover.hpp"

#include <catch2/catch.hpp>
#include <poll.h>

#include <thread>

using namespace troupe;

namespace {

bool rung(const handover<int>& from) {
  pollfd wanted{from.fd(), POLLIN, 0};
  return ::poll(&wanted, 1, 0) == 1;
}

} // namespace

TEST_CASE("the bell rings only for a sleeper, and once") {
  handover<int> items;
  std::vector<int> taken;
  items.push(1);
  CHECK_FALSE(rung(items));
  CHECK_FALSE(items.may_sleep());
  CHECK(items.take(taken));
  taken.clear();
  REQUIRE(items.may_sleep());
  items.push(2);
  items.push(3);
  CHECK(rung(items));
  items.woke(true);
  CHECK_FALSE(rung(items));
  CHECK(items.take(taken));
  CHECK(taken == std::vector<int>{2, 3});
}

TEST_CASE("nothing is lost and each producer's order is kept") {
  handover<int> items;
  constexpr int each = 20'000;
  const auto produce = [&](int sign) {
    std::vector<int> batch;
    for (int i = 1; i <= each; ++i) {
      batch.push_back(sign * i);
      if (i % 7 == 0 || i == each) items.push_all(batch);
    }
  };
  std::thread one{produce, 1};
  std::thread other{produce, -1};
  int last_up = 0;
  int last_down = 0;
  std::vector<int> taken;
  bool ordered = true;
  while (last_up < each || last_down > -each) {
    if (!items.take(taken)) {
      if (!items.may_sleep()) continue;
      pollfd wanted{items.fd(), POLLIN, 0};
      REQUIRE(::poll(&wanted, 1, 10'000) == 1);
      items.woke(true);
      continue;
    }
    for (const int item : taken) {
      int& last = item > 0 ? last_up : last_down;
      ordered = ordered && item == last + (item > 0 ? 1 : -1);
      last = item;
    }
    taken.clear();
  }
  one.join();
  other.join();
  CHECK(ordered);
}
