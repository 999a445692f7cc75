#include "actors/turn_times.hpp"

#include <algorithm>
#include <bit>

namespace troupe {
namespace {

constexpr std::uint32_t weight_max = 1'024; ///< so that who was busy once does not stay for ever
constexpr std::uint64_t spread = 0x9e3779b97f4a7c15ULL; ///< ids of one shard lie side by side

} // namespace

std::size_t turn_times::place_of(aggregate_id of) {
  constexpr unsigned bits = std::bit_width(places - 1);
  return (static_cast<std::uint64_t>(of.number) * spread) >> (64U - bits);
}

void turn_times::note(aggregate_id of, std::chrono::nanoseconds took) {
  all_.note(took);
  auto& at = table_[place_of(of)];
  if (at.of != of) {
    if (at.weight > 0) {
      --at.weight;
      return;
    }
    at = place{};
    at.of = of;
  }
  at.weight = std::min(at.weight + 1, weight_max);
  at.times.note(took);
}

std::optional<std::uint64_t> turn_times::p99_us(aggregate_id of) const {
  const auto& at = table_[place_of(of)];
  return at.of == of ? at.times.p99_us() : std::nullopt;
}

std::optional<std::uint64_t> turn_times::p99_us() const {
  return all_.p99_us();
}

std::vector<std::pair<aggregate_id, std::uint64_t>> turn_times::slowest(std::size_t limit) const {
  std::vector<std::pair<aggregate_id, std::uint64_t>> all;
  for (const auto& each : table_)
    if (const auto time = each.times.p99_us()) all.emplace_back(each.of, *time);
  const auto slower = [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  };
  const auto most = static_cast<std::ptrdiff_t>(std::min(limit, all.size()));
  std::partial_sort(all.begin(), all.begin() + most, all.end(), slower);
  all.resize(static_cast<std::size_t>(most));
  return all;
}

void turn_times::fade() {
  all_.fade();
  for (auto& each : table_) {
    each.weight /= 2;
    each.times.fade();
  }
}

} // namespace troupe
