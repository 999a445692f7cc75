#pragma once

#include "tests/kill/ledger.hpp"
#include "tests/support/processes.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace troupe::test {

/// What is wrong with a node's data, one sentence each; empty: nothing. The node runs, nobody else
/// sends. Waits until all is quiet, compares everything with the ledger, stops the node for `troupe
/// verify`, then rebuilds what is derived from the journals and compares again. Leaves the node
/// running.
struct audit {
  std::vector<std::string> findings;
  std::size_t calls = 0;
  std::size_t records = 0;                ///< of the journals
  [[nodiscard]] std::string text() const; ///< the first findings, for people
};
[[nodiscard]] audit audit_taxi(test_node& node, const ledger& told);

} // namespace troupe::test
