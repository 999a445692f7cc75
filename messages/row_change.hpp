#pragma once

#include "messages/value.hpp"

#include <cstdint>
#include <utility>

namespace troupe {

/// One change of a view's rows, as decided by the view's pure `on(event)`.
struct row_change {
  enum class effect : std::uint8_t { upsert, update, erase }; ///< update: only if the row is there
  effect what = effect::upsert;
  std::int64_t key = 0;
  value::object columns; ///< columns to set; the others keep their value (null in a new row)
  bool operator==(const row_change&) const = default;

  [[nodiscard]] static row_change upsert(std::int64_t key, value::object columns) {
    return {effect::upsert, key, std::move(columns)};
  }
  [[nodiscard]] static row_change update(std::int64_t key, value::object columns) {
    return {effect::update, key, std::move(columns)};
  }
  [[nodiscard]] static row_change erase(std::int64_t key) { return {effect::erase, key, {}}; }
};

} // namespace troupe
