#include "tests/support/faulty_vfs.hpp"

#include <sqlite3.h>

#include <cstring>
#include <string_view>

namespace troupe::test {

namespace {

/// SQLite allocates `szOsFile` bytes: ours, and those of the real file behind it.
struct faulty_file {
  sqlite3_file base;
  bool is_log;
};

sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<faulty_file*>(file) + 1);
}

bool is_log(sqlite3_file* file) {
  return reinterpret_cast<faulty_file*>(file)->is_log;
}

int close_file(sqlite3_file* f) {
  return real(f)->pMethods->xClose(real(f));
}
int read_file(sqlite3_file* f, void* to, int bytes, sqlite3_int64 at) {
  return real(f)->pMethods->xRead(real(f), to, bytes, at);
}
int write_file(sqlite3_file* f, const void* from, int bytes, sqlite3_int64 at) {
  if (is_log(f)) {
    ++faulty_vfs::writes_seen;
    const int code = faulty_vfs::write_fails_with;
    if (code != 0 && faulty_vfs::writes_before-- <= 0) return code;
  }
  return real(f)->pMethods->xWrite(real(f), from, bytes, at);
}
int truncate_file(sqlite3_file* f, sqlite3_int64 to) {
  return real(f)->pMethods->xTruncate(real(f), to);
}
int sync_file(sqlite3_file* f, int flags) {
  const int code = faulty_vfs::sync_fails_with;
  if (is_log(f) && code != 0) return code;
  return real(f)->pMethods->xSync(real(f), flags);
}
int file_size(sqlite3_file* f, sqlite3_int64* to) {
  return real(f)->pMethods->xFileSize(real(f), to);
}
int lock_file(sqlite3_file* f, int level) {
  return real(f)->pMethods->xLock(real(f), level);
}
int unlock_file(sqlite3_file* f, int level) {
  return real(f)->pMethods->xUnlock(real(f), level);
}
int check_lock(sqlite3_file* f, int* to) {
  return real(f)->pMethods->xCheckReservedLock(real(f), to);
}
int control(sqlite3_file* f, int what, void* with) {
  return real(f)->pMethods->xFileControl(real(f), what, with);
}
int sector_size(sqlite3_file* f) {
  return real(f)->pMethods->xSectorSize(real(f));
}
int characteristics(sqlite3_file* f) {
  return real(f)->pMethods->xDeviceCharacteristics(real(f));
}
int map_shared(sqlite3_file* f, int region, int bytes, int extend, void volatile** to) {
  return real(f)->pMethods->xShmMap(real(f), region, bytes, extend, to);
}
int lock_shared(sqlite3_file* f, int at, int count, int flags) {
  return real(f)->pMethods->xShmLock(real(f), at, count, flags);
}
void barrier(sqlite3_file* f) {
  real(f)->pMethods->xShmBarrier(real(f));
}
int unmap_shared(sqlite3_file* f, int drop) {
  return real(f)->pMethods->xShmUnmap(real(f), drop);
}

/// Version 2: everything but memory-mapped reading.
const sqlite3_io_methods methods = {
    2,           close_file,  read_file,    write_file, truncate_file, sync_file,       file_size,
    lock_file,   unlock_file, check_lock,   control,    sector_size,   characteristics, map_shared,
    lock_shared, barrier,     unmap_shared, nullptr,    nullptr};

sqlite3_vfs* behind = nullptr;

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* f, int flags, int* flags_out) {
  auto* const file = reinterpret_cast<faulty_file*>(f);
  const std::string_view path = name == nullptr ? "" : name;
  file->is_log =
      (flags & SQLITE_OPEN_WAL) != 0 || path.find("/cluster.db") != std::string_view::npos;
  file->base.pMethods = nullptr;
  const int code = behind->xOpen(behind, name, real(f), flags, flags_out);
  if (code == SQLITE_OK) file->base.pMethods = &methods;
  return code;
}

} // namespace

void faulty_vfs::install() {
  if (behind != nullptr) return;
  behind = sqlite3_vfs_find(nullptr);
  static sqlite3_vfs ours;
  ours = *behind;
  ours.zName = "faulty";
  ours.pNext = nullptr;
  ours.szOsFile = static_cast<int>(sizeof(faulty_file)) + behind->szOsFile;
  ours.xOpen = open_file;
  sqlite3_vfs_register(&ours, 1);
}

void faulty_vfs::heal() {
  write_fails_with = 0;
  writes_before = 0;
  sync_fails_with = 0;
}

} // namespace troupe::test
