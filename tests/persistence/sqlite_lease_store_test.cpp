#include "tests/persistence/clusters.hpp"
#include "tests/persistence/raw_database.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>

using namespace troupe;
using namespace troupe::test;

namespace {

const member_key n1{"n1", 1};
const member_key n2{"n2", 4};

/// A process that runs `work` with stores of its own and must be ended or end by itself.
class forked {
public:
  template <class Work> explicit forked(Work work) : pid_(::fork()) {
    REQUIRE(pid_ >= 0);
    if (pid_ != 0) return;
    ::_exit(work() ? 0 : 1);
  }
  ~forked() { kill(); }
  forked(const forked&) = delete;
  forked& operator=(const forked&) = delete;

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  [[nodiscard]] bool succeeded() {
    int status = 0;
    const bool ended = ::waitpid(pid_, &status, 0) == pid_;
    pid_ = 0;
    return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

private:
  pid_t pid_;
};

/// What a forked process does: no checks of the test framework in it.
bool count_up(const std::filesystem::path& path, std::uint64_t changes) {
  auto store = open_sqlite_lease_store(path);
  std::uint64_t done = 0;
  while (store && done < changes) {
    const auto view = (*store)->read();
    if (!view) return false;
    cluster_change what;
    what.contexts = {*view->find_context("taxi.call")};
    what.shards = {owned(0, n1, view->find_shard({"taxi.call", {0}})->epoch.value + 1)};
    const auto changed = (*store)->change(view->version, what);
    if (!changed || !(*store)->renew(n1)) return false;
    if (*changed) ++done;
  }
  return store.ok();
}

mode_t mode_of(const std::filesystem::path& file) {
  struct stat found {};
  REQUIRE(::stat(file.c_str(), &found) == 0);
  return found.st_mode & 0777U;
}

errc code_of_opening(const std::filesystem::path& path) {
  const auto opened = open_sqlite_lease_store(path);
  return opened ? errc::internal : opened.error().code;
}

/// Holds a lock on the file in another process until it is destroyed.
class foreign_lock {
public:
  foreign_lock(const std::filesystem::path& file, const char* begin)
      : holder_([&] { return hold(file, begin); }) {
    char ready = 0;
    REQUIRE(::read(said_[0], &ready, 1) == 1);
    REQUIRE(ready == 'y');
  }
  ~foreign_lock() {
    ::close(said_[0]);
    ::close(said_[1]);
  }
  foreign_lock(const foreign_lock&) = delete;
  foreign_lock& operator=(const foreign_lock&) = delete;

private:
  bool hold(const std::filesystem::path& file, const char* begin) const {
    sqlite3* db = nullptr;
    const bool locked = sqlite3_open(file.c_str(), &db) == SQLITE_OK &&
                        sqlite3_exec(db, begin, nullptr, nullptr, nullptr) == SQLITE_OK;
    (void)!::write(said_[1], locked ? "y" : "n", 1);
    for (;;)
      (void)::pause();
  }
  static std::array<int, 2> make_pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    return ends;
  }

  std::array<int, 2> said_ = make_pipe();
  forked holder_;
};

} // namespace

TEST_CASE("Of changes by two processes none is lost") {
  const fresh_cluster cluster{engine::sqlite};
  start_small(*cluster.open());
  constexpr std::uint64_t changes_each = 60;
  forked one{[&] { return count_up(cluster.path(), changes_each); }};
  forked other{[&] { return count_up(cluster.path(), changes_each); }};
  REQUIRE(one.succeeded());
  REQUIRE(other.succeeded());
  const cluster_view view = view_of(*cluster.open());
  REQUIRE(view.version == 1 + 2 * changes_each);
  REQUIRE(view.find_shard({"taxi.call", {0}})->epoch.value == 2 * changes_each);
}

