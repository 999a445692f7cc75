#include "bin/cli/plain_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace troupe::cli {
namespace {

struct code_point {
  char32_t value = 0;
  std::size_t bytes = 0; ///< 0: the byte at hand is no UTF-8
};

/// Decodes one code point; refuses overlong forms, surrogates and what is cut off.
code_point decode(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  char32_t value = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return {};
    value = (value << 6U) | (byte(i) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return {};
  return {value, length};
}

bool within(char32_t value, char32_t first, char32_t last) {
  return value >= first && value <= last;
}

bool unsafe(char32_t value) {
  return value < 0x20 || within(value, 0x7f, 0x9f) || within(value, 0x200b, 0x200f) ||
         within(value, 0x2028, 0x202e) || within(value, 0x2066, 0x2069) || value == 0xfeff;
}

bool wide(char32_t value) {
  return within(value, 0x1100, 0x115f) || within(value, 0x2e80, 0xa4cf) ||
         within(value, 0xac00, 0xd7a3) || within(value, 0xf900, 0xfaff) ||
         within(value, 0xfe30, 0xfe6f) || within(value, 0xff00, 0xff60) ||
         within(value, 0xffe0, 0xffe6) || within(value, 0x1f300, 0x1faff) ||
         within(value, 0x20000, 0x3fffd);
}

void append_escape(std::string& out, char32_t value, bool byte) {
  if (value == '\n')
    out += "\\n";
  else if (value == '\t')
    out += "\\t";
  else if (value == '\r')
    out += "\\r";
  else {
    std::array<char, 16> text{};
    const bool short_form = byte || value < 0x80;
    std::snprintf(text.data(), text.size(), short_form ? "\\x%02x" : "\\u%04x",
                  static_cast<unsigned>(value));
    out += text.data();
  }
}

} // namespace

std::string plain_line(std::string_view from) {
  std::string out;
  out.reserve(from.size());
  while (!from.empty()) {
    const code_point next = decode(from);
    if (next.bytes == 0) {
      append_escape(out, static_cast<unsigned char>(from.front()), true);
      from.remove_prefix(1);
      continue;
    }
    if (unsafe(next.value))
      append_escape(out, next.value, false);
    else
      out += from.substr(0, next.bytes);
    from.remove_prefix(next.bytes);
  }
  return out;
}

std::size_t columns_of(std::string_view from) {
  std::size_t columns = 0;
  while (!from.empty()) {
    const code_point next = decode(from);
    const bool combining = within(next.value, 0x300, 0x36f);
    columns += next.bytes > 0 && combining ? 0U : wide(next.value) ? 2U : 1U;
    from.remove_prefix(std::max<std::size_t>(next.bytes, 1));
  }
  return columns;
}

std::string time_text(std::int64_t wall_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> at{milliseconds{wall_ms}};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss<milliseconds> time{at - day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text.data();
}

std::string duration_text(std::int64_t ms) {
  const auto pair = [](std::int64_t big, const char* big_unit, std::int64_t small,
                       const char* small_unit) {
    return std::to_string(big) + ' ' + big_unit + ' ' + std::to_string(small) + ' ' + small_unit;
  };
  if (ms < 1'000) return std::to_string(ms) + " ms";
  if (ms < 60'000) return std::to_string(ms / 1'000) + '.' + std::to_string(ms / 100 % 10) + " s";
  const std::int64_t minutes = ms / 60'000;
  if (minutes < 60) return pair(minutes, "m", ms / 1'000 % 60, "s");
  if (minutes < 24 * 60) return pair(minutes / 60, "h", minutes % 60, "m");
  return pair(minutes / (24 * 60), "d", minutes / 60 % 24, "h");
}

} // namespace troupe::cli
