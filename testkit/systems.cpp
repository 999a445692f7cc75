#include "testkit/troupe/testkit/systems.hpp"

#include <map>
#include <string>
#include <utility>

namespace troupe::testkit {

const std::vector<context_behaviour>& behaviours_of(std::string_view system) {
  static std::map<std::string, std::vector<context_behaviour>, std::less<>> known;
  if (const auto found = known.find(system); found != known.end()) return found->second;
  std::vector<context_behaviour> all;
  for (const auto& each : all_behaviours())
    if (each.info->system == system) all.push_back(each);
  return known.emplace(system, std::move(all)).first->second;
}

} // namespace troupe::testkit
