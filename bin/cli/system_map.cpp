#include "bin/cli/system_map.hpp"

#include <algorithm>

namespace troupe::cli {
namespace {

std::string_view word(http_verb verb) {
  switch (verb) {
  case http_verb::get:
    return "GET";
  case http_verb::post:
    return "POST";
  case http_verb::put:
    return "PUT";
  case http_verb::patch:
    return "PATCH";
  case http_verb::del:
    break;
  }
  return "DELETE";
}

std::string path_of(const context_info& context) {
  return '/' + std::string{context.system} + '/' + std::string{context.resource};
}

/// Adds what a relation goes through, and the relation itself if it is new.
void add(std::vector<relation>& to, const relation& wanted) {
  auto found = std::find_if(to.begin(), to.end(), [&](const relation& each) {
    return each.kind == wanted.kind && each.from == wanted.from && each.to == wanted.to;
  });
  if (found == to.end()) {
    to.push_back(wanted);
    return;
  }
  for (const std::string_view each : wanted.through)
    if (std::find(found->through.begin(), found->through.end(), each) == found->through.end())
      found->through.push_back(each);
}

} // namespace

std::string_view word(relation_kind kind) {
  switch (kind) {
  case relation_kind::asks:
    return "asks";
  case relation_kind::listens:
    return "listens to";
  case relation_kind::folds:
    break;
  }
  return "folds";
}

std::string_view word(ranking rank) {
  switch (rank) {
  case ranking::core:
    return "core";
  case ranking::supporting:
    return "supporting";
  case ranking::general:
    break;
  }
  return "general";
}

std::string_view word(field_type type) {
  switch (type) {
  case field_type::integer:
    return "integer";
  case field_type::real:
    return "real";
  case field_type::boolean:
    return "boolean";
  case field_type::text:
    break;
  }
  return "text";
}

std::string_view word(view_storage store) {
  return store == view_storage::sqlite ? "file" : "memory";
}

std::vector<const context_info*> contexts_of(std::span<const context_info> catalogue,
                                             std::string_view system) {
  std::vector<const context_info*> found;
  for (const context_info& each : catalogue)
    if (each.system == system) found.push_back(&each);
  return found;
}

std::vector<std::string_view> systems_of(std::span<const context_info> catalogue) {
  std::vector<std::string_view> names;
  for (const context_info& each : catalogue)
    if (std::find(names.begin(), names.end(), each.system) == names.end())
      names.push_back(each.system);
  return names;
}

std::vector<relation> relations_of(std::span<const context_info> catalogue,
                                   std::string_view system) {
  std::vector<relation> found;
  const auto contexts = contexts_of(catalogue, system);
  for (const context_info* context : contexts)
    for (const ask_info& each : context->asks)
      add(found, {relation_kind::asks, context, each.target, {each.command}});
  for (const context_info* context : contexts)
    for (const policy_info& each : context->policies)
      add(found, {relation_kind::listens, context, each.source, {each.event}});
  for (const context_info* context : contexts)
    for (const std::string_view each : context->view.sources)
      add(found, {relation_kind::folds, context, each, {}});
  return found;
}

command_ways ways_to(std::span<const context_info> catalogue, const context_info& context,
                     const command_info& command) {
  command_ways ways;
  const std::string place = path_of(context) + (command.on_collection() ? "" : "/{id}");
  for (const http_verb verb : command.verbs)
    ways.requests.push_back(std::string{word(verb)} + ' ' + place);
  ways.asked = askers_of(catalogue, context, command.message.name);
  for (const policy_info& each : context.policies)
    if (each.command == command.message.name) ways.policies.push_back(each.name);
  return ways;
}

std::string request_of(const context_info& context, const query_info& query) {
  return "GET " + path_of(context) + '/' + std::string{query.name} + '?' +
         std::string{query.id_from} + "={id}";
}

std::vector<const context_info*> askers_of(std::span<const context_info> catalogue,
                                           const context_info& context, std::string_view asked) {
  std::vector<const context_info*> found;
  for (const context_info& each : catalogue)
    if (each.ask(context.full_name(), asked) != nullptr) found.push_back(&each);
  return found;
}

std::vector<listener> listeners_of(std::span<const context_info> catalogue,
                                   const context_info& context, std::string_view event) {
  std::vector<listener> found;
  const std::string name = context.full_name();
  for (const context_info& each : catalogue)
    for (const policy_info& policy : each.policies)
      if (policy.source == name && policy.event == event) found.push_back({&each, &policy});
  return found;
}

std::vector<const context_info*> views_of(std::span<const context_info> catalogue,
                                          const context_info& context) {
  std::vector<const context_info*> found;
  const std::string name = context.full_name();
  for (const context_info& each : catalogue)
    if (std::find(each.view.sources.begin(), each.view.sources.end(), name) !=
        each.view.sources.end())
      found.push_back(&each);
  return found;
}

} // namespace troupe::cli
