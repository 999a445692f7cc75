#include "tests/kill/ledger.hpp"

#include <utility>

namespace troupe::test {

void ledger::acknowledged(acknowledgement what) {
  const std::lock_guard lock{guard_};
  acknowledged_.push_back(std::move(what));
}

void ledger::unknown(command_id command) {
  const std::lock_guard lock{guard_};
  unknown_.push_back(command);
}

void ledger::violated(std::string what) {
  const std::lock_guard lock{guard_};
  violations_.push_back(std::move(what));
}

std::size_t ledger::size() const {
  const std::lock_guard lock{guard_};
  return acknowledged_.size();
}

std::size_t ledger::unknown_count() const {
  const std::lock_guard lock{guard_};
  return unknown_.size();
}

std::vector<ledger::acknowledgement> ledger::all() const {
  const std::lock_guard lock{guard_};
  return acknowledged_;
}

std::vector<std::string> ledger::violations() const {
  const std::lock_guard lock{guard_};
  return violations_;
}

} // namespace troupe::test
