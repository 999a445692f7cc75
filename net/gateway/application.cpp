#include "net/gateway/application.hpp"

#include "messages/codec.hpp"
#include "messages/json.hpp"
#include "messages/metric_page.hpp"
#include "net/gateway/error_body.hpp"
#include "net/gateway/field_input.hpp"
#include "net/gateway/hal.hpp"
#include "net/gateway/list_parameters.hpp"
#include "net/gateway/openapi.hpp"
#include "net/gateway/request_headers.hpp"
#include "net/gateway/request_target.hpp"
#include "seams/process_usage.hpp"
#include "seams/random.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace troupe::gateway {

/// One request between its arrival and its answer. Used by one thread at a time.
struct application::exchange {
  responder respond;
  http_method method = http_method::get;
  route at;
  const command_info* command = nullptr;
  const cors_policy* cors = nullptr;
  request_class counted_as = request_class::refused;
  monotonic_time started;
  std::string base; ///< of links
  std::string shown_path;
  std::string correlation;
  trace_context trace; ///< of the caller, if it named one
  std::string headers;
  std::string client; ///< address
  page_request wanted;
  bool admitted = false; ///< counts as in flight
};

namespace {

[[nodiscard]] http_response json_response(const value& body, std::uint16_t status = 200) {
  return {.status = status, .body = to_json(body)};
}

/// Says that an answer is not the present state: how old it is, or that it rests on a fallback.
void mark_degraded(http_response& response, const std::optional<degraded_mark>& degraded) {
  if (!degraded) return;
  response.add_header("Troupe-Degraded", "as-of=" + std::to_string(degraded->as_of) +
                                             ", age-ms=" + std::to_string(degraded->age_ms));
}

[[nodiscard]] http_response json_response(const value& body, const call_reply& from) {
  auto response = json_response(body);
  mark_degraded(response, from.degraded);
  return response;
}

const cors_policy nobody{.any = false};

/// What every answer carries. No answer is to be taken for another type than it says: some hold
/// texts that strangers wrote.
[[nodiscard]] std::string standing_headers(const cors_policy& cors, std::string_view origin,
                                           std::string_view correlation) {
  http_response early;
  early.add_header("X-Correlation-Id", correlation);
  early.add_header("X-Content-Type-Options", "nosniff");
  if (cors.varies()) early.add_header("Vary", "Origin");
  if (const auto allowed = cors.answer_to(origin); !allowed.empty()) {
    early.add_header("Access-Control-Allow-Origin", allowed);
    early.add_header("Access-Control-Expose-Headers",
                     "Location, Idempotency-Replayed, Retry-After, RateLimit-Limit, "
                     "RateLimit-Remaining, RateLimit-Reset, Troupe-Degraded, X-Correlation-Id");
  }
  return std::move(early.headers);
}

[[nodiscard]] std::string_view method_name(http_method method) {
  static constexpr std::array<std::string_view, 8> names{"GET",   "HEAD",   "POST",    "PUT",
                                                         "PATCH", "DELETE", "OPTIONS", "other"};
  return names[static_cast<std::size_t>(method)];
}

[[nodiscard]] bool is_read(http_method method) {
  return method == http_method::get || method == http_method::head;
}

} // namespace

application::application(std::span<const context_info> contexts, backend& cluster,
                         const clock& time, application_options options)
    : routes_(contexts), cluster_(cluster), time_(time), options_(std::move(options)),
      rates_(options_.client_rate), openapi_(to_json(openapi_document(contexts, options_.version))),
      correlation_seed_(real_random()->next()) {}

application::~application() = default;

std::string application::correlation_of(const http_request& request, const trace_context& trace) {
  if (auto named = caller_correlation(request.correlation_id, trace)) return *named;
  seeded_random mixed{correlation_seed_ +
                      correlation_next_.fetch_add(1, std::memory_order_relaxed)};
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(mixed.next()));
  return text.data();
}

/// False if the caller's address sends too much, and it was told so. Either way the answer says how
/// much more may come.
bool application::within_rate(exchange& open) {
  const auto& limit = rates_.limit();
  if (!limit.given()) return true;
  const auto verdict = rates_.take(open.client, time_.monotonic());
  http_response early;
  early.add_header("RateLimit-Limit", std::to_string(limit.burst));
  early.add_header("RateLimit-Remaining", std::to_string(verdict.remaining));
  early.add_header("RateLimit-Reset",
                   std::to_string(std::chrono::ceil<std::chrono::seconds>(verdict.reset).count()));
  open.headers.append(early.headers);
  if (verdict.granted) return true;
  finish(open, rate_refusal("this address", limit, verdict));
  return false;
}

