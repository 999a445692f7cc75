#pragma once

#include "messages/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe {

/// One change of a view's rows, as decided by the view's pure `on(event)`.
struct row_change {
  enum class effect : std::uint8_t { upsert, update, erase }; ///< update: only if the row is there
  effect what = effect::upsert;
  std::int64_t key = 0;
  value::object columns; ///< columns to set; the others keep their value (null in a new row)
  /// For updates: only where this column has one of these values now. A view needs it where events
  /// of two sources compete for a column and the later one must not win.
  struct condition {
    std::string column;
    std::vector<value> one_of;
    bool operator==(const condition&) const = default;
  };
  std::optional<condition> where = {};
  bool operator==(const row_change&) const = default;

  [[nodiscard]] static row_change upsert(std::int64_t key, value::object columns) {
    return {effect::upsert, key, std::move(columns)};
  }
  [[nodiscard]] static row_change update(std::int64_t key, value::object columns) {
    return {effect::update, key, std::move(columns)};
  }
  [[nodiscard]] static row_change erase(std::int64_t key) { return {effect::erase, key, {}}; }
  /// An update with a condition on the row as it is now.
  [[nodiscard]] row_change only_if(std::string_view column, std::vector<value> one_of) && {
    where = condition{std::string{column}, std::move(one_of)};
    return std::move(*this);
  }
};

} // namespace troupe
