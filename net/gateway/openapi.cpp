#include "net/gateway/openapi.hpp"

#include "net/gateway/routes.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace troupe::gateway {
namespace {

using object = value::object;

[[nodiscard]] object reference(std::string name) {
  return {{"$ref", value{"#/components/" + std::move(name)}}};
}

[[nodiscard]] value field_schema(const field_info& field) {
  object schema;
  switch (field.type) {
  case field_type::integer:
    schema = {{"type", "integer"}, {"format", "int64"}};
    break;
  case field_type::real:
    schema = {{"type", "number"}};
    break;
  case field_type::boolean:
    schema = {{"type", "boolean"}};
    break;
  case field_type::text:
    schema = {{"type", "string"}};
    break;
  }
  if (field.nullable) schema.emplace_back("nullable", true);
  return schema;
}

[[nodiscard]] std::string schema_name(const context_info& context, std::string_view part) {
  return context.full_name() + "." + std::string{part};
}

[[nodiscard]] value item_schema(const context_info& context) {
  object fields{{"id", object{{"type", "integer"}, {"format", "int64"}}}};
  for (const auto& field : context.state.fields)
    if (!field.hidden) fields.emplace_back(std::string{field.name}, field_schema(field));
  fields.emplace_back("_links", reference("schemas/links"));
  return object{{"type", "object"}, {"properties", std::move(fields)}};
}

[[nodiscard]] value command_schema(const command_info& command) {
  object fields;
  for (const auto& field : command.message.fields)
    fields.emplace_back(std::string{field.name}, field_schema(field));
  object schema{{"type", "object"}, {"properties", std::move(fields)}};
  if (!command.id_from.empty())
    schema.emplace_back("required", value::array{value{command.id_from}});
  return schema;
}

[[nodiscard]] value page_schema(const context_info& context) {
  const object items{{"type", "array"},
                     {"items", reference("schemas/" + schema_name(context, "item"))}};
  return object{
      {"type", "object"},
      {"properties",
       object{{"_embedded", object{{"type", "object"},
                                   {"properties", object{{std::string{context.resource}, items}}}}},
              {"_links", reference("schemas/links")},
              {"page", reference("schemas/page")}}}};
}

[[nodiscard]] value json_content(object schema) {
  return object{{"application/json", object{{"schema", std::move(schema)}}}};
}

[[nodiscard]] value answer(std::string_view description, object schema) {
  return object{{"description", description}, {"content", json_content(std::move(schema))}};
}

/// Of one aggregate: it may be told from something else than its present state.
[[nodiscard]] value answer_of_one(std::string_view description, object schema) {
  value of = answer(description, std::move(schema));
  of["headers"] = object{{"Troupe-Degraded", reference("headers/degraded")}};
  return of;
}

[[nodiscard]] value query_parameter(std::string_view name, value schema, bool required = false) {
  return object{
      {"name", name}, {"in", "query"}, {"required", required}, {"schema", std::move(schema)}};
}

[[nodiscard]] object operation(const context_info& context, std::string id,
                               std::string_view summary) {
  return {{"operationId", value{std::move(id)}},
          {"tags", value::array{value{context.system}}},
          {"summary", summary}};
}

[[nodiscard]] value list_operation(const context_info& context) {
  const auto integer = [](std::int64_t initial, std::int64_t maximum) {
    object schema{{"type", "integer"}, {"default", initial}, {"minimum", 0}};
    if (maximum > 0) schema.emplace_back("maximum", maximum);
    return value{std::move(schema)};
  };
  value::array parameters{query_parameter("page", integer(0, 0)),
                          query_parameter("size", integer(20, 1000)),
                          query_parameter("sort", object{{"type", "string"}})};
  for (const auto filter : context.shown_filters())
    for (const auto& field : context.state.fields)
      if (field.name == filter) parameters.push_back(query_parameter(filter, field_schema(field)));
  auto listing = operation(context, context.full_name() + ".list", context.purpose);
  listing.emplace_back("parameters", std::move(parameters));
  listing.emplace_back(
      "responses",
      object{{"200", answer("a page", reference("schemas/" + schema_name(context, "page")))},
             {"default", reference("responses/error")}});
  return listing;
}

[[nodiscard]] value get_operation(const context_info& context) {
  auto reading = operation(context, context.full_name() + ".get", context.purpose);
  reading.emplace_back(
      "responses",
      object{
          {"200", answer_of_one("its state", reference("schemas/" + schema_name(context, "item")))},
          {"default", reference("responses/error")}});
  return reading;
}

[[nodiscard]] value query_operation(const context_info& context, const query_info& query) {
  auto asking = operation(context, schema_name(context, query.name), query.meaning);
  const object integer{{"type", "integer"}, {"format", "int64"}};
  asking.emplace_back("parameters", value::array{query_parameter(query.id_from, integer, true)});
  value answers = object{};
  for (const auto& field : context.state.fields)
    if (field.name == query.answers) answers = field_schema(field);
  asking.emplace_back("responses",
                      object{{"200", answer_of_one("the bare answer", *answers.get_if<object>())},
                             {"default", reference("responses/error")}});
  return asking;
}

[[nodiscard]] value command_operation(const context_info& context, const command_info& command,
                                      http_verb verb) {
  const std::string name = schema_name(context, command.message.name);
  auto commanding = operation(context, name, command.meaning);
  commanding.emplace_back("parameters", value::array{reference("parameters/idempotencyKey")});
  commanding.emplace_back("requestBody",
                          object{{"content", json_content(reference("schemas/" + name))}});
  const auto item = reference("schemas/" + schema_name(context, "item"));
  object responses;
  if (verb == http_verb::del)
    responses.emplace_back("204", object{{"description", "done"}});
  else if (command.on_collection())
    responses.emplace_back("201", answer_of_one("created; Location names it", item));
  else
    responses.emplace_back("200", answer_of_one("its new state", item));
  std::string refusals;
  for (const auto& rejection : context.rejections)
    refusals.append(refusals.empty() ? "" : "; ")
        .append(rejection.reason)
        .append(": ")
        .append(rejection.meaning);
  if (!refusals.empty())
    responses.emplace_back("409", answer(refusals, reference("schemas/error")));
  responses.emplace_back("default", reference("responses/error"));
  commanding.emplace_back("responses", std::move(responses));
  return commanding;
}

[[nodiscard]] std::string_view verb_key(http_verb verb) {
  switch (verb) {
  case http_verb::get:
    return "get";
  case http_verb::post:
    return "post";
  case http_verb::put:
    return "put";
  case http_verb::patch:
    return "patch";
  case http_verb::del:
    return "delete";
  }
  return "get";
}

void add_paths(const context_info& context, value& paths) {
  const std::string resource = resource_path(context);
  value collection = object{{"get", list_operation(context)}};
  value item = object{
      {"parameters",
       value::array{value{object{{"name", "id"},
                                 {"in", "path"},
                                 {"required", true},
                                 {"schema", object{{"type", "integer"}, {"format", "int64"}}}}}}},
      {"get", get_operation(context)}};
  for (const auto& command : context.commands) {
    value& at = command.on_collection() ? collection : item;
    for (const http_verb verb : command.verbs)
      at[verb_key(verb)] = command_operation(context, command, verb);
  }
  paths[resource] = std::move(collection);
  paths[resource + "/{id}"] = std::move(item);
  for (const auto& query : context.queries)
    paths[resource + "/" + std::string{query.name}] =
        object{{"get", query_operation(context, query)}};
}

void add_schemas(const context_info& context, value& schemas) {
  schemas[schema_name(context, "item")] = item_schema(context);
  schemas[schema_name(context, "page")] = page_schema(context);
  for (const auto& command : context.commands)
    if (command.exposed())
      schemas[schema_name(context, command.message.name)] = command_schema(command);
}

[[nodiscard]] value text_fields(std::initializer_list<std::string_view> names) {
  object fields;
  for (const auto name : names)
    fields.emplace_back(std::string{name}, object{{"type", "string"}});
  return fields;
}

void add_shared_schemas(value& schemas) {
  value failure = text_fields({"timestamp", "error", "message", "path", "code", "outcome"});
  failure["status"] = object{{"type", "integer"}};
  value::array codes;
  for (const auto& known : error_table())
    codes.emplace_back(known.name);
  failure["code"] = object{{"type", "string"},
                           {"description", "stable; a business reason or one of these"},
                           {"example", codes.empty() ? value{} : codes.front()},
                           {"x-codes", std::move(codes)}};
  failure["outcome"] =
      object{{"type", "string"}, {"enum", value::array{"not applied", "applied", "unknown"}}};
  schemas["error"] = object{{"type", "object"}, {"properties", std::move(failure)}};
  schemas["links"] = object{
      {"type", "object"},
      {"additionalProperties", object{{"type", "object"}, {"properties", text_fields({"href"})}}}};
  object numbers;
  for (const auto name : {"number", "size", "totalElements", "totalPages"})
    numbers.emplace_back(name, object{{"type", "integer"}});
  schemas["page"] = object{{"type", "object"}, {"properties", std::move(numbers)}};
}

} // namespace

