#pragma once

#include "messages/error.hpp"
#include "net/gateway/http_message.hpp"
#include "seams/clock.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>

namespace troupe::gateway {

/// What stands behind an HTTP server: requests in, answers out.
///
/// Thread rules: every method from any thread; `respond` is called exactly once per request, on
/// the calling thread or another. Outlives every open request.
class http_application {
public:
  using responder = std::function<void(http_response)>;

  virtual ~http_application() = default;
  virtual void handle(const http_request& request, responder respond) = 0;
  /// The answer to what could not be read as a request; `status` overrides the error table's.
  [[nodiscard]] virtual http_response refusal(const error& failure, std::uint16_t status,
                                              std::string_view raw_target) = 0;
  /// The server stops soon: from now on it is not ready.
  virtual void start_draining() = 0;
  /// Kept by the server.
  [[nodiscard]] virtual std::atomic<std::uint32_t>& connections() = 0;
  [[nodiscard]] virtual const clock& time() const = 0;
};

} // namespace troupe::gateway
