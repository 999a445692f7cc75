#include "persistence/match_counts.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

bool fits(const match_counts::matches& wanted, const match_counts::row* held) {
  return held != nullptr &&
         std::all_of(wanted.begin(), wanted.end(), [&](const list_plan::match& each) {
           return (*held)[each.column] == each.wanted;
         });
}

} // namespace

std::optional<std::uint64_t> match_counts::find(const matches& wanted) {
  const auto found = std::find_if(kept_.begin(), kept_.end(),
                                  [&](const entry& each) { return each.wanted == wanted; });
  if (found == kept_.end()) return std::nullopt;
  std::rotate(kept_.begin(), found, found + 1);
  return kept_.front().number;
}

void match_counts::keep(const matches& wanted, std::uint64_t number) {
  if (kept_.size() >= kept_max) kept_.pop_back();
  kept_.push_front({wanted, number});
}

void match_counts::changed(const row* before, const row* after) {
  for (entry& each : kept_) {
    if (fits(each.wanted, before)) --each.number;
    if (fits(each.wanted, after)) ++each.number;
  }
}

} // namespace troupe
