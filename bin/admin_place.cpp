#include "bin/admin_place.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <string_view>

namespace troupe {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view socket_scheme = "ipc://";
constexpr std::string_view tcp_scheme = "tcp://";
constexpr std::size_t path_bytes_max = sizeof(sockaddr_un::sun_path) - 1;

error system_failure(const std::string& doing, const fs::path& path) {
  return fail(errc::storage_failed,
              "cannot " + doing + " " + path.string() + ": " + std::strerror(errno));
}

/// A folder of this user that nobody else can look into, made if it is missing.
result<fs::path> own_folder() {
  const fs::path folder = "/tmp/troupe-" + std::to_string(::geteuid());
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return system_failure("make", folder);
  struct stat is {};
  if (::lstat(folder.c_str(), &is) != 0) return system_failure("look at", folder);
  if (!S_ISDIR(is.st_mode) || is.st_uid != ::geteuid() || (is.st_mode & 077) != 0)
    return fail(errc::unauthorized, folder.string() + " is not this user's own folder of mode "
                                                      "0700; name a socket with --admin ipc://…");
  return folder;
}

/// Such as "00000000deadbeef": nodes of the same name in other directories have other sockets.
std::string digest(const std::string& of) {
  constexpr std::string_view digits = "0123456789abcdef";
  const std::uint64_t hash = std::hash<std::string>{}(of);
  std::string text;
  for (unsigned shift = 64; shift > 0; shift -= 4)
    text.push_back(digits[(hash >> (shift - 4)) & 0xfU]);
  return text;
}

result<std::string> socket_beside(const admin_wish& wish) {
  const std::string name = wish.node + ".admin.sock";
  fs::path path = fs::absolute(wish.data).lexically_normal() / name;
  if (path.string().size() > path_bytes_max) {
    auto folder = own_folder();
    if (!folder) return folder.error();
    path = *folder / (digest(path.string()) + ".sock");
  }
  return std::string{socket_scheme} + path.string();
}

result<std::string> named_socket(const std::string& endpoint) {
  const auto named = endpoint.substr(socket_scheme.size());
  if (named.empty() || named.find_first_of("*@") == 0) // which ZeroMQ would choose, or not show
    return fail(errc::malformed, "--admin " + endpoint + ": a path follows ipc://");
  const std::string path = fs::absolute(named).string();
  if (path.size() > path_bytes_max)
    return fail(errc::malformed, "--admin: a socket's path has " + std::to_string(path_bytes_max) +
                                     " bytes at most, and " + path + " has " +
                                     std::to_string(path.size()));
  return std::string{socket_scheme} + path;
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path_bytes_max);
  return address;
}

bool somebody_listens(const std::string& path) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return false;
  const sockaddr_un address = address_of(path);
  const int answer = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const bool listens = answer == 0 || errno == EAGAIN;
  ::close(probe);
  return listens;
}

} // namespace

bool is_loopback(const std::string& endpoint) {
  if (!endpoint.starts_with(tcp_scheme)) return false;
  const auto rest = std::string_view{endpoint}.substr(tcp_scheme.size());
  const auto host = rest.substr(0, rest.rfind(':'));
  if (host == "localhost" || host == "[::1]") return true;
  constexpr std::string_view loopback = "127.";
  // Digits and dots only: "127.example.com" is a name.
  return host.starts_with(loopback) &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

result<std::string> admin_place(const admin_wish& wish) {
  if (wish.endpoint == "off") return std::string{};
  if (wish.endpoint.empty()) return socket_beside(wish);
  if (wish.endpoint.starts_with(socket_scheme)) return named_socket(wish.endpoint);
  if (!wish.endpoint.starts_with(tcp_scheme))
    return fail(errc::malformed, "--admin " + wish.endpoint +
                                     " is neither ipc://PATH nor tcp://ADDRESS:PORT nor off");
  if (!is_loopback(wish.endpoint) && !wish.has_keys)
    return fail(errc::unauthorized,
                "--admin " + wish.endpoint +
                    " can be reached from other machines: give keys with --admin-keys FILE, or "
                    "take 127.0.0.1");
  return wish.endpoint;
}

result<void> clear_stale_socket(const std::string& endpoint) {
  if (!endpoint.starts_with(socket_scheme)) return {};
  const std::string path = endpoint.substr(socket_scheme.size());
  struct stat is {};
  if (::lstat(path.c_str(), &is) != 0) {
    if (errno == ENOENT) return {};
    return system_failure("look at", path);
  }
  if (!S_ISSOCK(is.st_mode))
    return fail(errc::malformed, path + " is there and is no socket: take another --admin");
  if (somebody_listens(path))
    return fail(errc::storage_locked, "somebody listens at " + path + " already");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_failure("remove", path);
  return {};
}

private_files::private_files() : before_(::umask(077)) {}
private_files::~private_files() {
  ::umask(static_cast<mode_t>(before_));
}

result<void> make_socket_private(const std::string& endpoint) {
  if (!endpoint.starts_with(socket_scheme)) return {};
  const std::string path = endpoint.substr(socket_scheme.size());
  if (::chmod(path.c_str(), 0600) != 0) return system_failure("keep others out of", path);
  return {};
}

} // namespace troupe
