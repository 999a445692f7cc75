#include "bench/histogram.hpp"

#include "seams/random.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using troupe::bench::histogram;

TEST_CASE("an empty histogram shows zeros") {
  const histogram none;
  CHECK(none.count() == 0);
  CHECK(none.least() == 0);
  CHECK(none.most() == 0);
  CHECK(none.mean() == 0);
  CHECK(none.at_share(0.99) == 0);
}

TEST_CASE("small values are exact") {
  histogram seen;
  for (std::uint64_t value = 1; value <= 100; ++value)
    seen.record(value);
  CHECK(seen.at_share(0.5) == 50);
  CHECK(seen.at_share(0.99) == 99);
  CHECK(seen.at_share(0.991) == 100);
  CHECK(seen.at_share(0) == 1);
  CHECK(seen.at_share(1) == 100);
  CHECK(seen.mean() == Approx(50.5));
}

TEST_CASE("every value is shown within one part in 64, over all magnitudes") {
  for (unsigned magnitude = 0; magnitude < 64; ++magnitude) {
    const auto value = std::uint64_t{1} << magnitude;
    for (const auto each : {value, value | (value >> 1U), value | (value - 1)}) {
      histogram seen;
      seen.record(each);
      seen.record(UINT64_MAX);
      const auto shown = seen.at_share(0.5);
      REQUIRE(shown >= each);
      REQUIRE(shown - each <= each / 64);
    }
  }
}

TEST_CASE("percentiles agree with sorting") {
  troupe::seeded_random random{3};
  histogram seen;
  std::vector<std::uint64_t> all;
  for (int number = 0; number < 50'000; ++number) {
    const auto value = static_cast<std::uint64_t>(std::exp(random.unit() * 20));
    all.push_back(value);
    seen.record(value);
  }
  std::sort(all.begin(), all.end());
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const auto exact = all[static_cast<std::size_t>(std::ceil(share * 50'000)) - 1];
    CHECK(seen.at_share(share) >= exact);
    CHECK(seen.at_share(share) <= exact + exact / 64);
  }
  CHECK(seen.least() == all.front());
  CHECK(seen.most() == all.back());
}

TEST_CASE("histograms of several threads add up") {
  histogram one;
  histogram other;
  one.record(10);
  other.record(5);
  other.record(1000);
  one.add(other);
  one.add(histogram{});
  CHECK(one.count() == 3);
  CHECK(one.least() == 5);
  CHECK(one.most() == 1000);
  CHECK(one.at_share(0.5) == 10);
}
