#include "persistence/data_folder.hpp"

#include "persistence/sqlite_db.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

namespace troupe {

namespace fs = std::filesystem;

namespace {

error failure(const std::string& doing, const fs::path& path, int why) {
  const errc code = why == ENOSPC || why == EDQUOT ? errc::storage_full : errc::storage_failed;
  return fail(code, "cannot " + doing + " " + path.string() + ": " + std::strerror(why));
}

bool is_name(std::string_view context) {
  return !context.empty() && context.front() != '.' &&
         std::all_of(context.begin(), context.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

} // namespace

result<fs::path> data_file(const fs::path& directory, const journal_identity& who,
                           std::string_view kind) {
  if (!is_name(who.context))
    return fail(errc::malformed, "'" + who.context +
                                     "' cannot be the name of a context: letters, "
                                     "digits, '.', '_' and '-' only");
  if (who.shards == 0 || who.shard.value >= who.shards)
    return fail(errc::malformed, describe_file(kind, who) + " of " + std::to_string(who.shards) +
                                     " shards cannot be: shards count from 0");
  return directory /
         (who.context + "." + std::to_string(who.shard.value) + "." + std::string{kind});
}

std::string describe_file(std::string_view kind, const journal_identity& who) {
  return std::string{kind} + " " + who.context + " shard " + std::to_string(who.shard.value);
}

result<void> make_data_folder(const fs::path& directory) {
  std::error_code why;
  if (fs::is_directory(directory, why)) return {};
  if (directory.has_parent_path()) {
    fs::create_directories(directory.parent_path(), why);
    if (why) return failure("create", directory.parent_path(), why.value());
  }
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return failure("create", directory, errno);
  return {};
}

result<void> sync_data_folder(const fs::path& directory) {
  const int folder = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return failure("open", directory, errno);
  const bool synced = ::fsync(folder) == 0;
  ::close(folder);
  if (!synced) sqlite::die_of_failed_sync(directory, "make a new file durable");
  return {};
}

result<std::uint64_t> free_bytes(const fs::path& directory) {
  struct statvfs space {};
  if (::statvfs(directory.c_str(), &space) != 0)
    return failure("ask for the free space of", directory, errno);
  return static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
}

result<void> remove_database(const fs::path& path) {
  // The main file goes first: without its log it could be half of a checkpoint and look whole.
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    const fs::path file = path.string() + suffix;
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) return failure("remove", file, errno);
  }
  return {};
}

result<void> move_database(const fs::path& from, const fs::path& to) {
  if (auto done = remove_database(to); !done) return done;
  if (auto done = sync_data_folder(to.parent_path()); !done) return done;
  for (const char* suffix : {"-wal", "-shm"}) {
    const fs::path file = from.string() + suffix;
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) return failure("remove", file, errno);
  }
  if (::rename(from.c_str(), to.c_str()) != 0) return failure("rename", from, errno);
  return sync_data_folder(to.parent_path());
}

std::uint64_t database_bytes(const fs::path& path) {
  std::uint64_t bytes = 0;
  for (const char* suffix : {"", "-wal"}) {
    std::error_code why;
    const auto size = fs::file_size(path.string() + suffix, why);
    if (!why) bytes += size;
  }
  return bytes;
}

} // namespace troupe