/// Whether the request may go to the cluster now; `options` lose the time that is over already.
bool application::admit(const exchange_pointer& open, call_options& options) {
  if (!within_rate(*open)) return false;
  const auto left = options.deadline - (time_.monotonic() - open->started);
  options.deadline = std::chrono::duration_cast<std::chrono::milliseconds>(left);
  if (options.deadline < std::chrono::milliseconds{1}) {
    finish(*open, fail(errc::deadline_exceeded, "the time was over at the gateway"));
    return false;
  }
  if (metrics_.in_flight.fetch_add(1, std::memory_order_relaxed) < options_.in_flight_max)
    return open->admitted = true;
  metrics_.in_flight.fetch_sub(1, std::memory_order_relaxed);
  finish(*open, fail(errc::overloaded, "the gateway has too many open requests"));
  return false;
}

void application::handle(const http_request& request, responder respond) {
  const auto open = std::make_shared<exchange>();
  open->respond = std::move(respond);
  open->method = request.method;
  open->started = time_.monotonic();
  open->client = request.client;
  open->shown_path = shown_path(request.target);
  open->trace = caller_trace(request.traceparent);
  open->correlation = correlation_of(request, open->trace);
  const auto target = parse_target(request.target);
  const bool in_system = target.ok() && !target->segments.empty();
  const bool of_board =
      target.ok() && options_.board != nullptr && options_.board->covers(request, *target);
  // What the dashboard shows is nobody else's business, whatever may be read of the systems.
  open->cors = of_board
                   ? &nobody
                   : &options_.cors.of(in_system ? target->segments.front() : std::string_view{});
  open->headers = standing_headers(*open->cors, request.origin, open->correlation);
  auto base = link_base(request.host);
  if (!base) return finish(*open, base.error());
  open->base = std::move(*base);
  if (!target) return finish(*open, target.error());
  if (of_board) return show_board(request, *target, open);
  dispatch(request, *target, open);
}

void application::dispatch(const http_request& request, const request_target& target,
                           const exchange_pointer& open) {
  open->at = routes_.match(target);
  if (open->at.kind == route_kind::unknown) {
    if (options_.pages.cover(target)) return web_page(request, target, open);
    return finish(*open, fail(errc::not_found, "there is no such resource"));
  }
  if (request.method == http_method::options) return allow_methods(request, open);
  if (!is_read(request.method)) return command(request, open);
  if (open->at.context == nullptr) return platform(open);
  auto options = read_options(request, *open);
  if (!options) return finish(*open, options.error());
  switch (open->at.kind) {
  case route_kind::collection:
    return list(target, std::move(*options), open);
  case route_kind::query:
    return ask(target, std::move(*options), open);
  default:
    return read(target, std::move(*options), open);
  }
}

/// OPTIONS, and with it the question that browsers ask before a command of another origin.
void application::allow_methods(const http_request& request, const exchange_pointer& open) {
  http_response allowed{.status = 204};
  const std::string methods = route_table::allowed_methods(open->at);
  allowed.add_header("Allow", methods);
  if (!open->cors->answer_to(request.origin).empty()) {
    allowed.add_header("Access-Control-Allow-Methods", methods);
    allowed.add_header("Access-Control-Allow-Headers", "*");
    allowed.add_header("Access-Control-Max-Age", "600");
  }
  open->counted_as = request_class::platform;
  finish(*open, std::move(allowed));
}

void application::web_page(const http_request& request, const request_target& target,
                           const exchange_pointer& open) {
  open->counted_as = request_class::page;
  auto answer = options_.pages.answer(request, target);
  if (answer) return finish(*open, std::move(*answer));
  if (answer.error().code == errc::method_not_allowed) open->headers += "Allow: GET, HEAD\r\n";
  finish(*open, answer.error());
}

void application::show_board(const http_request& request, const request_target& target,
                             const exchange_pointer& open) {
  const bool asks = dashboard::asks_cluster(target);
  open->counted_as = asks ? request_class::platform : request_class::page;
  auto options = read_options(request, *open);
  if (!options) return finish(*open, options.error());
  // The audit journal tells of the caller's own name for what it does; one made up here says
  // nothing.
  options->correlation =
      caller_correlation(request.correlation_id, open->trace).value_or(std::string{});
  if (asks && !admit(open, *options)) return;
  options_.board->handle(request, target, std::move(*options),
                         [this, open](result<http_response> got) {
                           if (!got) return finish(*open, got.error());
                           finish(*open, std::move(*got));
                         });
}

