#pragma once

#include "messages/error.hpp"

#include <filesystem>
#include <string>

namespace troupe {

/// What a node is told of its admin endpoint.
struct admin_wish {
  std::string endpoint;       ///< as the option says it; empty: a socket file beside the journals
  std::filesystem::path data; ///< directory of the journals
  std::string node;
  bool has_keys = false; ///< of the roles, so that others than this machine's may call
};

/// Where the admin endpoint is; empty: there is to be none. A socket file whose path is longer than
/// the system takes is in a folder of the user's own under /tmp instead, unless it was asked for by
/// name. `malformed` for what cannot be one, `unauthorized` for tcp that others can reach without
/// keys.
[[nodiscard]] result<std::string> admin_place(const admin_wish& wish);

/// Whether the endpoint is tcp on this machine's loopback.
[[nodiscard]] bool is_loopback(const std::string& endpoint);

/// Makes room for a socket file: one that nobody listens at any more goes, anything else stays and
/// is an error. Nothing to do for other endpoints.
[[nodiscard]] result<void> clear_stale_socket(const std::string& endpoint);

/// Files and sockets that are made while it lives are their owner's alone, whatever the process is
/// told. Of the whole process, so for a moment at its start.
class private_files {
public:
  private_files();
  ~private_files();
  private_files(const private_files&) = delete;
  private_files& operator=(const private_files&) = delete;

private:
  unsigned before_;
};

/// Leaves reading and writing of a bound socket file to its owner: mode 0600.
[[nodiscard]] result<void> make_socket_private(const std::string& endpoint);

} // namespace troupe
