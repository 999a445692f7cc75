#include "bench/process.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace troupe::bench {

namespace {

[[nodiscard]] std::string proc(process_id process, const char* file) {
  return "/proc/" + std::to_string(process.value) + "/" + file;
}

/// The number behind `key` in a file of "key: number" lines.
[[nodiscard]] std::optional<std::uint64_t> number_of(const std::string& path,
                                                     const std::string& key) {
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    std::istringstream rest{line.substr(key.size())};
    std::uint64_t number = 0;
    if (rest >> number) return number;
  }
  return std::nullopt;
}

} // namespace

std::optional<std::chrono::microseconds> cpu_of(process_id process) {
  std::ifstream file{proc(process, "stat")};
  std::string text;
  if (!std::getline(file, text)) return std::nullopt;
  // The program's name is in brackets and may hold spaces; fields 14 and 15 are the times.
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields{text.substr(name_end + 1)};
  std::string skipped;
  for (int field = 3; field < 14; ++field)
    fields >> skipped;
  std::int64_t user = 0;
  std::int64_t system = 0;
  if (!(fields >> user >> system)) return std::nullopt;
  const std::int64_t ticks_per_second = sysconf(_SC_CLK_TCK);
  return std::chrono::microseconds{(user + system) * 1'000'000 / ticks_per_second};
}

std::chrono::microseconds cpu_of_self() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto micros = [](const timeval& time) {
    return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
  };
  return micros(used.ru_utime) + micros(used.ru_stime);
}

std::optional<std::uint64_t> resident_bytes(process_id process) {
  const auto kibibytes = number_of(proc(process, "status"), "VmRSS:");
  if (!kibibytes) return std::nullopt;
  return *kibibytes * 1024;
}

std::optional<activity> activity_of(process_id process) {
  std::error_code failed;
  std::filesystem::directory_iterator tasks{proc(process, "task"), failed};
  if (failed) return std::nullopt;
  activity sum;
  for (const auto& task : tasks) {
    std::ifstream schedule{task.path() / "schedstat"};
    std::int64_t ran_ns = 0;
    if (!(schedule >> ran_ns)) continue;
    sum.running += std::chrono::nanoseconds{ran_ns};
    sum.wakeups += number_of(task.path() / "status", "voluntary_ctxt_switches:").value_or(0);
  }
  return sum;
}

void pass_time(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  for (auto left = time; left.count() > 0;
       left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()))
    poll(nullptr, 0, static_cast<int>(left.count()));
}

} // namespace troupe::bench
