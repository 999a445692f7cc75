#include "persistence/memory_index.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

namespace troupe {

namespace {

/// Rows of a filter looked at to find the one that has fewest.
constexpr int probe_max = 1'000;

template <class Row> bool fits(const list_plan& plan, const Row& row) {
  return std::all_of(plan.matches.begin(), plan.matches.end(), [&](const list_plan::match& each) {
    return row.second[each.column] == each.wanted;
  });
}

const auto& row_at(const std::pair<const std::int64_t, std::vector<value>>& row) {
  return row;
}
const auto& row_at(const std::pair<const std::int64_t, std::vector<value>>* row) {
  return *row;
}

/// Takes the plan's page out of ordered rows, of which only those that match count.
template <class Iterator>
void take_page(Iterator from, Iterator to, const list_plan& plan, std::vector<std::int64_t>& keys) {
  std::uint64_t skipped = 0;
  for (; from != to && keys.size() < plan.limit; ++from) {
    const auto& row = row_at(*from);
    if (!fits(plan, row)) continue;
    if (skipped++ >= plan.skip) keys.push_back(row.first);
  }
}

/// The same, in the direction the plan wants.
template <class Iterator>
void take_directed(Iterator from, Iterator to, const list_plan& plan,
                   std::vector<std::int64_t>& keys) {
  if (plan.descending)
    take_page(std::make_reverse_iterator(to), std::make_reverse_iterator(from), plan, keys);
  else
    take_page(from, to, plan, keys);
}

} // namespace

bool memory_index::order::comes_first(const place& left, const place& right) {
  if (comes_before(left.held, right.held)) return true;
  if (comes_before(right.held, left.held)) return false;
  return left.key < right.key;
}

memory_index::memory_index(std::vector<column> columns) : columns_(std::move(columns)) {
  for (std::size_t i = 0; i < columns_.size(); ++i)
    by_column_.emplace_back(order{i});
}

void memory_index::put(std::int64_t key, std::vector<value> values) {
  const auto [at, is_new] = rows_.try_emplace(key);
  counts_.changed(is_new ? nullptr : &at->second, &values);
  std::vector<std::size_t> moved; // an index is left as it is where the value stays
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!columns_[i].listed || (!is_new && at->second[i] == values[i])) continue;
    if (!is_new) by_column_[i].erase(&*at);
    moved.push_back(i);
  }
  at->second = std::move(values);
  for (const std::size_t i : moved)
    by_column_[i].insert(&*at);
}

void memory_index::erase(std::int64_t key) {
  const auto found = rows_.find(key);
  if (found == rows_.end()) return;
  counts_.changed(&found->second, nullptr);
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (columns_[i].listed) by_column_[i].erase(&*found);
  rows_.erase(found);
}

const std::vector<value>* memory_index::find(std::int64_t key) const {
  const auto found = rows_.find(key);
  return found == rows_.end() ? nullptr : &found->second;
}

memory_index::page memory_index::list(const list_plan& plan) {
  page found;
  if (plan.key) {
    const auto at = rows_.find(*plan.key);
    const bool behind = !plan.after || *plan.after < *plan.key;
    found.total = behind && at != rows_.end() && fits(plan, *at) ? 1 : 0;
    if (found.total > plan.skip && plan.limit > 0) found.keys.push_back(*plan.key);
    return found;
  }
  if (plan.after) return list_behind(plan, *plan.after);
  if (plan.matches.empty()) {
    found.total = rows_.size();
    if (plan.sort_column) {
      const ordered& index = by_column_[*plan.sort_column];
      take_directed(index.begin(), index.end(), plan, found.keys);
    } else {
      take_directed(rows_.begin(), rows_.end(), plan, found.keys);
    }
    return found;
  }
  const range candidates = narrowest(plan);
  found.total = count(plan, candidates);
  if (found.total <= plan.skip) return found;
  if (!plan.sort_column) {
    take_directed(candidates.first, candidates.second, plan, found.keys);
  } else if (reads_in_order(plan, found.total, rows_.size())) {
    const ordered& index = by_column_[*plan.sort_column];
    take_directed(index.begin(), index.end(), plan, found.keys);
  } else {
    const auto rows = sorted(plan, candidates);
    take_directed(rows.begin(), rows.end(), plan, found.keys);
  }
  return found;
}

/// The rows behind a key, by key.
memory_index::page memory_index::list_behind(const list_plan& plan, std::int64_t key) const {
  page found;
  if (plan.matches.empty()) {
    const auto from = rows_.upper_bound(key);
    found.total = static_cast<std::uint64_t>(std::distance(from, rows_.end()));
    take_page(from, rows_.end(), plan, found.keys);
    return found;
  }
  const list_plan::match& first = plan.matches.front();
  const auto from = by_column_[first.column].upper_bound(place{first.wanted, key});
  const auto to = range_of(first).second;
  found.total = static_cast<std::uint64_t>(
      std::count_if(from, to, [&](const row* each) { return fits(plan, *each); }));
  take_page(from, to, plan, found.keys);
  return found;
}

memory_index::range memory_index::range_of(const list_plan::match& of) const {
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const ordered& index = by_column_[of.column];
  return {index.lower_bound(place{of.wanted, least}), index.upper_bound(place{of.wanted, most})};
}

/// The filter with the fewest rows, or the first one with many.
memory_index::range memory_index::narrowest(const list_plan& plan) const {
  range best = range_of(plan.matches.front());
  int least = probe_max;
  for (const list_plan::match& each : plan.matches) {
    const range here = range_of(each);
    int rows = 0;
    for (auto at = here.first; at != here.second && rows < least; ++at)
      ++rows;
    if (rows >= least) continue;
    least = rows;
    best = here;
  }
  return best;
}

std::uint64_t memory_index::count(const list_plan& plan, const range& candidates) {
  if (const auto known = counts_.find(plan.matches)) return *known;
  std::uint64_t looked_at = 0;
  std::uint64_t number = 0;
  for (auto at = candidates.first; at != candidates.second; ++at, ++looked_at)
    if (fits(plan, **at)) ++number;
  if (looked_at >= match_counts::worth_keeping) counts_.keep(plan.matches, number);
  return number;
}

std::vector<const memory_index::row*> memory_index::sorted(const list_plan& plan,
                                                           const range& candidates) const {
  std::vector<const row*> rows;
  std::copy_if(candidates.first, candidates.second, std::back_inserter(rows),
               [&](const row* each) { return fits(plan, *each); });
  std::sort(rows.begin(), rows.end(), order{*plan.sort_column});
  return rows;
}

} // namespace troupe
