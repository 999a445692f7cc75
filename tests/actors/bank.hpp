#pragma once

#include "actors/behaviour.hpp"
#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/descriptor.hpp"
#include "messages/fields.hpp"

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// A small system for tests of the runtime: accounts; orders, which ask an account for money;
/// letters, which policies write; a board, which is a view. Registered nowhere.
namespace troupe::test::bank {

/// Declares the fields of a message or state whose wire names are the members' names.
#define BANK_FIELD(type, member)                                                                   \
  field {                                                                                          \
#member, &type::member                                                                         \
  }

/// What is wrong with the code below just now; tests mend it and break it. Everything is as it was
/// when a `mended_at_the_end` goes.
struct faults {
  bool explode = true;       ///< the command of that name throws
  bool settling = true;      ///< of orders for 666 throws
  bool evolving = false;     ///< by deposits of 77 throws
  bool depositing = false;   ///< 88 throws
  bool compensating = false; ///< a withdrawal throws
  bool writing = false;      ///< letters about 99 throws
  bool reacting = false;     ///< to orders for 55 throws
  bool showing = false;      ///< orders for 44 throws
  /// Called before `explode` decides, before an order for 55 is reacted to or one for 44 shown.
  std::function<void()> before;
};
[[nodiscard]] faults& broken();
struct mended_at_the_end {
  ~mended_at_the_end() { broken() = {}; }
};

struct account_state {
  std::string owner;
  std::int64_t balance = 0;
  static constexpr auto fields() {
    return std::tuple{BANK_FIELD(account_state, owner), BANK_FIELD(account_state, balance)};
  }
};
struct open_account {
  static constexpr std::string_view name = "openAccount";
  std::string owner;
  static constexpr auto fields() { return std::tuple{BANK_FIELD(open_account, owner)}; }
};
struct deposit {
  static constexpr std::string_view name = "deposit";
  std::int64_t amount = 0;
  static constexpr auto fields() { return std::tuple{BANK_FIELD(deposit, amount)}; }
};
struct withdraw {
  static constexpr std::string_view name = "withdraw";
  std::int64_t amount = 0;
  static constexpr auto fields() { return std::tuple{BANK_FIELD(withdraw, amount)}; }
};
/// Throws: stands for a fault in domain code.
struct explode {
  static constexpr std::string_view name = "explode";
  static constexpr auto fields() { return std::tuple{}; }
};
struct nothing {
  static constexpr std::string_view name = "nothing";
  static constexpr auto fields() { return std::tuple{}; }
};
/// Pays `amount` in after a while; said again it moves.
struct save_later {
  static constexpr std::string_view name = "saveLater";
  std::int64_t amount = 0;
  std::int64_t after_ms = 0;
  static constexpr auto fields() {
    return std::tuple{BANK_FIELD(save_later, amount), BANK_FIELD(save_later, after_ms)};
  }
};
struct save_never {
  static constexpr std::string_view name = "saveNever";
  static constexpr auto fields() { return std::tuple{}; }
};
struct close_account {
  static constexpr std::string_view name = "closeAccount";
  static constexpr auto fields() { return std::tuple{}; }
};
/// Not exposed: from other contexts only.
struct audit {
  static constexpr std::string_view name = "audit";
  static constexpr auto fields() { return std::tuple{}; }
};
struct opened {
  static constexpr std::string_view name = "Opened";
  std::string owner;
  static constexpr auto fields() { return std::tuple{BANK_FIELD(opened, owner)}; }
};
struct deposited {
  static constexpr std::string_view name = "Deposited";
  std::int64_t account = 0;
  std::int64_t amount = 0;
  static constexpr auto fields() {
    return std::tuple{BANK_FIELD(deposited, account), BANK_FIELD(deposited, amount)};
  }
};
struct withdrawn {
  static constexpr std::string_view name = "Withdrawn";
  std::int64_t amount = 0;
  static constexpr auto fields() { return std::tuple{BANK_FIELD(withdrawn, amount)}; }
};
/// Internal.
struct withdrawal_returned {
  static constexpr std::string_view name = "WithdrawalReturned";
  std::int64_t amount = 0;
  static constexpr auto fields() { return std::tuple{BANK_FIELD(withdrawal_returned, amount)}; }
};
struct closed {
  static constexpr std::string_view name = "Closed";
  static constexpr auto fields() { return std::tuple{}; }
};

struct account {
  using state = account_state;
  using event = std::variant<opened, deposited, withdrawn, withdrawal_returned, closed>;
  using commands = type_list<open_account, deposit, withdraw, explode, nothing, save_later,
                             save_never, close_account, audit>;
  using settles = type_list<>;
  using compensates = type_list<withdraw>;

