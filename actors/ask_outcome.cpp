#include "actors/ask_outcome.hpp"

namespace troupe {

ask_end end_of(errc refusal) {
  switch (refusal) { // without a default: a new code needs its answer here
  case errc::malformed:
  case errc::too_large:
  case errc::unsupported_version:
  case errc::unknown_command:
  case errc::method_not_allowed:
  case errc::not_found:
  case errc::rejected:
  case errc::idempotency_conflict:
  case errc::voided:
  case errc::unauthorized:
  case errc::position_gone:
    return ask_end::declined;
  case errc::overloaded:
  case errc::rate_limited:
  case errc::deadline_exceeded:
  case errc::quarantined:
  case errc::dead_lettered:
    return ask_end::ignored;
  case errc::unknown_context:
  case errc::context_down:
  case errc::circuit_open:
  case errc::callee_failed:
  case errc::ask_timeout:
  case errc::timeout:
  case errc::unreachable:
  case errc::outcome_unknown:
  case errc::aggregate_crashed:
  case errc::shutting_down:
  case errc::not_owner:
  case errc::fenced:
  case errc::storage_full:
  case errc::storage_failed:
  case errc::storage_locked:
  case errc::wrong_format:
  case errc::wrong_owner:
  case errc::corrupt:
  case errc::internal:
    return ask_end::failure;
  }
  return ask_end::failure;
}

} // namespace troupe
