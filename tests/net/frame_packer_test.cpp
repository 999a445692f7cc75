#include "net/transport/frame_packer.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

namespace {

bool add(frame_packer& to, std::size_t size) {
  return to.add([size](std::string& frame) { frame.append(size, 'x'); });
}

} // namespace

TEST_CASE("small messages share a frame") {
  frame_packer packer;
  for (int i = 0; i < 100; ++i)
    CHECK(add(packer, 100));
  CHECK(packer.front().size() == 10'000);
  packer.pop();
  CHECK(packer.empty());
  CHECK(packer.bytes() == 0);
}

TEST_CASE("a frame is closed before it grows past the packing size, and no message is cut") {
  frame_packer packer;
  for (int i = 0; i < 100; ++i)
    CHECK(add(packer, 10'000));
  std::size_t total = 0;
  while (!packer.empty()) {
    CHECK(packer.front().size() % 10'000 == 0);
    CHECK(packer.front().size() <= frame_packer::pack_bytes);
    total += packer.front().size();
    packer.pop();
  }
  CHECK(total == 1'000'000);
}

TEST_CASE("a large message has a frame of its own, one over the limit is refused") {
  frame_packer packer;
  CHECK(add(packer, 10));
  CHECK(add(packer, frame_bytes_max));
  CHECK_FALSE(add(packer, frame_bytes_max + 1));
  CHECK(add(packer, 20));
  CHECK(packer.front().size() == 10);
  packer.pop();
  CHECK(packer.front().size() == frame_bytes_max);
  packer.pop();
  CHECK(packer.front().size() == 20);
  packer.pop();
  CHECK(packer.bytes() == 0);
}
