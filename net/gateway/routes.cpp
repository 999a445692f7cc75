#include "net/gateway/routes.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace troupe::gateway {
namespace {

struct fixed_route {
  std::string_view path;
  route_kind kind;
};
constexpr fixed_route fixed_routes[] = {{"/", route_kind::index},
                                        {"/health/live", route_kind::live},
                                        {"/actuator/health", route_kind::live},
                                        {"/health/ready", route_kind::ready},
                                        {"/openapi.json", route_kind::openapi},
                                        {"/metrics", route_kind::metrics}};

[[nodiscard]] std::optional<http_verb> verb_of(http_method method) {
  switch (method) {
  case http_method::post:
    return http_verb::post;
  case http_method::put:
    return http_verb::put;
  case http_method::patch:
    return http_verb::patch;
  case http_method::del:
    return http_verb::del;
  default:
    return std::nullopt;
  }
}

} // namespace

route_table::route_table(std::span<const context_info> contexts) : contexts_(contexts) {
  for (const auto& context : contexts)
    resources_.emplace(std::string{context.system} + "/" + std::string{context.resource},
                       resource{&context, context.full_name()});
}

route route_table::match(const request_target& target) const {
  const auto& segments = target.segments;
  if (segments.size() >= 2) {
    const auto found = resources_.find(segments[0] + "/" + segments[1]);
    if (found != resources_.end()) {
      route at{.kind = route_kind::collection,
               .context = found->second.context,
               .context_name = found->second.name};
      if (segments.size() == 2) return at;
      if (segments.size() > 3) return {};
      at.query = at.context->query(segments[2]);
      at.id = at.query == nullptr ? parse_id(segments[2]) : aggregate_id{};
      if (at.query == nullptr && !at.id.given()) return {};
      at.kind = at.query != nullptr ? route_kind::query : route_kind::item;
      return at;
    }
  }
  const std::string path = target.path();
  for (const auto& fixed : fixed_routes)
    if (fixed.path == path) return {.kind = fixed.kind};
  if (segments.size() == 1)
    for (const auto& context : contexts_)
      if (context.system == segments[0])
        return {.kind = route_kind::system_index, .system = context.system};
  return {};
}

const command_info* route_table::command(const route& at, http_method method) {
  const auto verb = verb_of(method);
  if (!verb || at.context == nullptr || at.kind == route_kind::query) return nullptr;
  const bool wants_collection = at.kind == route_kind::collection;
  for (const auto& command : at.context->commands)
    if (command.has(*verb) && command.on_collection() == wants_collection) return &command;
  return nullptr;
}

std::string route_table::allowed_methods(const route& at) {
  std::string allowed = "GET, HEAD";
  struct entry {
    http_method method;
    std::string_view name;
  };
  for (const auto& [method, name] :
       {entry{http_method::post, "POST"}, entry{http_method::put, "PUT"},
        entry{http_method::patch, "PATCH"}, entry{http_method::del, "DELETE"}})
    if (command(at, method) != nullptr) allowed.append(", ").append(name);
  return allowed.append(", OPTIONS");
}

std::string resource_path(const context_info& of) {
  return "/" + std::string{of.system} + "/" + std::string{of.resource};
}

aggregate_id parse_id(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, number);
  if (failed != std::errc{} || stop != end || number < 1 || text.front() == '0') return {};
  return {number};
}

} // namespace troupe::gateway
