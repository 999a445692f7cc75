#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace troupe {

/// Every way a request can fail, the same for C++, the wire, HTTP and the command line.
/// A context's own business refusals are `rejected` plus a reason of its own language.
enum class errc : std::uint8_t {
  malformed = 1,
  too_large,
  unsupported_version,
  unknown_context,
  unknown_command,
  method_not_allowed,
  not_found,
  rejected,
  idempotency_conflict,
  voided,
  overloaded,
  context_down,
  circuit_open,
  callee_failed,
  ask_timeout,
  deadline_exceeded,
  timeout,
  unreachable,
  outcome_unknown,
  aggregate_crashed,
  quarantined,
  shutting_down,
  not_owner,
  fenced,
  storage_full,
  storage_failed,
  storage_locked,
  wrong_format,
  wrong_owner,
  corrupt,
  position_gone,
  unauthorized,
  rate_limited,
  dead_lettered,
  internal,
};

/// What the caller knows about the effect of a failed command.
enum class outcome : std::uint8_t { not_applied, applied, unknown };

/// What to do with the same request after this error.
enum class retry : std::uint8_t {
  never,      ///< the same request fails again
  same_id,    ///< send it again with the same command id
  new_command ///< this command is over; the caller may start a new one
};

/// One row of the table behind docs, HTTP statuses and exit codes.
struct error_info {
  errc code;
  std::string_view name; ///< stable code of the wire, e.g. "NOT_FOUND"
  std::uint16_t http_status;
  std::uint8_t exit_code; ///< of the command line tools
  retry again;
  outcome effect;
  std::string_view meaning;
};

[[nodiscard]] std::span<const error_info> error_table();
[[nodiscard]] const error_info& info(errc code);
[[nodiscard]] std::optional<errc> errc_named(std::string_view name);

/// Where a shard is, as a redirect (`not_owner`) tells it.
struct moved_place {
  std::string endpoint;    ///< of the owner; empty: nobody has it at the moment
  std::uint64_t epoch = 0; ///< of that ownership; a place of a higher one is newer
  bool operator==(const moved_place&) const = default;
};

/// A failure as a value: code, the context's own reason where the business refused, and a sentence.
struct error {
  errc code = errc::internal;
  std::string reason;                 ///< e.g. "INVALID_TRANSITION"; empty unless `rejected`
  std::string message;                ///< says what failed and what to do
  std::int32_t retry_after_ms = 0;    ///< a hint; 0 = none
  std::optional<moved_place> moved{}; ///< with `not_owner` only

  bool operator==(const error&) const = default;
  /// The name shown to people and clients: the reason if there is one, else the code's.
  [[nodiscard]] std::string_view shown_code() const {
    return reason.empty() ? info(code).name : std::string_view{reason};
  }
};

[[nodiscard]] inline error fail(errc code, std::string message) {
  return {code, {}, std::move(message), 0};
}

/// Either a value or an error. `value()` on an error is a programming fault and throws.
template <class T> class [[nodiscard]] result {
public:
  result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  result(troupe::error failure) : held_(std::in_place_index<1>, std::move(failure)) {}

  [[nodiscard]] bool ok() const { return held_.index() == 0; }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] T& value() & { return std::get<0>(held_); }
  [[nodiscard]] const T& value() const& { return std::get<0>(held_); }
  [[nodiscard]] T&& value() && { return std::get<0>(std::move(held_)); }
  [[nodiscard]] const troupe::error& error() const { return std::get<1>(held_); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

private:
  std::variant<T, troupe::error> held_;
};

/// Success without a value, or an error.
template <> class [[nodiscard]] result<void> {
public:
  result() = default;
  result(troupe::error failure) : failure_(std::move(failure)) {}

  [[nodiscard]] bool ok() const { return !failure_.has_value(); }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const troupe::error& error() const { return failure_.value(); }

private:
  std::optional<troupe::error> failure_;
};

} // namespace troupe
