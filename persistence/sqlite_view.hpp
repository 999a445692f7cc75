#pragma once

#include "messages/descriptor.hpp"
#include "persistence/rebuildable_file.hpp"
#include "persistence/storage.hpp"
#include "persistence/view_rows.hpp"
#include "persistence/view_store.hpp"

#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// View store in one SQLite file: a table of plain columns, named after the context's resource.
class sqlite_view final : public view_store {
public:
  [[nodiscard]] static result<std::unique_ptr<sqlite_view>>
  open(const sqlite_options& options, const journal_identity& who, const context_info& info);

  [[nodiscard]] result<std::vector<source_position>> positions() override;
  [[nodiscard]] result<void> apply(std::span<const row_change> changes,
                                   std::span<const source_position> positions) override;
  [[nodiscard]] result<std::optional<std::string>> get(std::int64_t key) override;
  [[nodiscard]] result<list_page> list(const list_request& wanted) override;
  [[nodiscard]] result<void> clear() override;

private:
  sqlite_view(std::unique_ptr<rebuildable_file> file, std::vector<column> columns,
              const context_info& info);
  [[nodiscard]] result<void> apply_one(const row_change& change);
  [[nodiscard]] result<void> save(const source_position& position);
  [[nodiscard]] std::string sql_for(const row_change& change,
                                    const std::vector<fitted_cell>& cells) const;
  [[nodiscard]] std::string row_of(const sqlite::statement& found, int first) const;
  [[nodiscard]] result<std::uint64_t> count(const list_plan& plan, const list_sql& sql);

  std::unique_ptr<rebuildable_file> file_;
  std::vector<column> columns_;
  std::vector<std::string> quoted_; ///< names of the columns in SQL
  std::string key_name_;
  std::string key_;   ///< quoted
  std::string table_; ///< quoted
  std::string all_;   ///< key and columns, for SELECT
};

} // namespace troupe
