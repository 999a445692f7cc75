#pragma once

#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/screening.hpp"

#include <variant>

namespace troupe::screening {

/// A slot: one hospital on one date. Always 0 ≤ free places ≤ registered places, and the places
/// between the two are those that live screenings hold.
struct hospital {
  using state = hospital_state;
  using event = std::variant<hospital_registered, hospital_changed, hospital_deleted, capacity_set>;
  using commands =
      type_list<register_hospital, change_hospital, delete_hospital, take_place, return_place>;
  using settles = type_list<>;
  using compensates = type_list<take_place>;

  static constexpr std::int64_t places_max = 1'000'000'000; ///< sums of two cannot overflow

  static decision<event> decide(const state&, const register_hospital&, const turn_info&);
  /// Setting the free places registers the capacity anew: the free ones and those now taken.
  static decision<event> decide(const state&, const change_hospital&, const turn_info&);
  static decision<event> decide(const state&, const delete_hospital&, const turn_info&);
  static decision<event> decide(const state&, const take_place&, const turn_info&);
  static decision<event> decide(const state&, const return_place&, const turn_info&);
  /// The screening that took the place never came to be.
  static decision<event> compensate(const state&, const take_place&, const turn_info&);

  static state evolve(state, const hospital_registered&);
  static state evolve(state, const hospital_changed&);
  static state evolve(state, const hospital_deleted&);
  static state evolve(state, const capacity_set&);
  static bool exists(const state&);
};

/// Policy ReturnPlace: when a customer cancelled a screening, its place is free again.
reactions give_place_back(const canceled&);

} // namespace troupe::screening
