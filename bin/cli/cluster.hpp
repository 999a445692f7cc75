#pragma once

#include "bin/cli/settings.hpp"
#include "net/sdk/troupe/client.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace troupe::cli {

/// What the tools need from the nodes: the SDK in production, a fake in tests.
///
/// Calls block until the answer or the deadline of the settings. Event callbacks come from another
/// thread, one at a time. The destructor ends every subscription; no callback comes after it.
class cluster {
public:
  virtual ~cluster() = default;
  [[nodiscard]] virtual result<call_reply> send(std::string_view context, aggregate_id target,
                                                std::string_view command, std::string payload,
                                                call_options options) = 0;
  [[nodiscard]] virtual result<call_reply> get(std::string_view context, aggregate_id target) = 0;
  [[nodiscard]] virtual result<page> list(std::string_view context, page_request wanted) = 0;
  /// Of any node, or of the one at this endpoint.
  [[nodiscard]] virtual result<value> admin(std::string_view verb, value arguments,
                                            std::string endpoint = {}) = 0;
  /// The nodes of the cluster; of a node that is alone, that one.
  [[nodiscard]] virtual result<std::vector<map_member>> nodes() = 0;
  [[nodiscard]] virtual result<std::vector<served_context>> contexts() = 0;
  virtual void subscribe(std::string_view context, shard_number shard, subscribe_request from,
                         client::event_callback on_events, client::end_callback on_end) = 0;
  /// What happens on the node at this endpoint.
  virtual void subscribe_node(std::string endpoint, subscribe_request from,
                              client::event_callback on_events, client::end_callback on_end) = 0;
  /// A sample of the turns of the node at this endpoint.
  virtual void tap_node(std::string endpoint, const tap_wish& wish,
                        client::event_callback on_events, client::end_callback on_end) = 0;
};

[[nodiscard]] result<std::unique_ptr<cluster>> connect(const settings& how);

} // namespace troupe::cli
