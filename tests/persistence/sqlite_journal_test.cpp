#include "tests/persistence/engines.hpp"
#include "tests/persistence/raw_database.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>

using namespace troupe;
using namespace troupe::test;

namespace fs = std::filesystem;

namespace {

fs::path ride_file(const fresh_storage& in) {
  return in.path() / "taxi.ride.0.journal";
}

/// Makes a journal with some records, all of them in the main file.
void make_journal(fresh_storage& in, const std::vector<std::string>& texts) {
  auto opened = in->open_journal(shard_of_rides());
  REQUIRE(opened.ok());
  REQUIRE(commit_texts(**opened, texts).ok());
}

error opening_error(fresh_storage& in, const journal_identity& who) {
  const auto opened = in->open_journal(who);
  REQUIRE_FALSE(opened.ok());
  return opened.error();
}

void replace_in_file(const fs::path& file, const std::string& from, const std::string& to) {
  std::ifstream in{file, std::ios::binary};
  std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  const auto at = bytes.find(from);
  REQUIRE(at != std::string::npos);
  bytes.replace(at, from.size(), to);
  std::ofstream{file, std::ios::binary} << bytes;
}

mode_t mode_of(const fs::path& file) {
  struct stat found {};
  REQUIRE(::stat(file.c_str(), &found) == 0);
  return found.st_mode & 0777U;
}

/// A child that commits until it is killed and reports each acknowledged head; returns the last
/// head that arrived.
std::uint64_t last_acknowledged_of_killed_child(const sqlite_options& options,
                                                std::uint64_t kill_after) {
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto opened = make_sqlite_storage(options)->open_journal(shard_of_rides());
    if (!opened) ::_exit(1);
    for (std::uint64_t round = 0;; ++round) {
      const std::uint64_t first = (*opened)->head().value + 1;
      std::vector<std::string> texts;
      for (std::uint64_t i = first; i < first + 1 + round % 7; ++i)
        texts.push_back("record " + std::to_string(i));
      if (!commit_texts(**opened, texts)) ::_exit(2);
      const std::uint64_t head = (*opened)->head().value;
      if (::write(pipe_ends[1], &head, sizeof head) != sizeof head) ::_exit(3);
      if (round % 5 == 4) (void)(*opened)->checkpoint(false);
    }
  }
  ::close(pipe_ends[1]);
  std::uint64_t head = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t reports = 0;
  while (::read(pipe_ends[0], &head, sizeof head) == sizeof head) {
    acknowledged = head;
    // Killed at an arbitrary place of a later commit; what it still reports counts too.
    if (++reports == kill_after) ::kill(child, SIGKILL);
  }
  ::close(pipe_ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  return acknowledged;
}

} // namespace

TEST_CASE("What a killed process acknowledged is there, dense and whole") {
  fresh_storage storage{engine::sqlite};
  sqlite_options options = storage.options();
  options.checkpoint_bytes = 64 * 1024; // so that some are killed while they checkpoint
  for (std::uint64_t round = 1; round <= 20; ++round) {
    const std::uint64_t acknowledged = last_acknowledged_of_killed_child(options, round * 2);
    auto opened = storage->open_journal(shard_of_rides());
    REQUIRE(opened.ok());
    REQUIRE((*opened)->head().value >= acknowledged);
    REQUIRE((*opened)->epoch().value == 2 * round);
    std::uint64_t expected = 0;
    const auto done = (*opened)->scan({1}, [&](record_index at, std::string_view body) {
      ++expected;
      return at.value == expected && body == "record " + std::to_string(expected);
    });
    REQUIRE(done.ok());
    REQUIRE(expected == (*opened)->head().value);
  }
}

TEST_CASE("A flipped byte is found and named, in reads, scans and at opening") {
  fresh_storage storage{engine::sqlite};
  make_journal(storage, {"first record", "second record", "third record"});
  settle_log(ride_file(storage));
  replace_in_file(ride_file(storage), "second record", "second recorb");
  {
    auto opened = storage->open_journal(shard_of_rides());
    REQUIRE(opened.ok());
    const auto read = (*opened)->read({2});
    REQUIRE_FALSE(read.ok());
    REQUIRE(read.error().code == errc::corrupt);
    REQUIRE_THAT(read.error().message,
                 Catch::Contains("record 2 of") && Catch::Contains("taxi.ride.0.journal"));
    REQUIRE((*opened)->read({3}).ok());
    std::uint64_t visited = 0;
    const auto scanned = (*opened)->scan({1}, [&](record_index, std::string_view) {
      ++visited;
      return true;
    });
    REQUIRE_FALSE(scanned.ok());
    REQUIRE(scanned.error().code == errc::corrupt);
    REQUIRE(visited == 1);
  }
  settle_log(ride_file(storage));
  replace_in_file(ride_file(storage), "third record", "third recore");
  REQUIRE(opening_error(storage, shard_of_rides()).code == errc::corrupt);
}

