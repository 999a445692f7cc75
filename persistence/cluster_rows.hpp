#pragma once

#include "persistence/lease_store.hpp"
#include "persistence/sqlite_db.hpp"

#include <cstdint>

namespace troupe {

/// Tables of the cluster's file and their rows; private to the SQLite lease store.

/// Version of the cluster's file that this build reads and writes.
inline constexpr std::int64_t cluster_format = 1;

/// What the file says, without the beats of leases.
struct cluster_state {
  cluster_view view;
  std::uint64_t news = 0; ///< ended leases and changed votes so far
};

/// Makes the tables of an empty file. SQLITE_OK or an error.
[[nodiscard]] int make_cluster_tables(sqlite::connection& db, std::string_view secret);
/// `wrong_format` or `corrupt` if the file is not what this build reads.
[[nodiscard]] result<void> check_cluster_format(sqlite::connection& db);

/// Version and news only: what a waiting node looks at.
[[nodiscard]] result<cluster_state> load_cluster_numbers(sqlite::connection& db);
/// All of it; inside a transaction of the caller, so that it is of one moment.
[[nodiscard]] result<cluster_state> load_cluster(sqlite::connection& db);
/// Writes the rows in which the two differ; inside a transaction. SQLITE_OK or an error.
[[nodiscard]] int store_cluster(sqlite::connection& db, const cluster_state& before,
                                const cluster_state& after);
/// Whether the lease of a member stands.
[[nodiscard]] result<bool> has_lease(sqlite::connection& db, const member_key& who);

/// `storage_locked` where others kept the file busy for too long. A failed sync ends the process.
[[nodiscard]] error cluster_failure(const sqlite::connection& db, int code, std::string_view doing);

} // namespace troupe
