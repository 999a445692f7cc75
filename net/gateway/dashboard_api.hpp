#pragma once

#include "messages/error.hpp"
#include "net/gateway/backend.hpp"
#include "net/gateway/dashboard_access.hpp"
#include "net/gateway/http_message.hpp"
#include "net/gateway/request_target.hpp"

#include <functional>
#include <string_view>

namespace troupe::gateway {

/// Admin verbs over HTTP: `GET /troupe/api/{verb}?arguments` for what only shows, `POST` with a
/// JSON object for what changes something. `node=NAME` asks that node, `node=*` all of them,
/// without it any node answers.
///
/// Thread rules: any thread; the callback comes from the backend's. Must outlive open requests.
class dashboard_api {
public:
  using answer_callback = std::function<void(result<http_response>)>;

  dashboard_api(backend& cluster, dashboard_access access)
      : cluster_(cluster), access_(std::move(access)) {}

  /// A request whose target is `/troupe/api` or `/troupe/api/{verb}`; views live during the call.
  void handle(const http_request& request, const request_target& target, call_options options,
              answer_callback done);

private:
  [[nodiscard]] result<admin_call> read(const http_request& request,
                                        const request_target& target) const;
  void ask_node(std::string node, admin_call call, answer_callback done);
  void ask_all(admin_call call, answer_callback done);

  backend& cluster_;
  const dashboard_access access_;
};

/// What a query parameter stands for in a verb's arguments: a whole number, a truth value or a
/// text; of those that are always texts, a text.
[[nodiscard]] value argument_of(std::string_view name, const std::string& text);

} // namespace troupe::gateway