  static decision<event> decide(const state&, const open_account&, const turn_info&);
  static decision<event> decide(const state&, const deposit&, const turn_info&);
  static decision<event> decide(const state&, const withdraw&, const turn_info&);
  static decision<event> decide(const state&, const explode&, const turn_info&);
  static decision<event> decide(const state&, const nothing&, const turn_info&);
  static decision<event> decide(const state&, const save_later&, const turn_info&);
  static decision<event> decide(const state&, const save_never&, const turn_info&);
  static decision<event> decide(const state&, const close_account&, const turn_info&);
  static decision<event> decide(const state&, const audit&, const turn_info&);
  static decision<event> compensate(const state&, const withdraw&, const turn_info&);
  static state evolve(state, const opened&);
  static state evolve(state, const deposited&);
  static state evolve(state, const withdrawn&);
  static state evolve(state, const withdrawal_returned&);
  static state evolve(state, const closed&);
  static bool exists(const state&);
};

struct order_state {
  std::int64_t account = 0;
  std::int64_t amount = 0;
  std::string status;
  std::string notes;
  static constexpr auto fields() {
    return std::tuple{BANK_FIELD(order_state, account), BANK_FIELD(order_state, amount),
                      BANK_FIELD(order_state, status), BANK_FIELD(order_state, notes)};
  }
};
/// Asks the account for the amount. Amount 13 is refused after it was withdrawn; 666 throws then.
struct place_order {
  static constexpr std::string_view name = "placeOrder";
  std::int64_t account = 0;
  std::int64_t amount = 0;
  static constexpr auto fields() {
    return std::tuple{BANK_FIELD(place_order, account), BANK_FIELD(place_order, amount)};
  }
};
struct add_note {
  static constexpr std::string_view name = "addNote";
  std::string text;
  static constexpr auto fields() { return std::tuple{BANK_FIELD(add_note, text)}; }
};
struct mark_sent {
  static constexpr std::string_view name = "markSent";
  static constexpr auto fields() { return std::tuple{}; }
};
struct order_placed {
  static constexpr std::string_view name = "OrderPlaced";
  std::int64_t id = 0;
  std::int64_t account = 0;
  std::int64_t amount = 0;
  static constexpr auto fields() {
    return std::tuple{BANK_FIELD(order_placed, id), BANK_FIELD(order_placed, account),
                      BANK_FIELD(order_placed, amount)};
  }
};
struct noted {
  static constexpr std::string_view name = "Noted";
  std::string text;
  static constexpr auto fields() { return std::tuple{BANK_FIELD(noted, text)}; }
};
struct order_sent {
  static constexpr std::string_view name = "OrderSent";
  std::int64_t id = 0;
  static constexpr auto fields() { return std::tuple{BANK_FIELD(order_sent, id)}; }
};

struct order {
  using state = order_state;
  using event = std::variant<order_placed, noted, order_sent>;
  using commands = type_list<place_order, add_note, mark_sent>;
  using settles = type_list<settled_by<place_order, account_state>>;
  using compensates = type_list<>;

  static decision<event> decide(const state&, const place_order&, const turn_info&);
  static decision<event> settle(const state&, const place_order&, const account_state&,
                                const turn_info&);
  static decision<event> decide(const state&, const add_note&, const turn_info&);
  static decision<event> decide(const state&, const mark_sent&, const turn_info&);
  static state evolve(state, const order_placed&);
  static state evolve(state, const noted&);
  static state evolve(state, const order_sent&);
};

struct letter_state {
  std::string text; ///< amounts in the order they came
  static constexpr auto fields() { return std::tuple{BANK_FIELD(letter_state, text)}; }
};
/// Amount 7 is refused by the business.
struct write_letter {
  static constexpr std::string_view name = "writeLetter";
  std::int64_t order = 0;
  std::int64_t amount = 0;
  static constexpr auto fields() {
    return std::tuple{BANK_FIELD(write_letter, order), BANK_FIELD(write_letter, amount)};
  }
};
struct letter_written {
  static constexpr std::string_view name = "LetterWritten";
  std::int64_t order = 0;
  std::int64_t amount = 0;
  static constexpr auto fields() {
    return std::tuple{BANK_FIELD(letter_written, order), BANK_FIELD(letter_written, amount)};
  }
};

struct letter {
  using state = letter_state;
  using event = std::variant<letter_written>;
  using commands = type_list<write_letter>;
  using settles = type_list<>;
  using compensates = type_list<>;

  static decision<event> decide(const state&, const write_letter&, const turn_info&);
  static state evolve(state, const letter_written&);
};

struct board_row {
  std::optional<std::int64_t> amount;
  std::optional<std::string> status;
  static constexpr auto fields() {
    return std::tuple{BANK_FIELD(board_row, amount), BANK_FIELD(board_row, status)};
  }
};

#undef BANK_FIELD

/// bank.account, bank.order, bank.letter, bank.board: in this order.
[[nodiscard]] const std::vector<context_behaviour>& behaviours();

inline const std::string accounts = "bank.account";
inline const std::string orders = "bank.order";
inline const std::string letters = "bank.letter";
inline const std::string board = "bank.board";

} // namespace troupe::test::bank
