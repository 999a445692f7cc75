#pragma once

#include "messages/descriptor.hpp"
#include "persistence/sqlite_view_file.hpp"
#include "persistence/storage.hpp"
#include "persistence/view_store.hpp"

#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// View store in one SQLite file: a table of plain columns, named after the context's resource.
/// While it is rebuilt there is a second file beside it, which then takes its place.
class sqlite_view final : public view_store {
public:
  [[nodiscard]] static result<std::unique_ptr<sqlite_view>>
  open(const sqlite_options& options, const journal_identity& who, const context_info& info);

  [[nodiscard]] result<std::vector<source_position>> positions() override {
    return written().positions();
  }
  [[nodiscard]] result<void> apply(std::span<const row_change> changes,
                                   std::span<const source_position> positions) override {
    return written().apply(changes, positions);
  }
  [[nodiscard]] result<std::optional<std::string>> get(std::int64_t key) override {
    return served_->get(key);
  }
  [[nodiscard]] result<list_page> list(const list_request& wanted) override {
    return served_->list(wanted);
  }
  [[nodiscard]] std::uint64_t rows() const override { return served_->rows(); }
  [[nodiscard]] std::string remade() const override { return served_->remade(); }
  [[nodiscard]] result<void> begin_rebuild() override;
  [[nodiscard]] result<void> finish_rebuild() override;
  void drop_rebuild() override { rebuilt_.reset(); }

private:
  explicit sqlite_view(sqlite_view_shape shape) : shape_(std::move(shape)) {}
  [[nodiscard]] sqlite_view_file& written() { return rebuilt_ ? *rebuilt_ : *served_; }

  const sqlite_view_shape shape_;
  std::unique_ptr<sqlite_view_file> served_;
  std::unique_ptr<sqlite_view_file> rebuilt_; ///< null: none is under way
};

} // namespace troupe
