#pragma once

#include "messages/descriptor.hpp"
#include "messages/envelope.hpp"
#include "messages/error.hpp"
#include "messages/value.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// What both engines share about lists, so that they cannot differ: which columns there are, what a
/// value of a column is, and what a `list_request` asks of them. Private to this folder.

struct column {
  std::string name;
  field_type type = field_type::text;
  bool listed = false; ///< lists may filter and sort by it; it has an index

  bool operator==(const column&) const = default;
};

/// Columns of a derived store: the filters of the context.
[[nodiscard]] result<std::vector<column>> derived_columns(const context_info& info);
/// Columns of a view: the fields of its row; those with an index are its filters and indexes.
[[nodiscard]] result<std::vector<column>> view_columns(const context_info& info);
/// Position of a column; nothing if there is none of that name.
[[nodiscard]] std::optional<std::size_t> find_column(std::span<const column> columns,
                                                     std::string_view name);

/// The value as the column holds it: null or exactly its type (whole numbers become real in a real
/// column; what is not a number becomes null, as SQLite has it). Else `malformed`.
[[nodiscard]] result<value> fit(const column& to, const value& from);

/// The order of lists: null first, then by value, texts byte by byte.
/// Both values are of one column.
[[nodiscard]] bool comes_before(const value& left, const value& right);

/// A checked `list_request`.
struct list_plan {
  struct match {
    std::size_t column;
    value wanted;
    bool operator==(const match&) const = default;
  };
  std::vector<match> matches;             ///< all must hold
  std::optional<std::int64_t> key;        ///< only this row
  std::optional<std::int64_t> after;      ///< only rows beyond this key; never with sort_column
  std::optional<std::size_t> sort_column; ///< none: by key. Equal values follow by key
  bool descending = false;
  std::uint64_t skip = 0;
  std::uint32_t limit = 0;
};

/// Whether a list that is filtered by some columns and sorted by another one is better read in its
/// order, passing over what does not match, than sorted after all matches were found. Only where
/// every fourth row matches: so even matches that all come last cost little more than sorting them.
[[nodiscard]] bool reads_in_order(const list_plan& plan, std::uint64_t matches, std::uint64_t rows);

/// `key_name`: what requests call the row's key ("id"). Unknown fields are `malformed`; the message
/// names the allowed ones.
[[nodiscard]] result<list_plan> plan_list(std::span<const column> columns,
                                          std::string_view key_name, const list_request& wanted);

} // namespace troupe
