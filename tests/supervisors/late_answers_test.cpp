#include "supervisors/late_answers.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

TEST_CASE("a delay is read and written as people write it") {
  CHECK(answer_delay::parse("400..620ms").value() == answer_delay{400, 620});
  CHECK(answer_delay::parse("500ms").value() == answer_delay{500, 500});
  CHECK(answer_delay::parse("0..620ms").value() == answer_delay{0, 620});
  CHECK_FALSE(answer_delay::parse("off").value().given());
  CHECK(answer_delay{400, 620}.text() == "400..620ms");
  CHECK(answer_delay{}.text() == "off");
  for (const auto* wrong : {"", "ms", "400", "620..400ms", "-1ms", "0ms", "400..ms", "..4ms",
                            "400...620ms", "60001ms", "99999999999ms", "1.5ms", "soon"}) {
    INFO(wrong);
    const auto read = answer_delay::parse(wrong);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().code == errc::malformed);
  }
}

TEST_CASE("an adjustable delay says what was set last") {
  adjustable_delay delay;
  CHECK_FALSE(delay.get().given());
  delay.set({400, 620});
  CHECK(delay.get() == answer_delay{400, 620});
  delay.set({});
  CHECK_FALSE(delay.get().given());
}
