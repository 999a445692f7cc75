#include "seams/process_usage.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace troupe {
namespace {

std::chrono::nanoseconds time_of(const timeval& from) {
  return std::chrono::seconds{from.tv_sec} + std::chrono::microseconds{from.tv_usec};
}

} // namespace

std::chrono::nanoseconds process_cpu_time() {
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) != 0) return {};
  return time_of(used.ru_utime) + time_of(used.ru_stime);
}

std::uint64_t process_resident_bytes() {
  std::ifstream in{"/proc/self/statm"};
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  if (!(in >> all >> resident)) return 0;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t process_open_files() {
  std::error_code fault;
  std::uint64_t open = 0;
  for (std::filesystem::directory_iterator at{"/proc/self/fd", fault}, end; !fault && at != end;
       at.increment(fault))
    ++open;
  return open > 0 ? open - 1 : 0; // the one that looks is not counted
}

std::uint64_t process_files_max() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? std::uint64_t{limit.rlim_cur} : 0;
}

} // namespace troupe
