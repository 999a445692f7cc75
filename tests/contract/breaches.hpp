#pragma once

#include "tests/contract/samples.hpp"

#include <span>
#include <string>
#include <vector>

namespace troupe::test {

/// A context as today's code knows it.
struct context_today {
  std::span<const context_info> catalogue;
  const context_info* info = nullptr;
  aggregate_maker make = {}; ///< to replay events; empty for views
};

/// Every way in which today's code breaks yesterday's contract, one sentence each, which names
/// context, message and field. Allowed: further messages and paths, and further fields that may be
/// null.
[[nodiscard]] std::vector<std::string> breaches(const contract& golden, const context_today& today);

/// What today's code says and the contract does not have yet.
struct news {
  std::vector<std::string> messages; ///< not protected by any sample
  std::vector<std::string> fields;   ///< further fields of known messages, and further paths
};
/// `golden` is null where there is no file.
[[nodiscard]] news news_since(const contract* golden, const context_today& today);

/// The contract with the news added; what is recorded stays as it is, so that it is read for ever.
/// Refused where today's code breaks it, unless `force`: then it is what today's code says.
[[nodiscard]] result<contract> updated(const contract* golden, const context_today& today,
                                       bool force);

} // namespace troupe::test
