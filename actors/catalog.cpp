#include "actors/behaviour.hpp"
#include "actors/system_includes.hpp"

#include <iterator>

namespace troupe {

const std::vector<context_behaviour>& all_behaviours() {
  static const std::vector<context_behaviour> all = [] {
    std::vector<context_behaviour> gathered;
    const auto add = [&](std::vector<context_behaviour> of_system) {
      std::move(of_system.begin(), of_system.end(), std::back_inserter(gathered));
    };
#define TROUPE_SYSTEM(name) add(name::behaviours());
#include "messages/systems.def"
#undef TROUPE_SYSTEM
    return gathered;
  }();
  return all;
}

void turn_decision::clear() {
  bytes.clear();
  events.clear();
  answer.reset();
  refused.reset();
  asked.reset();
  timers.clear();
  cleared.clear();
}

} // namespace troupe
