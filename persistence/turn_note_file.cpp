#include "persistence/turn_note_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <optional>
#include <utility>

namespace troupe {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view suffix = ".turns";

struct header {
  std::array<char, 8> magic{'t', 'u', 'r', 'n', 's', ' ', ' ', '1'};
  std::uint32_t note_bytes = sizeof(turn_note);
  std::uint32_t slots = turn_note_file::slots;
  bool operator==(const header&) const = default;
};

error failure(const std::string& doing, const fs::path& path) {
  return fail(errc::storage_failed,
              "cannot " + doing + " " + path.string() + ": " + std::strerror(errno));
}

/// What one ended process left; views are copies, because the file may go at any time.
class left_notes {
public:
  /// Nothing if the process lives.
  [[nodiscard]] static std::optional<left_notes> read(const fs::path& path);
  /// Whether they can be understood: another build may have another layout.
  [[nodiscard]] bool known() const;
  void add_deaths(std::string_view context, shard_number shard, std::vector<noted_death>& to) const;

private:
  std::vector<char> bytes_;
};

std::optional<left_notes> left_notes::read(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  left_notes left;
  const bool ended = ::flock(file, LOCK_SH | LOCK_NB) == 0;
  if (ended) {
    left.bytes_.resize(sizeof(header) + turn_note_file::slots * sizeof(turn_note));
    const auto got = ::pread(file, left.bytes_.data(), left.bytes_.size(), 0);
    if (got != static_cast<ssize_t>(left.bytes_.size())) left.bytes_.clear();
  }
  ::close(file);
  if (!ended) return {};
  return left;
}

bool left_notes::known() const {
  if (bytes_.empty()) return false;
  header found;
  std::memcpy(&found, bytes_.data(), sizeof found);
  return found == header{};
}

void left_notes::add_deaths(std::string_view context, shard_number shard,
                            std::vector<noted_death>& to) const {
  // A signal was caught by the lane that raised it: then the others were only there.
  std::array<turn_note, turn_note_file::slots> notes;
  bool signalled = false;
  for (std::uint32_t i = 0; i < turn_note_file::slots; ++i) {
    std::memcpy(static_cast<void*>(&notes[i]),
                bytes_.data() + sizeof(header) + i * sizeof(turn_note), sizeof(turn_note));
    notes[i].context.back() = notes[i].name.back() = '\0';
    signalled = signalled || (notes[i].since_ns.load() != 0 && notes[i].signal != 0);
  }
  for (const auto& each : notes) {
    if (each.since_ns.load() == 0 || (signalled && each.signal == 0)) continue;
    if (each.shard != shard.value || context != each.context.data()) continue;
    to.push_back({{each.epoch},
                  {each.command_high, each.command_low},
                  {each.aggregate},
                  each.name.data(),
                  each.signal,
                  each.stack_hash,
                  {each.trace_high, each.trace_low}});
  }
}

std::vector<fs::path> files_in(const fs::path& directory) {
  std::vector<fs::path> all;
  std::error_code why;
  for (const auto& each : fs::directory_iterator{directory, why}) {
    if (each.path().extension() == suffix) all.push_back(each.path());
  }
  return all;
}

std::int64_t changed_ms(const fs::path& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return 0;
  return std::int64_t{about.st_mtim.tv_sec} * 1'000 + about.st_mtim.tv_nsec / 1'000'000;
}

/// Removes what ended processes left long ago, of whatever layout, and the oldest of too many.
void clean(const fs::path& directory, std::int64_t now_ms) {
  std::vector<std::pair<std::int64_t, fs::path>> ended;
  for (auto& path : files_in(directory)) {
    const auto left = left_notes::read(path);
    if (!left) continue;
    const auto changed = changed_ms(path);
    if (now_ms - changed > turn_note_file::kept_ms)
      ::unlink(path.c_str());
    else if (left->known())
      ended.emplace_back(changed, path);
  }
  std::sort(ended.rbegin(), ended.rend());
  for (std::size_t i = turn_note_file::files_max; i < ended.size(); ++i)
    ::unlink(ended[i].second.c_str());
}

} // namespace

struct turn_note_file::mapped {
  header head;
  std::array<turn_note, slots> notes;
};

result<std::unique_ptr<turn_note_file>>
turn_note_file::make(const fs::path& directory, const std::string& node, const clock& time) {
  static_assert(sizeof(mapped) == sizeof(header) + slots * sizeof(turn_note));
  clean(directory, time.wall());
  const auto path = directory / (node + "." + std::to_string(::getpid()) + "." +
                                 std::to_string(time.wall()) + std::string{suffix});
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return failure("make", path);
  const auto give_up = [&](const std::string& doing) {
    auto why = failure(doing, path);
    ::close(file);
    ::unlink(path.c_str());
    return why;
  };
  if (::flock(file, LOCK_EX) != 0) return give_up("lock"); // whoever looks in has it for a moment
  // Not sparse: a store into a hole of a full disk would be a signal.
  if (const int why = ::posix_fallocate(file, 0, sizeof(mapped)); why != 0) {
    errno = why;
    return give_up("fill");
  }
  void* const at =
      ::mmap(nullptr, sizeof(mapped), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0);
  if (at == MAP_FAILED) return give_up("map");
  return std::unique_ptr<turn_note_file>{new turn_note_file{path, file, new (at) mapped{}}};
}

turn_note_file::~turn_note_file() {
  ::unlink(path_.c_str());
  ::munmap(notes_, sizeof(mapped));
  ::close(file_);
}

turn_note* turn_note_file::slot(std::uint32_t lane) {
  return lane < slots ? &notes_->notes[lane] : nullptr;
}

std::vector<noted_death> turn_note_file::deaths(std::string_view context,
                                                shard_number shard) const {
  std::vector<noted_death> all;
  for (const auto& path : files_in(path_.parent_path())) {
    if (const auto left = left_notes::read(path); left && left->known())
      left->add_deaths(context, shard, all);
  }
  std::sort(all.begin(), all.end(),
            [](const noted_death& a, const noted_death& b) { return a.epoch < b.epoch; });
  return all;
}

} // namespace troupe
