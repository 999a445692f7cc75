#include "net/gateway/error_body.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::gateway;

TEST_CASE(
    "an error body has the five keys of the originals, a code and what is known of the effect") {
  error failure = fail(errc::rejected, "none is left");
  failure.reason = "SOLD_OUT";
  CHECK(error_body(failure, {"/shop/orders", 1'700'000'000'123, 0}) ==
        R"({"timestamp":"2023-11-14T22:13:20.123Z","status":409,"error":"Conflict",)"
        R"("message":"none is left","path":"/shop/orders","code":"SOLD_OUT",)"
        R"("outcome":"not applied"})");
}

TEST_CASE("an error without words gets those of the table, and an unknown effect says so") {
  const auto body = error_body(fail(errc::timeout, ""), {"/", 0, 0});
  CHECK(body.find(R"("outcome":"unknown")") != std::string::npos);
  CHECK(body.find("no answer came in time") != std::string::npos);
}

TEST_CASE("every error has a status with a reason phrase") {
  for (const auto& known : error_table())
    CHECK(reason_phrase(known.http_status) != "Error");
}

TEST_CASE("retry hints are whole seconds, rounded up, at least one") {
  error failure = fail(errc::overloaded, "");
  CHECK(retry_after_seconds(failure) == 1);
  failure.retry_after_ms = 1001;
  CHECK(retry_after_seconds(failure) == 2);
}
