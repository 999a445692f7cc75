#pragma once

#include "persistence/journal.hpp"
#include "persistence/memory_opening.hpp"

#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// What outlives the opening of a journal in memory.
struct memory_journal_data {
  explicit memory_journal_data(std::uint32_t shards_of_context) : shards(shards_of_context) {}
  std::uint32_t shards;
  memory_opening opening;
  epoch_number epoch;
  std::vector<std::string> bodies;
};

/// A journal whose data the storage keeps. Its memory is its log, so nothing bounds it but the
/// machine: for tests, simulation and contexts whose history may be lost with the process.
class memory_journal final : public journal {
public:
  /// `data` has been claimed for this opening, and no later epoch than the granted one owns it.
  memory_journal(std::shared_ptr<memory_journal_data> data, epoch_number granted);
  ~memory_journal() override;
  memory_journal(const memory_journal&) = delete;
  memory_journal& operator=(const memory_journal&) = delete;

  [[nodiscard]] epoch_number epoch() const override { return epoch_; }
  [[nodiscard]] record_index head() const override { return {data_->bodies.size()}; }
  [[nodiscard]] result<void> commit(std::span<const std::string_view> bodies) override;
  [[nodiscard]] result<std::string> read(record_index at) override;
  [[nodiscard]] result<void> scan(record_index from, const visitor& visit) override;
  result<void> checkpoint(bool urgent) override;
  [[nodiscard]] result<void> probe() override { return {}; }
  [[nodiscard]] std::uint64_t bytes_on_disk() const override { return 0; }

private:
  std::shared_ptr<memory_journal_data> data_;
  epoch_number epoch_;
};

} // namespace troupe
