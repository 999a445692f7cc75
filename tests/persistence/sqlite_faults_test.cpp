#include "tests/persistence/engines.hpp"
#include "tests/support/faulty_vfs.hpp"

#include <catch2/catch.hpp>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

using namespace troupe;
using namespace troupe::test;

namespace {

/// Faults end with the test, however it ends.
struct faults {
  faults() { faulty_vfs::install(); }
  ~faults() { faulty_vfs::heal(); }
};

std::unique_ptr<journal> open_rides(fresh_storage& in) {
  auto opened = in->open_journal(shard_of_rides());
  REQUIRE(opened.ok());
  return std::move(opened).value();
}

/// A file system of its own with hardly any space; unmounted at the end.
class tiny_disk {
public:
  tiny_disk() {
    mounted_ = ::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=512k,mode=700") == 0;
    if (!mounted_) why_ = std::strerror(errno);
  }
  ~tiny_disk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  tiny_disk(const tiny_disk&) = delete;
  tiny_disk& operator=(const tiny_disk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }

private:
  temp_folder folder_;
  bool mounted_ = false;
  std::string why_;
};

} // namespace

TEST_CASE("A full disk refuses the commit, whichever write fails, and later commits work") {
  const faults scope;
  fresh_storage storage{engine::sqlite};
  auto log = open_rides(storage);
  REQUIRE(commit_texts(*log, {"one"}).ok());
  const std::vector<std::string> batch(100, std::string(150, 'x'));
  std::uint64_t expected = 1;
  bool reached = true;
  for (int write = 0; reached; ++write) {
    REQUIRE(write < 100);
    faulty_vfs::writes_before = write;
    faulty_vfs::write_fails_with = SQLITE_FULL;
    const auto done = commit_texts(*log, batch);
    reached = !done.ok();
    faulty_vfs::heal();
    if (reached)
      REQUIRE(done.error().code == errc::storage_full);
    else
      expected += batch.size();
    REQUIRE(log->head().value == expected);
    REQUIRE(log->read({1}).ok());
  }
  REQUIRE(commit_texts(*log, {"last"}).ok());
  log.reset();
  log = open_rides(storage);
  REQUIRE(log->head().value == expected + 1);
  REQUIRE(texts_from(*log, 1).back() == "last");
}

TEST_CASE("An I/O error in a commit leaves its outcome open until the journal is reopened") {
  const faults scope;
  fresh_storage storage{engine::sqlite};
  auto log = open_rides(storage);
  REQUIRE(commit_texts(*log, {"one"}).ok());
  faulty_vfs::write_fails_with = SQLITE_IOERR_WRITE;
  const auto done = commit_texts(*log, {"two"});
  REQUIRE_FALSE(done.ok());
  REQUIRE(done.error().code == errc::outcome_unknown);
  faulty_vfs::heal();
  REQUIRE(commit_texts(*log, {"two"}).error().code == errc::storage_failed);
  REQUIRE(log->probe().error().code == errc::storage_failed);
  REQUIRE(log->checkpoint(true).error().code == errc::storage_failed);
  log.reset();
  log = open_rides(storage);
  const std::uint64_t head = log->head().value;
  REQUIRE((head == 1 || head == 2));
  REQUIRE(commit_texts(*log, {"three"}).ok());
  REQUIRE(texts_from(*log, 1).size() == head + 1);
}

TEST_CASE("A failed sync ends the process with its own exit code") {
  fresh_storage storage{engine::sqlite};
  const pid_t child = ::fork();
  if (child == 0) {
    (void)!std::freopen("/dev/null", "w", stderr);
    faulty_vfs::install();
    auto opened = storage->open_journal(shard_of_rides());
    if (!opened) ::_exit(1);
    faulty_vfs::sync_fails_with = SQLITE_IOERR_FSYNC;
    (void)commit_texts(**opened, {"one"}).ok();
    ::_exit(2);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == failed_sync_exit_code);
  REQUIRE(open_rides(storage)->head().value <= 1); // the truth is what is found at the restart
}

TEST_CASE("Commits stop before the disk is full and go on by themselves when there is space") {
  fresh_storage storage{engine::sqlite};
  sqlite_options options = storage.options();
  auto journal_of = [&] {
    auto opened = make_sqlite_storage(options)->open_journal(shard_of_rides());
    REQUIRE(opened.ok());
    return std::move(opened).value();
  };
  REQUIRE(commit_texts(*journal_of(), {"one"}).ok());
  options.reserve_bytes = 1ULL << 60U; // no disk has that
  auto log = journal_of();
  const auto done = commit_texts(*log, {"two"});
  REQUIRE_FALSE(done.ok());
  REQUIRE(done.error().code == errc::storage_full);
  REQUIRE(log->probe().error().code == errc::storage_full);
  REQUIRE(*log->read({1}) == "one");
}

TEST_CASE("A journal on a disk that really fills up refuses, reads, and recovers by itself") {
  const tiny_disk disk;
  if (!disk.mounted()) {
    std::cout << "skipped: no small file system can be mounted here (" << disk.why() << ")\n";
    return;
  }
  const auto ballast = disk.path() / "ballast";
  std::ofstream{ballast} << std::string(200 * 1024, 'x');
  sqlite_options options;
  options.directory = disk.path() / "data";
  options.reserve_bytes = 0; // to reach the end of the disk itself
  auto opened = make_sqlite_storage(options)->open_journal(shard_of_rides());
  REQUIRE(opened.ok());
  journal& log = **opened;
  const std::vector<std::string> batch(10, std::string(1000, 'x'));
  result<void> done;
  for (int i = 0; i < 100 && done.ok(); ++i)
    done = commit_texts(log, batch);
  REQUIRE_FALSE(done.ok());
  REQUIRE(done.error().code == errc::storage_full);
  REQUIRE(log.probe().error().code == errc::storage_full);
  const std::uint64_t head = log.head().value;
  REQUIRE(head > 0);
  REQUIRE(texts_from(log, 1).size() == head);
  REQUIRE(commit_texts(log, batch).error().code == errc::storage_full);
  std::filesystem::remove(ballast);
  REQUIRE(log.probe().ok());
  REQUIRE(commit_texts(log, batch).ok());
  REQUIRE(log.head().value == head + batch.size());
  REQUIRE(texts_from(log, 1).size() == log.head().value);
}
