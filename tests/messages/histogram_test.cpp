#include "messages/histogram.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

TEST_CASE("A number falls into the bucket of the smallest power of two that is not below it") {
  using counted = doubling_histogram<0, 13>;
  CHECK(counted::bucket_of(0) == 0);
  CHECK(counted::bucket_of(1) == 0);
  CHECK(counted::bucket_of(2) == 1);
  CHECK(counted::bucket_of(3) == 2);
  CHECK(counted::bucket_of(4) == 2);
  CHECK(counted::bucket_of(5) == 3);
  CHECK(counted::bucket_of(4'096) == 12);
  CHECK(counted::bucket_of(4'097) == 13);
  CHECK(counted::bucket_of(~std::uint64_t{0}) == 13);
}

TEST_CASE("Times are read in seconds, with bounds from 32 us to 34 s, and add up over histograms") {
  time_histogram one;
  time_histogram other;
  one.note(std::chrono::microseconds{32});
  one.note(std::chrono::microseconds{33});
  one.note(std::chrono::nanoseconds{-5});
  other.note(std::chrono::seconds{60});
  histogram_reading both;
  one.add_to(both);
  other.add_to(both);
  REQUIRE(both.bounds.size() == 21);
  REQUIRE(both.counts.size() == 22);
  CHECK(both.bounds.front() == Approx(32e-6));
  CHECK(both.bounds.back() == Approx(33.554432));
  CHECK(both.counts[0] == 2);
  CHECK(both.counts[1] == 1);
  CHECK(both.counts[21] == 1);
  CHECK(both.count() == 4);
  CHECK(both.sum == Approx(60.000065));
}

TEST_CASE("A share of the times lies below the upper end of a bucket, if one ends behind it") {
  histogram_reading of;
  CHECK_FALSE(of.below(0.99));
  time_histogram times;
  for (int i = 0; i < 98; ++i)
    times.note(std::chrono::microseconds{40});
  times.note(std::chrono::microseconds{900});
  times.add_to(of);
  CHECK(of.below(0.5).value() == Approx(64e-6));
  CHECK(of.below(1).value() == Approx(1024e-6));
  time_histogram endless;
  endless.note(std::chrono::hours{1});
  histogram_reading only;
  endless.add_to(only);
  CHECK_FALSE(only.below(0.5));
}
