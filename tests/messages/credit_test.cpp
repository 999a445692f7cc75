#include "messages/credit.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

TEST_CASE("credit is a number within its bounds, and nothing else") {
  CHECK(*decode_credit(encode_credit(7)) == 7);
  CHECK(*decode_credit(encode_credit(credit_max)) == credit_max);
  CHECK_FALSE(decode_credit(encode_credit(0)).ok());
  CHECK_FALSE(decode_credit(encode_credit(credit_max + 1)).ok());
  CHECK_FALSE(decode_credit("\xa1x").ok());
  CHECK_FALSE(decode_credit("").ok());
}
