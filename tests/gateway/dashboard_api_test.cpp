#include "net/gateway/dashboard_api.hpp"

#include "messages/json.hpp"
#include "tests/gateway/fake_backend.hpp"

#include <catch2/catch.hpp>

#include <optional>

using namespace troupe;
using namespace troupe::gateway;

namespace {

/// The admin verbs of a cluster of two nodes, the second of which may be away.
struct two_nodes {
  fake_backend cluster;
  dashboard_api api{cluster, dashboard_access{[](std::string_view key) -> std::optional<role> {
                      if (key == "look") return role::inspect;
                      if (key == "act") return role::operate;
                      return {};
                    }}};
  std::vector<admin_call> asked;
  bool second_is_away = false;

  two_nodes() {
    cluster.members = {{"n1", 1, "tcp://a:1", "b", "active"},
                       {"n2", 1, "tcp://a:2", "b", "active"}};
    cluster.node_says = [this](const admin_call& call) -> result<value> {
      asked.push_back(call);
      if (second_is_away && call.endpoint == "tcp://a:2")
        return fail(errc::unreachable, "nobody answers");
      return value{value::object{{"verb", call.verb}, {"at", call.endpoint}}};
    };
  }

  [[nodiscard]] result<http_response> ask(std::string_view target, std::string_view key = {},
                                          http_method method = http_method::get,
                                          std::string_view body = {}) {
    const std::string shown = key.empty() ? std::string{} : "Bearer " + std::string{key};
    http_request request;
    request.method = method;
    request.target = target;
    request.body = body;
    request.authorization = shown;
    std::optional<result<http_response>> got;
    const auto parsed = parse_target(target);
    REQUIRE(parsed);
    api.handle(request, parsed.value(), {}, [&](result<http_response> answer) {
      REQUIRE_FALSE(got);
      got = std::move(answer);
    });
    REQUIRE(got);
    return *got;
  }
  [[nodiscard]] errc refusal(std::string_view target, std::string_view key = {},
                             http_method method = http_method::get, std::string_view body = {}) {
    const auto got = ask(target, key, method, body);
    REQUIRE_FALSE(got);
    return got.error().code;
  }
};

} // namespace

TEST_CASE("a verb goes to any node, to the one that is named, or to all of them") {
  two_nodes nodes;
  CHECK(nodes.ask("/troupe/api/status")->body == R"({"verb":"status","at":""})");
  CHECK(nodes.ask("/troupe/api/status?node=n2")->body == R"({"verb":"status","at":"tcp://a:2"})");
  nodes.second_is_away = true;
  CHECK(nodes.ask("/troupe/api/status?node=*")->body ==
        R"({"answers":[{"node":"n1","answer":{"verb":"status","at":"tcp://a:1"}}],)"
        R"("silent":[{"node":"n2","code":"UNREACHABLE","message":"nobody answers"}]})");
  CHECK(nodes.refusal("/troupe/api/status?node=n9") == errc::not_found);
}

TEST_CASE("query parameters become arguments of the kind that they look like") {
  two_nodes nodes;
  REQUIRE(nodes.ask("/troupe/api/actors?context=taxi.call&limit=50&deep=true&node=n1"));
  CHECK(nodes.asked.back().arguments ==
        value{value::object{{"context", "taxi.call"}, {"limit", 50}, {"deep", true}}});
  CHECK(argument_of("id", "-7") == value{-7});
  CHECK(argument_of("id", "7x") == value{"7x"});
  CHECK(argument_of("id", "99999999999999999999") == value{"99999999999999999999"});
  CHECK(argument_of("id", "") == value{""});
}

TEST_CASE("what is always a text stays one, whatever it looks like") {
  two_nodes nodes;
  REQUIRE(nodes.ask("/troupe/api/journal?context=taxi.call&shard=3&grep=42", "look"));
  CHECK(nodes.asked.back().arguments ==
        value{value::object{{"context", "taxi.call"}, {"shard", 3}, {"grep", "42"}}});
  CHECK(argument_of("grep", "true") == value{"true"});
  CHECK(argument_of("by", "1") == value{"1"});
}

TEST_CASE("the node to ask stands in the address, and what leaves is named") {
  two_nodes nodes;
  CHECK(nodes.refusal("/troupe/api/release", "act", http_method::post,
                      R"({"context":"a.b","id":1,"node":"n2"})") == errc::malformed);
  CHECK(nodes.refusal("/troupe/api/leave", "act", http_method::post) == errc::malformed);
  CHECK(nodes.refusal("/troupe/api/leave?node=*", "act", http_method::post) == errc::malformed);
  CHECK(nodes.asked.empty());
  REQUIRE(nodes.ask("/troupe/api/leave?node=n2", "act", http_method::post));
  CHECK(nodes.asked.back().endpoint == "tcp://a:2");
}

TEST_CASE("what a key may not do is refused before any node is asked") {
  two_nodes nodes;
  CHECK(nodes.refusal("/troupe/api/actor?context=a.b&id=1") == errc::unauthorized);
  CHECK(nodes.refusal("/troupe/api/release", "look", http_method::post, "{}") ==
        errc::unauthorized);
  CHECK(nodes.refusal("/troupe/api/status", "wrong") == errc::unauthorized);
  CHECK(nodes.refusal("/troupe/api/nonsense", "act") == errc::unknown_command);
  CHECK(nodes.asked.empty());
  CHECK(nodes.ask("/troupe/api/actor?context=a.b&id=1", "look"));
}

TEST_CASE("what changes something is a POST with a JSON object") {
  two_nodes nodes;
  CHECK(nodes.refusal("/troupe/api/release?context=a.b&id=1", "act") == errc::method_not_allowed);
  CHECK(nodes.refusal("/troupe/api/release", "act", http_method::post, "[1]") == errc::malformed);
  CHECK(nodes.refusal("/troupe/api/release", "act", http_method::post, "{") == errc::malformed);
  CHECK(nodes.refusal("/troupe/api/release?id=1", "act", http_method::post, "{}") ==
        errc::malformed);
  CHECK(nodes.refusal("/troupe/api/status", "act", http_method::del) == errc::method_not_allowed);
  CHECK(nodes.asked.empty());
  REQUIRE(
      nodes.ask("/troupe/api/release", "act", http_method::post, R"({"context":"a.b","id":1})"));
  CHECK(nodes.asked.back().arguments == value{value::object{{"context", "a.b"}, {"id", 1}}});
}

TEST_CASE("the list of verbs says what the caller may do, and a node's refusal is handed on") {
  two_nodes nodes;
  const auto all = parse_json(nodes.ask("/troupe/api", "look")->body).value();
  CHECK(*all.find("role") == value{"inspect"});
  CHECK(all.find("verbs")->get_if<value::array>()->size() == admin_verbs().size());
  nodes.cluster.node_says = [](const admin_call&) -> result<value> {
    return fail(errc::unknown_command, "an old node");
  };
  CHECK(nodes.refusal("/troupe/api/shards") == errc::unknown_command);
}
