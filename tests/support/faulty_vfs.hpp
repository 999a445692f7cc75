#pragma once

#include <atomic>

namespace troupe::test {

/// Makes SQLite's writes and syncs of write-ahead logs fail on request: a file system between
/// SQLite and the real one, which every database opened after `install` goes through.
struct faulty_vfs {
  /// SQLite code that writes of write-ahead logs return; 0 = they work.
  static inline std::atomic<int> write_fails_with{0};
  /// That many writes still work before they fail.
  static inline std::atomic<int> writes_before{0};
  /// SQLite code that syncs of write-ahead logs return; 0 = they work.
  static inline std::atomic<int> sync_fails_with{0};
  /// Writes of write-ahead logs so far.
  static inline std::atomic<int> writes_seen{0};

  /// Once per process; later calls do nothing.
  static void install();
  static void heal();
};

} // namespace troupe::test