result<call_options> application::read_options(const http_request& request, exchange& open) {
  call_options options;
  options.deadline = options_.deadline;
  options.correlation = open.correlation;
  options.traceparent = traceparent_text(open.trace);
  if (!request.deadline_ms.empty()) {
    auto wanted = read_deadline(request.deadline_ms);
    if (!wanted) return wanted.error();
    options.deadline = *wanted;
  }
  return options;
}

void application::read(const request_target& target, call_options options,
                       const exchange_pointer& open) {
  open->counted_as = request_class::get;
  if (!target.parameters.empty())
    return finish(*open, fail(errc::malformed, "a single item takes no query parameters"));
  if (!admit(open, options)) return;
  backend_call call{open->at.context_name, open->at.id, {}, {}, std::move(options)};
  cluster_.get(std::move(call), [this, open](result<call_reply> got) {
    if (!got) return finish(*open, got.error());
    auto state = decode_value(got->payload);
    if (!state) return finish(*open, fail(errc::internal, "the cluster's answer is unreadable"));
    finish(*open,
           json_response(represent_item(*open->at.context, open->at.id, *state, open->base), *got));
  });
}

void application::list(const request_target& target, call_options options,
                       const exchange_pointer& open) {
  open->counted_as = request_class::list;
  auto wanted = read_page_request(*open->at.context, target);
  if (!wanted) return finish(*open, wanted.error());
  if (!admit(open, options)) return;
  open->wanted = std::move(*wanted);
  backend_call call{open->at.context_name, {}, {}, {}, std::move(options)};
  cluster_.list(std::move(call), open->wanted, [this, open](result<page> got) {
    if (!got) return finish(*open, got.error());
    finish(*open, json_response(represent_page(*open->at.context, *got, open->wanted, open->base)));
  });
}

void application::ask(const request_target& target, call_options options,
                      const exchange_pointer& open) {
  open->counted_as = request_class::query;
  const query_info& query = *open->at.query;
  const std::string* text = target.parameter(query.id_from);
  const aggregate_id id = text != nullptr ? parse_id(*text) : aggregate_id{};
  if (!id.given() || target.parameters.size() != 1)
    return finish(*open, fail(errc::malformed, "the one query parameter must be '" +
                                                   std::string{query.id_from} +
                                                   "' with an id of 1 or more"));
  if (!admit(open, options)) return;
  backend_call call{open->at.context_name, id, query.name, encode_value(value::object{}),
                    std::move(options)};
  cluster_.query(std::move(call), [this, open](result<call_reply> got) {
    if (!got) return finish(*open, got.error());
    auto answer = decode_value(got->payload);
    if (!answer) return finish(*open, fail(errc::internal, "the cluster's answer is unreadable"));
    if (answer->get_if<value::object>() == nullptr)
      return finish(*open, json_response(*answer, *got));
    const value* field = answer->find(open->at.query->answers);
    finish(*open, json_response(field != nullptr ? *field : value{}, *got));
  });
}

void application::command(const http_request& request, const exchange_pointer& open) {
  const command_info* found = route_table::command(open->at, request.method);
  if (found == nullptr) {
    const std::string allowed = route_table::allowed_methods(open->at);
    open->headers.append("Allow: ").append(allowed).append("\r\n");
    return finish(*open, fail(errc::method_not_allowed, "allowed here are: " + allowed));
  }
  open->command = found;
  open->counted_as = request_class::command;
  auto options = read_options(request, *open);
  if (!options) return finish(*open, options.error());
  if (request.has_idempotency_key) {
    const std::string scope = std::string{method_name(request.method)} + " " +
                              resource_path(*open->at.context) +
                              (open->at.id.given() ? "/" + std::to_string(open->at.id.number) : "");
    auto id = keyed_command(scope, request.idempotency_key);
    if (!id) return finish(*open, id.error());
    options->command = *id;
  }
  value body = value::object{};
  if (!request.body.empty()) {
    if (auto done = check_content_type(request.content_type); !done)
      return finish(*open, done.error());
    auto parsed = parse_json(request.body);
    // A body within the size limit that cannot be taken is malformed, whatever the limit it broke.
    if (!parsed) return finish(*open, fail(errc::malformed, parsed.error().message));
    body = std::move(*parsed);
  }
  auto input = read_command(*found, body, open->at.id);
  if (!input) return finish(*open, input.error());
  if (!admit(open, *options)) return;
  backend_call call{open->at.context_name, input->target, found->message.name,
                    std::move(input->payload), std::move(*options)};
  cluster_.send(std::move(call),
                [this, open](const result<call_reply>& got) { answer_command(*open, got); });
}

