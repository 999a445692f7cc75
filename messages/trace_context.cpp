#include "messages/trace_context.hpp"

#include <algorithm>

namespace troupe {
namespace {

constexpr std::size_t header_bytes = 55; ///< of version 00, and at least of later ones
constexpr std::size_t trace_at = 3;
constexpr std::size_t span_at = 36;
constexpr std::size_t flags_at = 53;
constexpr std::uint64_t flags_known = 0x03; ///< sampled; made at random

std::optional<std::uint64_t> hex(std::string_view digits) {
  std::uint64_t number = 0;
  for (const char c : digits) {
    const bool letter = c >= 'a' && c <= 'f';
    if (!letter && (c < '0' || c > '9')) return std::nullopt;
    number = number << 4U | static_cast<std::uint64_t>(letter ? c - 'a' + 10 : c - '0');
  }
  return number;
}

void append_hex(std::string& to, std::uint64_t number, unsigned digits) {
  static constexpr std::string_view letters = "0123456789abcdef";
  for (unsigned shift = digits * 4; shift > 0;) {
    shift -= 4;
    to.push_back(letters[(number >> shift) & 0xfU]);
  }
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes)
    number = number << 8U | static_cast<unsigned char>(c);
  return number;
}

} // namespace

std::uint64_t span_of(command_id turn) {
  return std::max<std::uint64_t>(content_hash("span", turn.high ^ content_hash("", turn.low)), 1);
}

trace_context trace_context::handed_on_by(command_id turn) const {
  if (!given()) return {};
  return {trace_high, trace_low, span_of(turn), flags};
}

std::string trace_context::trace_text() const {
  std::string text;
  if (!given()) return text;
  append_hex(text, trace_high, 16);
  append_hex(text, trace_low, 16);
  return text;
}

std::string trace_context::span_text() const {
  std::string text;
  if (given()) append_hex(text, span, 16);
  return text;
}

std::array<char, trace_context::bytes_size> trace_context::bytes() const {
  std::array<char, bytes_size> to{};
  std::size_t at = 0;
  for (const std::uint64_t number : {trace_high, trace_low, span})
    for (unsigned shift = 64; shift > 0;) {
      shift -= 8;
      to[at++] = static_cast<char>(number >> shift);
    }
  to[at] = static_cast<char>(flags);
  return to;
}

std::optional<trace_context> trace_context::from_bytes(std::string_view bytes) {
  if (bytes.size() != bytes_size) return std::nullopt;
  const trace_context read{big_endian(bytes.substr(0, 8)), big_endian(bytes.substr(8, 8)),
                           big_endian(bytes.substr(16, 8)),
                           static_cast<std::uint8_t>(bytes.back())};
  if (!read.given() || read.span == 0) return std::nullopt;
  return read;
}

result<trace_context> parse_traceparent(std::string_view text) {
  const auto wrong = [](std::string_view what) {
    return fail(errc::malformed, "traceparent: " + std::string{what} +
                                     "; expected is 00-<32 hex digits>-<16 hex digits>-<2 hex "
                                     "digits>, in lower case");
  };
  if (text.size() < header_bytes) return wrong("too short");
  const auto version = hex(text.substr(0, 2));
  if (!version || *version == 0xff) return wrong("no such version");
  if (text.size() > header_bytes && (*version == 0 || text[header_bytes] != '-'))
    return wrong("too long");
  for (const std::size_t dash : {trace_at - 1, span_at - 1, flags_at - 1})
    if (text[dash] != '-') return wrong("its parts are not where they belong");
  const auto high = hex(text.substr(trace_at, 16));
  const auto low = hex(text.substr(trace_at + 16, 16));
  const auto span = hex(text.substr(span_at, 16));
  const auto flags = hex(text.substr(flags_at, 2));
  if (!high || !low || !span || !flags) return wrong("not all are hexadecimal digits");
  if ((*high | *low) == 0) return wrong("the trace id is 0");
  if (*span == 0) return wrong("the parent id is 0");
  return trace_context{*high, *low, *span, static_cast<std::uint8_t>(*flags & flags_known)};
}

std::string traceparent_text(const trace_context& from) {
  if (!from.given()) return {};
  std::string text = "00-" + from.trace_text() + '-' + from.span_text() + '-';
  append_hex(text, from.flags, 2);
  return text;
}

std::string trace_note(const trace_context& from) {
  return from.given() ? " trace=" + from.trace_text() : std::string{};
}

} // namespace troupe