TEST_CASE("A record moved to another index or missing is corrupt") {
  fresh_storage storage{engine::sqlite};
  make_journal(storage, {"one", "two", "three", "four"});
  run_raw(ride_file(storage), "UPDATE log SET body = (SELECT body FROM log WHERE idx = 1)"
                              " WHERE idx = 3; DELETE FROM log WHERE idx = 2");
  auto opened = storage->open_journal(shard_of_rides());
  REQUIRE(opened.ok());
  REQUIRE((*opened)->read({3}).error().code == errc::corrupt);
  REQUIRE((*opened)->read({2}).error().code == errc::corrupt);
  const auto scanned = (*opened)->scan({1}, [](record_index, std::string_view) { return true; });
  REQUIRE_THAT(scanned.error().message, Catch::Contains("record 2") && Catch::Contains("missing"));
  (*opened).reset();
  run_raw(ride_file(storage), "DELETE FROM log WHERE idx = 1");
  REQUIRE(opening_error(storage, shard_of_rides()).code == errc::corrupt);
}

TEST_CASE("A commit of a stale epoch is fenced and writes nothing") {
  fresh_storage storage{engine::sqlite};
  auto opened = storage->open_journal(shard_of_rides());
  REQUIRE(opened.ok());
  REQUIRE(commit_texts(**opened, {"mine"}).ok());
  run_raw(ride_file(storage), "UPDATE meta SET value = value + 1 WHERE key = 'epoch'");
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto done = commit_texts(**opened, {"stale"});
    REQUIRE_FALSE(done.ok());
    REQUIRE(done.error().code == errc::fenced);
  }
  REQUIRE((*opened)->head().value == 1);
  REQUIRE(ask_raw(ride_file(storage), "SELECT count(*) FROM log") == "1");
}

TEST_CASE("A record that another owner wrote at our index fences too") {
  fresh_storage storage{engine::sqlite};
  auto opened = storage->open_journal(shard_of_rides());
  REQUIRE(opened.ok());
  run_raw(ride_file(storage), "INSERT INTO log(idx, body) VALUES(1, x'00')");
  REQUIRE(commit_texts(**opened, {"ours"}).error().code == errc::fenced);
}

TEST_CASE("A journal open in another process is refused by its name") {
  fresh_storage storage{engine::sqlite};
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto opened = make_sqlite_storage(storage.options())->open_journal(shard_of_rides(0, "n7"));
    const char fine = opened.ok() ? '1' : '0';
    if (::write(ready[1], &fine, 1) != 1) ::_exit(1);
    for (;;)
      ::pause();
  }
  char fine = '0';
  REQUIRE(::read(ready[0], &fine, 1) == 1);
  const auto refused = storage->open_journal(shard_of_rides(0, "n8"));
  ::kill(child, SIGKILL);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  ::close(ready[0]);
  ::close(ready[1]);
  REQUIRE(fine == '1');
  REQUIRE_FALSE(refused.ok());
  REQUIRE(refused.error().code == errc::storage_locked);
  REQUIRE_THAT(refused.error().message,
               Catch::Contains("is already open by node n7 (pid " + std::to_string(child) + ")"));
  REQUIRE(storage->open_journal(shard_of_rides(0, "n8")).ok()); // the kernel freed the lock
}

TEST_CASE("A journal of another context, shard or number of shards is refused by both names") {
  fresh_storage storage{engine::sqlite};
  make_journal(storage, {"one"});
  fs::rename(ride_file(storage), storage.path() / "taxi.ride.1.journal");
  const error shard = opening_error(storage, shard_of_rides(1));
  REQUIRE(shard.code == errc::wrong_owner);
  REQUIRE_THAT(shard.message, Catch::Contains("belongs to taxi.ride shard 0 of 2") &&
                                  Catch::Contains("not to taxi.ride shard 1 of 2"));
  fs::rename(storage.path() / "taxi.ride.1.journal", storage.path() / "taxi.call.0.journal");
  journal_identity other = shard_of_rides();
  other.context = "taxi.call";
  REQUIRE(opening_error(storage, other).code == errc::wrong_owner);
}

TEST_CASE("A journal of a newer format is refused with both versions") {
  fresh_storage storage{engine::sqlite};
  make_journal(storage, {"one"});
  run_raw(ride_file(storage), "UPDATE meta SET value = 2 WHERE key = 'format'");
  const error newer = opening_error(storage, shard_of_rides());
  REQUIRE(newer.code == errc::wrong_format);
  REQUIRE_THAT(newer.message, Catch::Contains("format 2") && Catch::Contains("up to 1"));
}

