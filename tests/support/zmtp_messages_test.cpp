#include "tests/support/zmtp_messages.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace troupe::test;

TEST_CASE("Messages are told from greeting and commands, however the bytes arrive") {
  const std::string greeting(64, 'g');
  const std::string command{"\x04\x05READY", 7};
  const std::string message{"\x01\x01"
                            "a"
                            "\x00\x02"
                            "bc",
                            7};
  const std::string empty{"\x00\x00", 2};
  const std::string large =
      std::string{"\x02\x00\x00\x00\x00\x00\x00\x01\x2c", 9} + std::string(300, 'x');
  const std::string all = greeting + command + message + empty + large;
  const std::size_t step = GENERATE(1U, 2U, 7U, 64U, 1000U);
  zmtp_messages parted;
  std::vector<std::string> messages;
  std::string passed;
  for (std::size_t at = 0; at < all.size(); at += step) {
    parted.take(std::string_view{all}.substr(at, step));
    for (auto next = parted.next(); !next.bytes.empty(); next = parted.next()) {
      passed += next.bytes;
      if (next.message) messages.push_back(next.bytes);
    }
  }
  REQUIRE(passed == all);
  REQUIRE(messages == std::vector<std::string>{message, empty, large});
}
