#pragma once

#include "actors/port.hpp"
#include "messages/error.hpp"
#include "messages/value.hpp"
#include "net/server.hpp"
#include "net/transport/wake_fd.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace troupe::cli {

/// Where a launcher is asked: admin verbs over the protocol of the nodes, at a socket in the data
/// directory that only its owner can open.
///
/// Requests wait here until the launcher's own thread takes them; only hellos are answered at once.
/// Thread rules: `serve` and `fd` for one thread, `submit` for the server's.
class control_desk final : public request_handler {
public:
  static constexpr std::size_t waiting_max = 1'000; ///< more are refused

  using verb_handler =
      std::function<result<value>(const std::string& verb, const value& arguments)>;

  [[nodiscard]] static result<std::unique_ptr<control_desk>> open(const std::filesystem::path& data,
                                                                  const clock& time);
  ~control_desk() override;

  /// Readable when a request waits.
  [[nodiscard]] int fd() const { return wake_.fd(); }
  /// Answers all that wait.
  void serve(const verb_handler& how);

  void submit(std::vector<inbound>& batch) override;

private:
  control_desk() = default;

  wake_fd wake_;
  std::mutex mutex_;
  std::vector<inbound> waiting_;
  std::unique_ptr<server> server_;
};

/// Endpoint of the launcher of a data directory. A socket's path has a limit of about a hundred
/// bytes; a longer one is reached through an open directory, which is why this is an object.
class control_endpoint {
public:
  explicit control_endpoint(const std::filesystem::path& data);
  ~control_endpoint();
  control_endpoint(const control_endpoint&) = delete;
  control_endpoint& operator=(const control_endpoint&) = delete;
  [[nodiscard]] const std::string& text() const { return text_; }

private:
  int folder_ = -1;
  std::string text_;
};

} // namespace troupe::cli
