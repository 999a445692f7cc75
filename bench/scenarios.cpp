#include "bench/scenarios.hpp"

#include <array>
#include <string>

namespace troupe::bench {

namespace {

constexpr std::array<scenario_info, 5> known{{
    {"taxi", "call, accept and complete a ride until the board shows its fare settled",
     make_taxi_scenario},
    {"screening", "request a screening, see it completed on my page, cancel it, see it cancelled",
     make_screening_scenario},
    {"siren", "order a product; now and then one is sold out and available again, in the report",
     make_siren_scenario},
    {"mybnb", "book a stay, see it on my page, review or cancel it, see score or refund",
     make_mybnb_scenario},
    {"edu", "apply for a course, see it registered on my page, complete or cancel it, see it so",
     make_edu_scenario},
}};

} // namespace

std::span<const scenario_info> scenarios() {
  return known;
}

result<const scenario_info*> scenario_named(std::string_view system) {
  std::string names;
  for (const scenario_info& each : known) {
    if (each.system == system) return &each;
    names += (names.empty() ? "" : ", ") + std::string{each.system};
  }
  return fail(errc::malformed, "no scenario '" + std::string{system} + "'; known are " + names);
}

} // namespace troupe::bench
