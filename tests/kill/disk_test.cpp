#include "tests/kill/audit.hpp"
#include "tests/support/http_door.hpp"
#include "tests/support/sdk_door.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

/// A real file system that is really full.
namespace troupe::test {
namespace {

constexpr std::size_t disk_bytes = 24 * 1024 * 1024;

class small_disk {
public:
  explicit small_disk(std::filesystem::path at) : at_(std::move(at)) {
    std::filesystem::create_directories(at_);
    const std::string size = "size=" + std::to_string(disk_bytes);
    if (::mount("none", at_.c_str(), "tmpfs", 0, size.c_str()) != 0) why_ = std::strerror(errno);
  }
  ~small_disk() {
    if (why_.empty()) (void)::umount2(at_.c_str(), MNT_DETACH);
  }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;
  [[nodiscard]] const std::string& obstacle() const { return why_; }
  [[nodiscard]] const std::filesystem::path& path() const { return at_; }
  /// Takes all the space that is left.
  void fill() const {
    const int file = ::open((at_ / "ballast").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    for (std::size_t step : {std::size_t{65'536}, std::size_t{4'096}, std::size_t{1}}) {
      const std::string some(step, 'x');
      while (::write(file, some.data(), some.size()) > 0) {
      }
    }
    ::close(file);
  }
  void release() const { std::filesystem::remove(at_ / "ballast"); }

private:
  std::filesystem::path at_;
  std::string why_;
};

TEST_CASE("on a full disk commands get 507, reads go on, and free space is enough to go on") {
  const temp_folder scratch;
  const small_disk disk{scratch.path() / "disk"};
  if (!disk.obstacle().empty()) {
    WARN("skipped, no file system can be mounted here: " << disk.obstacle());
    return;
  }
  // The log is outside the small disk; no reserve in the first round, so that writes really fail.
  for (const char* reserve : {"0", "2097152"}) {
    INFO("reserve " << reserve);
    test_node node{disk.path() / reserve,
                   {"--system", "taxi", "--shards", "1", "--reserve-bytes", reserve}};
    node.start();
    const test_gateway gateway{node.endpoint()};
    const auto call = [&] {
      return gateway.ask("POST", "/taxi/calls", R"({"destination":"junja","cost":500})");
    };
    const auto first = call();
    REQUIRE(first.status == 201);
    const std::string name = "/taxi/calls/" + std::to_string(number(first.body, "id"));
    std::int64_t acknowledged = 1;
    disk.fill();
    http_said refused;
    CHECK(eventually([&] {
      refused = call();
      if (refused.status == 201) ++acknowledged;
      return refused.status == 507;
    }));
    CHECK(refused.code() == "STORAGE_FULL");
    CHECK(gateway.get(name).status == 200);
    CHECK(gateway.get("/taxi/callLists").status == 200);
    const int pid = node.pid();
    disk.release();
    CHECK(eventually([&] { return call().status == 201; }));
    ++acknowledged;
    CHECK(node.running());
    CHECK(node.pid() == pid);
    // Calls whose payment was refused may have left nothing either.
    CHECK(gateway.shows("/taxi/calls", "page/totalElements", acknowledged));
    CHECK(gateway.shows("/taxi/payments", "page/totalElements", acknowledged));
    CHECK(gateway.shows("/taxi/callLists", "page/totalElements", acknowledged));
    const auto found = audit_taxi(node, {});
    INFO(found.text());
    INFO(node.log());
    CHECK(found.findings.empty());
  }
}

} // namespace
} // namespace troupe::test
