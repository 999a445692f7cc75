#include "bin/admin_place.hpp"

#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

using namespace troupe;
using Catch::Matchers::Contains;

namespace {

admin_wish wish(std::string endpoint, bool has_keys = false) {
  return {std::move(endpoint), "/var/data", "n1", has_keys};
}

/// A bound socket file; listening, if it is said so.
int bound(const std::filesystem::path& at, bool listens) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  at.string().copy(address.sun_path, sizeof address.sun_path - 1);
  const int made = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  if (listens) REQUIRE(::listen(made, 4) == 0);
  return made;
}

} // namespace

TEST_CASE(
    "an admin endpoint is a socket in the data directory unless something else is asked for") {
  CHECK(*admin_place(wish("")) == "ipc:///var/data/n1.admin.sock");
  CHECK(admin_place(wish("off"))->empty());
  CHECK(*admin_place(wish("ipc:///run/n1.sock")) == "ipc:///run/n1.sock");
  CHECK(*admin_place(wish("tcp://127.0.0.1:7200")) == "tcp://127.0.0.1:7200");
  auto here = wish("");
  here.data = "data";
  CHECK(*admin_place(here) ==
        "ipc://" + (std::filesystem::current_path() / "data/n1.admin.sock").string());
}

TEST_CASE("tcp that other machines can reach is refused without keys") {
  for (const auto* open :
       {"tcp://0.0.0.0:7200", "tcp://*:7200", "tcp://192.168.1.5:7200", "tcp://eth0:7200",
        "tcp://127.example.com:7200", "tcp://[::]:7200", "tcp://:7200"}) {
    INFO(open);
    const auto refused = admin_place(wish(open));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == errc::unauthorized);
    CHECK_THAT(refused.error().message, Contains("--admin-keys"));
    CHECK(admin_place(wish(open, true)).ok());
  }
  for (const auto* own : {"tcp://127.0.0.1:*", "tcp://127.1.2.3:7200", "tcp://[::1]:7200"})
    CHECK(admin_place(wish(own)).ok());
  CHECK(admin_place(wish("http://127.0.0.1:7200")).error().code == errc::malformed);
  CHECK(admin_place(wish("ipc://")).error().code == errc::malformed);
}

TEST_CASE("a path that is too long for a socket gives a short one in a folder of one's own") {
  auto deep = wish("");
  deep.data = "/var/" + std::string(120, 'd');
  const auto place = admin_place(deep);
  REQUIRE(place.ok());
  CHECK(place->size() < 100);
  CHECK_THAT(*place, Contains("/tmp/troupe-" + std::to_string(::geteuid()) + "/"));
  struct stat is {};
  REQUIRE(::stat(("/tmp/troupe-" + std::to_string(::geteuid())).c_str(), &is) == 0);
  CHECK((is.st_mode & 0777) == 0700);
  CHECK(*admin_place(deep) == *place);
  deep.node = "n2";
  CHECK(*admin_place(deep) != *place);
  const auto named = admin_place(wish("ipc:///" + std::string(120, 'd')));
  CHECK(named.error().code == errc::malformed);
  CHECK_THAT(named.error().message, Contains("107 bytes at most"));
}

TEST_CASE("a socket that nobody listens at is replaced; what else is there stays") {
  const test::temp_folder folder;
  const auto at = folder.path() / "n1.sock";
  const auto endpoint = "ipc://" + at.string();
  CHECK(clear_stale_socket(endpoint).ok()); // nothing is there
  const int live = bound(at, true);
  CHECK(clear_stale_socket(endpoint).error().code == errc::storage_locked);
  ::close(live); // as after a crash: the file stays
  CHECK(clear_stale_socket(endpoint).ok());
  CHECK_FALSE(std::filesystem::exists(at));
  std::ofstream{at} << "precious";
  CHECK(clear_stale_socket(endpoint).error().code == errc::malformed);
  CHECK(std::filesystem::exists(at));
  CHECK(clear_stale_socket("tcp://127.0.0.1:1").ok());
}

TEST_CASE("a bound socket is left to its owner") {
  const test::temp_folder folder;
  const auto at = folder.path() / "n1.sock";
  const auto before = ::umask(022);
  {
    const private_files only;
    ::close(bound(at, false));
  }
  CHECK(::umask(before) == 022);
  struct stat is {};
  REQUIRE(::stat(at.c_str(), &is) == 0);
  CHECK((is.st_mode & 077) == 0);
  REQUIRE(make_socket_private("ipc://" + at.string()).ok());
  REQUIRE(::stat(at.c_str(), &is) == 0);
  CHECK((is.st_mode & 0777) == 0600);
}
