#pragma once

#include "messages/error.hpp"

namespace troupe::cli {

/// What the process says to its caller; one meaning each (docs/cli.md, "Exit codes").
/// Errors of the system bring their own code (`info(errc).exit_code`), from the same list.
enum class exit_code : int {
  done = 0,
  bug = 1,
  usage = 2,
  cannot_connect = 3,
  not_allowed = 4,
  not_found = 5,
  timeout = 6,
  conflict = 7,
  refused = 8,
  degraded = 9,
  partly_done = 10,
  check_warning = 11,
  check_critical = 12,
  damage = 13,
  interrupted = 130,
  terminated = 143,
};

/// The list above with its meanings, for help and docs.
struct exit_code_info {
  exit_code code;
  const char* meaning;
};
inline constexpr exit_code_info exit_codes[] = {
    {exit_code::done, "done, or condition met"},
    {exit_code::bug, "unexpected error (a fault of the software)"},
    {exit_code::usage, "wrong arguments or configuration"},
    {exit_code::cannot_connect, "cannot connect"},
    {exit_code::not_allowed, "not allowed (authentication or permission)"},
    {exit_code::not_found, "not found"},
    {exit_code::timeout, "out of time; the message says what is known of the effect"},
    {exit_code::conflict, "conflict: refused by the business, or the command id was used before"},
    {exit_code::refused, "refused for now: overloaded, stopped, breaker open"},
    {exit_code::degraded, "the target is quarantined or degraded"},
    {exit_code::partly_done, "partly done (the list is in the output)"},
    {exit_code::check_warning, "check failed: warning"},
    {exit_code::check_critical, "check failed: critical (also a tour that did not come out)"},
    {exit_code::damage, "stored data is damaged"},
    {exit_code::interrupted, "cut short by Ctrl-C"},
    {exit_code::terminated, "cut short by SIGTERM"},
};

} // namespace troupe::cli