TEST_CASE("A journal of an older format is migrated and keeps its records") {
  fresh_storage storage{engine::sqlite};
  make_journal(storage, {"one", "two"});
  run_raw(ride_file(storage), "DELETE FROM meta WHERE key LIKE 'made%';"
                              "UPDATE meta SET value = 0 WHERE key = 'format'");
  journal_identity other = shard_of_rides();
  other.shards = 3;
  REQUIRE(opening_error(storage, other).code == errc::wrong_owner);
  REQUIRE(ask_raw(ride_file(storage), "SELECT value FROM meta WHERE key = 'format'") == "0");
  {
    auto opened = storage->open_journal(shard_of_rides());
    REQUIRE(opened.ok());
    REQUIRE(texts_from(**opened, 1) == std::vector<std::string>{"one", "two"});
  }
  REQUIRE(ask_raw(ride_file(storage), "SELECT value FROM meta WHERE key = 'format'") == "1");
  REQUIRE_THAT(ask_raw(ride_file(storage), "SELECT value FROM meta WHERE key = 'made_by'"),
               Catch::Contains("n1"));
}

TEST_CASE("What is no whole journal is corrupt and is left as it is") {
  fresh_storage storage{engine::sqlite};
  make_journal(storage, {"one"});
  const fs::path file = ride_file(storage);
  settle_log(file);
  fs::remove(file.string() + "-wal");
  SECTION("not a database") {
    std::ofstream{file} << std::string(8192, 'x');
  }
  SECTION("cut inside the header") {
    fs::resize_file(file, 50);
  }
  SECTION("empty") {
    fs::resize_file(file, 0);
  }
  SECTION("another database") {
    fs::remove(file);
    run_raw(file, "CREATE TABLE something(x)");
  }
  SECTION("without its log") {
    run_raw(file, "DROP TABLE log");
  }
  SECTION("without its epoch") {
    run_raw(file, "DELETE FROM meta WHERE key = 'epoch'");
  }
  const auto bytes = fs::file_size(file);
  REQUIRE(opening_error(storage, shard_of_rides()).code == errc::corrupt);
  REQUIRE(fs::file_size(file) == bytes);
}

TEST_CASE("Data is private to its user") {
  fresh_storage storage{engine::sqlite};
  sqlite_options options = storage.options();
  options.directory = storage.path() / "deep" / "data";
  auto opened = make_sqlite_storage(options)->open_journal(shard_of_rides());
  REQUIRE(opened.ok());
  REQUIRE(commit_texts(**opened, {"one"}).ok());
  REQUIRE(mode_of(options.directory) == 0700);
  for (const char* suffix : {"", "-wal", "-shm", ".lock"})
    REQUIRE(mode_of(options.directory / (std::string{"taxi.ride.0.journal"} + suffix)) == 0600);
  REQUIRE(make_sqlite_storage(options)->open_journal({"../x", {0}, 1, "n1"}).error().code ==
          errc::malformed);
}

TEST_CASE("The write-ahead log stays bounded over many commits") {
  fresh_storage storage{engine::sqlite};
  sqlite_options options = storage.options();
  options.checkpoint_bytes = 256 * 1024;
  auto opened = make_sqlite_storage(options)->open_journal(shard_of_rides());
  REQUIRE(opened.ok());
  const std::vector<std::string> texts(64, std::string(150, 'x'));
  std::uintmax_t longest = 0;
  for (int i = 0; i < 500; ++i) {
    REQUIRE(commit_texts(**opened, texts).ok());
    REQUIRE((*opened)->checkpoint(false).ok());
    longest = std::max(longest, fs::file_size(ride_file(storage).string() + "-wal"));
  }
  REQUIRE(longest < 512 * 1024);
  REQUIRE(fs::file_size(ride_file(storage)) > 4 * 1024 * 1024);
  REQUIRE((*opened)->bytes_on_disk() > 4 * 1024 * 1024);
}

TEST_CASE("A busy lane checkpoints only when the log has grown past its urgent size") {
  fresh_storage storage{engine::sqlite};
  sqlite_options options = storage.options();
  options.checkpoint_bytes = 16 * 1024;
  options.checkpoint_urgent_bytes = 128 * 1024;
  auto opened = make_sqlite_storage(options)->open_journal(shard_of_rides());
  REQUIRE(opened.ok());
  REQUIRE(commit_texts(**opened, {std::string(60'000, 'x')}).ok());
  const auto before = fs::file_size(ride_file(storage));
  REQUIRE((*opened)->checkpoint(true).ok());
  REQUIRE(fs::file_size(ride_file(storage)) == before);
  REQUIRE(commit_texts(**opened, {std::string(100'000, 'x')}).ok());
  REQUIRE((*opened)->checkpoint(true).ok());
  REQUIRE(fs::file_size(ride_file(storage)) > before + 150'000);
}