value openapi_document(std::span<const context_info> contexts, std::string_view version) {
  value paths = object{};
  value schemas = object{};
  add_shared_schemas(schemas);
  for (const auto& context : contexts) {
    add_paths(context, paths);
    add_schemas(context, schemas);
  }
  object key{{"name", "Idempotency-Key"},
             {"in", "header"},
             {"required", false},
             {"description", "one effect and one answer per key, method and path"},
             {"schema", object{{"type", "string"}, {"maxLength", 200}}}};
  object degraded{{"description", "only if the answer is not the present state: the aggregate's "
                                  "turn that it shows and its age, both 0 of a declared fallback"},
                  {"schema", object{{"type", "string"}}},
                  {"example", "as-of=3, age-ms=1500"}};
  object components{
      {"schemas", std::move(schemas)},
      {"parameters", object{{"idempotencyKey", std::move(key)}}},
      {"headers", object{{"degraded", std::move(degraded)}}},
      {"responses", object{{"error", answer("refused or failed", reference("schemas/error"))}}}};
  return object{{"openapi", "3.0.3"},
                {"info", object{{"title", "troupe"}, {"version", version}}},
                {"servers", value::array{value{object{{"url", "/"}}}}},
                {"paths", std::move(paths)},
                {"components", std::move(components)}};
}

} // namespace troupe::gateway
