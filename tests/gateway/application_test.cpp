#include "net/gateway/application.hpp"

#include "messages/json.hpp"
#include "tests/gateway/fake_backend.hpp"
#include "tests/gateway/shop_contexts.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <optional>

using namespace troupe;
using namespace troupe::gateway;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

/// The application before a fake cluster, asked without sockets.
struct front {
  fake_backend cluster;
  simulated_clock time;
  application app;
  explicit front(application_options options = {})
      : app(shop_contexts(), cluster, time, std::move(options)) {}

  [[nodiscard]] http_response ask(http_request request) {
    std::optional<http_response> got;
    if (request.host.empty()) request.host = "shop.test";
    app.handle(request, [&](http_response response) { got = std::move(response); });
    REQUIRE(got);
    return *got;
  }
  [[nodiscard]] http_response ask(http_method method, std::string_view target,
                                  std::string_view body = {}) {
    http_request request;
    request.method = method;
    request.target = target;
    request.body = body;
    return ask(request);
  }
};

[[nodiscard]] bool has(const http_response& response, std::string_view line) {
  return response.headers.find(std::string{line} + "\r\n") != std::string::npos;
}

[[nodiscard]] value member(const http_response& response, std::string_view key) {
  const auto body = parse_json(response.body);
  REQUIRE(body);
  const value* found = body.value().find(key);
  return found != nullptr ? *found : value{"(absent)"};
}

} // namespace

TEST_CASE("POST sends the exposed command and answers 201 with the new place") {
  front shop;
  shop.cluster.reply = reply_of(7, {{"item", "tea"}, {"amount", 500}});
  const auto response =
      shop.ask(http_method::post, "/shop/orders", R"({"item":"tea","amount":"500","status":"x"})");
  CHECK(response.status == 201);
  CHECK(has(response, "Location: http://shop.test/shop/orders/7"));
  CHECK(member(response, "id") == value{7});
  CHECK(member(response, "amount") == value{500});
  CHECK(member(response, "price") == value{});
  const auto asked = shop.cluster.last();
  CHECK(asked.kind == "send");
  CHECK(asked.context == "shop.order");
  CHECK(asked.name == "placeOrder");
  CHECK_FALSE(asked.target.given());
  CHECK(asked.payload == value{value::object{{"item", "tea"}, {"amount", 500}}});
  CHECK(asked.options.deadline == std::chrono::milliseconds{5000});
  CHECK_FALSE(asked.options.command.given());
}

TEST_CASE("PATCH and PUT answer 200, DELETE 204 without a body") {
  front shop;
  shop.cluster.reply = reply_of(7, {{"status", "Done"}});
  CHECK(shop.ask(http_method::patch, "/shop/orders/7", R"({"status":"Done"})").status == 200);
  CHECK(shop.cluster.last().target == aggregate_id{7});
  CHECK(shop.ask(http_method::put, "/shop/stocks/7", R"({"left":1})").status == 200);
  const auto gone = shop.ask(http_method::del, "/shop/orders/7");
  CHECK(gone.status == 204);
  CHECK(gone.body.empty());
  CHECK(shop.cluster.last().name == "cancelOrder");
}

TEST_CASE("a verb without a command is 405 and says which ones there are") {
  front shop;
  const auto response = shop.ask(http_method::put, "/shop/orders/7", "{}");
  CHECK(response.status == 405);
  CHECK(has(response, "Allow: GET, HEAD, PATCH, DELETE, OPTIONS"));
  CHECK(member(response, "code") == value{"METHOD_NOT_ALLOWED"});
  CHECK(shop.ask(http_method::post, "/shop/boards", "{}").status == 405);
  CHECK(shop.ask(http_method::post, "/metrics").status == 405);
  CHECK(shop.ask(http_method::other, "/shop/orders").status == 405);
  CHECK(shop.cluster.calls() == 0);
}

