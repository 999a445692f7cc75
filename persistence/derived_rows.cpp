#include "persistence/derived_rows.hpp"

#include <bit>
#include <stdexcept>

namespace troupe {

result<std::vector<value>> fit_filters(std::span<const column> columns, const state_row& row) {
  if (row.filters.size() != columns.size())
    throw std::logic_error("a state row needs one value per declared filter field");
  std::vector<value> fitting;
  fitting.reserve(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    auto filter = fit(columns[i], row.filters[i]);
    if (!filter) return filter.error();
    fitting.push_back(std::move(filter).value());
  }
  return fitting;
}

std::int64_t state_checksum(aggregate_id id, std::uint64_t seq, record_index head,
                            std::string_view state) {
  const std::uint64_t seed =
      static_cast<std::uint64_t>(id.number) ^ std::rotl(seq, 20) ^ std::rotl(head.value, 40);
  return static_cast<std::int64_t>(content_hash(state, seed));
}

} // namespace troupe
