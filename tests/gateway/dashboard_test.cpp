#include "net/gateway/dashboard.hpp"

#include "messages/json.hpp"
#include "net/gateway/application.hpp"
#include "tests/gateway/fake_backend.hpp"
#include "tests/gateway/shop_contexts.hpp"

#include <catch2/catch.hpp>

#include <optional>

using namespace troupe;
using namespace troupe::gateway;

namespace {

constexpr std::string_view of_browser = "text/html,application/xhtml+xml,*/*;q=0.8";

/// A gateway with the real pages of the dashboard before a fake cluster.
struct gateway_with_board {
  fake_backend cluster;
  simulated_clock time;
  dashboard board;
  application app;
  std::string correlation;   ///< of the requests to come
  std::string authorization; ///< the same

  explicit gateway_with_board(application_options options = {}, bool pages = true,
                              dashboard_access access = dashboard_access{})
      : board(shop_contexts(), cluster, time,
              {.access = std::move(access), .pages = read(pages), .version = "9"}),
        app(shop_contexts(), cluster, time, with(std::move(options))) {
    cluster.node_says = [](const admin_call&) -> result<value> {
      return value{value::object{{"node", "n1"}}};
    };
  }
  [[nodiscard]] static static_files read(bool pages) {
    static_files all;
    if (pages) all.read(TROUPE_DASHBOARD_DIR, dashboard_base);
    return all;
  }
  [[nodiscard]] application_options with(application_options options) {
    options.board = &board;
    return options;
  }
  [[nodiscard]] http_response ask(std::string_view target, std::string_view accept = {},
                                  http_method method = http_method::get) {
    http_request request;
    request.method = method;
    request.target = target;
    request.host = "h";
    request.client = "10.0.0.1";
    request.accept = accept;
    request.origin = "https://elsewhere.example";
    request.correlation_id = correlation;
    request.authorization = authorization;
    std::optional<http_response> got;
    app.handle(request, [&](http_response answer) { got = std::move(answer); });
    REQUIRE(got);
    return *got;
  }
};

[[nodiscard]] bool has(const http_response& answer, std::string_view line) {
  return answer.headers.find(line) != std::string::npos;
}

} // namespace

TEST_CASE("browsers get the page at the root, programs the list of systems") {
  gateway_with_board gateway;
  const auto page = gateway.ask("/", of_browser);
  CHECK(page.status == 200);
  CHECK(page.content_type == "text/html; charset=utf-8");
  CHECK(has(page, "Content-Security-Policy: default-src 'none'; script-src 'self';"));
  CHECK(has(page, "Referrer-Policy: no-referrer\r\n"));
  CHECK(has(page, "X-Content-Type-Options: nosniff\r\n"));
  CHECK(has(page, "Vary: Accept\r\n"));
  for (const char* accept : {"", "*/*", "application/json", "application/hal+json"})
    CHECK(gateway.ask("/", accept).content_type == "application/json");
  CHECK(gateway.ask("/troupe/assets/app.js").content_type == "text/javascript; charset=utf-8");
  CHECK(gateway.ask("/troupe/assets/parts/store.js").status == 200);
}

TEST_CASE("without its files the root is what it was, and the admin verbs are there") {
  gateway_with_board gateway{{}, false};
  CHECK(gateway.ask("/", of_browser).content_type == "application/json");
  CHECK(gateway.ask("/troupe/api/status").status == 200);
}

TEST_CASE("there is no other way under the dashboard's path") {
  gateway_with_board gateway;
  for (const char* target : {"/troupe", "/troupe/", "/troupe/assets", "/troupe/assets/none.js",
                             "/troupe/other", "/troupe/stream/more", "/troupe/api/a/b"})
    CHECK(gateway.ask(target).status == 404);
  CHECK(gateway.ask("/troupe/assets/../../README.md").status != 200);
  CHECK(gateway.ask("/troupe/assets/%2e%2e/README.md").status != 200);
  CHECK(gateway.ask("/troupe/stream", {}, http_method::post).status == 405);
  CHECK(gateway.ask("/troupe/assets/app.js", {}, http_method::put).status == 405);
}

TEST_CASE("pages of other origins cannot read what the dashboard shows") {
  gateway_with_board gateway; // by default any origin may call the systems
  CHECK(has(gateway.ask("/shop/orders/1"), "Access-Control-Allow-Origin"));
  for (const char* target : {"/troupe/api/status", "/troupe/stream", "/troupe/assets/app.js"})
    CHECK_FALSE(has(gateway.ask(target), "Access-Control-Allow-Origin"));
}

TEST_CASE("the stream is an answer that goes on, until there is no room or the end") {
  gateway_with_board gateway;
  const auto answer = gateway.ask("/troupe/stream");
  CHECK(answer.status == 200);
  CHECK(answer.content_type == "text/event-stream");
  CHECK(answer.stream);
  CHECK(has(answer, "Cache-Control: no-store\r\n"));
  gateway.board.stop();
  const auto refused = gateway.ask("/troupe/stream");
  CHECK(refused.status == 503);
  CHECK_FALSE(refused.stream);
}

TEST_CASE("a node hears the caller's correlation, and none that the gateway made up") {
  gateway_with_board gateway;
  std::string heard = "nothing";
  gateway.cluster.node_says = [&](const admin_call& call) -> result<value> {
    heard = call.correlation;
    return value{value::object{}};
  };
  CHECK(has(gateway.ask("/troupe/api/status"), "X-Correlation-Id: "));
  CHECK(heard.empty());
  gateway.correlation = "ticket-7";
  CHECK(has(gateway.ask("/troupe/api/status"), "X-Correlation-Id: ticket-7\r\n"));
  CHECK(heard == "ticket-7");
}

TEST_CASE("where observing takes a key, only the page itself is for everybody") {
  gateway_with_board gateway{{},
                             true,
                             dashboard_access{[](std::string_view key) {
                                                return key == "see" ? std::optional{role::observe}
                                                                    : std::nullopt;
                                              },
                                              false}};
  CHECK(gateway.ask("/", of_browser).status == 200);
  CHECK(gateway.ask("/troupe/assets/app.js").status == 200);
  for (const char* target : {"/troupe/api", "/troupe/api/status", "/troupe/stream"}) {
    INFO(target);
    gateway.authorization = "";
    CHECK(gateway.ask(target).status == 401);
    gateway.authorization = "Bearer see";
    CHECK(gateway.ask(target).status == 200);
  }
}

TEST_CASE("admin verbs count as requests to the cluster: in number and rate") {
  application_options options;
  options.client_rate = rate_limit::parse("1/1").value();
  gateway_with_board gateway{std::move(options)};
  CHECK(gateway.ask("/troupe/api/status").status == 200);
  CHECK(gateway.ask("/troupe/api/status").status == 429);
  CHECK(gateway.ask("/troupe/assets/app.js").status == 200);
  CHECK(gateway.ask("/troupe/api/actor?context=a.b&id=1").status == 429);
}
