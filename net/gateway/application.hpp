#pragma once

#include "messages/descriptor.hpp"
#include "net/gateway/backend.hpp"
#include "net/gateway/client_rates.hpp"
#include "net/gateway/cors_rules.hpp"
#include "net/gateway/dashboard.hpp"
#include "net/gateway/http_application.hpp"
#include "net/gateway/metrics.hpp"
#include "net/gateway/routes.hpp"
#include "net/gateway/web_pages.hpp"
#include "seams/clock.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace troupe::gateway {

struct application_options {
  cors_rules cors{};
  web_pages pages{};
  dashboard* board = nullptr;               ///< none: `/` lists the systems for everybody
  std::chrono::milliseconds deadline{5000}; ///< towards the cluster, if the caller names none
  std::uint32_t in_flight_max = 512;        ///< requests that wait for the cluster
  rate_limit client_rate{};                 ///< of each address, towards the cluster
  std::string version = "0";
};

/// The gateway without sockets: requests in, answers out, everything else through the backend.
///
/// Thread rules: `handle` from any thread; `respond` is called exactly once per request, on the
/// calling thread or on one of the backend's. Must outlive every open request.
class application final : public http_application {
public:
  application(std::span<const context_info> contexts, backend& cluster, const clock& time,
              application_options options = {});
  ~application() override;

  void handle(const http_request& request, responder respond) override;
  [[nodiscard]] http_response refusal(const error& failure, std::uint16_t status,
                                      std::string_view raw_target = {}) override;
  /// From now on `/health/ready` answers 503.
  void start_draining() override { draining_ = true; }
  [[nodiscard]] metrics& counters() { return metrics_; }
  [[nodiscard]] std::atomic<std::uint32_t>& connections() override { return metrics_.connections; }
  [[nodiscard]] const clock& time() const override { return time_; }

private:
  struct exchange;
  using exchange_pointer = std::shared_ptr<exchange>;

  [[nodiscard]] result<call_options> read_options(const http_request& request, exchange& open);
  [[nodiscard]] std::string correlation_of(const http_request& request, const trace_context& trace);
  [[nodiscard]] bool admit(const exchange_pointer& open, call_options& options);
  [[nodiscard]] bool within_rate(exchange& open);

  void dispatch(const http_request& request, const request_target& target,
                const exchange_pointer& open);
  void allow_methods(const http_request& request, const exchange_pointer& open);
  void web_page(const http_request& request, const request_target& target,
                const exchange_pointer& open);
  void show_board(const http_request& request, const request_target& target,
                  const exchange_pointer& open);
  void read(const request_target& target, call_options options, const exchange_pointer& open);
  void list(const request_target& target, call_options options, const exchange_pointer& open);
  void ask(const request_target& target, call_options options, const exchange_pointer& open);
  void command(const http_request& request, const exchange_pointer& open);
  void platform(const exchange_pointer& open);
  void ready(const exchange_pointer& open);
  [[nodiscard]] std::string metrics_text() const;

  void answer_command(exchange& open, const result<call_reply>& got);
  void finish(exchange& open, http_response response);
  void finish(exchange& open, const error& failure, std::uint16_t status = 0);

  route_table routes_;
  backend& cluster_;
  const clock& time_;
  application_options options_;
  const monotonic_time started_ = time_.monotonic();
  metrics metrics_;
  client_rates rates_;
  std::string openapi_;
  std::atomic<bool> draining_{false};
  std::uint64_t correlation_seed_;
  std::atomic<std::uint64_t> correlation_next_{0};
};

} // namespace troupe::gateway
