#pragma once

#include "bin/cli/settings.hpp"
#include "messages/value.hpp"

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cli {

/// Version of the machine-readable output, in every JSON envelope.
inline constexpr std::string_view output_api = "troupe/v1";

/// A column of a table: its head and how a cell is made from an item.
struct column {
  std::string head;
  std::function<std::string(const value&)> cell;
  bool is_state = false; ///< coloured by its word
};

/// A column that shows one member of the items.
[[nodiscard]] column member_column(std::string head, std::string member, bool is_state = false);

/// A result: what all four formats are made from.
struct listing {
  std::string kind; ///< of the envelope, e.g. "EventList"
  value::array items;
  std::vector<column> columns;
  std::function<std::string(const value&)> name; ///< of an item, for -o name
  value::object extra = {};                      ///< further members of the envelope
  std::string empty_note = "nothing found";      ///< to people, instead of an empty table
};

/// table: aligned columns; json: one envelope {kind, api, items, …extra}; jsonl: an item a line;
/// name: a name a line.
void print(std::ostream& out, const settings& how, const listing& what);

/// One thing with many members: in a table one "name: value" line each, else as `listing`.
void print_one(std::ostream& out, const settings& how, const listing& what);

/// A value in a cell: texts as they are, null as "-", the rest as compact JSON.
[[nodiscard]] std::string cell_text(const value& from);

/// A table with heads; columns whose cells are all numbers are right-aligned. Cells are escaped.
[[nodiscard]] std::string table_text(const std::vector<std::string>& heads,
                                     const std::vector<std::vector<std::string>>& rows,
                                     const std::vector<bool>& state_columns, bool color);

/// Surrounds a word for a state with its colour: green up, yellow on its way, red down, magenta
/// quarantined, cyan leaving. Never colour alone: the word stays.
[[nodiscard]] std::string colored_state(std::string_view state, bool color);

} // namespace troupe::cli