TEST_CASE("what is not there is 404 with an error body") {
  front shop;
  CHECK(shop.ask(http_method::post, "/shop/nothing", "{}").status == 404);
  shop.cluster.reply = fail(errc::not_found, "there is no order 9");
  const auto response = shop.ask(http_method::get, "/shop/orders/9?");
  CHECK(response.status == 404);
  CHECK(member(response, "path") == value{"/shop/orders/9"});
  CHECK(member(response, "outcome") == value{"not applied"});
}

TEST_CASE("a key makes the command's id, the same on every send; a replayed answer says so") {
  front shop;
  auto reply = reply_of(7, {});
  reply.replayed = true;
  shop.cluster.reply = reply;
  http_request request;
  request.method = http_method::post;
  request.target = "/shop/orders/";
  request.idempotency_key = "order-1";
  request.has_idempotency_key = true;
  const auto response = shop.ask(request);
  CHECK(has(response, "Idempotency-Replayed: true"));
  CHECK(shop.cluster.last().options.command == command_id::named("POST /shop/orders", "order-1"));
  request.idempotency_key = "";
  CHECK(shop.ask(request).status == 400);
}

TEST_CASE("an answer that is not the present state says so") {
  front shop;
  auto reply = reply_of(7, {{"item", "tea"}});
  shop.cluster.reply = reply;
  const auto ask_all = [&] {
    return std::vector{shop.ask(http_method::get, "/shop/orders/7"),
                       shop.ask(http_method::patch, "/shop/orders/7", R"({"status":"Done"})"),
                       shop.ask(http_method::post, "/shop/orders", R"({"item":"tea"})"),
                       shop.ask(http_method::del, "/shop/orders/7")};
  };
  for (const auto& whole : ask_all())
    CHECK(whole.headers.find("Troupe-Degraded") == std::string::npos);
  reply.degraded = degraded_mark{3, 1500};
  shop.cluster.reply = reply;
  for (const auto& degraded : ask_all()) {
    CHECK(degraded.status < 300);
    CHECK(has(degraded, "Troupe-Degraded: as-of=3, age-ms=1500"));
  }
}

TEST_CASE("a body that cannot be taken is 400 before anything is sent") {
  front shop;
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  for (const std::string_view body :
       {R"({"item":)"sv, R"({"item":1,"item":2})"sv, "{\"item\":\"\xff\"}"sv,
        R"({"amount":1e999})"sv, R"({"amount":99999999999999999999})"sv, R"([])"sv, R"({} {})"sv,
        R"({"amount":"x"})"sv, std::string_view{deep}}) {
    INFO(body);
    const auto response = shop.ask(http_method::post, "/shop/orders", body);
    CHECK(response.status == 400);
    CHECK(member(response, "code") == value{"MALFORMED"});
  }
  http_request form;
  form.method = http_method::post;
  form.target = "/shop/orders";
  form.body = "a=b";
  form.content_type = "application/x-www-form-urlencoded";
  CHECK(shop.ask(form).status == 400);
  CHECK(shop.cluster.calls() == 0);
}

TEST_CASE("a query answers the bare field of the aggregate that its parameter names") {
  front shop;
  shop.cluster.reply = reply_of(7, {{"productId", 7}, {"left", 12}});
  const auto response = shop.ask(http_method::get, "/shop/stocks/howMany?productId=7");
  CHECK(response.status == 200);
  CHECK(response.body == "12");
  CHECK(shop.cluster.last().kind == "query");
  CHECK(shop.cluster.last().target == aggregate_id{7});
  CHECK(shop.ask(http_method::get, "/shop/stocks/howMany").status == 400);
  CHECK(shop.ask(http_method::get, "/shop/stocks/howMany?productId=x").status == 400);
}

