#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// Just enough Markdown to check what pages say: tables, code spans and fenced blocks.
namespace troupe::test {

/// A block between lines of three backticks.
struct fenced_block {
  std::string language; ///< the word behind the opening backticks
  std::string text;
  std::size_t line = 0; ///< of its opening, from 1
};

struct table_row {
  std::vector<std::string> cells;
  std::size_t line = 0;
};
struct markdown_table {
  std::vector<std::string> heads;
  std::vector<table_row> rows;
};

/// Content of a file of the repository; throws std::runtime_error with its name if there is none.
[[nodiscard]] std::string page_text(const std::filesystem::path& below_root);

/// The page without its generated parts: what was written by hand.
[[nodiscard]] std::string by_hand(std::string_view page);

[[nodiscard]] std::vector<fenced_block> fenced_blocks(std::string_view page);
/// Tables outside of fenced blocks.
[[nodiscard]] std::vector<markdown_table> tables(std::string_view page);
/// `Code` spans outside of fenced blocks, in order. Throws std::runtime_error for a span that goes
/// over its line's end: nobody would check it.
[[nodiscard]] std::vector<std::string> code_spans(std::string_view page);
/// Texts of headings, without the #.
[[nodiscard]] std::vector<std::string> headings(std::string_view page);

} // namespace troupe::test
