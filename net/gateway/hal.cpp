#include "net/gateway/hal.hpp"

#include "messages/json.hpp"
#include "net/gateway/request_target.hpp"
#include "net/gateway/routes.hpp"

#include <algorithm>

namespace troupe::gateway {
namespace {

[[nodiscard]] value link(std::string href) {
  return value::object{{"href", value{std::move(href)}}};
}

/// The query that shows the same list at another page.
[[nodiscard]] std::string page_link(const std::string& list_link, const page_request& wanted,
                                    std::uint64_t number) {
  std::string href =
      list_link + "?page=" + std::to_string(number) + "&size=" + std::to_string(wanted.size);
  if (!wanted.sort.empty() || wanted.descending)
    href += "&sort=" + percent_encoded(wanted.sort.empty() ? "id" : wanted.sort) +
            (wanted.descending ? ",desc" : ",asc");
  for (const auto& [name, wants] : wanted.filter) {
    const auto* text = wants.get_if<std::string>();
    href += "&" + percent_encoded(name) + "=" +
            percent_encoded(text != nullptr   ? *text
                            : wants.is_null() ? ""
                                              : to_json(wants));
  }
  return href;
}

} // namespace

std::string item_link(const context_info& context, aggregate_id id, std::string_view base) {
  std::string href;
  href.reserve(base.size() + context.system.size() + context.resource.size() + 24);
  href.append(base).append("/").append(context.system).append("/").append(context.resource);
  return href.append("/").append(std::to_string(id.number));
}

value represent_item(const context_info& context, aggregate_id id, const value& state,
                     std::string_view base) {
  value::object body;
  body.reserve(context.state.fields.size() + 2);
  body.emplace_back("id", id.number);
  for (const auto& field : context.state.fields) {
    if (field.hidden) continue;
    const value* held = state.find(field.name);
    body.emplace_back(std::string{field.name}, held != nullptr ? *held : value{});
  }
  const std::string href = item_link(context, id, base);
  value::object links;
  links.reserve(2);
  links.emplace_back("self", link(href));
  links.emplace_back(std::string{context.entity}, link(href));
  body.emplace_back("_links", std::move(links));
  return body;
}

value represent_page(const context_info& context, const page& found, const page_request& wanted,
                     std::string_view base) {
  value::array items;
  items.reserve(found.items.size());
  for (const auto& [id, state] : found.items)
    items.push_back(represent_item(context, id, state, base));

  const std::uint64_t size = std::max<std::uint64_t>(wanted.size, 1);
  const std::uint64_t pages = found.total / size + (found.total % size > 0 ? 1 : 0);
  const std::string here = std::string{base} + resource_path(context);
  value::object links;
  const bool plain = wanted.page == 0 && wanted.size == page_request{}.size &&
                     wanted.filter.empty() && wanted.sort.empty() && !wanted.descending;
  links.emplace_back("self", link(plain ? here : page_link(here, wanted, wanted.page)));
  links.emplace_back("profile", link(std::string{base} + "/openapi.json"));
  if (pages > 1) {
    links.emplace_back("first", link(page_link(here, wanted, 0)));
    if (wanted.page > 0)
      links.emplace_back("prev", link(page_link(here, wanted, std::min(wanted.page, pages) - 1)));
    if (wanted.page + 1 < pages)
      links.emplace_back("next", link(page_link(here, wanted, wanted.page + 1)));
    links.emplace_back("last", link(page_link(here, wanted, pages - 1)));
  }
  value embedded;
  embedded[context.resource] = std::move(items);
  return value::object{{"_embedded", std::move(embedded)},
                       {"_links", std::move(links)},
                       {"page", value::object{{"number", wanted.page},
                                              {"size", wanted.size},
                                              {"totalElements", found.total},
                                              {"totalPages", pages}}}};
}

value represent_index(std::span<const context_info> contexts, std::string_view system,
                      std::string_view base) {
  value systems;
  for (const auto& context : contexts) {
    if (!system.empty() && context.system != system) continue;
    systems[context.system][context.resource] =
        value::object{{"href", std::string{base} + resource_path(context)},
                      {"purpose", context.purpose},
                      {"kind", context.kind == context_kind::view ? "view" : "aggregates"}};
  }
  value::object links{{"openapi", link(std::string{base} + "/openapi.json")},
                      {"live", link(std::string{base} + "/health/live")},
                      {"ready", link(std::string{base} + "/health/ready")},
                      {"metrics", link(std::string{base} + "/metrics")}};
  return value::object{{"systems", std::move(systems)}, {"_links", std::move(links)}};
}

value represent_readiness(bool ready, const std::vector<served_context>& served) {
  value::array contexts;
  for (const auto& each : served) {
    value::object said{
        {"name", each.name}, {"up", each.up}, {"shards", each.shards}, {"view", each.view}};
    if (!each.waiting.empty()) said.emplace_back("waiting", each.waiting);
    contexts.push_back(std::move(said));
  }
  return value::object{{"status", ready ? "UP" : "DOWN"}, {"contexts", std::move(contexts)}};
}

} // namespace troupe::gateway