TEST_CASE("A process that is killed while it changes things leaves a whole file") {
  const fresh_cluster cluster{engine::sqlite};
  start_small(*cluster.open());
  std::uint64_t seen = 1;
  for (int round = 0; round < 8; ++round) {
    auto store = cluster.open();
    forked writer{[&] { return count_up(cluster.path(), ~std::uint64_t{0}); }};
    const auto until = std::chrono::steady_clock::now() + patience;
    while (view_of(*store).version < seen + 5 + static_cast<std::uint64_t>(round))
      REQUIRE(std::chrono::steady_clock::now() < until);
    writer.kill();
    const cluster_view view = view_of(*store);
    REQUIRE(view.version > seen);
    // The parts of a change stay together: each one raised both.
    REQUIRE(view.find_shard({"taxi.call", {0}})->epoch.value == view.version - 1);
    seen = view.version;
    REQUIRE(ask_raw(cluster.path() / "cluster.db", "PRAGMA integrity_check") == "ok");
  }
}

TEST_CASE("Renewals get through while another process changes things all the time") {
  const fresh_cluster cluster{engine::sqlite};
  auto store = cluster.open();
  start_small(*store);
  const forked writer{[&] { return count_up(cluster.path(), ~std::uint64_t{0}); }};
  for (int i = 0; i < 200; ++i)
    REQUIRE(store->renew(n2).ok());
  REQUIRE(view_of(*store).find_lease(n2)->beats == 200);
}

TEST_CASE("A waiting node hears of another process's change within moments") {
  const fresh_cluster cluster{engine::sqlite};
  auto store = cluster.open();
  start_small(*store);
  const std::uint64_t seen = view_of(*store).version;
  forked other{[&] { return count_up(cluster.path(), 1); }};
  const auto began = std::chrono::steady_clock::now();
  store->wait(seen, patience);
  REQUIRE(std::chrono::steady_clock::now() - began < patience / 2);
  REQUIRE(view_of(*store).version == seen + 1);
  REQUIRE(other.succeeded());
}

TEST_CASE("Many processes that make the cluster at once make one") {
  const fresh_cluster cluster{engine::sqlite};
  const auto make = [&] {
    auto store = open_sqlite_lease_store(cluster.path());
    if (!store) return false;
    const auto view = (*store)->read();
    std::ofstream{cluster.path() / std::to_string(::getpid())} << view->secret;
    return true;
  };
  {
    forked one{make};
    forked two{make};
    forked three{make};
    REQUIRE(one.succeeded());
    REQUIRE(two.succeeded());
    REQUIRE(three.succeeded());
  }
  const std::string secret = view_of(*cluster.open()).secret;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{cluster.path()}) {
    const std::string name = entry.path().filename().string();
    REQUIRE(name.find("making") == std::string::npos);
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::string theirs;
    std::ifstream{entry.path()} >> theirs;
    REQUIRE(theirs == secret);
    ++files;
  }
  REQUIRE(files == 3);
}

TEST_CASE("A file that others keep busy is called locked within a bound, and renewals go on") {
  const fresh_cluster cluster{engine::sqlite};
  auto store = cluster.open();
  start_small(*store);
  cluster_change what;
  what.contexts = {{"taxi.call", 2, true, "off"}};
  {
    const foreign_lock writing{cluster.path() / "cluster.db", "BEGIN IMMEDIATE"};
    const auto began = std::chrono::steady_clock::now();
    REQUIRE(store->change(1, what).error().code == errc::storage_locked);
    REQUIRE(store->vote({n1, n2}, true).error().code == errc::storage_locked);
    REQUIRE(std::chrono::steady_clock::now() - began < patience / 2);
    REQUIRE(store->renew(n1).ok());
    REQUIRE(view_of(*store).find_lease(n1)->beats == 1);
  }
  {
    const foreign_lock exclusive{cluster.path() / "cluster.db", "BEGIN EXCLUSIVE"};
    REQUIRE(store->read().error().code == errc::storage_locked);
    REQUIRE(store->renew(n1).error().code == errc::storage_locked);
    store->wait(1, milliseconds{0});
  }
  must_change(*store, what);
  REQUIRE(store->renew(n1).ok());
}

