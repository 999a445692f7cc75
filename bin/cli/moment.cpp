#include "bin/cli/moment.hpp"

#include "bin/cli/invocation.hpp"

#include <chrono>
#include <limits>
#include <optional>
#include <string>

namespace troupe::cli {
namespace {

error not_a_moment(std::string_view text) {
  return fail(errc::malformed, "'" + std::string{text} +
                                   "' is neither a turn (17), nor a time ago (-5m), nor a time "
                                   "such as 2026-11-20T13:15:04Z");
}

/// Reads digits and what follows them, from left to right.
class time_reader {
public:
  explicit time_reader(std::string_view text) : text_(text) {}
  [[nodiscard]] bool number(std::size_t digits, int& to) {
    if (text_.size() < digits) return false;
    to = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return false;
      to = to * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(digits);
    return true;
  }
  [[nodiscard]] bool one_of(std::string_view allowed, char* which = nullptr) {
    if (text_.empty() || allowed.find(text_.front()) == std::string_view::npos) return false;
    if (which != nullptr) *which = text_.front();
    text_.remove_prefix(1);
    return true;
  }
  /// Up to three digits behind a point count; more are left out.
  [[nodiscard]] bool fraction_ms(int& to) {
    to = 0;
    if (!one_of(".")) return true;
    int place = 100;
    int digit = 0;
    bool any = false;
    for (; number(1, digit); place /= 10, any = true)
      to += digit * place;
    return any;
  }
  [[nodiscard]] bool over() const { return text_.empty(); }

private:
  std::string_view text_;
};

std::optional<std::int64_t> rfc3339_ms(std::string_view text) {
  using namespace std::chrono;
  time_reader in{text};
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, ms = 0;
  const bool read = in.number(4, y) && in.one_of("-") && in.number(2, mo) && in.one_of("-") &&
                    in.number(2, d) && in.one_of("Tt ") && in.number(2, h) && in.one_of(":") &&
                    in.number(2, mi) && in.one_of(":") && in.number(2, s) && in.fraction_ms(ms);
  char zone = 0;
  if (!read || !in.one_of("Zz+-", &zone)) return std::nullopt;
  int away = 0;
  if (zone == '+' || zone == '-') {
    int hours_away = 0, minutes_away = 0;
    if (!in.number(2, hours_away) || !in.one_of(":") || !in.number(2, minutes_away) ||
        hours_away > 23 || minutes_away > 59)
      return std::nullopt;
    away = (zone == '-' ? -1 : 1) * (hours_away * 60 + minutes_away);
  }
  const year_month_day day{year{y}, month{static_cast<unsigned>(mo)},
                           std::chrono::day{static_cast<unsigned>(d)}};
  if (!in.over() || !day.ok() || h > 23 || mi > 59 || s > 60) return std::nullopt;
  const auto at =
      sys_days{day} + hours{h} + minutes{mi} + seconds{s} + milliseconds{ms} - minutes{away};
  return duration_cast<milliseconds>(at.time_since_epoch()).count();
}

/// What options take as a time, and hours and days: a story may be long.
std::optional<std::int64_t> ms_of(std::string_view duration) {
  constexpr std::int64_t hour_ms = 3'600'000;
  constexpr std::int64_t amount_max = 100'000;
  if (const auto brief = parse_duration(duration)) return brief->count();
  const bool days = duration.ends_with("d");
  if (!days && !duration.ends_with("h")) return std::nullopt;
  const auto amount = parse_number(duration.substr(0, duration.size() - 1), 1, amount_max);
  if (!amount) return std::nullopt;
  return *amount * hour_ms * (days ? 24 : 1);
}

} // namespace

result<moment> parse_moment(std::string_view text, std::int64_t now_ms) {
  if (text.starts_with("-")) {
    const auto ago = ms_of(text.substr(1));
    if (!ago) return not_a_moment(text);
    return moment{true, now_ms - *ago};
  }
  if (const auto turn = parse_number(text, 1, std::numeric_limits<std::int64_t>::max()))
    return moment{false, *turn};
  if (const auto at = rfc3339_ms(text)) return moment{true, *at};
  return not_a_moment(text);
}

} // namespace troupe::cli
