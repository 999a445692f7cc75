#pragma once

#include "messages/ids.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace troupe::test {

/// What clients were told, and what they still do not know.
class ledger {
public:
  struct acknowledgement {
    command_id command;
    std::string context;
    aggregate_id target;
    std::uint64_t seq = 0;
    std::string status; ///< that the aggregate has now, or is past
    std::int64_t cost = 0;
  };

  void acknowledged(acknowledgement what);
  /// A command whose fate no answer ever told.
  void unknown(command_id command);
  /// Something that must never happen, e.g. a second answer that differs from the first.
  void violated(std::string what);

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t unknown_count() const;
  [[nodiscard]] std::vector<acknowledgement> all() const;
  [[nodiscard]] std::vector<std::string> violations() const;

private:
  mutable std::mutex guard_;
  std::vector<acknowledgement> acknowledged_;
  std::vector<command_id> unknown_;
  std::vector<std::string> violations_;
};

} // namespace troupe::test