TEST_CASE("a list passes its page on and embeds what comes") {
  front shop;
  page found;
  found.total = 1;
  found.items = {{{3}, value{value::object{{"item", "tea"}}}}};
  shop.cluster.listed = found;
  const auto response = shop.ask(http_method::get, "/shop/orders?size=5&item=tea");
  CHECK(response.status == 200);
  CHECK(shop.cluster.last().wanted.size == 5);
  CHECK(member(response, "_embedded").find("orders") != nullptr);
  CHECK(shop.ask(http_method::get, "/shop/orders?color=red").status == 400);
}

TEST_CASE("refusals of the business and of the cluster keep their codes and hints") {
  front shop;
  error refused = fail(errc::rejected, "none is left");
  refused.reason = "SOLD_OUT";
  shop.cluster.reply = refused;
  const auto conflict = shop.ask(http_method::post, "/shop/orders", "{}");
  CHECK(conflict.status == 409);
  CHECK(member(conflict, "code") == value{"SOLD_OUT"});
  error down = fail(errc::context_down, "stopped");
  down.retry_after_ms = 2500;
  shop.cluster.reply = down;
  const auto unavailable = shop.ask(http_method::get, "/shop/orders/1");
  CHECK(unavailable.status == 503);
  CHECK(has(unavailable, "Retry-After: 3"));
  shop.cluster.reply = fail(errc::dead_lettered, "set aside");
  const auto aside = shop.ask(http_method::post, "/shop/orders", "{}");
  CHECK(aside.status == 503);
  CHECK_FALSE(has(aside, "Retry-After")); // the same request would fail again
  shop.cluster.reply = fail(errc::timeout, "late");
  CHECK(member(shop.ask(http_method::post, "/shop/orders", "{}"), "outcome") == value{"unknown"});
}

TEST_CASE(
    "the caller's correlation and deadline go with the call, and the correlation comes back") {
  front shop;
  http_request request;
  request.target = "/shop/orders/1";
  request.correlation_id = "abc";
  request.deadline_ms = "250";
  CHECK(has(shop.ask(request), "X-Correlation-Id: abc"));
  CHECK(shop.cluster.last().options.correlation == "abc");
  CHECK(shop.cluster.last().options.deadline == std::chrono::milliseconds{250});
  CHECK(shop.cluster.last().options.traceparent.empty());
  const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  request.traceparent = trace;
  (void)shop.ask(request);
  CHECK(shop.cluster.last().options.correlation == "abc"); // its own name goes before the trace
  CHECK(shop.cluster.last().options.traceparent == trace);
  request.traceparent = "00-what";
  CHECK(shop.ask(request).status != 400); // no reason to refuse
  CHECK(shop.cluster.last().options.traceparent.empty());
  request.deadline_ms = "0";
  CHECK(shop.ask(request).status == 400);
  request = {};
  request.target = "/shop/orders/1";
  (void)shop.ask(request);
  const auto first = shop.cluster.last().options.correlation;
  (void)shop.ask(request);
  CHECK(first.size() == 16);
  CHECK(shop.cluster.last().options.correlation != first);
}

TEST_CASE("over the bound of open requests a request is refused, not queued") {
  application_options options;
  options.in_flight_max = 2;
  front shop{options};
  shop.cluster.hold = true;
  http_request request;
  request.target = "/shop/orders/1";
  int answered = 0;
  for (int i = 0; i < 2; ++i)
    shop.app.handle(request, [&](const http_response&) { ++answered; });
  const auto refused = shop.ask(request);
  CHECK(refused.status == 429);
  CHECK(has(refused, "Retry-After: 1"));
  CHECK(member(refused, "code") == value{"OVERLOADED"});
  shop.cluster.release();
  CHECK(answered == 2);
  CHECK(shop.app.counters().in_flight == 0);
}

