#include "messages/token_bucket.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>
#include <vector>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr monotonic_time start{1h};

int take_all(token_bucket& from, const rate_limit& by, monotonic_time now) {
  int taken = 0;
  while (from.take(by, now).granted)
    ++taken;
  return taken;
}

} // namespace

TEST_CASE("a bucket gives its burst at once and then its rate") {
  const rate_limit by{100, 20};
  token_bucket bucket;
  CHECK(take_all(bucket, by, start) == 20);
  CHECK(take_all(bucket, by, start + 9ms) == 0);
  CHECK(take_all(bucket, by, start + 10ms) == 1);
  CHECK(take_all(bucket, by, start + 60ms) == 5);
  CHECK(take_all(bucket, by, start + 1h) == 20); // a pause fills it, and not more
}

TEST_CASE("over a long time exactly the rate passes") {
  const rate_limit by{1'000, 1};
  token_bucket bucket;
  int passed = 0;
  for (auto at = 0us; at < 10s; at += 100us) // ten times as much is offered
    passed += bucket.take(by, start + at).granted ? 1 : 0;
  CHECK(passed == 10'000);
}

TEST_CASE("whoever is refused is told the first moment at which it would pass") {
  const rate_limit by{3, 1}; // a third of a second each, which no decimal number is
  token_bucket bucket;
  REQUIRE(bucket.take(by, start).granted);
  const auto refused = bucket.take(by, start + 100ms);
  REQUIRE_FALSE(refused.granted);
  CHECK(refused.retry_after_ms() == 234);
  CHECK_FALSE(bucket.take(by, start + 100ms + refused.retry_after - 1ns).granted);
  CHECK(bucket.take(by, start + 100ms + refused.retry_after).granted);
}

TEST_CASE("a verdict says what is left and when the bucket is full") {
  const rate_limit by{10, 3};
  token_bucket bucket;
  const auto first = bucket.take(by, start);
  CHECK(first.remaining == 2);
  CHECK(first.reset == 100ms);
  (void)bucket.take(by, start);
  CHECK(bucket.take(by, start).remaining == 0);
  const auto refused = bucket.take(by, start);
  CHECK(refused.remaining == 0);
  CHECK(refused.reset == 300ms);
  CHECK_FALSE(bucket.full(start + 299ms));
  CHECK(bucket.full(start + 300ms));
}

TEST_CASE("without a limit everything passes, and a changed limit counts at once") {
  token_bucket bucket;
  for (int i = 0; i < 1'000; ++i)
    CHECK(bucket.take({}, start).granted);
  CHECK(take_all(bucket, {1, 100}, start) == 100);
  // A limit that was lowered does not leave anybody out for longer than its own burst lasts.
  const auto refused = bucket.take({1, 2}, start);
  CHECK_FALSE(refused.granted);
  CHECK(refused.retry_after == 1s);
}

TEST_CASE("threads that share a bucket get no more than it holds") {
  const rate_limit by{1, 5'000};
  token_bucket bucket;
  std::atomic<int> taken{0};
  std::vector<std::thread> takers;
  for (int i = 0; i < 4; ++i)
    takers.emplace_back([&] { taken += take_all(bucket, by, start); });
  for (auto& each : takers)
    each.join();
  CHECK(taken == 5'000);
}

TEST_CASE("rates are read as people write them") {
  CHECK(rate_limit::parse("100/200").value() == rate_limit{100, 200});
  CHECK(rate_limit::parse("100").value() == rate_limit{100, 200});
  CHECK(rate_limit::parse("1000000").value() == rate_limit{1'000'000, 1'000'000});
  CHECK(rate_limit::parse("off").value() == rate_limit{});
  CHECK(rate_limit::parse("7/9").value().text() == "7/9");
  CHECK(rate_limit{}.text() == "off");
  for (const auto* wrong : {"", "0", "-1", "1/", "/1", "1/0", "1 /2", "1.5", "1000001", "1/2/3",
                            "99999999999", "ten"}) {
    INFO(wrong);
    const auto read = rate_limit::parse(wrong);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().code == errc::malformed);
  }
}

TEST_CASE("a refusal by rate says when to come again") {
  const rate_limit by{10, 1};
  token_bucket bucket;
  (void)bucket.take(by, start);
  const auto why = rate_refusal("taxi.call", by, bucket.take(by, start + 40ms));
  CHECK(why.code == errc::rate_limited);
  CHECK(why.retry_after_ms == 60);
  CHECK(why.message.find("taxi.call") != std::string::npos);
}
