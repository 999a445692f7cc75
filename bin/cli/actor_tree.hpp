#pragma once

#include "messages/value.hpp"

#include <string>

namespace troupe::cli {

/// The supervision tree as text, a node a line: name, kind, state, restarts. Drawn with lines on a
/// terminal (`lines`), with plain characters where the text is read by a program. Shards and views
/// of running contexts that this node does not run are left out: they are in another's tree.
[[nodiscard]] std::string tree_text(const value& root, bool lines, bool color);

} // namespace troupe::cli
