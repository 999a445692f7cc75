#include "seams/random.hpp"

#include <random>

namespace troupe {

std::unique_ptr<random_source> real_random() {
  std::random_device device;
  const std::uint64_t high = device();
  return std::make_unique<seeded_random>((high << 32U) ^ device());
}

std::uint64_t seeded_random::next() {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31U);
}

} // namespace troupe