TEST_CASE("an address above its rate gets 429 and hears when to come again") {
  application_options options;
  options.client_rate = {2, 3};
  front shop{std::move(options)};
  shop.cluster.reply = reply_of(7, {{"item", "tea"}});
  http_request request;
  request.target = "/shop/orders/7";
  request.client = "10.0.0.1";
  for (const auto* left : {"2", "1", "0"}) {
    const auto response = shop.ask(request);
    CHECK(response.status == 200);
    CHECK(has(response, "RateLimit-Limit: 3"));
    CHECK(has(response, std::string{"RateLimit-Remaining: "} + left));
  }
  const auto refused = shop.ask(request);
  CHECK(refused.status == 429);
  CHECK(member(refused, "code") == value{"RATE_LIMITED"});
  CHECK(member(refused, "outcome") == value{"not applied"});
  CHECK(has(refused, "Retry-After: 1")); // half a second, in whole ones
  CHECK(has(refused, "RateLimit-Remaining: 0"));
  CHECK(has(refused, "RateLimit-Reset: 2"));
  CHECK(shop.app.counters().in_flight.load() == 0);
  request.client = "10.0.0.2";
  CHECK(shop.ask(request).status == 200);
  request.client = "10.0.0.1";
  request.target = "/health/live"; // whoever watches the gateway is not counted
  CHECK(shop.ask(request).status == 200);
  shop.time.advance(500ms);
  request.target = "/shop/orders/7";
  CHECK(shop.ask(request).status == 200);
}

TEST_CASE("without a rate nothing is said about it") {
  front shop;
  shop.cluster.reply = reply_of(7, {{"item", "tea"}});
  CHECK(shop.ask(http_method::get, "/shop/orders/7").headers.find("RateLimit") ==
        std::string::npos);
}

TEST_CASE("readiness follows the cluster, liveness does not") {
  front shop;
  CHECK(shop.ask(http_method::get, "/health/ready").status == 200);
  shop.cluster.connection = connection_state::down;
  CHECK(shop.ask(http_method::get, "/health/ready").status == 503);
  CHECK(shop.ask(http_method::get, "/health/live").status == 200);
  CHECK(shop.ask(http_method::get, "/actuator/health").body == R"({"status":"UP"})");
  shop.cluster.connection = connection_state::up;
  shop.cluster.served.clear();
  CHECK(shop.ask(http_method::get, "/health/ready").status == 503);
  shop.cluster.served = {{"shop.order", 1, false, true}};
  shop.app.start_draining();
  CHECK(shop.ask(http_method::get, "/health/ready").status == 503);
}

TEST_CASE("readiness waits for a view that is being built, and says how far it is") {
  front shop;
  shop.cluster.served = {{"shop.order", 1, false, true},
                         {"shop.board", 1, true, true, "rebuilding 1200/5000"}};
  const auto waiting = shop.ask(http_method::get, "/health/ready");
  CHECK(waiting.status == 503);
  CHECK(waiting.body.find(R"("waiting":"rebuilding 1200/5000")") != std::string::npos);
  shop.cluster.served[1].waiting.clear();
  const auto ready = shop.ask(http_method::get, "/health/ready");
  CHECK(ready.status == 200);
  CHECK(ready.body.find("waiting") == std::string::npos);
}

TEST_CASE("any origin may read and preflight by default, without credentials") {
  front shop;
  http_request request;
  request.method = http_method::options;
  request.target = "/shop/orders";
  request.origin = "http://web.test";
  const auto open = shop.ask(request);
  CHECK(open.status == 204);
  CHECK(has(open, "Access-Control-Allow-Origin: *"));
  CHECK(has(open, "Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS"));
  CHECK(has(open, "Access-Control-Allow-Headers: *"));
  CHECK(open.headers.find("Credentials") == std::string::npos);
  CHECK(open.headers.find("Vary") == std::string::npos);
}

