#include "persistence/cluster_rows.hpp"
#include "persistence/cluster_rules.hpp"
#include "persistence/data_folder.hpp"
#include "persistence/file_watch.hpp"
#include "persistence/lease_beats.hpp"
#include "persistence/lease_store.hpp"
#include "seams/clock.hpp"
#include "seams/random.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <system_error>
#include <utility>

namespace troupe {

namespace fs = std::filesystem;
using sqlite::connection;
using sqlite::open_mode;
using std::chrono::milliseconds;

namespace {

/// TRUNCATE: with `synchronous=FULL` SQLite also syncs the truncation, which is the commit; with
/// DELETE it would not sync the folder, and a power cut could bring the journal and so the state
/// before the change back. A change of every few seconds has no use for PERSIST's smaller cost.
constexpr const char* settings = "PRAGMA journal_mode = TRUNCATE;"
                                 "PRAGMA synchronous = FULL; PRAGMA cache_size = -256";

/// How long others may keep the file busy, looked at once a millisecond. SQLite's own waiting soon
/// looks ten times a second only, and whoever changes things all the time is hardly ever seen idle.
constexpr int looks_max = 2'000;

int look_again(void*, int looks) {
  (void)::poll(nullptr, 0, 1);
  return looks < looks_max ? 1 : 0;
}

result<connection> open_connection(const fs::path& path) {
  auto db = connection::open(path, open_mode::read_write);
  if (!db) return db;
  (void)sqlite3_busy_handler(db->handle(), look_again, nullptr);
  if (const int code = db->execute(settings); code != SQLITE_OK)
    return cluster_failure(*db, code, "open");
  return db;
}

error system_failure(const std::string& doing, const fs::path& path) {
  const errc code = errno == ENOSPC || errno == EDQUOT ? errc::storage_full : errc::storage_failed;
  return fail(code, "cannot " + doing + " " + path.string() + ": " + std::strerror(errno));
}

/// Fills a file under another name and links it to its own, so that of two processes that make the
/// cluster one wins, nobody ever sees half a file, and an empty one is damaged, never new.
result<void> make_cluster_file(const fs::path& path) {
  std::string making = path.string() + ".making.XXXXXX";
  const int file = ::mkostemp(making.data(), O_CLOEXEC);
  if (file < 0) return system_failure("create", making);
  ::close(file);
  result<void> done;
  {
    auto db = open_connection(making);
    if (!db) return db.error();
    if (const int code = make_cluster_tables(*db, new_secret()); code != SQLITE_OK)
      done = cluster_failure(*db, code, "create");
  }
  if (done && ::link(making.c_str(), path.c_str()) != 0 && errno != EEXIST)
    done = system_failure("create", path);
  auto removed = remove_database(making);
  if (!done || !removed) return done ? removed : done;
  return sync_data_folder(path.parent_path());
}

class sqlite_lease_store final : public lease_store {
public:
  sqlite_lease_store(const fs::path& path, connection changes, connection looks)
      : changes_(std::move(changes)), looks_(std::move(looks)), beats_(path.parent_path()),
        watch_(path) {}

  result<cluster_view> read() override;
  result<bool> change(std::uint64_t expected, const cluster_change& what) override;
  result<void> renew(const member_key& who) override;
  result<void> end_lease(const member_key& who) override;
  result<void> vote(const vote_row& of, bool suspected) override;
  void wait(std::uint64_t seen, milliseconds at_most) override;
  void interrupt() override { watch_.interrupt(); }

private:
  /// Loads, lets `body` alter what was loaded and writes the difference, in one transaction. `body`
  /// says false where nothing is to be written. Returns what it said.
  template <class Body> result<bool> alter(Body&& body);
  template <class Body> result<bool> alter_inside(Body&& body);
  result<void> tell(const std::function<bool(cluster_view&)>& body);
  result<cluster_state> load();

