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
///
/// The rows can be built anew beside those that are served: between `begin_rebuild` and
/// `finish_rebuild`, `positions` and `apply` speak of the new rows, everything else of the old
/// ones. A store that is closed in between, however, has the old ones when it is opened again.
class view_store {
public:
  virtual ~view_store() = default;
  [[nodiscard]] virtual result<std::vector<source_position>> positions() = 0;
  /// All changes and positions or none of them.
  [[nodiscard]] virtual result<void> apply(std::span<const row_change> changes,
                                           std::span<const source_position> positions) = 0;
  /// msgpack map of the row's columns, key excluded.
  [[nodiscard]] virtual result<std::optional<std::string>> get(std::int64_t key) = 0;
  [[nodiscard]] virtual result<list_page> list(const list_request& wanted) = 0;
  /// Number of all rows.
  [[nodiscard]] virtual std::uint64_t rows() const = 0;

  /// Why its rows were thrown away when it was opened: it was damaged, or of another structure.
  /// Empty: they were not.
  [[nodiscard]] virtual std::string remade() const { return {}; }

  /// Begins with no rows and no positions; an earlier rebuild that was not finished is dropped.
  [[nodiscard]] virtual result<void> begin_rebuild() = 0;
  /// Puts the new rows in the place of the old ones, at once. After an error the store has either
  /// the old rows or none; its positions tell.
  [[nodiscard]] virtual result<void> finish_rebuild() = 0;
  /// Forgets the new rows; harmless if there are none.
  virtual void drop_rebuild() = 0;
};

} // namespace troupe
