#include "bin/cli/output.hpp"

#include "bin/cli/plain_text.hpp"
#include "messages/json.hpp"

#include <algorithm>
#include <ostream>

namespace troupe::cli {
namespace {

bool is_number(std::string_view cell) {
  return !cell.empty() && cell.find_first_not_of("0123456789.-+") == std::string_view::npos &&
         cell.find_first_of("0123456789") != std::string_view::npos;
}

struct layout {
  std::size_t width = 0;
  bool numbers = true; ///< every cell is a number or a dash
};

std::vector<layout> measure(const std::vector<std::string>& heads,
                            const std::vector<std::vector<std::string>>& rows) {
  std::vector<layout> columns(heads.size());
  for (std::size_t i = 0; i < heads.size(); ++i) {
    bool any_number = false;
    columns[i].width = columns_of(heads[i]);
    for (const auto& row : rows) {
      columns[i].width = std::max(columns[i].width, columns_of(row[i]));
      any_number = any_number || is_number(row[i]);
      columns[i].numbers = columns[i].numbers && (row[i] == "-" || is_number(row[i]));
    }
    columns[i].numbers = columns[i].numbers && any_number;
  }
  return columns;
}

std::string row_text(const std::vector<std::string>& cells, const std::vector<layout>& columns,
                     const std::vector<bool>& states, bool color) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string gap(columns[i].width - columns_of(cells[i]), ' ');
    const std::string shown = states[i] ? colored_state(cells[i], color) : cells[i];
    out += (i == 0 ? "" : "  ") + (columns[i].numbers ? gap + shown : shown + gap);
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out + '\n';
}

value envelope(const listing& what) {
  value::object out{{"kind", what.kind}, {"api", output_api}};
  out.insert(out.end(), what.extra.begin(), what.extra.end());
  out.emplace_back("items", what.items);
  return out;
}

/// Prints as data if data is wanted.
bool print_data(std::ostream& out, const settings& how, const listing& what) {
  switch (how.format) {
  case output_format::json:
    out << to_json(envelope(what), true) << '\n';
    return true;
  case output_format::jsonl:
    for (const value& each : what.items)
      out << to_json(each) << '\n';
    return true;
  case output_format::name:
    for (const value& each : what.items)
      out << plain_line(what.name(each)) << '\n';
    return true;
  case output_format::table:
    break;
  }
  return false;
}

} // namespace

std::string cell_text(const value& from) {
  if (from.is_null()) return "-";
  if (const auto* text = from.get_if<std::string>()) return *text;
  return to_json(from);
}

column member_column(std::string head, std::string member, bool is_state) {
  return {std::move(head),
          [member = std::move(member)](const value& item) {
            const value* held = item.find(member);
            return held == nullptr ? std::string{"-"} : cell_text(*held);
          },
          is_state};
}

std::string colored_state(std::string_view state, bool color) {
  if (!color) return std::string{state};
  constexpr auto one_of = [](std::string_view word, auto... of) { return ((word == of) || ...); };
  const char* code = "";
  if (one_of(state, "up", "live", "ready", "serving", "accepted", "closed"))
    code = "\x1b[32m";
  else if (one_of(state, "recovering", "restarting", "asking", "asked", "degraded", "starting",
                  "rebuilding", "catching up", "half-open", "forced-closed", "disabled"))
    code = "\x1b[33m";
  else if (one_of(state, "down", "failed", "stopped", "rejected", "open", "forced-open"))
    code = "\x1b[31m";
  else if (one_of(state, "quarantined"))
    code = "\x1b[35m";
  else if (one_of(state, "draining", "stopping", "passive"))
    code = "\x1b[36m";
  if (*code == '\0') return std::string{state};
  return code + std::string{state} + "\x1b[0m";
}

std::string table_text(const std::vector<std::string>& heads,
                       const std::vector<std::vector<std::string>>& rows,
                       const std::vector<bool>& state_columns, bool color) {
  std::vector<std::vector<std::string>> plain = rows;
  for (auto& row : plain)
    for (std::string& cell : row)
      cell = plain_line(cell);
  const auto columns = measure(heads, plain);
  const std::vector<bool> no_states(heads.size(), false);
  std::string out = row_text(heads, columns, no_states, false);
  for (const auto& row : plain)
    out += row_text(row, columns, state_columns, color);
  return out;
}

void print(std::ostream& out, const settings& how, const listing& what) {
  if (print_data(out, how, what)) return;
  if (what.items.empty()) {
    out << what.empty_note << '\n';
    return;
  }
  std::vector<std::string> heads;
  std::vector<bool> states;
  for (const column& each : what.columns) {
    heads.push_back(each.head);
    states.push_back(each.is_state);
  }
  std::vector<std::vector<std::string>> rows;
  for (const value& item : what.items) {
    auto& row = rows.emplace_back();
    for (const column& each : what.columns)
      row.push_back(each.cell(item));
  }
  out << table_text(heads, rows, states, how.color);
}

void print_one(std::ostream& out, const settings& how, const listing& what) {
  if (print_data(out, how, what)) return;
  std::size_t width = 0;
  for (const column& each : what.columns)
    width = std::max(width, columns_of(each.head) + 1);
  for (const value& item : what.items)
    for (const column& each : what.columns) {
      const std::string cell = plain_line(each.cell(item));
      out << each.head << ':' << std::string(width - columns_of(each.head), ' ')
          << (each.is_state ? colored_state(cell, how.color) : cell) << '\n';
    }
}

} // namespace troupe::cli