TEST_CASE("each system has its own rule for origins, and so has what is of no system") {
  application_options options;
  const std::vector<std::string> entries{"shop=http://web.test", "http://monitor.test"};
  options.cors = cors_rules::read(entries, shop_contexts()).value();
  front shop{options};
  const auto allowed_for = [&](std::string_view origin, std::string_view target,
                               http_method method) {
    http_request request;
    request.method = method;
    request.target = target;
    request.origin = origin;
    const auto response = shop.ask(request);
    CHECK(has(response, "Vary: Origin"));
    const bool allowed = has(response, "Access-Control-Allow-Origin: " + std::string{origin});
    const bool says_methods =
        response.headers.find("Access-Control-Allow-Methods") != std::string::npos;
    CHECK(says_methods == (allowed && method == http_method::options && response.status == 204));
    return allowed;
  };
  for (const auto method : {http_method::get, http_method::options}) {
    CHECK(allowed_for("http://web.test", "/shop/orders", method));
    CHECK(allowed_for("http://web.test", "/shop/orders/7", method));
    CHECK(allowed_for("http://web.test", "/shop", method));
    CHECK_FALSE(allowed_for("http://monitor.test", "/shop/orders", method));
    CHECK_FALSE(allowed_for("http://evil.test", "/shop/orders", method));
    CHECK(allowed_for("http://monitor.test", "/metrics", method));
    CHECK(allowed_for("http://monitor.test", "/nothing/orders", method));
    CHECK_FALSE(allowed_for("http://web.test", "/metrics", method));
  }
  CHECK(allowed_for("http://web.test", "/shop/orders/7?x=1", http_method::get)); // an error: 400
  CHECK(allowed_for("http://web.test", "/shop/nothing", http_method::get));      // and a 404
}

TEST_CASE("a preflight of an origin that may not call learns the methods, but gets no permission") {
  application_options options;
  const std::vector<std::string> entries{"shop=none"};
  options.cors = cors_rules::read(entries, shop_contexts()).value();
  front shop{options};
  http_request request;
  request.method = http_method::options;
  request.target = "/shop/orders";
  request.origin = "http://web.test";
  const auto response = shop.ask(request);
  CHECK(response.status == 204);
  CHECK(has(response, "Allow: GET, HEAD, POST, OPTIONS"));
  CHECK(response.headers.find("Access-Control") == std::string::npos);
}

TEST_CASE("web pages are served beside the resources, which win") {
  const test::temp_folder scratch;
  const auto folder = scratch.path() / "shop" / "html";
  std::filesystem::create_directories(folder);
  std::ofstream{folder / "index.html"} << "<h1>shop</h1>";
  application_options options;
  options.pages = web_pages::read(scratch.path(), shop_contexts());
  front shop{options};
  const auto page = shop.ask(http_method::get, "/shop/html/");
  CHECK(page.body == "<h1>shop</h1>");
  CHECK(has(page, "X-Content-Type-Options: nosniff"));
  const auto refused = shop.ask(http_method::post, "/shop/html/index.html");
  CHECK(refused.status == 405);
  CHECK(has(refused, "Allow: GET, HEAD"));
  CHECK(member(refused, "code") == value{"METHOD_NOT_ALLOWED"});
  CHECK(shop.ask(http_method::get, "/shop/html/none.html").status == 404);
  CHECK(shop.ask(http_method::get, "/shop/orders").status == 200);
  const auto scraped = shop.ask(http_method::get, "/metrics");
  CHECK(scraped.body.find("class=\"page\",status=\"200\"} 1") != std::string::npos);
  CHECK(front{}.ask(http_method::get, "/shop/html/").status == 404);
}

TEST_CASE("the platform's own pages are served") {
  front shop;
  CHECK(member(shop.ask(http_method::get, "/openapi.json"), "openapi") == value{"3.0.3"});
  CHECK(member(shop.ask(http_method::get, "/"), "systems").find("shop") != nullptr);
  CHECK(member(shop.ask(http_method::get, "/shop"), "systems").find("shop") != nullptr);
  const auto scraped = shop.ask(http_method::get, "/metrics");
  CHECK(scraped.body.find("class=\"platform\",status=\"200\"} 3") != std::string::npos);
}
