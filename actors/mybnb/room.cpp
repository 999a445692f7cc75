#include "actors/mybnb/room.hpp"

namespace troupe::mybnb {
namespace {

decision<room::event> change_to(const room_terms& wanted, const room_state& now,
                                const turn_info& info) {
  if (wanted == now) return accept();
  return accept(room_changed{{wanted, info.id.number}});
}

} // namespace

decision<room::event> room::decide(const state&, const register_room& command,
                                   const turn_info& info) {
  return ask("mybnb.auth", info.id, approve{{info.id.number, command.title, command.host}});
}

decision<room::event> room::settle(const state&, const register_room& command, const auth_state&,
                                   const turn_info& info) {
  return accept(room_registered{{command, info.id.number}});
}

decision<room::event> room::decide(const state& now, const change_room& command,
                                   const turn_info& info) {
  room_terms wanted = now;
  if (command.title) wanted.title = command.title;
  if (command.price) wanted.price = command.price;
  if (command.address) wanted.address = command.address;
  if (command.host) wanted.host = command.host;
  return change_to(wanted, now, info);
}

decision<room::event> room::decide(const state& now, const replace_room& command,
                                   const turn_info& info) {
  return change_to(command, now, info);
}

decision<room::event> room::decide(const state& now, const withdraw_room&, const turn_info& info) {
  return accept(room_deleted{{now, info.id.number}});
}

room_state room::evolve(state, const room_registered& event) {
  return {event, true};
}

room_state room::evolve(state, const room_changed& event) {
  return {event, true};
}

room_state room::evolve(state, const room_deleted&) {
  return {};
}

bool room::exists(const state& now) {
  return now.there;
}

} // namespace troupe::mybnb
