#pragma once

#include "messages/descriptor.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The part of a system's page (docs/systems/) that its descriptors say: pure text in, text out.
namespace troupe::cli {

/// A piece of a page between `<!-- generated: NAME -->` and `<!-- end generated -->`.
struct generated_part {
  std::string_view name;
  std::string text; ///< Markdown, ends with a line feed
};

/// Part "map": the context map as a diagram and as tables. Part "contexts": a section for each
/// context, with everything a caller or a neighbour needs to know of it.
[[nodiscard]] std::vector<generated_part> system_page(std::span<const context_info> catalogue,
                                                      std::string_view system);

/// The page with its generated parts renewed and everything else as it was. Refused if a part is
/// missing, unknown, there twice or not ended.
[[nodiscard]] result<std::string> renewed(std::string_view page,
                                          std::span<const generated_part> parts);

/// All parts with their markers, as a new page would hold them.
[[nodiscard]] std::string with_markers(std::span<const generated_part> parts);

} // namespace troupe::cli
