#pragma once

#include <chrono>
#include <filesystem>

namespace troupe {

/// Waits for writes to one file, by any process, or for another thread to say that it is enough.
class file_watch {
public:
  explicit file_watch(const std::filesystem::path& file);
  ~file_watch();
  file_watch(const file_watch&) = delete;
  file_watch& operator=(const file_watch&) = delete;

  /// True when the file may have been written since the last call or the time is over; false when
  /// interrupted. Sees writes that came before the call. Waits at most `look_interval` where the
  /// system gives no notifications (their number is limited), so call it until the time is over.
  [[nodiscard]] bool wait(std::chrono::milliseconds at_most);
  /// From any thread; ends a wait under way or the next one.
  void interrupt() const;

private:
  int notices_ = -1; ///< not given: there are no notifications
  int wake_ = -1;
};

} // namespace troupe
