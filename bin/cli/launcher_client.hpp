#pragma once

#include "bin/cli/tool.hpp"
#include "bin/launcher/control_desk.hpp"
#include "net/http_client.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cli {

/// The process that keeps the nodes of a data directory; nothing if there is none.
[[nodiscard]] std::optional<int> launcher_pid(const std::string& data);

/// "there is no launcher on DATA".
[[nodiscard]] failure no_launcher(const std::string& what, const std::string& data);

/// What a launcher says of itself and its processes.
struct launcher_status {
  int pid = 0;
  bool ready = false;
  std::vector<std::string> endpoints; ///< of its nodes
  http_place http;
  value all; ///< its whole answer
};

/// The launcher of a data directory, asked over its socket.
class launcher_client {
public:
  static constexpr std::chrono::milliseconds look_deadline{1'000};

  /// Never null; whether somebody answers is seen later. A question takes `deadline` at most, or
  /// the time that the command line allows, if that is shorter.
  [[nodiscard]] static std::unique_ptr<launcher_client>
  open(const std::string& data, command_call& call,
       std::chrono::milliseconds deadline = look_deadline);

  [[nodiscard]] result<launcher_status> status();
  [[nodiscard]] result<value> ask(std::string_view verb, value arguments);

private:
  explicit launcher_client(const std::string& data) : endpoint_(data) {}

  control_endpoint endpoint_;
  result<std::unique_ptr<cluster>> connection_ = fail(errc::unreachable, "not connected");
};

} // namespace troupe::cli
