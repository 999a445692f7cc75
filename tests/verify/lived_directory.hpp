#pragma once

#include "tests/support/temp_folder.hpp"

#include <filesystem>
#include <string>

namespace troupe::test {

/// A copy of a data directory that a node of two shards has lived in: rides and screenings with
/// asks, refusals, voids, policies and views; power cuts, stops and starts; stopped in order.
class lived_directory {
public:
  lived_directory();

  [[nodiscard]] const std::filesystem::path& path() const { return data_; }
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return data_ / name; }
  /// What the clients of that life were told.
  [[nodiscard]] const std::filesystem::path& ledger() const { return ledger_; }
  /// Removes everything that is made again from the journals.
  void forget_derived() const;

private:
  temp_folder scratch_;
  std::filesystem::path data_;
  std::filesystem::path ledger_;
};

} // namespace troupe::test
