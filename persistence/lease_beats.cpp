#include "persistence/lease_beats.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace troupe {

namespace fs = std::filesystem;

namespace {

error failure(const std::string& doing, const fs::path& path, int why) {
  const errc code = why == ENOSPC || why == EDQUOT ? errc::storage_full : errc::storage_failed;
  return fail(code, "cannot " + doing + " " + path.string() + ": " + std::strerror(why));
}

} // namespace

fs::path lease_beats::file_of(const member_key& who) const {
  return directory_ / (who.node + '.' + std::to_string(who.generation) + ".beats");
}

result<std::uint64_t> lease_beats::of(const member_key& who) const {
  const fs::path path = file_of(who);
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0) return static_cast<std::uint64_t>(found.st_size);
  if (errno == ENOENT) return std::uint64_t{0};
  return failure("read the length of", path, errno);
}

result<void> lease_beats::add_one(const member_key& who) const {
  const fs::path path = file_of(who);
  const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return failure("open", path, errno);
  const off_t beats = ::lseek(file, 0, SEEK_END);
  const bool added = beats >= 0 && ::ftruncate(file, beats + 1) == 0;
  const int why = errno;
  ::close(file);
  return added ? result<void>{} : failure("lengthen", path, why);
}

void lease_beats::remove(const member_key& who) const {
  (void)::unlink(file_of(who).c_str());
}

} // namespace troupe
