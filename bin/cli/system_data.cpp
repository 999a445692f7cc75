#include "bin/cli/system_data.hpp"

#include "bin/cli/output.hpp"
#include "bin/cli/system_map.hpp"

namespace troupe::cli {
namespace {

using object = value::object;
using array = value::array;

template <class Names> value texts(const Names& names) {
  array out;
  for (const auto& each : names)
    out.emplace_back(each);
  return out;
}

value full_names(const std::vector<const context_info*>& contexts) {
  array out;
  for (const context_info* each : contexts)
    out.emplace_back(each->full_name());
  return out;
}

value fields_of(const message_info& shape) {
  array out;
  for (const field_info& each : shape.fields)
    out.emplace_back(object{{"name", each.name},
                            {"type", word(each.type)},
                            {"nullable", each.nullable},
                            {"internal", each.hidden}});
  return out;
}

value commands_of(std::span<const context_info> catalogue, const context_info& context) {
  array out;
  for (const troupe::command_info& each : context.commands) {
    const command_ways ways = ways_to(catalogue, context, each);
    object item{{"name", each.message.name},          {"meaning", each.meaning},
                {"internal", !each.exposed()},        {"requests", texts(ways.requests)},
                {"asked_by", full_names(ways.asked)}, {"policies", texts(ways.policies)},
                {"fields", fields_of(each.message)}};
    if (!each.reply.name.empty()) item.emplace_back("answers", fields_of(each.reply));
    out.emplace_back(std::move(item));
  }
  return out;
}

value queries_of(std::span<const context_info> catalogue, const context_info& context) {
  array out;
  for (const query_info& each : context.queries)
    out.emplace_back(object{{"name", each.name},
                            {"meaning", each.meaning},
                            {"request", request_of(context, each)},
                            {"asked_by", full_names(askers_of(catalogue, context, each.name))},
                            {"answers", each.answers}});
  return out;
}

value events_of(std::span<const context_info> catalogue, const context_info& context) {
  array out;
  for (const event_info& each : context.events) {
    array reactions;
    for (const listener& heard : listeners_of(catalogue, context, each.message.name))
      reactions.emplace_back(object{{"context", heard.context->full_name()},
                                    {"policy", heard.policy->name},
                                    {"command", heard.policy->command}});
    out.emplace_back(object{{"name", each.message.name},
                            {"internal", each.internal},
                            {"fields", fields_of(each.message)},
                            {"reactions", std::move(reactions)}});
  }
  return out;
}

value asks_of(const context_info& context) {
  array out;
  for (const ask_info& each : context.asks)
    out.emplace_back(object{{"target", each.target},
                            {"command", each.command},
                            {"timeout_ms", each.timeout.count()},
                            {"reads_only", each.reads_only},
                            {"missing", each.missing.empty() ? value{} : value{each.missing}}});
  return out;
}

value policies_of(const context_info& context) {
  array out;
  for (const policy_info& each : context.policies)
    out.emplace_back(object{{"name", each.name},
                            {"source", each.source},
                            {"event", each.event},
                            {"command", each.command},
                            {"reaches", each.reaches.empty() ? value{} : value{each.reaches}}});
  return out;
}

value rejections_of(const context_info& context) {
  array out;
  for (const rejection_info& each : context.rejections)
    out.emplace_back(object{{"code", each.reason}, {"meaning", each.meaning}});
  return out;
}

value context_data(std::span<const context_info> catalogue, const context_info& of) {
  object item{{"name", of.full_name()},
              {"purpose", of.purpose},
              {"sensitive", texts(of.sensitive)},
              {"ranking", word(of.rank)},
              {"kind", of.kind == context_kind::view ? "view" : "aggregates"},
              {"part_of", of.part_of.empty() ? value{} : value{of.part_of}},
              {"path", '/' + std::string{of.system} + '/' + std::string{of.resource}},
              {"fields", fields_of(of.state)},
              {"filters", texts(of.filters)}};
  if (of.kind == context_kind::view) {
    item.emplace_back("view", object{{"sources", texts(of.view.sources)},
                                     {"key", of.view.key},
                                     {"indexes", texts(of.view.indexes)},
                                     {"store", word(of.view.store)}});
    return item;
  }
  item.emplace_back("commands", commands_of(catalogue, of));
  item.emplace_back("queries", queries_of(catalogue, of));
  item.emplace_back("events", events_of(catalogue, of));
  item.emplace_back("policies", policies_of(of));
  item.emplace_back("asks", asks_of(of));
  item.emplace_back("rejections", rejections_of(of));
  item.emplace_back("views", full_names(views_of(catalogue, of)));
  return item;
}

} // namespace

value system_data(std::span<const context_info> catalogue, std::string_view system) {
  array relations;
  for (const relation& each : relations_of(catalogue, system))
    relations.emplace_back(object{{"from", each.from->full_name()},
                                  {"kind", word(each.kind)},
                                  {"to", each.to},
                                  {"through", texts(each.through)}});
  array contexts;
  for (const context_info* each : contexts_of(catalogue, system))
    contexts.emplace_back(context_data(catalogue, *each));
  return object{{"kind", "System"},
                {"api", output_api},
                {"system", system},
                {"relations", std::move(relations)},
                {"contexts", std::move(contexts)}};
}

} // namespace troupe::cli
