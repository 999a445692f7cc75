#include "net/sdk/list_merge.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

constexpr std::uint32_t page_size_max = 1000;

struct keyed_row {
  value key;
  value state;
  aggregate_id id;
};

bool before(const keyed_row& left, const keyed_row& right, const page_request& wanted) {
  if (wanted.sort.empty()) return wanted.descending ? right.id < left.id : left.id < right.id;
  const auto order = compare_for_list(left.key, right.key);
  if (order != 0) return wanted.descending ? order > 0 : order < 0;
  return wanted.descending ? right.id < left.id : left.id < right.id;
}

} // namespace

result<std::uint32_t> rows_wanted(const page_request& wanted) {
  if (wanted.size < 1 || wanted.size > page_size_max)
    return fail(errc::malformed, "size: from 1 to " + std::to_string(page_size_max));
  if (wanted.page >= list_limit_max / wanted.size)
    return fail(errc::malformed, "page: only the first " + std::to_string(list_limit_max) +
                                     " rows can be paged to; narrow the filter");
  return static_cast<std::uint32_t>((wanted.page + 1) * wanted.size);
}

result<page> merge_lists(const page_request& wanted, const std::vector<list_reply>& shards) {
  page merged;
  std::vector<keyed_row> rows;
  for (const auto& shard : shards) {
    merged.total += shard.total;
    for (const auto& row : shard.rows) {
      auto state = decode_value(row.state);
      if (!state) return state.error();
      const value* key = wanted.sort.empty() ? nullptr : state->find(wanted.sort);
      value held = key == nullptr ? value{} : *key;
      rows.push_back({std::move(held), std::move(*state), row.id});
    }
  }
  std::size_t first = 0;
  if (shards.size() > 1) {
    std::ranges::sort(
        rows, [&](const auto& left, const auto& right) { return before(left, right, wanted); });
    first = std::min<std::size_t>(wanted.page * wanted.size, rows.size());
  }
  const auto last = std::min<std::size_t>(first + wanted.size, rows.size());
  for (auto i = first; i < last; ++i)
    merged.items.emplace_back(rows[i].id, std::move(rows[i].state));
  return merged;
}

} // namespace troupe
