#pragma once

#include "messages/error.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace troupe {

/// Exclusive claim on a data file, held by a lock file beside it that names its holder.
///
/// The kernel's lock belongs to this opening of the lock file, so a second opening is refused in
/// the same process too, and it goes away with the process however it ends. The lock file itself
/// stays: removing it would let two openers lock two different files of the same name.
class file_lock {
public:
  file_lock() = default;
  file_lock(file_lock&& other) noexcept : file_(other.file_) { other.file_ = -1; }
  file_lock& operator=(file_lock&& other) noexcept;
  file_lock(const file_lock&) = delete;
  file_lock& operator=(const file_lock&) = delete;
  ~file_lock() { release(); }

  /// `what` and `node` are for people: "journal taxi.call shard 0", "n1".
  /// Fails with `storage_locked`, naming the holder, or with `storage_failed`.
  [[nodiscard]] static result<file_lock> take(const std::filesystem::path& path,
                                              std::string_view what, std::string_view node);
  void release();

private:
  int file_ = -1;
};

} // namespace troupe
