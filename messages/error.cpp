#include "messages/error.hpp"

#include <array>

namespace troupe {
namespace {

/// Exit codes of the command line tools (docs/errors.md says what each group means).
enum exit_code : std::uint8_t {
  exit_bug = 1,
  exit_usage = 2,
  exit_connect = 3,
  exit_not_allowed = 4,
  exit_absent = 5,
  exit_timeout = 6,
  exit_conflict = 7,
  exit_refused = 8,
  exit_degraded = 9,
  exit_damage = 13,
};

constexpr auto never = retry::never;
constexpr auto same_id = retry::same_id;
constexpr auto new_command = retry::new_command;
constexpr auto not_applied = outcome::not_applied;
constexpr auto unknown = outcome::unknown;

constexpr std::array table{
    error_info{errc::malformed, "MALFORMED", 400, exit_usage, never, not_applied,
               "the request cannot be read; the message names the field or byte"},
    error_info{errc::too_large, "TOO_LARGE", 413, exit_usage, never, not_applied,
               "the request or a part of it is over a limit"},
    error_info{errc::unsupported_version, "UNSUPPORTED_VERSION", 400, exit_usage, never,
               not_applied, "the other side does not speak this version or kind of message"},
    error_info{errc::unknown_context, "UNKNOWN_CONTEXT", 404, exit_absent, never, not_applied,
               "there is no context of this name"},
    error_info{errc::unknown_command, "UNKNOWN_COMMAND", 404, exit_absent, never, not_applied,
               "the context has no command or query of this name"},
    error_info{errc::method_not_allowed, "METHOD_NOT_ALLOWED", 405, exit_usage, never, not_applied,
               "the resource exists but does not offer this verb"},
    error_info{errc::not_found, "NOT_FOUND", 404, exit_absent, never, not_applied,
               "there is no such aggregate or row"},
    error_info{errc::rejected, "REJECTED", 409, exit_conflict, never, not_applied,
               "the business refused; the reason is the context's own word"},
    error_info{errc::idempotency_conflict, "IDEMPOTENCY_CONFLICT", 422, exit_conflict, never,
               not_applied, "the command id was used before for a different command"},
    error_info{errc::voided, "VOIDED", 409, exit_conflict, new_command, not_applied,
               "the asking side gave this command up before it arrived"},
    error_info{errc::overloaded, "OVERLOADED", 429, exit_refused, same_id, not_applied,
               "a queue is full or work is waiting too long; wait and send again"},
    error_info{errc::context_down, "CONTEXT_DOWN", 503, exit_refused, same_id, not_applied,
               "the context is stopped or starting"},
    error_info{errc::circuit_open, "CIRCUIT_OPEN", 503, exit_refused, new_command, not_applied,
               "the breaker to another context is open, so it was not asked"},
    error_info{errc::callee_failed, "CALLEE_FAILED", 503, exit_refused, new_command, not_applied,
               "another context could not do its part; the command was undone"},
    error_info{errc::ask_timeout, "ASK_TIMEOUT", 504, exit_timeout, new_command, not_applied,
               "another context did not answer in time; the command was undone"},
    error_info{errc::deadline_exceeded, "DEADLINE_EXCEEDED", 504, exit_timeout, same_id,
               not_applied, "the caller's time was over before the command ran; it was dropped"},
    error_info{errc::timeout, "TIMEOUT", 504, exit_timeout, same_id, unknown,
               "no answer came in time; the command may have been applied"},
    error_info{errc::unreachable, "UNREACHABLE", 503, exit_connect, same_id, not_applied,
               "no node could be reached; nothing was sent"},
    error_info{errc::outcome_unknown, "OUTCOME_UNKNOWN", 503, exit_timeout, same_id, unknown,
               "the answer was lost with a failed commit or a lost owner"},
    error_info{errc::aggregate_crashed, "AGGREGATE_CRASHED", 500, exit_bug, never, not_applied,
               "the aggregate crashed on this command; its state is as before"},
    error_info{errc::quarantined, "QUARANTINED", 503, exit_degraded, never, not_applied,
               "the aggregate or command is set aside until an operator releases it"},
    error_info{errc::shutting_down, "SHUTTING_DOWN", 503, exit_refused, same_id, not_applied,
               "the node is leaving; another one takes over"},
    error_info{errc::not_owner, "NOT_OWNER", 503, exit_refused, same_id, not_applied,
               "another node owns the shard"},
    error_info{errc::fenced, "FENCED", 503, exit_refused, same_id, not_applied,
               "the node lost the shard before it could commit"},
    error_info{errc::storage_full, "STORAGE_FULL", 507, exit_refused, same_id, not_applied,
               "there is no space left for the journal"},
    error_info{errc::storage_failed, "STORAGE_FAILED", 503, exit_degraded, same_id, unknown,
               "the disk or file system failed; the shard is reopened"},
    error_info{errc::storage_locked, "STORAGE_LOCKED", 503, exit_refused, same_id, not_applied,
               "another process holds the storage"},
    error_info{errc::wrong_format, "WRONG_FORMAT", 500, exit_damage, never, not_applied,
               "the file is of a version that this build does not read"},
    error_info{errc::wrong_owner, "WRONG_OWNER", 500, exit_damage, never, not_applied,
               "the file belongs to another context or shard"},
    error_info{errc::corrupt, "CORRUPT", 500, exit_damage, never, not_applied,
               "stored data fails its checks; restore it or rebuild what is derived"},
    error_info{errc::position_gone, "POSITION_GONE", 410, exit_absent, never, not_applied,
               "the journal no longer has this position; start from a newer one"},
    error_info{errc::unauthorized, "UNAUTHORIZED", 401, exit_not_allowed, never, not_applied,
               "the caller has not shown that it may do this"},
    error_info{errc::rate_limited, "RATE_LIMITED", 429, exit_refused, same_id, not_applied,
               "the caller or the context is above its agreed rate; send again after the hint"},
    error_info{errc::dead_lettered, "DEAD_LETTERED", 503, exit_degraded, never, not_applied,
               "the command crashed its aggregate too often; an operator can retry or drop it"},
    error_info{errc::internal, "INTERNAL", 500, exit_bug, same_id, unknown,
               "a fault of the software; please report it"},
};

constexpr std::size_t position_of(errc code) {
  return static_cast<std::size_t>(code) - 1;
}

constexpr bool complete_and_in_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (position_of(table[i].code) != i) return false;
  return table.size() == position_of(errc::internal) + 1;
}
static_assert(complete_and_in_order(), "every errc needs its row, in the order of the enumeration");

} // namespace

std::span<const error_info> error_table() {
  return table;
}

const error_info& info(errc code) {
  const std::size_t position = position_of(code);
  return position < table.size() ? table[position] : table[position_of(errc::internal)];
}

std::optional<errc> errc_named(std::string_view name) {
  for (const error_info& row : table)
    if (row.name == name) return row.code;
  return std::nullopt;
}

} // namespace troupe
