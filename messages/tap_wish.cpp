#include "messages/tap_wish.hpp"

#include "messages/codec.hpp"
#include "messages/credit.hpp"
#include "messages/value.hpp"

#include <algorithm>

namespace troupe {
namespace {

constexpr std::size_t pattern_bytes_max = 256;

error not_allowed(const std::string& what) {
  return fail(errc::malformed, "tap: " + what);
}

} // namespace

std::string encode_tap_wish(const tap_wish& from) {
  return encode_value(value::object{{"context", from.context},
                                    {"sample", from.sample},
                                    {"most_per_s", from.most_per_s},
                                    {"for_ms", static_cast<std::int64_t>(from.lasts.count())},
                                    {"credit", from.credit}});
}

result<tap_wish> decode_tap_wish(std::string_view payload) {
  const auto said = decode_value(payload);
  if (!said) return said.error();
  tap_wish to;
  const auto number = [&](std::string_view name, std::int64_t preset) {
    const auto* held = said->find(name);
    if (held == nullptr) return preset;
    const auto* known = held->get_if<std::int64_t>();
    return known == nullptr ? std::int64_t{-1} : *known;
  };
  if (const auto* held = said->find("context")) {
    const auto* text = held->get_if<std::string>();
    if (text == nullptr || text->empty() || text->size() > pattern_bytes_max)
      return not_allowed("context is a pattern with * and ?, up to 256 bytes");
    to.context = *text;
  }
  if (const auto* held = said->find("sample")) {
    const auto* share = held->get_if<double>();
    const auto* whole = held->get_if<std::int64_t>();
    to.sample = share != nullptr ? *share : whole != nullptr ? static_cast<double>(*whole) : 0.0;
    if (!(to.sample > 0.0 && to.sample <= 1.0))
      return not_allowed("sample is over 0 and at most 1");
  }
  const auto most = number("most_per_s", to.most_per_s);
  if (most < 1 || most > tap_wish::most_per_s_max)
    return not_allowed("most_per_s is 1 to " + std::to_string(tap_wish::most_per_s_max));
  to.most_per_s = static_cast<std::uint32_t>(most);
  const auto lasts = number("for_ms", to.lasts.count());
  if (lasts < 1 || lasts > tap_wish::for_max.count())
    return not_allowed("for_ms is 1 to " + std::to_string(tap_wish::for_max.count()));
  to.lasts = std::chrono::milliseconds{lasts};
  to.credit = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(number("credit", to.credit), 1, credit_max));
  return to;
}

/// Goes back to the last `*` only: what was matched before it stays matched.
bool fits_pattern(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t star = std::string_view::npos;
  std::size_t behind_star = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      behind_star = i;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[i])) {
      ++at;
      ++i;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      i = ++behind_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

} // namespace troupe
