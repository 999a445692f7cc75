#include "persistence/memory_index.hpp"

#include <algorithm>
#include <limits>

namespace troupe {

namespace {

/// Takes the plan's page out of an ordered range.
template <class Iterator, class Key>
void take_page(Iterator from, Iterator to, const list_plan& plan, std::vector<std::int64_t>& keys,
               const Key& key) {
  for (std::uint64_t skipped = 0; from != to && skipped < plan.skip; ++skipped)
    ++from;
  for (; from != to && keys.size() < plan.limit; ++from)
    keys.push_back(key(*from));
}

template <class Ordered, class Key>
void take_page(const Ordered& rows, const list_plan& plan, std::vector<std::int64_t>& keys,
               const Key& key) {
  if (plan.descending)
    take_page(rows.rbegin(), rows.rend(), plan, keys, key);
  else
    take_page(rows.begin(), rows.end(), plan, keys, key);
}

} // namespace

bool memory_index::order::operator()(const entry& left, const entry& right) const {
  if (comes_before(left.first, right.first)) return true;
  if (comes_before(right.first, left.first)) return false;
  return left.second < right.second;
}

memory_index::memory_index(std::vector<column> columns)
    : columns_(std::move(columns)), by_column_(columns_.size()) {}

void memory_index::put(std::int64_t key, std::vector<value> values) {
  erase(key);
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (columns_[i].listed) by_column_[i].emplace(values[i], key);
  rows_.emplace(key, std::move(values));
}

void memory_index::erase(std::int64_t key) {
  const auto found = rows_.find(key);
  if (found == rows_.end()) return;
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (columns_[i].listed) by_column_[i].erase({found->second[i], key});
  rows_.erase(found);
}

void memory_index::clear() {
  rows_.clear();
  for (ordered& each : by_column_)
    each.clear();
}

const std::vector<value>* memory_index::find(std::int64_t key) const {
  const auto found = rows_.find(key);
  return found == rows_.end() ? nullptr : &found->second;
}

memory_index::page memory_index::list(const list_plan& plan) const {
  page found;
  if (plan.matches.empty() && !plan.key && !plan.after) {
    found.total = rows_.size();
    if (plan.sort_column)
      take_page(by_column_[*plan.sort_column], plan, found.keys,
                [](const entry& each) { return each.second; });
    else
      take_page(rows_, plan, found.keys, [](const auto& each) { return each.first; });
    return found;
  }
  std::vector<std::int64_t> keys = selected(plan);
  found.total = keys.size();
  sort(plan, keys);
  take_page(keys, plan, found.keys, [](std::int64_t key) { return key; });
  return found;
}

bool memory_index::matches(const list_plan& plan, std::int64_t key) const {
  const std::vector<value>* const row = find(key);
  return row != nullptr &&
         std::all_of(plan.matches.begin(), plan.matches.end(), [&](const list_plan::match& each) {
           return (*row)[each.column] == each.wanted;
         });
}

/// All rows that match, by key; reads only the first match's part of its index.
std::vector<std::int64_t> memory_index::selected(const list_plan& plan) const {
  std::vector<std::int64_t> keys;
  if (plan.key) {
    if (plan.after.value_or(*plan.key - 1) < *plan.key && matches(plan, *plan.key))
      keys.push_back(*plan.key);
    return keys;
  }
  const std::int64_t beyond = plan.after.value_or(std::numeric_limits<std::int64_t>::min());
  if (plan.matches.empty()) {
    for (auto at = rows_.upper_bound(beyond); at != rows_.end(); ++at)
      keys.push_back(at->first);
    return keys;
  }
  const list_plan::match& first = plan.matches.front();
  const ordered& index = by_column_[first.column];
  const auto begin = index.upper_bound({first.wanted, beyond});
  for (auto at = begin; at != index.end() && at->first == first.wanted; ++at)
    if (matches(plan, at->second)) keys.push_back(at->second);
  return keys;
}

void memory_index::sort(const list_plan& plan, std::vector<std::int64_t>& keys) const {
  if (!plan.sort_column) return; // they come by key
  const std::size_t column = *plan.sort_column;
  std::stable_sort(keys.begin(), keys.end(), [&](std::int64_t left, std::int64_t right) {
    return comes_before((*find(left))[column], (*find(right))[column]);
  });
}

} // namespace troupe
