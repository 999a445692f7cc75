#pragma once

#include "messages/descriptor.hpp"
#include "net/gateway/backend.hpp"
#include "net/gateway/dashboard_access.hpp"
#include "net/gateway/dashboard_api.hpp"
#include "net/gateway/dashboard_watch.hpp"
#include "net/gateway/http_message.hpp"
#include "net/gateway/request_target.hpp"
#include "net/gateway/static_files.hpp"
#include "seams/clock.hpp"

#include <span>
#include <string>

namespace troupe::gateway {

struct dashboard_options {
  dashboard_access access{};
  static_files pages{}; ///< read under `dashboard_base`; none: `/` lists the systems for everybody
  std::string version = "0";
};

inline constexpr const char* dashboard_base = "/troupe/assets/";

/// The dashboard: its pages at `/` and `/troupe/assets/`, its stream at `/troupe/stream`, the admin
/// verbs at `/troupe/api/`.
///
/// Thread rules: every method from any thread. Must outlive open requests and the backend's calls.
class dashboard {
public:
  using answer_callback = dashboard_api::answer_callback;

  dashboard(std::span<const context_info> contexts, backend& cluster, const clock& time,
            dashboard_options options = {});

  /// Whether a request is for the dashboard. Of `/` only that of a browser is: programs get the
  /// list of systems there.
  [[nodiscard]] bool covers(const http_request& request, const request_target& target) const;
  /// Whether a target that it covers is answered by the cluster.
  [[nodiscard]] static bool asks_cluster(const request_target& target);
  void handle(const http_request& request, const request_target& target, call_options options,
              answer_callback done);

  void start() { watch_.start(); }
  /// Ends all streams; later ones are refused.
  void stop() { watch_.stop(); }

private:
  [[nodiscard]] result<http_response> stream(const http_request& request);

  const static_files pages_;
  const dashboard_access access_;
  dashboard_api api_;
  dashboard_watch watch_;
};

/// Whether an `Accept` header names web pages, as those of browsers do.
[[nodiscard]] bool wants_page(std::string_view accept);

} // namespace troupe::gateway
