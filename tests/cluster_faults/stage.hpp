#pragma once

#include "tests/support/temp_folder.hpp"
#include "tests/support/test_cluster.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace troupe::test {

/// TROUPE_TEST_LONG is set: more rounds, and the leases that nodes have by themselves.
[[nodiscard]] bool at_length();
[[nodiscard]] inline int rounds(int usual, int long_run) {
  return at_length() ? long_run : usual;
}

/// A cluster of the taxi system, what its clients were told, and the proof at the end.
class stage {
public:
  /// A plan without flags gets those of the taxi system.
  explicit stage(cluster_plan how = {});

  [[nodiscard]] test_cluster& cluster() { return cluster_; }
  /// A file for a client's ledger, which `proof` reads.
  [[nodiscard]] std::filesystem::path new_ledger();
  /// Stops the nodes that run and lets `troupe verify` judge the journals and all ledgers. Empty if
  /// every node ended well and everything holds, else what was said.
  [[nodiscard]] std::string proof();
  /// `troupe verify` as it is, beside running nodes too.
  [[nodiscard]] std::string verified() const;

private:
  temp_folder scratch_;
  std::vector<std::filesystem::path> ledgers_;
  test_cluster cluster_;
};

} // namespace troupe::test
