#include "actors/screening/hospital.hpp"

namespace troupe::screening {
namespace {

std::int64_t free_places(const hospital_state& now) {
  return now.places.value_or(0);
}

std::int64_t registered_places(const hospital_state& now) {
  return now.registered.value_or(0);
}

bool in_range(const count& places) {
  return !places || (*places >= 0 && *places <= hospital::places_max);
}

rejection out_of_range() {
  return malformed("field 'pcnt' must be 0 to " + std::to_string(hospital::places_max));
}

hospital_facts facts(const hospital_state& of, const turn_info& info) {
  return {info.id.number, of.hospital_name, of.check_date, of.places};
}

hospital_changed with_places(hospital_state now, const turn_info& info, std::int64_t places) {
  now.places = places;
  return {facts(now, info)};
}

} // namespace

decision<hospital::event> hospital::decide(const state&, const register_hospital& command,
                                           const turn_info& info) {
  if (!in_range(command.places)) return out_of_range();
  return accept(hospital_registered{
      {info.id.number, command.hospital_name, command.check_date, command.places}});
}

decision<hospital::event> hospital::decide(const state& now, const change_hospital& command,
                                           const turn_info& info) {
  if (!in_range(command.places)) return out_of_range();
  state to = now;
  if (command.hospital_name) to.hospital_name = command.hospital_name;
  if (command.check_date) to.check_date = command.check_date;
  if (command.places) to.places = command.places;
  if (to == now) return accept();
  const hospital_changed changed{facts(to, info)};
  const std::int64_t taken = registered_places(now) - free_places(now);
  if (to.places == now.places) return accept(changed);
  return accept(changed, capacity_set{free_places(to) + taken});
}

decision<hospital::event> hospital::decide(const state& now, const delete_hospital&,
                                           const turn_info& info) {
  return accept(hospital_deleted{facts(now, info)});
}

decision<hospital::event> hospital::decide(const state& now, const take_place&,
                                           const turn_info& info) {
  if (free_places(now) <= 0) return reject(no_capacity, "the hospital has no place left");
  const std::int64_t left = free_places(now) - 1;
  return accept(with_places(now, info, left)).reply(place_taken{left});
}

decision<hospital::event> hospital::decide(const state& now, const return_place&,
                                           const turn_info& info) {
  if (free_places(now) >= registered_places(now)) return accept();
  return accept(with_places(now, info, free_places(now) + 1));
}

decision<hospital::event> hospital::compensate(const state& now, const take_place&,
                                               const turn_info& info) {
  return decide(now, return_place{}, info);
}

hospital_state hospital::evolve(state, const hospital_registered& event) {
  return {event.hospital_name, event.check_date, event.places, event.places.value_or(0)};
}

hospital_state hospital::evolve(state now, const hospital_changed& event) {
  return {event.hospital_name, event.check_date, event.places, now.registered};
}

hospital_state hospital::evolve(state, const hospital_deleted&) {
  return {};
}

hospital_state hospital::evolve(state now, const capacity_set& event) {
  now.registered = event.registered;
  return now;
}

bool hospital::exists(const state& now) {
  return now.registered.has_value();
}

reactions give_place_back(const canceled& event) {
  if (!event.hospital_id) return {};
  return {send(aggregate_id{*event.hospital_id}, return_place{})};
}

} // namespace troupe::screening
