#pragma once

#include "net/gateway/routes.hpp"
#include "net/gateway/stream_sink.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::gateway {

/// A request as the HTTP server read it; views live during `application::handle` only. Headers that
/// the gateway does not use are not here; one that was not sent is empty.
struct http_request {
  http_method method = http_method::get;
  std::string_view target;
  std::string_view body;
  std::string_view host;
  std::string_view client; ///< address it came from; of IPv6 the network, which one caller has
  std::string_view origin;
  std::string_view content_type;
  std::string_view idempotency_key;
  std::string_view correlation_id;
  std::string_view traceparent;
  std::string_view deadline_ms;
  std::string_view if_none_match;
  std::string_view accept;
  std::string_view authorization;
  bool has_idempotency_key = false;
};

/// An answer; `headers` are finished lines, each ending in CR LF. The server adds `Content-Length`,
/// `Content-Type`, `Connection` and `Date`.
struct http_response {
  std::uint16_t status = 200;
  std::string_view content_type = "application/json";
  std::string headers{};
  std::string body{};
  /// If set, the answer has no length and goes on: called once the connection is ready to be
  /// written to, on its loop; must not block.
  std::function<void(std::shared_ptr<stream_sink>)> stream{};

  /// Appends a header line; control characters of `text` are dropped.
  void add_header(std::string_view name, std::string_view text) {
    headers.append(name).append(": ");
    std::copy_if(text.begin(), text.end(), std::back_inserter(headers),
                 [](char c) { return c >= 0x20 && c != 0x7f; });
    headers.append("\r\n");
  }
};

} // namespace troupe::gateway
