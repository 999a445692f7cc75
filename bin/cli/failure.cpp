#include "bin/cli/failure.hpp"

#include "bin/cli/plain_text.hpp"

#include <ostream>

namespace troupe::cli {

failure usage_failure(std::string what, std::string why, std::string next) {
  return {std::move(what), std::move(why), "USAGE", std::move(next),
          static_cast<int>(exit_code::usage)};
}

failure failed(std::string what, const error& cause, std::string next) {
  const error_info& row = info(cause.code);
  std::string why = cause.message.empty() ? std::string{row.meaning} : cause.message;
  return {std::move(what), std::move(why), std::string{cause.shown_code()},
          next.empty() ? advice(cause.code) : std::move(next), row.exit_code};
}

std::string advice(errc code) {
  switch (code) {
  case errc::unreachable:
    return "start a node with `troupe run`, or name a running one with --endpoint";
  case errc::unknown_context:
    return "`troupe context ls` lists the contexts of the node";
  case errc::unknown_command:
    return "the node may be of another version than this tool: `troupe version`, `troupe status`";
  case errc::unsupported_version:
    return "use the tool and the node of the same release";
  case errc::not_found:
    return "`troupe list CONTEXT` shows what there is";
  case errc::rejected:
    return "look at the current state with `troupe get CONTEXT/ID`";
  case errc::context_down:
    return "`troupe context ls`, then `troupe context start NAME`";
  case errc::circuit_open:
  case errc::callee_failed:
  case errc::ask_timeout:
    return "`troupe status` shows which context is not up; then try again";
  case errc::quarantined:
  case errc::aggregate_crashed:
    return "`actor-inspector actor show CONTEXT/ID` shows the failure";
  case errc::idempotency_conflict:
    return "leave --id out, or give one that was never used";
  case errc::timeout:
  case errc::outcome_unknown:
    return "send it again with the same --id: it has at most one effect";
  case errc::unauthorized:
    return "another --role, on the node's machine as its user, or a key with --admin-key-file";
  case errc::position_gone:
    return "start from a newer position, or with --from now";
  case errc::storage_full:
    return "free disk space under the data directory, then try again";
  default:
    break;
  }
  switch (info(code).again) {
  case retry::same_id:
    return "the same command again in a moment; nothing was done twice";
  case retry::new_command:
    return "the same command again as a new one";
  case retry::never:
    break;
  }
  return info(code).exit_code == static_cast<int>(exit_code::usage)
             ? "`--help` behind the command shows what it takes"
             : "the node's log says more; `troupe run` prints where it is";
}

void print(std::ostream& err, const failure& from) {
  err << "error: " << plain_line(from.what) << "\n  why: " << plain_line(from.why);
  if (!from.code.empty()) err << " (" << plain_line(from.code) << ')';
  err << "\n  try: " << plain_line(from.next) << '\n';
}

} // namespace troupe::cli
