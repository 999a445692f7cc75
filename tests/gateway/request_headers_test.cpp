#include "net/gateway/request_headers.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::gateway;

TEST_CASE("links are made from a Host header only if it is a host") {
  CHECK(*link_base("room:8080") == "http://room:8080");
  CHECK(*link_base("[::1]:80") == "http://[::1]:80");
  CHECK(link_base("")->empty());
  CHECK(link_base("a\"b").error().code == errc::malformed);
  CHECK(link_base("a/b").error().code == errc::malformed);
  CHECK(link_base(std::string(256, 'a')).error().code == errc::malformed);
}

TEST_CASE("a body is JSON or unnamed") {
  for (const auto* type :
       {"", "application/json", "Application/JSON; charset=utf-8", "*/*", "application/hal+json"})
    CHECK(check_content_type(type));
  for (const auto* type : {"text/plain", "application/x-www-form-urlencoded", "application/jsonx"})
    CHECK(check_content_type(type).error().code == errc::malformed);
}

TEST_CASE("an idempotency key names one command per scope") {
  CHECK(*keyed_command("POST /a", "k") == *keyed_command("POST /a", "k"));
  CHECK(*keyed_command("POST /a", "k") != *keyed_command("POST /b", "k"));
  CHECK(keyed_command("s", std::string(200, 'k')));
  CHECK(keyed_command("s", std::string(201, 'k')).error().code == errc::malformed);
  CHECK(keyed_command("s", "").error().code == errc::malformed);
  CHECK(keyed_command("s", "\x80").error().code == errc::malformed);
}

TEST_CASE("deadlines are one millisecond to one minute") {
  CHECK(*read_deadline("60000") == std::chrono::milliseconds{60'000});
  for (const auto* text : {"0", "60001", "-1", "1s", "99999999999"})
    CHECK(read_deadline(text).error().code == errc::malformed);
}

TEST_CASE("the caller's correlation is its own id, else its trace, if fit to be echoed") {
  const auto trace = caller_trace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  CHECK(traceparent_text(trace) == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  CHECK(caller_correlation("mine", trace) == "mine");
  CHECK(caller_correlation("", trace) == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(caller_correlation("with \" quote", {}) == std::nullopt);
  for (const std::string& none :
       {std::string{}, std::string{"00-zzz"}, "00-" + std::string(32, '0') + "-00f067aa0ba902b7-01",
        std::string(55, '\n')}) {
    CHECK_FALSE(caller_trace(none).given());
    CHECK(caller_correlation("", caller_trace(none)) == std::nullopt);
  }
}
