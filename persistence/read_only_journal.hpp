#pragma once

#include "persistence/journal.hpp"
#include "persistence/journal_reader.hpp"

#include <memory>

namespace troupe {

/// A journal file as the interface that its owner has, for those who only look: commits are
/// refused. A node may write it meanwhile; damaged records are errors here. For one thread.
class read_only_journal final : public journal {
public:
  /// Errors of `journal_reader::open`.
  [[nodiscard]] static result<std::unique_ptr<read_only_journal>>
  open(const std::filesystem::path& path);

  [[nodiscard]] const journal_reader::facts& about() const { return reader_->about(); }

  [[nodiscard]] epoch_number epoch() const override { return epoch_; }
  /// As of the last `refresh`.
  [[nodiscard]] record_index head() const override { return head_; }
  /// Takes notice of what was written since.
  [[nodiscard]] result<void> refresh();
  [[nodiscard]] result<void> commit(std::span<const std::string_view> bodies) override;
  [[nodiscard]] result<std::string> read(record_index at) override;
  [[nodiscard]] result<void> scan(record_index from, const visitor& visit) override;
  result<void> checkpoint(bool urgent) override;
  [[nodiscard]] result<void> probe() override;
  [[nodiscard]] std::uint64_t bytes_on_disk() const override;

private:
  explicit read_only_journal(std::unique_ptr<journal_reader> reader) : reader_(std::move(reader)) {}
  [[nodiscard]] error refusal() const;
  [[nodiscard]] error damaged(std::int64_t index) const;

  std::unique_ptr<journal_reader> reader_;
  record_index head_;
  epoch_number epoch_;
};

} // namespace troupe