TEST_CASE("A paused process that reads holds up a change only for the bound") {
  const fresh_cluster cluster{engine::sqlite};
  auto store = cluster.open();
  start_small(*store);
  cluster_change what;
  what.contexts = {{"taxi.call", 2, true, "off"}};
  {
    const foreign_lock reading{cluster.path() / "cluster.db", "BEGIN; SELECT * FROM members"};
    REQUIRE(store->change(1, what).error().code == errc::storage_locked);
    REQUIRE(view_of(*store).version == 1);
    REQUIRE_FALSE(view_of(*store).contexts[0].stopped);
  }
  must_change(*store, what);
}

TEST_CASE("Only the owner may look at the cluster's folder and files") {
  const fresh_cluster cluster{engine::sqlite};
  auto store = cluster.open();
  start_small(*store);
  REQUIRE(store->renew(n1).ok());
  REQUIRE(mode_of(cluster.path()) == 0700);
  REQUIRE(mode_of(cluster.path() / "cluster.db") == 0600);
  REQUIRE(mode_of(cluster.path() / "cluster.db-journal") == 0600);
  REQUIRE(mode_of(cluster.path() / "n1.1.beats") == 0600);
}

TEST_CASE("Garbage, an empty file and a lost table are corrupt, never new") {
  const fresh_cluster cluster{engine::sqlite};
  const auto file = cluster.path() / "cluster.db";
  std::filesystem::create_directories(cluster.path());
  std::ofstream{file} << std::string(10'000, 'x');
  REQUIRE(code_of_opening(cluster.path()) == errc::corrupt);
  std::ofstream{file, std::ios::trunc};
  REQUIRE(code_of_opening(cluster.path()) == errc::corrupt);
  std::filesystem::remove(file);
  start_small(*cluster.open());
  run_raw(file, "DROP TABLE shards");
  auto store = cluster.open();
  REQUIRE(store->read().error().code == errc::corrupt);
  REQUIRE(store->change(1, {}).error().code == errc::corrupt);
}

TEST_CASE("Contents that cannot be are corrupt") {
  const fresh_cluster cluster{engine::sqlite};
  auto store = cluster.open();
  start_small(*store);
  run_raw(cluster.path() / "cluster.db", "UPDATE members SET state = 9");
  REQUIRE(store->read().error().code == errc::corrupt);
  run_raw(cluster.path() / "cluster.db", "DELETE FROM cluster");
  REQUIRE(store->read().error().code == errc::corrupt);
  REQUIRE(code_of_opening(cluster.path()) == errc::corrupt);
}

TEST_CASE("A file of another format is refused and says which it is") {
  const fresh_cluster cluster{engine::sqlite};
  start_small(*cluster.open());
  run_raw(cluster.path() / "cluster.db", "UPDATE cluster SET format = 2");
  const auto opened = open_sqlite_lease_store(cluster.path());
  REQUIRE_FALSE(opened.ok());
  REQUIRE(opened.error().code == errc::wrong_format);
  REQUIRE_THAT(opened.error().message, Catch::Contains("cluster format 2"));
}

TEST_CASE("A folder that cannot be made or written says so") {
  REQUIRE(code_of_opening("/proc/none/cluster") == errc::storage_failed);
}

TEST_CASE("Beats of a lost cluster are not those of a new member of the same name") {
  const fresh_cluster cluster{engine::sqlite};
  {
    auto store = cluster.open();
    start_small(*store);
    REQUIRE(store->renew(n1).ok());
  }
  std::filesystem::remove(cluster.path() / "cluster.db");
  auto store = cluster.open();
  start_small(*store);
  REQUIRE(view_of(*store).find_lease(n1)->beats == 0);
  REQUIRE(store->renew(n1).ok());
  cluster_change what;
  what.members = {member("n1", 1, member_state::dead)};
  must_change(*store, what);
  REQUIRE_FALSE(std::filesystem::exists(cluster.path() / "n1.1.beats"));
}
