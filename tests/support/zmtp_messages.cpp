#include "tests/support/zmtp_messages.hpp"

#include <algorithm>
#include <utility>

namespace troupe::test {
namespace {

constexpr unsigned more = 1;
constexpr unsigned long_size = 2;
constexpr unsigned command = 4;

/// Bytes of the frame that begins at `at`, or 0 if its size is not there yet.
std::size_t frame_bytes(std::string_view all, std::size_t at) {
  const auto byte = [&](std::size_t index) {
    return std::uint64_t{static_cast<unsigned char>(all[at + index])};
  };
  if (all.size() < at + 2) return 0;
  if ((byte(0) & long_size) == 0) return 2 + byte(1);
  if (all.size() < at + 9) return 0;
  std::uint64_t size = 0;
  for (std::size_t index = 1; index < 9; ++index)
    size = size << 8U | byte(index);
  return 9 + size;
}

} // namespace

zmtp_messages::piece zmtp_messages::next() {
  std::size_t end = 0;
  bool message = false;
  if (greeting_left_ > 0) {
    end = std::min(waiting_.size(), greeting_left_);
    greeting_left_ -= end;
  } else {
    for (bool last = false; !last;) {
      const std::size_t size = frame_bytes(waiting_, end);
      if (size == 0 || waiting_.size() < end + size) return {};
      const auto flags = static_cast<unsigned char>(waiting_[end]);
      last = (flags & more) == 0;
      message = (flags & command) == 0;
      end += size;
    }
  }
  piece found{waiting_.substr(0, end), message};
  waiting_.erase(0, end);
  return found;
}

} // namespace troupe::test
