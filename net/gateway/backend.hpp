#pragma once

#include "messages/error.hpp"
#include "messages/ids.hpp"
#include "net/sdk/troupe/client.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::gateway {

/// One question or command on its way from HTTP to the cluster.
struct backend_call {
  std::string_view context; ///< full name; lives as long as the descriptors
  aggregate_id target;      ///< not given: the context makes one (commands only)
  std::string_view name;    ///< of the command or query; empty for a plain read
  std::string payload;      ///< msgpack map
  call_options options;
};

/// What the gateway needs from the cluster: the SDK in production, a fake in tests.
///
/// Thread rules: every method from any thread; callbacks come from any thread, also from inside the
/// call, exactly once each, and must not block.
class backend {
public:
  using reply_callback = std::function<void(result<call_reply>)>;
  using page_callback = std::function<void(result<page>)>;
  using contexts_callback = std::function<void(result<std::vector<served_context>>)>;

  virtual ~backend() = default;
  virtual void send(backend_call call, reply_callback done) = 0;
  virtual void get(backend_call call, reply_callback done) = 0;
  virtual void query(backend_call call, reply_callback done) = 0;
  virtual void list(backend_call call, page_request wanted, page_callback done) = 0;
  virtual void contexts(contexts_callback done) = 0;
  [[nodiscard]] virtual connection_state state() const = 0;
  /// What it did towards the cluster; of one that does not count, zeros.
  [[nodiscard]] virtual client_counters counters() const { return {}; }
};

} // namespace troupe::gateway
