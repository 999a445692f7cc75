#pragma once

#include <atomic>

namespace troupe::test {

/// Makes SQLite's writes and syncs of write-ahead logs, and of the cluster's file and its journal,
/// fail on request: a file system between SQLite and the real one, which every database opened
/// after `install` goes through.
struct faulty_vfs {
  /// SQLite code that their writes return; 0 = they work.
  static inline std::atomic<int> write_fails_with{0};
  /// That many writes still work before they fail.
  static inline std::atomic<int> writes_before{0};
  /// SQLite code that their syncs return; 0 = they work.
  static inline std::atomic<int> sync_fails_with{0};
  /// Their writes so far.
  static inline std::atomic<int> writes_seen{0};

  /// Once per process; later calls do nothing.
  static void install();
  static void heal();
};

} // namespace troupe::test
