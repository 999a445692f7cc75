#pragma once

#include "persistence/memory_index.hpp"
#include "persistence/memory_opening.hpp"
#include "persistence/view_rows.hpp"
#include "persistence/view_store.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// Rows and the positions they stand for.
struct memory_view_rows {
  explicit memory_view_rows(std::vector<column> columns) : index(std::move(columns)) {}

  memory_index index;
  std::map<std::pair<std::string, shard_number>, record_index> positions;
};

/// What outlives the opening of a view in memory.
struct memory_view_data {
  memory_view_data(std::vector<column> columns, std::string key_name)
      : key(std::move(key_name)), rows(std::move(columns)) {}
  /// Back to empty, for other columns.
  void reset(std::vector<column> columns, std::string key_name);

  memory_opening opening;
  std::string key;
  memory_view_rows rows;
};

class memory_view final : public view_store {
public:
  /// `data` has been claimed for this opening.
  explicit memory_view(std::shared_ptr<memory_view_data> data) : data_(std::move(data)) {}
  ~memory_view() override { data_->opening.release(); }
  memory_view(const memory_view&) = delete;
  memory_view& operator=(const memory_view&) = delete;

  [[nodiscard]] result<std::vector<source_position>> positions() override;
  [[nodiscard]] result<void> apply(std::span<const row_change> changes,
                                   std::span<const source_position> positions) override;
  [[nodiscard]] result<std::optional<std::string>> get(std::int64_t key) override;
  [[nodiscard]] result<list_page> list(const list_request& wanted) override;
  [[nodiscard]] std::uint64_t rows() const override { return served().size(); }
  [[nodiscard]] result<void> begin_rebuild() override;
  [[nodiscard]] result<void> finish_rebuild() override;
  void drop_rebuild() override { rebuilt_.reset(); }

private:
  [[nodiscard]] memory_index& served() const { return data_->rows.index; }
  /// Where changes go.
  [[nodiscard]] memory_view_rows& written() { return rebuilt_ ? *rebuilt_ : data_->rows; }
  void apply_one(const row_change& change, const fitted_change& fitted);

  std::shared_ptr<memory_view_data> data_;
  std::optional<memory_view_rows> rebuilt_;
};

} // namespace troupe