  // Two connections, so that a change that waits for its turn holds up no renewal.
  std::mutex changes_mutex_;
  connection changes_;
  std::mutex looks_mutex_;
  connection looks_;
  const lease_beats beats_;
  file_watch watch_;
  std::atomic<std::uint64_t> news_read_{0}; ///< as of the last `read`
};

result<cluster_state> sqlite_lease_store::load() {
  const std::scoped_lock held{looks_mutex_};
  if (const int code = looks_.execute("BEGIN"); code != SQLITE_OK)
    return cluster_failure(looks_, code, "read");
  auto found = load_cluster(looks_);
  (void)looks_.roll_back();
  return found;
}

result<cluster_view> sqlite_lease_store::read() {
  auto found = load();
  if (!found) return found.error();
  for (lease_row& lease : found->view.leases) {
    const auto beats = beats_.of(lease.who);
    if (!beats) return beats.error();
    lease.beats = *beats;
  }
  news_read_ = found->news;
  return std::move(found->view);
}

template <class Body> result<bool> sqlite_lease_store::alter_inside(Body&& body) {
  auto before = load_cluster(changes_);
  if (!before) return before.error();
  cluster_state after = *before;
  result<bool> wanted = body(after);
  if (!wanted || !*wanted) return wanted;
  int code = store_cluster(changes_, *before, after);
  if (code == SQLITE_OK) code = changes_.execute("COMMIT");
  if (code != SQLITE_OK) return cluster_failure(changes_, code, "change");
  return wanted;
}

template <class Body> result<bool> sqlite_lease_store::alter(Body&& body) {
  const std::scoped_lock held{changes_mutex_};
  // At once for writing: two readers that both want to write next could only fail.
  if (const int code = changes_.execute("BEGIN IMMEDIATE"); code != SQLITE_OK)
    return cluster_failure(changes_, code, "change");
  auto done = alter_inside(std::forward<Body>(body));
  if (!changes_.roll_back() && done) // after a commit there is nothing to roll back
    return fail(errc::storage_failed, "cannot leave a transaction of " + changes_.path().string());
  return done;
}

result<bool> sqlite_lease_store::change(std::uint64_t expected, const cluster_change& what) {
  auto done = alter([&](cluster_state& state) -> result<bool> {
    if (state.view.version != expected) return false;
    // What a lost cluster left behind is not the beats of a new member.
    for (const member_row& row : what.members)
      if (state.view.find(row.who) == nullptr && row.who.given()) beats_.remove(row.who);
    if (auto applied = apply_change(what, state.view); !applied) return applied.error();
    return true;
  });
  if (!done || !*done) return done;
  for (const member_row& row : what.members)
    if (row.state == member_state::dead) beats_.remove(row.who);
  for (const member_key& who : what.forgotten)
    beats_.remove(who);
  return done;
}

result<void> sqlite_lease_store::renew(const member_key& who) {
  const std::scoped_lock held{looks_mutex_};
  const auto stands = has_lease(looks_, who);
  if (!stands) return stands.error();
  if (!*stands) return no_lease(who);
  return beats_.add_one(who);
}

result<void> sqlite_lease_store::tell(const std::function<bool(cluster_view&)>& body) {
  const auto done = alter([&](cluster_state& state) -> result<bool> {
    if (!body(state.view)) return false;
    ++state.news;
    return true;
  });
  return done ? result<void>{} : done.error();
}

result<void> sqlite_lease_store::end_lease(const member_key& who) {
  return tell([&](cluster_view& view) { return apply_end_of_lease(who, view); });
}

result<void> sqlite_lease_store::vote(const vote_row& of, bool suspected) {
  return tell([&](cluster_view& view) { return apply_vote(of, suspected, view); });
}

void sqlite_lease_store::wait(std::uint64_t seen, milliseconds at_most) {
  const clock& time = real_clock();
  const monotonic_time until = time.monotonic() + at_most;
  for (milliseconds left = at_most; left >= milliseconds{0};
       left = std::chrono::ceil<milliseconds>(until - time.monotonic())) {
    {
      const std::scoped_lock held{looks_mutex_};
      const auto now = load_cluster_numbers(looks_);
      // An error is the next read's to report, not a reason to return at once again and again.
      if (now && (now->view.version != seen || now->news != news_read_)) return;
    }
    if (!watch_.wait(left) || left == milliseconds{0}) return;
  }
}

} // namespace

result<std::unique_ptr<lease_store>> open_sqlite_lease_store(const fs::path& directory) {
  if (auto done = make_data_folder(directory); !done) return done.error();
  const fs::path path = directory / "cluster.db";
  std::error_code why;
  if (!fs::exists(path, why) && !why)
    if (auto done = make_cluster_file(path); !done) return done.error();
  auto changes = open_connection(path);
  if (!changes) return changes.error();
  if (auto done = check_cluster_format(*changes); !done) return done.error();
  auto looks = open_connection(path);
  if (!looks) return looks.error();
  return std::unique_ptr<lease_store>{std::make_unique<sqlite_lease_store>(
      path, std::move(changes).value(), std::move(looks).value())};
}

} // namespace troupe
