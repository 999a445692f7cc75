#pragma once

#include "messages/value.hpp"
#include "persistence/list_plan.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace troupe {

/// Numbers of rows that lists asked for lately, kept exact as rows change: every page of a list
/// says how many matches there are, and counting many of them again takes longer than the page
/// itself. Private to this folder.
class match_counts {
public:
  using matches = std::vector<list_plan::match>;
  using row = std::vector<value>; ///< one value per column, in their order

  static constexpr std::size_t kept_max = 32; ///< each costs every change a comparison
  /// Rows that have to be looked at for a number worth keeping: less is some 0.1 ms.
  static constexpr std::uint64_t worth_keeping = 1'000;

  /// Whether changes have to be told.
  [[nodiscard]] bool empty() const { return kept_.empty(); }
  [[nodiscard]] std::optional<std::uint64_t> find(const matches& wanted);
  /// Remembers a number; the one asked for least lately gives way.
  void keep(const matches& wanted, std::uint64_t number);
  /// A row became another one; null: it is not there.
  void changed(const row* before, const row* after);
  void clear() { kept_.clear(); }

private:
  struct entry {
    matches wanted;
    std::uint64_t number;
  };
  std::deque<entry> kept_; ///< asked for last: first
};

} // namespace troupe
