#include "persistence/lease_store.hpp"

#include <algorithm>
#include <array>

namespace troupe {

namespace {

/// Finds a row of a sorted list; `key_of` is the member that the list is sorted by.
template <class Row, class Key, class Of>
const Row* find_row(const std::vector<Row>& rows, const Key& key, Of Row::*key_of) {
  const auto found =
      std::lower_bound(rows.begin(), rows.end(), key, [key_of](const Row& row, const Key& wanted) {
        return row.*key_of < wanted;
      });
  return found != rows.end() && (*found).*key_of == key ? &*found : nullptr;
}

} // namespace

std::string_view name_of(member_state state) {
  constexpr std::array<std::string_view, 5> names = {"unknown", "joining", "active", "leaving",
                                                     "dead"};
  const auto number = static_cast<std::size_t>(state);
  return number < names.size() ? names[number] : names[0];
}

const member_row* cluster_view::find(const member_key& who) const {
  return find_row(members, who, &member_row::who);
}

const context_row* cluster_view::find_context(std::string_view name) const {
  return find_row(contexts, name, &context_row::name);
}

const shard_row* cluster_view::find_shard(const shard_ref& which) const {
  return find_row(shards, which, &shard_row::which);
}

const lease_row* cluster_view::find_lease(const member_key& who) const {
  return find_row(leases, who, &lease_row::who);
}

} // namespace troupe
