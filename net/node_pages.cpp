#include "net/node_pages.hpp"

#include "messages/json.hpp"
#include "net/gateway/error_body.hpp"
#include "net/gateway/request_target.hpp"

#include <utility>

namespace troupe {
namespace {

using gateway::http_method;
using gateway::http_request;
using gateway::http_response;

http_response health(bool good, value::object more) {
  value::object body{{"status", good ? "UP" : "DOWN"}};
  for (auto& each : more)
    body.push_back(std::move(each));
  return {.status = static_cast<std::uint16_t>(good ? 200 : 503),
          .body = to_json(value{std::move(body)})};
}

} // namespace

void node_pages::handle(const http_request& request, responder respond) {
  auto said = answer(request);
  said.add_header("X-Content-Type-Options", "nosniff");
  said.add_header("Cache-Control", "no-store");
  respond(std::move(said));
}

http_response node_pages::answer(const http_request& request) {
  const auto path = request.target.substr(0, request.target.find('?'));
  const bool known = path == "/metrics" || path == "/health/live" || path == "/health/ready";
  if (!known)
    return refusal(fail(errc::not_found, "a node has /metrics, /health/live and /health/ready"), 0,
                   request.target);
  if (request.method != http_method::get && request.method != http_method::head) {
    auto refused =
        refusal(fail(errc::method_not_allowed, "it can only be read"), 0, request.target);
    refused.add_header("Allow", "GET, HEAD");
    return refused;
  }
  if (path == "/metrics") return {.content_type = metric_text_type, .body = from_.metrics().text()};
  if (path == "/health/live") {
    std::string why;
    const bool lives = from_.live(&why);
    return health(lives, lives ? value::object{} : value::object{{"why", why}});
  }
  std::vector<std::string> waiting;
  const bool ready = from_.ready(&waiting) && !draining_.load();
  value::array names;
  for (auto& each : waiting)
    names.emplace_back(std::move(each));
  return health(ready, {{"waiting", value{std::move(names)}}});
}

http_response node_pages::refusal(const error& failure, std::uint16_t status,
                                  std::string_view raw_target) {
  const std::uint16_t shown = status != 0 ? status : info(failure.code).http_status;
  const auto path = gateway::shown_path(raw_target);
  return {.status = shown, .body = gateway::error_body(failure, {path, time_.wall(), shown})};
}

} // namespace troupe
