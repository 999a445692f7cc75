#include "tests/actors/bank.hpp"

#include "actors/aggregate_type.hpp"

#include <stdexcept>

namespace troupe::test::bank {

faults& broken() {
  static faults now;
  return now;
}

namespace {
void fail_if(bool is_broken, const char* what) {
  if (is_broken) throw std::runtime_error{what};
}
} // namespace

decision<account::event> account::decide(const state&, const open_account& command,
                                         const turn_info&) {
  if (command.owner.empty()) return malformed("field 'owner' is missing");
  return accept(opened{command.owner});
}

decision<account::event> account::decide(const state&, const deposit& command,
                                         const turn_info& info) {
  fail_if(broken().depositing && command.amount == 88, "cannot count to 88");
  return accept(deposited{info.id.number, command.amount});
}

decision<account::event> account::decide(const state& now, const withdraw& command,
                                         const turn_info&) {
  if (command.amount > now.balance) return reject("OVERDRAWN", "there is not enough money");
  return accept(withdrawn{command.amount});
}

decision<account::event> account::decide(const state&, const explode&, const turn_info& info) {
  if (broken().before) broken().before();
  fail_if(broken().explode, "boom");
  return accept(deposited{info.id.number, 1});
}

decision<account::event> account::decide(const state&, const nothing&, const turn_info&) {
  return accept();
}

decision<account::event> account::decide(const state&, const save_later& command,
                                         const turn_info&) {
  return accept().schedule(
      timer("saving", std::chrono::milliseconds{command.after_ms}, deposit{command.amount}));
}

decision<account::event> account::decide(const state&, const save_never&, const turn_info&) {
  return accept().clear("saving");
}

decision<account::event> account::decide(const state&, const close_account&, const turn_info&) {
  return accept(closed{});
}

decision<account::event> account::decide(const state&, const audit&, const turn_info&) {
  return accept();
}

decision<account::event> account::compensate(const state&, const withdraw& command,
                                             const turn_info&) {
  fail_if(broken().compensating, "cannot give back");
  return accept(withdrawal_returned{command.amount});
}

account_state account::evolve(state now, const opened& event) {
  now.owner = event.owner;
  return now;
}
account_state account::evolve(state now, const deposited& event) {
  fail_if(broken().evolving && event.amount == 77, "cannot add 77");
  now.balance += event.amount;
  return now;
}
account_state account::evolve(state now, const withdrawn& event) {
  now.balance -= event.amount;
  return now;
}
account_state account::evolve(state now, const withdrawal_returned& event) {
  now.balance += event.amount;
  return now;
}
account_state account::evolve(state, const closed&) {
  return {};
}
bool account::exists(const state& now) {
  return !now.owner.empty();
}

decision<order::event> order::decide(const state&, const place_order& command, const turn_info&) {
  return ask("bank.account", aggregate_id{command.account}, withdraw{command.amount});
}

decision<order::event> order::settle(const state&, const place_order& command, const account_state&,
                                     const turn_info& info) {
  if (command.amount == 13) return reject("UNLUCKY", "nobody orders for 13");
  fail_if(broken().settling && command.amount == 666, "settling failed");
  return accept(order_placed{info.id.number, command.account, command.amount});
}

decision<order::event> order::decide(const state&, const add_note& command, const turn_info&) {
  return accept(noted{command.text});
}

decision<order::event> order::decide(const state&, const mark_sent&, const turn_info& info) {
  return accept(order_sent{info.id.number});
}

order_state order::evolve(state now, const order_placed& event) {
  now.account = event.account;
  now.amount = event.amount;
  now.status = "placed";
  return now;
}
order_state order::evolve(state now, const noted& event) {
  now.notes += event.text;
  return now;
}
order_state order::evolve(state now, const order_sent&) {
  now.status = "sent";
  return now;
}

decision<letter::event> letter::decide(const state&, const write_letter& command,
                                       const turn_info&) {
  fail_if(broken().writing && command.amount == 99, "no ink");
  if (command.amount == 7) return reject("NO_SEVENS", "nobody writes about 7");
  return accept(letter_written{command.order, command.amount});
}

letter_state letter::evolve(state now, const letter_written& event) {
  now.text += std::to_string(event.amount) + ";";
  return now;
}

namespace {

reactions write_about_order(const order_placed& event) {
  if (event.amount == 55 && broken().before) broken().before();
  fail_if(broken().reacting && event.amount == 55, "cannot react");
  return {send(aggregate_id{event.id}, write_letter{event.id, event.amount})};
}
/// Letters about deposits have ids of their own, from 1001.
reactions write_about_deposit(const deposited& event) {
  return {
      send(aggregate_id{1'000 + event.account}, write_letter{1'000 + event.account, event.amount})};
}
reactions note_sending(const letter_written& event) {
  if (event.order > 1'000) return {};
  return {send(aggregate_id{event.order}, mark_sent{})};
}
row_changes show_order(const order_placed& event) {
  if (event.amount == 44 && broken().before) broken().before();
  fail_if(broken().showing && event.amount == 44, "cannot show");
  return {row_change::upsert(event.id, {{"amount", event.amount}, {"status", "placed"}})};
}
row_changes show_letter(const letter_written& event) {
  return {row_change::update(event.order, {{"status", "written"}})};
}

/// A command that comes from outside, to an aggregate that exists.
template <message M> command_info exposed() {
  command_info of;
  of.message = describe<M>();
  of.verbs = {http_verb::post};
  return of;
}
template <message M> command_info creating() {
  command_info of = exposed<M>();
  of.creates = true;
  return of;
}
template <message M> command_info internal() {
  command_info of;
  of.message = describe<M>();
  return of;
}

context_info account_context() {
  context_info of;
  of.system = "bank";
  of.name = "account";
  of.resource = "accounts";
  of.entity = "account";
  of.state = describe<account_state>("Account");
  of.filters = {"owner"};
  of.commands = {creating<open_account>(), exposed<deposit>(),       exposed<withdraw>(),
                 exposed<explode>(),       exposed<nothing>(),       exposed<save_later>(),
                 exposed<save_never>(),    exposed<close_account>(), internal<audit>()};
  of.events = {{describe<opened>()},
               {describe<deposited>()},
               {describe<withdrawn>()},
               {describe<withdrawal_returned>(), true},
               {describe<closed>()}};
  return of;
}

context_info order_context() {
  context_info of;
  of.system = "bank";
  of.name = "order";
  of.resource = "orders";
  of.entity = "order";
  of.state = describe<order_state>("Order");
  of.filters = {"account"};
  of.commands = {creating<place_order>(), exposed<add_note>(), internal<mark_sent>()};
  of.events = {{describe<order_placed>()}, {describe<noted>()}, {describe<order_sent>()}};
  of.asks = {{"bank.account", withdraw::name}};
  of.policies = {{"MarkSent", "bank.letter", letter_written::name, mark_sent::name}};
  return of;
}

context_info letter_context() {
  context_info of;
  of.system = "bank";
  of.name = "letter";
  of.resource = "letters";
  of.entity = "letter";
  of.state = describe<letter_state>("Letter");
  of.commands = {internal<write_letter>()};
  of.commands[0].creates = true;
  of.commands[0].id_from = "order";
  of.events = {{describe<letter_written>()}};
  of.policies = {{"WriteAboutOrder", "bank.order", order_placed::name, write_letter::name},
                 {"WriteAboutDeposit", "bank.account", deposited::name, write_letter::name}};
  return of;
}

context_info board_context() {
  context_info of;
  of.system = "bank";
  of.name = "board";
  of.resource = "boards";
  of.entity = "board";
  of.kind = context_kind::view;
  of.state = describe<board_row>("Board");
  of.filters = {"status"};
  of.view = {{"bank.order", "bank.letter"}, "id", {"status"}};
  return of;
}

} // namespace

const std::vector<context_behaviour>& behaviours() {
  static const std::vector<context_info> infos{account_context(), order_context(), letter_context(),
                                               board_context()};
  static const std::vector<context_behaviour> all{
      {.info = &infos[0], .make_aggregate = make_instance<account>},
      {.info = &infos[1],
       .make_aggregate = make_instance<order>,
       .policies = {policy("MarkSent", "bank.letter", note_sending)}},
      {.info = &infos[2],
       .make_aggregate = make_instance<letter>,
       .policies = {policy("WriteAboutOrder", "bank.order", write_about_order),
                    policy("WriteAboutDeposit", "bank.account", write_about_deposit)}},
      {.info = &infos[3],
       .folds = {folds("bank.letter", show_letter), folds("bank.order", show_order)}},
  };
  return all;
}

} // namespace troupe::test::bank
