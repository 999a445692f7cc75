#pragma once

#include "messages/descriptor.hpp"
#include "messages/envelope.hpp"
#include "messages/error.hpp"
#include "messages/ids.hpp"
#include "messages/row_change.hpp"
#include "persistence/derived_store.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// How far a view has read one shard of one source.
struct source_position {
  std::string context;
  shard_number shard;
  record_index next; ///< first record not folded in yet
  bool operator==(const source_position&) const = default;
};

/// Rows of one view, in plain columns usable with SQL, and the positions they stand for.
/// Owner: the view builder, on its lane's thread. Rows and positions commit together.
class view_store {
public:
  virtual ~view_store() = default;
  [[nodiscard]] virtual result<std::vector<source_position>> positions() = 0;
  [[nodiscard]] virtual result<void> apply(std::span<const row_change> changes,
                                           std::span<const source_position> positions) = 0;
  /// msgpack map of the row's columns, key excluded.
  [[nodiscard]] virtual result<std::optional<std::string>> get(std::int64_t key) = 0;
  [[nodiscard]] virtual result<list_page> list(const list_request& wanted) = 0;
  /// Deletes all rows and positions: the next fold starts from the beginning.
  [[nodiscard]] virtual result<void> clear() = 0;
};

} // namespace troupe
