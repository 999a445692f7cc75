#include "net/gateway/error_body.hpp"

#include "messages/json.hpp"
#include "messages/value.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace troupe::gateway {
namespace {

struct phrase {
  std::uint16_t status;
  std::string_view text;
};
constexpr phrase phrases[] = {{200, "OK"},
                              {201, "Created"},
                              {204, "No Content"},
                              {304, "Not Modified"},
                              {308, "Permanent Redirect"},
                              {400, "Bad Request"},
                              {401, "Unauthorized"},
                              {403, "Forbidden"},
                              {404, "Not Found"},
                              {405, "Method Not Allowed"},
                              {408, "Request Timeout"},
                              {409, "Conflict"},
                              {410, "Gone"},
                              {413, "Payload Too Large"},
                              {422, "Unprocessable Entity"},
                              {429, "Too Many Requests"},
                              {431, "Request Header Fields Too Large"},
                              {500, "Internal Server Error"},
                              {501, "Not Implemented"},
                              {502, "Bad Gateway"},
                              {503, "Service Unavailable"},
                              {504, "Gateway Timeout"},
                              {507, "Insufficient Storage"}};

[[nodiscard]] std::string_view outcome_name(outcome effect) {
  switch (effect) {
  case outcome::not_applied:
    return "not applied";
  case outcome::applied:
    return "applied";
  case outcome::unknown:
    return "unknown";
  }
  return "unknown";
}

} // namespace

std::string error_body(const error& failure, const failure_place& where) {
  const error_info& known = info(failure.code);
  const std::uint16_t status = where.status != 0 ? where.status : known.http_status;
  value::object body;
  body.reserve(7);
  body.emplace_back("timestamp", iso_time(where.now));
  body.emplace_back("status", std::int64_t{status});
  body.emplace_back("error", reason_phrase(status));
  body.emplace_back("message", failure.message.empty() ? known.meaning : failure.message);
  body.emplace_back("path", where.path);
  body.emplace_back("code", failure.shown_code());
  body.emplace_back("outcome", outcome_name(known.effect));
  return to_json(value{std::move(body)});
}

std::string_view reason_phrase(std::uint16_t status) {
  for (const auto& each : phrases)
    if (each.status == status) return each.text;
  return "Error";
}

std::string iso_time(wall_ms at) {
  const std::time_t seconds = at / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 24> day{};
  const std::size_t length = std::strftime(day.data(), day.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ", static_cast<int>(at % 1000));
  return std::string{day.data(), length} + fraction.data();
}

std::int32_t retry_after_seconds(const error& failure) {
  return std::max(1, failure.retry_after_ms / 1000 + (failure.retry_after_ms % 1000 > 0 ? 1 : 0));
}

} // namespace troupe::gateway
