#include "bin/cli/suggestion.hpp"

#include <algorithm>
#include <cctype>

namespace troupe::cli {
namespace {

constexpr std::size_t typed_bytes_max = 64; // nobody mistypes a longer name; keeps the work bounded

std::string lower(std::string_view from) {
  std::string out{from};
  for (char& each : out)
    each = static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
  return out;
}

/// Insertions, deletions, replacements and swaps of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(now);
  }
  return last[b.size()];
}

} // namespace

std::string_view closest(std::string_view typed, std::span<const std::string_view> names) {
  if (typed.empty() || typed.size() > typed_bytes_max) return {};
  const std::string wanted = lower(typed);
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, typed.size() / 3) + 1;
  for (const std::string_view each : names) {
    const std::string name = lower(each);
    const std::size_t dot = name.find('.');
    // People leave the system out: "call" means taxi.call.
    const bool part = dot != std::string::npos && name.substr(dot + 1) == wanted;
    const std::size_t away = part || name.starts_with(wanted) ? 0 : distance(wanted, name);
    if (away < best_distance) {
      best = each;
      best_distance = away;
    }
  }
  return best;
}

std::string joined(std::span<const std::string_view> names) {
  std::string out;
  for (const std::string_view each : names)
    out += (out.empty() ? "" : ", ") + std::string{each};
  return out;
}

std::string suggestion(std::string_view typed, std::span<const std::string_view> names) {
  const std::string_view near = closest(typed, names);
  std::string out = near.empty() ? std::string{} : "did you mean " + std::string{near} + "? ";
  return out + "There are: " + joined(names);
}

} // namespace troupe::cli
