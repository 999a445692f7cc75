#include "net/cluster/proposal.hpp"

#include <algorithm>
#include <utility>

namespace troupe {
namespace {

/// Rows of `base`, those of `written` in their place or among them; sorted by key.
template <class Row, class Key>
[[nodiscard]] std::vector<Row> merged(const std::vector<Row>& base, Key Row::*key,
                                      const std::map<Key, Row>& written) {
  std::map<Key, Row> rows = written;
  for (const Row& row : base)
    rows.try_emplace(row.*key, row);
  std::vector<Row> sorted;
  for (auto& [ignored, row] : rows)
    sorted.push_back(std::move(row));
  return sorted;
}

} // namespace

void proposal::note(std::string why) {
  if (!why_.empty()) why_ += "; ";
  why_ += why;
}

cluster_view proposal::as_it_will_be() const {
  cluster_view view = base_;
  if (!members_.empty()) view.members = merged(base_.members, &member_row::who, members_);
  if (!shards_.empty()) view.shards = merged(base_.shards, &shard_row::which, shards_);
  std::erase_if(view.members,
                [this](const member_row& row) { return forgotten_.contains(row.who); });
  return view;
}

cluster_change proposal::change() const {
  cluster_change change;
  for (const auto& [who, row] : members_)
    change.members.push_back(row);
  for (const auto& [which, row] : shards_)
    change.shards.push_back(row);
  change.forgotten.assign(forgotten_.begin(), forgotten_.end());
  return change;
}

} // namespace troupe
