#include "net/gateway/dashboard.hpp"

#include <utility>

namespace troupe::gateway {
namespace {

constexpr std::string_view own_segment = "troupe";
constexpr std::string_view first_page = "index.html";

[[nodiscard]] std::string_view type_name(field_type of) {
  switch (of) {
  case field_type::boolean:
    return "boolean";
  case field_type::integer:
    return "integer";
  case field_type::real:
    return "number";
  default:
    return "text";
  }
}

/// What the pages need to know of the systems: where lists are and what is in them.
[[nodiscard]] value represent_systems(std::span<const context_info> contexts) {
  value systems = value::object{};
  for (const auto& each : contexts) {
    value::array fields;
    for (const auto& field : each.state.fields)
      if (!field.hidden)
        fields.push_back(value::object{{"name", field.name}, {"type", type_name(field.type)}});
    value::array filters;
    for (const auto& filter : each.shown_filters())
      filters.emplace_back(filter);
    systems[each.system][each.full_name()] =
        value::object{{"path", "/" + std::string{each.system} + "/" + std::string{each.resource}},
                      {"resource", each.resource},
                      {"purpose", each.purpose},
                      {"view", each.kind == context_kind::view},
                      {"fields", std::move(fields)},
                      {"filters", std::move(filters)}};
  }
  return systems;
}

} // namespace

bool wants_page(std::string_view accept) {
  return accept.find("text/html") != std::string_view::npos ||
         accept.find("application/xhtml+xml") != std::string_view::npos;
}

dashboard::dashboard(std::span<const context_info> contexts, backend& cluster, const clock& time,
                     dashboard_options options)
    : pages_(std::move(options.pages)), access_(std::move(options.access)), api_(cluster, access_),
      watch_(cluster, time,
             value::object{{"version", options.version},
                           {"started_ms", time.wall()},
                           {"systems", represent_systems(contexts)}}) {}

bool dashboard::covers(const http_request& request, const request_target& target) const {
  if (!target.segments.empty()) return target.segments.front() == own_segment;
  const bool reads = request.method == http_method::get || request.method == http_method::head;
  return reads && pages_.size() > 0 && wants_page(request.accept);
}

bool dashboard::asks_cluster(const request_target& target) {
  return target.segments.size() == 3 && target.segments[1] == "api";
}

void dashboard::handle(const http_request& request, const request_target& target,
                       call_options options, answer_callback done) {
  const auto& at = target.segments;
  if (at.empty()) {
    auto page = pages_.answer(request, std::string{dashboard_base}.append(first_page));
    if (page) page->add_header("Vary", "Accept");
    return done(std::move(page));
  }
  if (at.size() >= 3 && at[1] == "assets") return done(pages_.answer(request, target.path()));
  if (at.size() == 2 && at[1] == "stream") return done(stream(request));
  if ((at.size() == 2 || at.size() == 3) && at[1] == "api")
    return api_.handle(request, target, std::move(options), std::move(done));
  done(fail(errc::not_found, "there is no such page"));
}

result<http_response> dashboard::stream(const http_request& request) {
  if (request.method != http_method::get && request.method != http_method::head)
    return fail(errc::method_not_allowed, "allowed here are: GET, HEAD");
  if (const auto has = access_.role_of(request.authorization); !has) return has.error();
  if (auto room = watch_.room(); !room) return room.error();
  http_response response{.content_type = "text/event-stream"};
  response.add_header("Cache-Control", "no-store");
  response.stream = [this](std::shared_ptr<stream_sink> to) { watch_.join(std::move(to)); };
  return response;
}

} // namespace troupe::gateway
