#include "net/node_pages.hpp"

#include "messages/json.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::gateway;

namespace {

struct stage {
  simulated_clock time;
  bool lives = true;
  bool is_ready = true;
  node_pages pages{{[] {
                      metric_page page;
                      page.add(metric::node_live, 1);
                      return page;
                    },
                    [this](std::string* why) {
                      if (!lives) *why = "lane 0: \"stands\"";
                      return lives;
                    },
                    [this](std::vector<std::string>* waiting) {
                      if (!is_ready) waiting->push_back("taxi.call");
                      return is_ready;
                    }},
                   time};

  http_response get(std::string_view target, http_method method = http_method::get) {
    http_request request;
    request.method = method;
    request.target = target;
    http_response got{.status = 0};
    pages.handle(request, [&](http_response said) { got = std::move(said); });
    return got;
  }
};

} // namespace

TEST_CASE("A node's metrics are served as Prometheus wants them") {
  stage on;
  for (const char* target : {"/metrics", "/metrics?x=1"}) {
    const auto got = on.get(target);
    CHECK(got.status == 200);
    CHECK(got.content_type == "text/plain; version=0.0.4; charset=utf-8");
    CHECK(got.body.ends_with("troupe_node_live 1\n"));
    CHECK(got.headers.find("nosniff") != std::string::npos);
  }
  CHECK(on.get("/metrics", http_method::head).status == 200);
}

TEST_CASE("Life and readiness are statuses with a reason") {
  stage on;
  CHECK(on.get("/health/live").status == 200);
  CHECK(on.get("/health/ready").status == 200);
  on.lives = on.is_ready = false;
  const auto dead = on.get("/health/live");
  CHECK(dead.status == 503);
  CHECK(*parse_json(dead.body)->find("why") == value{"lane 0: \"stands\""});
  const auto waiting = on.get("/health/ready");
  CHECK(waiting.status == 503);
  CHECK(waiting.body.find("taxi.call") != std::string::npos);
  on.is_ready = true;
  on.pages.start_draining();
  CHECK(on.get("/health/ready").status == 503);
}

TEST_CASE("Nothing else is there, and nothing can be changed") {
  stage on;
  for (const char* target : {"/", "/metricsx", "/metrics/", "/taxi/calls", "", "metrics"}) {
    INFO(target);
    CHECK(on.get(target).status == 404);
  }
  const auto refused = on.get("/metrics", http_method::post);
  CHECK(refused.status == 405);
  CHECK(refused.headers.find("Allow: GET, HEAD\r\n") != std::string::npos);
}
