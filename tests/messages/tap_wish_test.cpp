#include "messages/tap_wish.hpp"

#include "messages/codec.hpp"
#include "messages/value.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

TEST_CASE("a tap's wish goes through its encoding", "[tap]") {
  tap_wish wish;
  wish.context = "taxi.*";
  wish.sample = 0.25;
  wish.most_per_s = 7;
  wish.lasts = std::chrono::milliseconds{1'500};
  wish.credit = 99;
  const auto back = decode_tap_wish(encode_tap_wish(wish)).value();
  CHECK(back.context == wish.context);
  CHECK(back.sample == wish.sample);
  CHECK(back.most_per_s == wish.most_per_s);
  CHECK(back.lasts == wish.lasts);
  CHECK(back.credit == wish.credit);
  const auto preset = decode_tap_wish(encode_value(value{value::object{}})).value();
  CHECK(preset.context == "*");
  CHECK(preset.lasts == std::chrono::seconds{30});
}

TEST_CASE("a tap's wish is bounded", "[tap]") {
  for (const auto& [name, wrong] : {std::pair<std::string, value>{"sample", 0.0},
                                    {"sample", 1.5},
                                    {"sample", -1},
                                    {"sample", "all"},
                                    {"most_per_s", 0},
                                    {"most_per_s", 1'001},
                                    {"most_per_s", "many"},
                                    {"for_ms", 0},
                                    {"for_ms", 300'001},
                                    {"context", ""},
                                    {"context", 5},
                                    {"context", std::string(300, 'x')}}) {
    CAPTURE(name);
    const auto refused = decode_tap_wish(encode_value(value{value::object{{name, wrong}}}));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::malformed);
  }
  CHECK_FALSE(decode_tap_wish("\xc1"));
}

TEST_CASE("patterns of contexts", "[tap]") {
  CHECK(fits_pattern("*", "taxi.call"));
  CHECK(fits_pattern("taxi.*", "taxi.call"));
  CHECK(fits_pattern("*.call", "taxi.call"));
  CHECK(fits_pattern("t*x*l", "taxi.call"));
  CHECK(fits_pattern("taxi.cal?", "taxi.call"));
  CHECK(fits_pattern("taxi.call", "taxi.call"));
  CHECK(fits_pattern("taxi.call*", "taxi.call"));
  CHECK_FALSE(fits_pattern("taxi.*", "edu.app"));
  CHECK_FALSE(fits_pattern("taxi", "taxi.call"));
  CHECK_FALSE(fits_pattern("", "taxi.call"));
  CHECK_FALSE(fits_pattern("taxi.call?", "taxi.call"));
  CHECK_FALSE(fits_pattern(std::string(200, '*') + "z", std::string(200, 'a')));
}
