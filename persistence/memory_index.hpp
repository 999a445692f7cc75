#pragma once

#include "messages/value.hpp"
#include "persistence/list_plan.hpp"
#include "persistence/match_counts.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace troupe {

/// Rows with their columns, and an ordered index per listed column; private to the memory engine.
class memory_index {
public:
  explicit memory_index(std::vector<column> columns);
  memory_index(memory_index&&) = default; // never copied: the indexes point at the rows
  memory_index& operator=(memory_index&&) = default;

  [[nodiscard]] const std::vector<column>& columns() const { return columns_; }
  /// `values` fit the columns and are as many.
  void put(std::int64_t key, std::vector<value> values);
  void erase(std::int64_t key);
  [[nodiscard]] const std::vector<value>* find(std::int64_t key) const;
  [[nodiscard]] std::uint64_t size() const { return rows_.size(); }

  struct page {
    std::uint64_t total = 0;
    std::vector<std::int64_t> keys;
  };
  /// Reads the matches of one filter at most, unless their number is known: then the page.
  [[nodiscard]] page list(const list_plan& plan);

private:
  using row_map = std::map<std::int64_t, std::vector<value>>;
  using row = row_map::value_type; ///< stays where it is while it is in the map
  /// A place in an index: behind all rows before it by value, then by key.
  struct place {
    const value& held;
    std::int64_t key;
  };
  struct order {
    using is_transparent = void;
    std::size_t column;
    [[nodiscard]] place of(const row* from) const { return {from->second[column], from->first}; }
    [[nodiscard]] static place of(const place& from) { return from; }
    template <class Left, class Right> bool operator()(const Left& left, const Right& right) const {
      return comes_first(of(left), of(right));
    }
    [[nodiscard]] static bool comes_first(const place& left, const place& right);
  };
  using ordered = std::set<const row*, order>;
  using range = std::pair<ordered::const_iterator, ordered::const_iterator>;

  [[nodiscard]] page list_behind(const list_plan& plan, std::int64_t key) const;
  [[nodiscard]] range range_of(const list_plan::match& of) const;
  [[nodiscard]] range narrowest(const list_plan& plan) const;
  [[nodiscard]] std::uint64_t count(const list_plan& plan, const range& candidates);
  [[nodiscard]] std::vector<const row*> sorted(const list_plan& plan,
                                               const range& candidates) const;

  std::vector<column> columns_;
  row_map rows_;
  std::vector<ordered> by_column_; ///< empty sets for columns that are not listed
  match_counts counts_;
};

} // namespace troupe
