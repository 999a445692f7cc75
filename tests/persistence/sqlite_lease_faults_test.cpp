#include "tests/persistence/clusters.hpp"
#include "tests/support/faulty_vfs.hpp"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

using namespace troupe;
using namespace troupe::test;

namespace {

/// Faults end with the test, however it ends.
struct faults {
  faults() { faulty_vfs::install(); }
  ~faults() { faulty_vfs::heal(); }
};

/// A change of several pages.
cluster_change large_change() {
  cluster_change what;
  what.members = {member("n3", 1), member("n1", 1, member_state::dead)};
  what.contexts = {{"taxi.many", 200, false, "off"}};
  for (std::uint32_t shard = 0; shard < 200; ++shard) {
    what.shards.push_back(owned(shard, {"n3", 1}, 1));
    what.shards.back().which.context = "taxi.many";
  }
  return what;
}

bool is_whole(const cluster_view& view, std::uint64_t version) {
  const bool changed = version == 2;
  return view.version == version && view.shards.size() == (changed ? 202U : 2U) &&
         view.members.size() == (changed ? 3U : 2U) &&
         (view.find({"n1", 1})->state == member_state::dead) == changed;
}

} // namespace

TEST_CASE("Whichever write of a change fails, nothing of it is there and the next one works") {
  const faults scope;
  const auto [code, meaning] = GENERATE(table<int, errc>(
      {{SQLITE_FULL, errc::storage_full}, {SQLITE_IOERR_WRITE, errc::storage_failed}}));
  const fresh_cluster cluster{engine::sqlite};
  auto store = cluster.open();
  start_small(*store);
  bool reached = true;
  int writes = 0;
  for (; reached; ++writes) {
    REQUIRE(writes < 200);
    faulty_vfs::writes_before = writes;
    faulty_vfs::write_fails_with = code;
    const auto done = store->change(1, large_change());
    faulty_vfs::heal();
    reached = !done.ok();
    if (reached) REQUIRE(done.error().code == meaning);
    INFO("write " << writes);
    REQUIRE(is_whole(view_of(*store), reached ? 1 : 2));
    REQUIRE(is_whole(view_of(*cluster.open()), reached ? 1 : 2));
  }
  REQUIRE(writes > 10); // pages and their journal
}

TEST_CASE("A full disk stops changes, not reading and renewing") {
  const faults scope;
  const fresh_cluster cluster{engine::sqlite};
  auto store = cluster.open();
  start_small(*store);
  faulty_vfs::writes_before = 0;
  faulty_vfs::write_fails_with = SQLITE_FULL;
  REQUIRE(store->change(1, large_change()).error().code == errc::storage_full);
  REQUIRE(store->vote({{"n1", 1}, {"n2", 4}}, true).error().code == errc::storage_full);
  REQUIRE(store->end_lease({"n1", 1}).error().code == errc::storage_full);
  REQUIRE(store->renew({"n1", 1}).ok());
  REQUIRE(view_of(*store).find_lease({"n1", 1})->beats == 1);
}

TEST_CASE("A change whose sync fails ends the process, and what is found then is whole") {
  const fresh_cluster cluster{engine::sqlite};
  start_small(*cluster.open());
  const pid_t child = ::fork();
  if (child == 0) {
    (void)!std::freopen("/dev/null", "w", stderr);
    faulty_vfs::install();
    auto store = open_sqlite_lease_store(cluster.path());
    if (!store) ::_exit(1);
    faulty_vfs::sync_fails_with = SQLITE_IOERR_FSYNC;
    (void)(*store)->change(1, large_change()).ok();
    ::_exit(2);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == failed_sync_exit_code);
  REQUIRE(is_whole(view_of(*cluster.open()), 1));
}
