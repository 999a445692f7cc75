#include "tests/docs/markdown.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace troupe::test {
namespace {

constexpr std::string_view fence = "```";

struct page_line {
  std::string_view text;
  std::size_t number = 0;
  bool fenced = false; ///< inside a block, or one of the fences
};

std::vector<page_line> lines_of(std::string_view page) {
  std::vector<page_line> lines;
  bool inside = false;
  while (!page.empty()) {
    const auto end = std::min(page.find('\n'), page.size());
    const std::string_view text = page.substr(0, end);
    page.remove_prefix(std::min(end + 1, page.size()));
    const bool edge = text.starts_with(fence);
    lines.push_back({text, lines.size() + 1, inside || edge});
    if (edge) inside = !inside;
  }
  return lines;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

/// Cells between bars; a bar behind a backslash belongs to its cell.
std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  std::string cell;
  for (std::size_t at = 1; at < line.size(); ++at) {
    if (line[at] == '\\' && at + 1 < line.size() && line[at + 1] == '|') {
      cell += line[++at];
    } else if (line[at] == '|') {
      cells.emplace_back(trimmed(cell));
      cell.clear();
    } else {
      cell += line[at];
    }
  }
  return cells;
}

} // namespace

std::string page_text(const std::filesystem::path& below_root) {
  const auto path = std::filesystem::path{TROUPE_SOURCE_DIR} / below_root;
  std::ifstream in{path, std::ios::binary};
  if (!in) throw std::runtime_error("there is no page " + below_root.string());
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string by_hand(std::string_view page) {
  constexpr std::string_view begins = "<!-- generated: ";
  constexpr std::string_view ends = "<!-- end generated -->";
  std::string out;
  while (true) {
    const auto begin = page.find(begins);
    const auto end = begin == std::string_view::npos ? begin : page.find(ends, begin);
    if (end == std::string_view::npos) return out.append(page);
    out.append(page.substr(0, begin));
    page.remove_prefix(end + ends.size());
  }
}

std::vector<fenced_block> fenced_blocks(std::string_view page) {
  std::vector<fenced_block> found;
  bool inside = false;
  for (const page_line& line : lines_of(page)) {
    if (!line.fenced) continue;
    if (line.text.starts_with(fence)) {
      inside = !inside;
      if (inside)
        found.push_back({std::string{trimmed(line.text.substr(fence.size()))}, {}, line.number});
    } else {
      found.back().text.append(line.text).append("\n");
    }
  }
  return found;
}

std::vector<markdown_table> tables(std::string_view page) {
  std::vector<markdown_table> found;
  bool inside = false;
  for (const page_line& line : lines_of(page)) {
    if (line.fenced || !line.text.starts_with('|')) {
      inside = false;
    } else if (!inside) {
      found.push_back({cells_of(line.text), {}});
      inside = true;
    } else if (line.text.find_first_not_of("|-: ") != std::string_view::npos) {
      found.back().rows.push_back({cells_of(line.text), line.number});
    }
  }
  return found;
}

std::vector<std::string> code_spans(std::string_view page) {
  std::vector<std::string> found;
  for (const page_line& line : lines_of(page)) {
    if (line.fenced) continue;
    std::string_view rest = line.text;
    while (true) {
      const auto begin = rest.find('`');
      if (begin == std::string_view::npos) break;
      const auto end = rest.find('`', begin + 1);
      if (end == std::string_view::npos)
        throw std::runtime_error("line " + std::to_string(line.number) + ": an open code span");
      found.emplace_back(rest.substr(begin + 1, end - begin - 1));
      rest.remove_prefix(end + 1);
    }
  }
  return found;
}

std::vector<std::string> headings(std::string_view page) {
  std::vector<std::string> found;
  for (const page_line& line : lines_of(page)) {
    if (line.fenced || !line.text.starts_with('#')) continue;
    found.emplace_back(trimmed(line.text.substr(line.text.find_first_not_of('#'))));
  }
  return found;
}

} // namespace troupe::test
