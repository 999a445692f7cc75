#include "seams/random.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <random>
#include <system_error>

namespace troupe {

std::unique_ptr<random_source> real_random() {
  std::random_device device;
  const std::uint64_t high = device();
  return std::make_unique<seeded_random>((high << 32U) ^ device());
}

std::string new_secret() {
  std::array<unsigned char, 32> bytes{};
  // Requests up to 256 bytes come whole and are never interrupted once the pool is ready.
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::system_error(errno, std::generic_category(), "getrandom");
  constexpr const char* digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text.push_back(digits[byte >> 4U]);
    text.push_back(digits[byte & 0xfU]);
  }
  return text;
}

std::uint64_t seeded_random::next() {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31U);
}

} // namespace troupe
