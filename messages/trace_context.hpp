#pragma once

#include "messages/error.hpp"
#include "messages/ids.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// Which distributed trace something belongs to (W3C Trace Context): the trace, and the span that
/// is its parent. A turn's own span follows from its command's id, so nothing else has to be kept
/// for parents and children to be right.
struct trace_context {
  std::uint64_t trace_high = 0;
  std::uint64_t trace_low = 0;
  std::uint64_t span = 0; ///< of whoever sent this
  std::uint8_t flags = 0; ///< bit 0: the caller records this trace

  bool operator==(const trace_context&) const = default;
  [[nodiscard]] bool given() const { return (trace_high | trace_low) != 0; }

  /// What a turn hands on: the same trace, with the turn's span as the parent. Not given if this
  /// is not.
  [[nodiscard]] trace_context handed_on_by(command_id turn) const;

  [[nodiscard]] std::string trace_text() const; ///< 32 hexadecimal digits; empty if not given
  [[nodiscard]] std::string span_text() const;  ///< 16 hexadecimal digits; empty if not given

  static constexpr std::size_t bytes_size = 25;
  /// As on the wire and in journals: trace, span, flags, big-endian.
  [[nodiscard]] std::array<char, bytes_size> bytes() const;
  /// Nothing if these are no such bytes, or name no trace or span.
  [[nodiscard]] static std::optional<trace_context> from_bytes(std::string_view bytes);
};

/// The span of a turn: follows from its command's id, never 0.
[[nodiscard]] std::uint64_t span_of(command_id turn);

/// A `traceparent` header, of any version that later ones promise to stay readable as;
/// `malformed` if it is none. Flags that this build does not know are left out.
[[nodiscard]] result<trace_context> parse_traceparent(std::string_view text);
/// The header of version 00; empty if no trace is given.
[[nodiscard]] std::string traceparent_text(const trace_context& from);

/// " trace=…" for the end of a line about a command; empty if it has no trace.
[[nodiscard]] std::string trace_note(const trace_context& from);

} // namespace troupe
