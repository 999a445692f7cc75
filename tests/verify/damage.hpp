#pragma once

#include "persistence/record.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace troupe::test {

/// Damages the journal of a directory that nobody uses, as no honest program would: with checksums
/// that match, unless said otherwise.
class journal_damage {
public:
  explicit journal_damage(std::filesystem::path journal);

  [[nodiscard]] std::uint64_t head() const;
  /// The record's bytes, without the checksum.
  [[nodiscard]] std::string read(std::uint64_t index) const;
  void write(std::uint64_t index, const std::string& record) const;
  void remove(std::uint64_t index) const;
  void change(std::uint64_t index, const std::function<void(record&)>& how) const;
  /// Behind the newest one.
  void append(const std::string& record) const { write(head() + 1, record); }
  void append_changed(std::uint64_t from, const std::function<void(record&)>& how) const;
  void swap(std::uint64_t one, std::uint64_t other) const;
  /// Changes one byte in the middle and leaves the checksum as it is.
  void flip_a_bit(std::uint64_t index) const;
  void cut_behind(std::uint64_t index) const;
  /// The newest record for which that holds; fails the test if there is none.
  [[nodiscard]] std::uint64_t newest(const std::function<bool(const record&)>& wanted) const;

private:
  std::filesystem::path path_;
};

} // namespace troupe::test
