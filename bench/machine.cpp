#include "bench/machine.hpp"

#include "bench/histogram.hpp"

#include <fcntl.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

namespace troupe::bench {

namespace {

constexpr int syncs_measured = 200;
constexpr std::size_t sync_bytes = 4096;

/// Text behind the colon of the first line that begins with `key`.
[[nodiscard]] std::string line_of(const char* path, const std::string& key) {
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const auto begin = line.find_first_not_of(" \t", line.find(':') + 1);
    return begin == std::string::npos ? std::string{} : line.substr(begin);
  }
  return {};
}

[[nodiscard]] std::string file_system_of(const std::filesystem::path& folder) {
  struct statfs found {};
  if (statfs(folder.c_str(), &found) != 0) return "unknown";
  switch (static_cast<unsigned long>(found.f_type)) {
  case 0x01021994UL:
    return "tmpfs";
  case 0xEF53UL:
    return "ext4";
  case 0x58465342UL:
    return "xfs";
  case 0x9123683EUL:
    return "btrfs";
  case 0x794c7630UL:
    return "overlayfs";
  default:
    break;
  }
  std::ostringstream type;
  type << "0x" << std::hex << found.f_type;
  return type.str();
}

void measure_syncs(const std::filesystem::path& folder, machine_facts& to) {
  const auto file = folder / "sync-probe";
  const int handle = open(file.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (handle < 0) return;
  histogram took_ns;
  const std::vector<char> block(sync_bytes, 'x');
  for (int number = 0; number < syncs_measured; ++number) {
    const auto begin = std::chrono::steady_clock::now();
    if (write(handle, block.data(), block.size()) != static_cast<ssize_t>(block.size())) break;
    if (fdatasync(handle) != 0) break;
    took_ns.record(static_cast<std::uint64_t>((std::chrono::steady_clock::now() - begin).count()));
  }
  close(handle);
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
  to.sync_us_median = static_cast<double>(took_ns.at_share(0.5)) / 1000.0;
  to.sync_us_p99 = static_cast<double>(took_ns.at_share(0.99)) / 1000.0;
}

} // namespace

machine_facts look_at_machine(const std::filesystem::path& folder) {
  machine_facts facts;
  facts.cpu = line_of("/proc/cpuinfo", "model name");
  if (facts.cpu.empty()) facts.cpu = "unknown";
  facts.cores = std::thread::hardware_concurrency();
  std::istringstream memory{line_of("/proc/meminfo", "MemTotal")};
  std::uint64_t kibibytes = 0;
  if (memory >> kibibytes) facts.memory_bytes = kibibytes * 1024;
  utsname system{};
  if (uname(&system) == 0) facts.kernel = std::string{system.sysname} + " " + system.release;
#if defined(__clang__)
  facts.compiler = std::string{"clang "} + __clang_version__;
#else
  facts.compiler = std::string{"g++ "} + __VERSION__;
#endif
  facts.build = TROUPE_BUILD_TYPE;
  facts.file_system = file_system_of(folder);
  measure_syncs(folder, facts);
  return facts;
}

value machine_facts::to_value() const {
  return value::object{{"cpu", cpu},
                       {"cores", static_cast<std::uint32_t>(cores)},
                       {"memoryBytes", memory_bytes},
                       {"kernel", kernel},
                       {"compiler", compiler},
                       {"build", build},
                       {"fileSystem", file_system},
                       {"syncMicrosMedian", sync_us_median},
                       {"syncMicrosP99", sync_us_p99}};
}

} // namespace troupe::bench
