#pragma once

#include "persistence/memory_index.hpp"
#include "persistence/memory_opening.hpp"
#include "persistence/view_rows.hpp"
#include "persistence/view_store.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// What outlives the opening of a view in memory.
struct memory_view_data {
  memory_view_data(std::vector<column> columns, std::string key_name)
      : key(std::move(key_name)), rows(std::move(columns)) {}
  /// Back to empty, for other columns.
  void reset(std::vector<column> columns, std::string key_name);

  memory_opening opening;
  std::string key;
  memory_index rows;
  std::map<std::pair<std::string, shard_number>, record_index> positions;
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
  [[nodiscard]] result<void> clear() override;

private:
  void apply_one(const row_change& change, const std::vector<fitted_cell>& cells);

  std::shared_ptr<memory_view_data> data_;
};

} // namespace troupe
