#include "net/gateway/request_target.hpp"

#include <algorithm>
#include <cstdint>

namespace troupe::gateway {
namespace {

constexpr std::size_t shown_path_bytes_max = 256;

[[nodiscard]] int hex_digit(char from) {
  if (from >= '0' && from <= '9') return from - '0';
  if (from >= 'a' && from <= 'f') return from - 'a' + 10;
  if (from >= 'A' && from <= 'F') return from - 'A' + 10;
  return -1;
}

/// Length of the UTF-8 sequence at `at`, 0 if it is none (overlong forms and surrogates included).
[[nodiscard]] std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const std::uint8_t first = byte(at);
  const std::uint8_t second = byte(at + 1);
  if (first < 0x80U) return 1;
  if (first >= 0xc2U && first < 0xe0U) return follows(at + 1) ? 2 : 0;
  if (first >= 0xe0U && first < 0xf0U) {
    const bool overlong = first == 0xe0U && second < 0xa0U;
    const bool surrogate = first == 0xedU && second > 0x9fU;
    return follows(at + 1) && follows(at + 2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0U && first < 0xf5U) {
    const bool overlong = first == 0xf0U && second < 0x90U;
    const bool too_big = first == 0xf4U && second > 0x8fU;
    return follows(at + 1) && follows(at + 2) && follows(at + 3) && !overlong && !too_big ? 4 : 0;
  }
  return 0;
}

[[nodiscard]] bool is_clean_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<std::uint8_t>(text[at]);
    if (first < 0x20U || first == 0x7fU) return false;
    const std::size_t length = utf8_length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

[[nodiscard]] result<void> split_path(std::string_view path, request_target& to) {
  path.remove_prefix(1);
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end == 0) return fail(errc::malformed, "the path has an empty part");
    if (to.segments.size() == path_segments_max) return fail(errc::not_found, "no such resource");
    auto decoded = percent_decoded(path.substr(0, end), false);
    if (!decoded) return decoded.error();
    to.segments.push_back(std::move(*decoded));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return {};
}

[[nodiscard]] result<void> split_query(std::string_view query, request_target& to) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    if (to.parameters.size() == query_parameters_max)
      return fail(errc::malformed, "more than 32 query parameters");
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = percent_decoded(pair.substr(0, equals), true);
    if (!name) return name.error();
    auto text = percent_decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!text) return text.error();
    if (to.parameter(*name) != nullptr)
      return fail(errc::malformed, "query parameter '" + *name + "' is given twice");
    to.parameters.emplace_back(std::move(*name), std::move(*text));
  }
  return {};
}

} // namespace

const std::string* request_target::parameter(std::string_view name) const {
  for (const auto& [key, text] : parameters)
    if (key == name) return &text;
  return nullptr;
}

std::string request_target::path() const {
  std::string joined;
  for (const auto& segment : segments)
    joined.append("/").append(segment);
  return joined.empty() ? "/" : joined;
}

result<request_target> parse_target(std::string_view raw) {
  if (raw.empty() || raw.front() != '/')
    return fail(errc::malformed, "the request target must start with '/'");
  const std::size_t mark = std::min(raw.find('?'), raw.size());
  request_target to;
  if (auto done = split_path(raw.substr(0, mark), to); !done) return done.error();
  std::string_view query = raw.substr(std::min(mark + 1, raw.size()));
  query = query.substr(0, query.find('#'));
  if (auto done = split_query(query, to); !done) return done.error();
  return to;
}

result<std::string> percent_decoded(std::string_view raw, bool in_query) {
  std::string text;
  text.reserve(raw.size());
  for (std::size_t at = 0; at < raw.size(); ++at) {
    if (raw[at] == '+' && in_query) {
      text.push_back(' ');
    } else if (raw[at] == '%') {
      const int high = at + 2 < raw.size() ? hex_digit(raw[at + 1]) : -1;
      const int low = at + 2 < raw.size() ? hex_digit(raw[at + 2]) : -1;
      if (high < 0 || low < 0) return fail(errc::malformed, "a '%' escape is not two hex digits");
      text.push_back(static_cast<char>(high * 16 + low));
      at += 2;
    } else {
      text.push_back(raw[at]);
    }
  }
  if (!is_clean_text(text))
    return fail(errc::malformed, "the request target has control characters or bad UTF-8");
  return text;
}

std::string percent_encoded(std::string_view raw) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  text.reserve(raw.size());
  for (const char c : raw) {
    const auto byte = static_cast<std::uint8_t>(c);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || c == '-' || c == '.' || c == '_' || c == '~') {
      text.push_back(c);
    } else {
      text.push_back('%');
      text.push_back(digits[byte >> 4U]);
      text.push_back(digits[byte & 0xfU]);
    }
  }
  return text;
}

std::string shown_path(std::string_view raw_target) {
  std::string shown{raw_target.substr(0, raw_target.find('?')).substr(0, shown_path_bytes_max)};
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c <= 0x20 || c >= 0x7f; }, '?');
  return shown;
}

} // namespace troupe::gateway
