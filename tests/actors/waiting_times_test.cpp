#include "actors/waiting_times.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

using namespace troupe;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

monotonic_time at_second(std::int64_t second) {
  return monotonic_time{seconds{second}};
}

waiting_summary seen(const waiting_times& from, std::int64_t second) {
  waiting_summary sum;
  from.add_to(sum, at_second(second));
  return sum;
}

} // namespace

TEST_CASE("A time is in a bucket that ends at most an eighth above it") {
  for (std::uint64_t us = 0; us < 500'000'000; us += 1 + us / 50) {
    const auto bucket = waiting_summary::bucket_of(microseconds{us});
    REQUIRE(bucket < waiting_summary::bucket_count);
    const auto highest = waiting_summary::highest_us(bucket);
    REQUIRE(highest >= us);
    REQUIRE(highest <= us + us / 8);
    if (bucket > 0) REQUIRE(waiting_summary::highest_us(bucket - 1) < us);
  }
  CHECK(waiting_summary::bucket_of(nanoseconds{-5}) == 0);
  CHECK(waiting_summary::bucket_of(std::chrono::hours{5}) == waiting_summary::bucket_count - 1);
}

TEST_CASE("Shares of what was noted") {
  waiting_times times;
  CHECK(seen(times, 100).count() == 0);
  CHECK(seen(times, 100).at_share_ms(0.95) == 0);
  for (int i = 1; i <= 100; ++i)
    times.note(milliseconds{i}, 100);
  const auto sum = seen(times, 100);
  CHECK(sum.count() == 100);
  for (const double share : {0.01, 0.5, 0.95, 0.99, 1.0}) {
    CHECK(sum.at_share_ms(share) >= 100 * share);
    CHECK(sum.at_share_ms(share) <= 100 * share * 1.126);
  }
}

TEST_CASE("What is older than the window is forgotten, whether something new comes or not") {
  waiting_times times;
  times.note(milliseconds{900}, 100);
  times.note(milliseconds{1}, 103);
  CHECK(seen(times, 105).count() == 2);
  CHECK(seen(times, 106).count() == 1);
  CHECK(seen(times, 106).at_share_ms(1) < 2);
  CHECK(seen(times, 1'000).count() == 0);
  times.note(milliseconds{1}, 106); // in the place of second 100
  CHECK(seen(times, 106).count() == 2);
}

TEST_CASE("Somebody who reads while it is written sees no more than was noted") {
  waiting_times times;
  std::atomic<bool> done{false};
  std::atomic<std::int64_t> now{1};
  constexpr std::uint64_t each_second = 1'000;
  std::thread writer{[&] {
    for (std::int64_t second = 1; second <= 2'000; ++second) {
      now = second;
      for (std::uint64_t i = 0; i < each_second; ++i)
        times.note(milliseconds{1}, second);
    }
    done = true;
  }};
  while (!done) {
    const auto sum = seen(times, now);
    // A second that ends while it is read may be in it besides.
    CHECK(sum.count() <= each_second * (waiting_times::window_s + 2));
    CHECK(sum.at_share_ms(1) <= 1.126);
  }
  writer.join();
  CHECK(seen(times, 2'000).count() == each_second * (waiting_times::window_s + 1));
}