void application::answer_command(exchange& open, const result<call_reply>& got) {
  if (!got) return finish(open, got.error());
  const call_reply& reply = got.value();
  http_response response;
  if (reply.replayed) response.add_header("Idempotency-Replayed", "true");
  mark_degraded(response, reply.degraded);
  if (reply.command.given()) response.add_header("X-Command-Id", reply.command.text());
  if (open.command->has(http_verb::del)) {
    response.status = 204;
    return finish(open, std::move(response));
  }
  auto state = decode_value(reply.payload);
  if (!state) return finish(open, fail(errc::internal, "the cluster's answer is unreadable"));
  const context_info& context = *open.at.context;
  if (open.command->on_collection()) {
    response.status = 201;
    response.add_header("Location", item_link(context, reply.target, open.base));
  }
  response.body = to_json(represent_item(context, reply.target, *state, open.base));
  finish(open, std::move(response));
}

void application::platform(const exchange_pointer& open) {
  open->counted_as = request_class::platform;
  switch (open->at.kind) {
  case route_kind::live:
    return finish(*open, json_response(value::object{{"status", "UP"}}));
  case route_kind::ready:
    return ready(open);
  case route_kind::openapi:
    return finish(*open, http_response{.body = openapi_});
  case route_kind::metrics:
    return finish(*open, http_response{.content_type = metric_text_type, .body = metrics_text()});
  default:
    return finish(*open,
                  json_response(represent_index(routes_.contexts(), open->at.system, open->base)));
  }
}

std::string application::metrics_text() const {
  metric_page page;
  page.add(metric::build_info, {"gateway", "gateway", options_.version}, 1);
  page.add(metric::uptime, std::chrono::duration<double>(time_.monotonic() - started_).count());
  page.add(metric::process_cpu, std::chrono::duration<double>(process_cpu_time()).count());
  page.add(metric::process_memory, static_cast<double>(process_resident_bytes()));
  page.add(metric::process_open_fds, static_cast<double>(process_open_files()));
  page.add(metric::process_max_fds, static_cast<double>(process_files_max()));
  metrics_.add_to(page);
  const auto made = cluster_.counters();
  page.add(metric::gateway_cluster_up, cluster_.state() == connection_state::up ? 1 : 0);
  page.add(metric::gateway_calls, static_cast<double>(made.calls));
  page.add(metric::gateway_retries, static_cast<double>(made.retries));
  page.add(metric::gateway_budget_refusals, static_cast<double>(made.budget_refusals));
  return page.text();
}

void application::ready(const exchange_pointer& open) {
  if (draining_ || cluster_.state() != connection_state::up)
    return finish(*open, json_response(represent_readiness(false, {}), 503));
  cluster_.contexts([this, open](result<std::vector<served_context>> got) {
    const auto served = got ? std::move(*got) : std::vector<served_context>{};
    const bool is_ready = !served.empty() && std::ranges::all_of(served, &std::string::empty,
                                                                 &served_context::waiting);
    finish(*open, json_response(represent_readiness(is_ready, served), is_ready ? 200 : 503));
  });
}

void application::finish(exchange& open, http_response response) {
  if (open.admitted) metrics_.in_flight.fetch_sub(1, std::memory_order_relaxed);
  const auto took = time_.monotonic() - open.started;
  metrics_.count(open.counted_as, response.status, took);
  spdlog::debug("event=request method={} class={} status={} us={} correlation=\"{}\"{}",
                method_name(open.method), request_class_name(open.counted_as), response.status,
                std::chrono::duration_cast<std::chrono::microseconds>(took).count(),
                open.correlation, trace_note(open.trace));
  response.headers.append(open.headers);
  // Moved out first: the answer may end the connection and with it the last reason to live.
  const responder respond = std::move(open.respond);
  respond(std::move(response));
}

void application::finish(exchange& open, const error& failure, std::uint16_t status) {
  const failure_place where{open.shown_path, time_.wall(), status};
  http_response response{.status = status != 0 ? status : info(failure.code).http_status,
                         .body = error_body(failure, where)};
  const bool never = info(failure.code).again == retry::never || failure.retry_after_ms < 0;
  if (!never && (response.status == 429 || response.status == 503))
    response.add_header("Retry-After", std::to_string(retry_after_seconds(failure)));
  finish(open, std::move(response));
}

http_response application::refusal(const error& failure, std::uint16_t status,
                                   std::string_view raw_target) {
  const std::string path = shown_path(raw_target);
  const std::uint16_t shown = status != 0 ? status : info(failure.code).http_status;
  metrics_.count(request_class::refused, shown, {});
  http_response response{.status = shown, .body = error_body(failure, {path, time_.wall(), shown})};
  if (shown == 429 || shown == 503)
    response.add_header("Retry-After", std::to_string(retry_after_seconds(failure)));
  return response;
}

} // namespace troupe::gateway
