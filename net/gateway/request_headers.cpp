#include "net/gateway/request_headers.hpp"

#include "messages/envelope.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace troupe::gateway {
namespace {

constexpr std::size_t host_bytes_max = 255;

[[nodiscard]] bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
}

[[nodiscard]] std::string lower(std::string_view text) {
  std::string to{text};
  std::transform(to.begin(), to.end(), to.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return to;
}

} // namespace

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

result<std::string> link_base(std::string_view host) {
  if (host.empty()) return std::string{};
  if (host.size() > host_bytes_max || !std::all_of(host.begin(), host.end(), is_host_character))
    return fail(errc::malformed, "the Host header is no host name");
  return "http://" + std::string{host};
}

result<void> check_content_type(std::string_view content_type) {
  if (content_type.empty()) return {};
  std::string type = lower(content_type.substr(0, content_type.find(';')));
  type.erase(type.find_last_not_of(" \t") + 1);
  const bool json_like = type.rfind("application/", 0) == 0 && type.size() > 5 &&
                         type.compare(type.size() - 5, 5, "+json") == 0;
  if (type == "application/json" || type == "*/*" || json_like) return {};
  return fail(errc::malformed, "the body must be JSON: send Content-Type: application/json");
}

result<command_id> keyed_command(std::string_view scope, std::string_view key) {
  if (key.empty() || key.size() > idempotency_key_bytes_max || !is_printable(key))
    return fail(errc::malformed, "Idempotency-Key must be 1 to 200 printable ASCII characters");
  return command_id::named(scope, key);
}

result<std::chrono::milliseconds> read_deadline(std::string_view text) {
  std::uint32_t ms = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, ms);
  if (failed != std::errc{} || stop != end || ms < 1 || ms > deadline_ms_max)
    return fail(errc::malformed, "X-Deadline-Ms must be from 1 to 60000");
  return std::chrono::milliseconds{ms};
}

trace_context caller_trace(std::string_view traceparent) {
  if (traceparent.empty()) return {};
  const auto read = parse_traceparent(traceparent);
  return read ? *read : trace_context{};
}

std::optional<std::string> caller_correlation(std::string_view correlation_id,
                                              const trace_context& trace) {
  if (!correlation_id.empty() && correlation_id.size() <= correlation_bytes_max &&
      is_printable(correlation_id) &&
      correlation_id.find_first_of("\"\\") == std::string_view::npos)
    return std::string{correlation_id};
  if (!trace.given()) return {};
  return trace.trace_text();
}

} // namespace troupe::gateway
