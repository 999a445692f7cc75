#pragma once

#include "messages/descriptor.hpp"
#include "net/gateway/backend.hpp"
#include "net/gateway/metrics.hpp"
#include "net/gateway/routes.hpp"
#include "seams/clock.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::gateway {

/// A request as the HTTP server read it; views live during `application::handle` only. Headers that
/// the gateway does not use are not here; one that was not sent is empty.
struct http_request {
  http_method method = http_method::get;
  std::string_view target;
  std::string_view body;
  std::string_view host;
  std::string_view origin;
  std::string_view content_type;
  std::string_view idempotency_key;
  std::string_view correlation_id;
  std::string_view traceparent;
  std::string_view deadline_ms;
  bool has_idempotency_key = false;
};

/// An answer; `headers` are finished lines, each ending in CR LF. The server adds `Content-Length`,
/// `Content-Type`, `Connection` and `Date`.
struct http_response {
  std::uint16_t status = 200;
  std::string_view content_type = "application/json";
  std::string headers{};
  std::string body{};

  /// Appends a header line; control characters of `text` are dropped.
  void add_header(std::string_view name, std::string_view text);
};

struct application_options {
  std::vector<std::string> cors_origins{"*"}; ///< "*" allows any; empty allows none
  std::chrono::milliseconds deadline{5000};   ///< towards the cluster, if the caller names none
  std::uint32_t in_flight_max = 512;          ///< requests that wait for the cluster
  std::string version = "0";
};

/// The gateway without sockets: requests in, answers out, everything else through the backend.
///
/// Thread rules: `handle` from any thread; `respond` is called exactly once per request, on the
/// calling thread or on one of the backend's. Must outlive every open request.
class application {
public:
  using responder = std::function<void(http_response)>;

  application(std::span<const context_info> contexts, backend& cluster, const clock& time,
              application_options options = {});
  ~application();

  void handle(const http_request& request, responder respond);

  /// The answer to what could not be read as a request; `status` overrides the error table's.
  [[nodiscard]] http_response refusal(const error& failure, std::uint16_t status,
                                      std::string_view raw_target = {});
  /// From now on `/health/ready` answers 503.
  void start_draining() { draining_ = true; }
  [[nodiscard]] metrics& counters() { return metrics_; }
  [[nodiscard]] const clock& time() const { return time_; }

private:
  struct exchange;
  using exchange_pointer = std::shared_ptr<exchange>;

  [[nodiscard]] result<call_options> read_options(const http_request& request, exchange& open);
  [[nodiscard]] std::string correlation_of(const http_request& request);
  [[nodiscard]] std::string_view allowed_origin(std::string_view origin) const;
  [[nodiscard]] bool admit(const exchange_pointer& open);

  void dispatch(const http_request& request, const exchange_pointer& open);
  void read(const request_target& target, call_options options, const exchange_pointer& open);
  void list(const request_target& target, call_options options, const exchange_pointer& open);
  void ask(const request_target& target, call_options options, const exchange_pointer& open);
  void command(const http_request& request, const exchange_pointer& open);
  void platform(const exchange_pointer& open);
  void ready(const exchange_pointer& open);

  void answer_command(exchange& open, const result<call_reply>& got);
  void finish(exchange& open, http_response response);
  void finish(exchange& open, const error& failure, std::uint16_t status = 0);

  route_table routes_;
  backend& cluster_;
  const clock& time_;
  application_options options_;
  metrics metrics_;
  std::string openapi_;
  std::atomic<bool> draining_{false};
  std::uint64_t correlation_seed_;
  std::atomic<std::uint64_t> correlation_next_{0};
};

} // namespace troupe::gateway
