#include "tests/actors/club.hpp"

#include "actors/aggregate_type.hpp"

namespace troupe::test::club {

using namespace std::chrono_literals;

decision<hall::event> hall::decide(const state&, const open_hall& command, const turn_info&) {
  return accept(hall_opened{command.dress, command.seats});
}
decision<hall::event> hall::decide(const state& now, const take_seat&, const turn_info&) {
  if (now.seats == 0) return reject("FULL", "no seat is left");
  return accept(seat_taken{});
}
decision<hall::event> hall::decide(const state&, const close_hall&, const turn_info& info) {
  return accept(hall_closed{info.id.number});
}
decision<hall::event> hall::compensate(const state& now, const take_seat&, const turn_info&) {
  if (!exists(now)) return accept();
  return accept(seat_given_back{});
}
hall_state hall::evolve(state, const hall_opened& event) {
  return {event.dress, event.seats};
}
hall_state hall::evolve(state now, const seat_taken&) {
  --now.seats;
  return now;
}
hall_state hall::evolve(state now, const seat_given_back&) {
  ++now.seats;
  return now;
}
hall_state hall::evolve(state, const hall_closed&) {
  return {};
}
bool hall::exists(const state& now) {
  return !now.dress.empty();
}

decision<guest::event> guest::decide(const state&, const enter& command, const turn_info&) {
  return ask(halls, aggregate_id{command.hall}, dress_code{});
}
decision<guest::event> guest::settle(const state&, const enter& command, const dress_shown& shown,
                                     const turn_info&) {
  if (command.wears != shown.dress) return reject("WRONG_DRESS", "they wear " + shown.dress);
  return ask(halls, aggregate_id{command.hall}, take_seat{});
}
decision<guest::event> guest::settle(const state&, const enter& command, const seats_left&,
                                     const turn_info& info) {
  return accept(entered{info.id.number, command.hall});
}
decision<guest::event> guest::decide(const state&, const store_coat&, const turn_info&) {
  return ask(lockers, aggregate_id{}, take_locker{});
}
decision<guest::event> guest::settle(const state&, const store_coat& command,
                                     const locker_number& got, const turn_info&) {
  if (command.fails) return reject("CHANGED_MIND", "the coat stays on");
  return accept(coat_stored{got.number});
}
decision<guest::event> guest::decide(const state&, const ask_too_much& command, const turn_info&) {
  return ask(halls, aggregate_id{command.hall}, take_seat{});
}
decision<guest::event> guest::settle(const state&, const ask_too_much&, const seats_left&,
                                     const turn_info&) {
  return ask(lockers, aggregate_id{}, take_locker{});
}
decision<guest::event> guest::decide(const state& now, const send_off&, const turn_info&) {
  if (now.status == "off") return accept();
  return accept(sent_off{});
}
guest_state guest::evolve(state now, const entered& event) {
  now.hall = event.hall;
  now.status = "in";
  return now;
}
guest_state guest::evolve(state now, const coat_stored& event) {
  now.locker = event.locker;
  return now;
}
guest_state guest::evolve(state now, const sent_off&) {
  now.status = "off";
  ++now.sent;
  return now;
}

decision<locker::event> locker::decide(const state&, const take_locker&, const turn_info& info) {
  return accept(locker_taken{info.id.number});
}
decision<locker::event> locker::compensate(const state& now, const take_locker&, const turn_info&) {
  if (!exists(now)) return accept();
  return accept(locker_emptied{});
}
locker_state locker::evolve(state, const locker_taken& event) {
  return {event.number};
}
locker_state locker::evolve(state, const locker_emptied&) {
  return {};
}
bool locker::exists(const state& now) {
  return now.number != 0;
}

decision<card::event> card::decide(const state&, const write_card& command, const turn_info&) {
  return accept(card_written{command.guest});
}
card_state card::evolve(state, const card_written& event) {
  return {event.guest};
}

namespace {

reactions send_all_off(const hall_closed& event) {
  return {send_to_all("hall", event.hall, send_off{})};
}
reactions make_card(const entered& event) {
  return {create(write_card{event.guest})};
}

context_info named(std::string_view name, message_info state) {
  context_info of;
  of.system = "club";
  of.name = name;
  of.resource = name;
  of.entity = name;
  of.state = std::move(state);
  return of;
}
template <message M> command_info said(bool creates) {
  command_info of;
  of.message = describe<M>();
  of.creates = creates;
  of.verbs = {http_verb::post};
  return of;
}

std::vector<context_info> descriptors() {
  auto hall = named("hall", describe<hall_state>("Hall"));
  hall.commands = {said<open_hall>(true), said<take_seat>(false), said<close_hall>(false)};
  hall.queries = {{dress_code::name, "what to wear", "id", "dress"}};
  hall.events = {{describe<hall_opened>()},
                 {describe<seat_taken>()},
                 {describe<seat_given_back>()},
                 {describe<hall_closed>()}};
  auto guest = named("guest", describe<guest_state>("Guest"));
  guest.filters = {"hall"};
  guest.commands = {said<enter>(true), said<store_coat>(true), said<ask_too_much>(true),
                    said<send_off>(false)};
  guest.events = {{describe<entered>()}, {describe<coat_stored>()}, {describe<sent_off>()}};
  guest.asks = {{halls, dress_code::name, 1000ms, true, "NO_SUCH_HALL"},
                {.target = halls, .command = take_seat::name, .missing = "NO_SUCH_HALL"},
                {lockers, take_locker::name}};
  guest.rejections = {{"NO_SUCH_HALL", "there is no such hall"}};
  guest.policies = {{"SendOff", halls, hall_closed::name, send_off::name, "hall"}};
  auto locker = named("locker", describe<locker_state>("Locker"));
  locker.commands = {said<take_locker>(true)};
  locker.events = {{describe<locker_taken>()}, {describe<locker_emptied>()}};
  auto card = named("card", describe<card_state>("Card"));
  card.commands = {said<write_card>(true)};
  card.events = {{describe<card_written>()}};
  card.policies = {{"MakeCard", guests, entered::name, write_card::name}};
  return {hall, guest, locker, card};
}

} // namespace

const std::vector<context_behaviour>& behaviours() {
  static const std::vector<context_info> infos = descriptors();
  static const std::vector<context_behaviour> all{
      {.info = &infos[0], .make_aggregate = make_instance<hall>},
      {.info = &infos[1],
       .make_aggregate = make_instance<guest>,
       .policies = {policy("SendOff", halls, send_all_off)}},
      {.info = &infos[2], .make_aggregate = make_instance<locker>},
      {.info = &infos[3],
       .make_aggregate = make_instance<card>,
       .policies = {policy("MakeCard", guests, make_card)}},
  };
  return all;
}

} // namespace troupe::test::club
