#pragma once

#include "actors/behaviour.hpp"
#include "actors/decision.hpp"
#include "actors/type_lists.hpp"

#include <string>
#include <variant>
#include <vector>

/// A small system for tests of what one aggregate has with many: guests ask a hall for a seat
/// (after they asked for its dress code), get a locker of their own, and are sent off when the hall
/// closes; each entry makes a card. Registered nowhere.
namespace troupe::test::club {

struct hall_state {
  std::string dress;
  std::int64_t seats = 0;
  static constexpr auto fields() {
    return std::tuple{field{"dress", &hall_state::dress}, field{"seats", &hall_state::seats}};
  }
};
struct open_hall {
  static constexpr std::string_view name = "openHall";
  std::string dress;
  std::int64_t seats = 0;
  static constexpr auto fields() {
    return std::tuple{field{"dress", &open_hall::dress}, field{"seats", &open_hall::seats}};
  }
};
struct take_seat {
  static constexpr std::string_view name = "takeSeat";
  static constexpr auto fields() { return std::tuple{}; }
};
struct close_hall {
  static constexpr std::string_view name = "closeHall";
  static constexpr auto fields() { return std::tuple{}; }
};
/// Asks for the hall's state; its `dress` is what counts.
struct dress_code {
  static constexpr std::string_view name = "dressCode";
  static constexpr auto fields() { return std::tuple{}; }
};
struct hall_opened {
  static constexpr std::string_view name = "HallOpened";
  std::string dress;
  std::int64_t seats = 0;
  static constexpr auto fields() {
    return std::tuple{field{"dress", &hall_opened::dress}, field{"seats", &hall_opened::seats}};
  }
};
struct seat_taken {
  static constexpr std::string_view name = "SeatTaken";
  static constexpr auto fields() { return std::tuple{}; }
};
struct seat_given_back {
  static constexpr std::string_view name = "SeatGivenBack";
  static constexpr auto fields() { return std::tuple{}; }
};
struct hall_closed {
  static constexpr std::string_view name = "HallClosed";
  std::int64_t hall = 0;
  static constexpr auto fields() { return std::tuple{field{"hall", &hall_closed::hall}}; }
};

struct hall {
  using state = hall_state;
  using event = std::variant<hall_opened, seat_taken, seat_given_back, hall_closed>;
  using commands = type_list<open_hall, take_seat, close_hall>;
  using settles = type_list<>;
  using compensates = type_list<take_seat>;
  static decision<event> decide(const state&, const open_hall&, const turn_info&);
  static decision<event> decide(const state&, const take_seat&, const turn_info&);
  static decision<event> decide(const state&, const close_hall&, const turn_info&);
  static decision<event> compensate(const state&, const take_seat&, const turn_info&);
  static state evolve(state, const hall_opened&);
  static state evolve(state, const seat_taken&);
  static state evolve(state, const seat_given_back&);
  static state evolve(state, const hall_closed&);
  static bool exists(const state&);
};

struct guest_state {
  std::int64_t hall = 0;
  std::string status;    ///< "in", then "off"
  std::int64_t sent = 0; ///< times sent off
  std::int64_t locker = 0;
  static constexpr auto fields() {
    return std::tuple{field{"hall", &guest_state::hall}, field{"status", &guest_state::status},
                      field{"sent", &guest_state::sent}, field{"locker", &guest_state::locker}};
  }
};
/// Asks for the dress code, then for a seat.
struct enter {
  static constexpr std::string_view name = "enter";
  std::int64_t hall = 0;
  std::string wears;
  static constexpr auto fields() {
    return std::tuple{field{"hall", &enter::hall}, field{"wears", &enter::wears}};
  }
};
/// Asks for a new locker; `fails`: the guest then changes his mind.
struct store_coat {
  static constexpr std::string_view name = "storeCoat";
  bool fails = false;
  static constexpr auto fields() { return std::tuple{field{"fails", &store_coat::fails}}; }
};
/// Asks for a seat and then for a locker, which is not allowed: the seat may have been taken.
struct ask_too_much {
  static constexpr std::string_view name = "askTooMuch";
  std::int64_t hall = 0;
  static constexpr auto fields() { return std::tuple{field{"hall", &ask_too_much::hall}}; }
};
struct send_off {
  static constexpr std::string_view name = "sendOff";
  static constexpr auto fields() { return std::tuple{}; }
};
struct entered {
  static constexpr std::string_view name = "Entered";
  std::int64_t guest = 0;
  std::int64_t hall = 0;
  static constexpr auto fields() {
    return std::tuple{field{"guest", &entered::guest}, field{"hall", &entered::hall}};
  }
};
struct coat_stored {
  static constexpr std::string_view name = "CoatStored";
  std::int64_t locker = 0;
  static constexpr auto fields() { return std::tuple{field{"locker", &coat_stored::locker}}; }
};
struct sent_off {
  static constexpr std::string_view name = "SentOff";
  static constexpr auto fields() { return std::tuple{}; }
};
/// What a guest reads of the answers to its asks.
struct dress_shown {
  std::string dress;
  static constexpr auto fields() { return std::tuple{field{"dress", &dress_shown::dress}}; }
};
struct seats_left {
  std::int64_t seats = 0;
  static constexpr auto fields() { return std::tuple{field{"seats", &seats_left::seats}}; }
};
struct locker_number {
  std::int64_t number = 0;
  static constexpr auto fields() { return std::tuple{field{"number", &locker_number::number}}; }
};

struct guest {
  using state = guest_state;
  using event = std::variant<entered, coat_stored, sent_off>;
  using commands = type_list<enter, store_coat, ask_too_much, send_off>;
  using settles =
      type_list<settled_by<enter, dress_shown, dress_code>,
                settled_by<enter, seats_left, take_seat>, settled_by<store_coat, locker_number>,
                settled_by<ask_too_much, seats_left>>;
  using compensates = type_list<>;
  static decision<event> decide(const state&, const enter&, const turn_info&);
  static decision<event> settle(const state&, const enter&, const dress_shown&, const turn_info&);
  static decision<event> settle(const state&, const enter&, const seats_left&, const turn_info&);
  static decision<event> decide(const state&, const store_coat&, const turn_info&);
  static decision<event> settle(const state&, const store_coat&, const locker_number&,
                                const turn_info&);
  static decision<event> decide(const state&, const ask_too_much&, const turn_info&);
  static decision<event> settle(const state&, const ask_too_much&, const seats_left&,
                                const turn_info&);
  static decision<event> decide(const state&, const send_off&, const turn_info&);
  static state evolve(state, const entered&);
  static state evolve(state, const coat_stored&);
  static state evolve(state, const sent_off&);
};

/// Its shard gives the id.
struct locker_state {
  std::int64_t number = 0;
  static constexpr auto fields() { return std::tuple{field{"number", &locker_state::number}}; }
};
struct take_locker {
  static constexpr std::string_view name = "takeLocker";
  static constexpr auto fields() { return std::tuple{}; }
};
struct locker_taken {
  static constexpr std::string_view name = "LockerTaken";
  std::int64_t number = 0;
  static constexpr auto fields() { return std::tuple{field{"number", &locker_taken::number}}; }
};
struct locker_emptied {
  static constexpr std::string_view name = "LockerEmptied";
  static constexpr auto fields() { return std::tuple{}; }
};
struct locker {
  using state = locker_state;
  using event = std::variant<locker_taken, locker_emptied>;
  using commands = type_list<take_locker>;
  using settles = type_list<>;
  using compensates = type_list<take_locker>;
  static decision<event> decide(const state&, const take_locker&, const turn_info&);
  static decision<event> compensate(const state&, const take_locker&, const turn_info&);
  static state evolve(state, const locker_taken&);
  static state evolve(state, const locker_emptied&);
  static bool exists(const state&);
};

/// Made by a policy, one per entry.
struct card_state {
  std::int64_t guest = 0;
  static constexpr auto fields() { return std::tuple{field{"guest", &card_state::guest}}; }
};
struct write_card {
  static constexpr std::string_view name = "writeCard";
  std::int64_t guest = 0;
  static constexpr auto fields() { return std::tuple{field{"guest", &write_card::guest}}; }
};
struct card_written {
  static constexpr std::string_view name = "CardWritten";
  std::int64_t guest = 0;
  static constexpr auto fields() { return std::tuple{field{"guest", &card_written::guest}}; }
};
struct card {
  using state = card_state;
  using event = std::variant<card_written>;
  using commands = type_list<write_card>;
  using settles = type_list<>;
  using compensates = type_list<>;
  static decision<event> decide(const state&, const write_card&, const turn_info&);
  static state evolve(state, const card_written&);
};

/// club.hall, club.guest, club.locker, club.card: in this order.
[[nodiscard]] const std::vector<context_behaviour>& behaviours();

inline const std::string halls = "club.hall";
inline const std::string guests = "club.guest";
inline const std::string lockers = "club.locker";
inline const std::string cards = "club.card";

} // namespace troupe::test::club
