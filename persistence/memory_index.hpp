#pragma once

#include "messages/value.hpp"
#include "persistence/list_plan.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace troupe {

/// Rows with their columns, and an ordered index per listed column; private to the memory engine.
class memory_index {
public:
  explicit memory_index(std::vector<column> columns);

  [[nodiscard]] const std::vector<column>& columns() const { return columns_; }
  /// `values` fit the columns and are as many.
  void put(std::int64_t key, std::vector<value> values);
  void erase(std::int64_t key);
  void clear();
  [[nodiscard]] const std::vector<value>* find(std::int64_t key) const;

  struct page {
    std::uint64_t total = 0;
    std::vector<std::int64_t> keys;
  };
  [[nodiscard]] page list(const list_plan& plan) const;

private:
  using entry = std::pair<value, std::int64_t>;
  struct order {
    bool operator()(const entry& left, const entry& right) const;
  };
  using ordered = std::set<entry, order>;

  [[nodiscard]] bool matches(const list_plan& plan, std::int64_t key) const;
  [[nodiscard]] std::vector<std::int64_t> selected(const list_plan& plan) const;
  void sort(const list_plan& plan, std::vector<std::int64_t>& keys) const;

  std::vector<column> columns_;
  std::map<std::int64_t, std::vector<value>> rows_;
  std::vector<ordered> by_column_; ///< empty sets for columns that are not listed
};

} // namespace troupe
