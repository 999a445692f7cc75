#include "tests/actors/exchange.hpp"

#include "actors/aggregate_type.hpp"

namespace troupe::test::exchange {

decision<caller::event> caller::decide(const state&, const join&, const turn_info&) {
  return accept(joined{});
}
decision<caller::event> caller::decide(const state&, const call& command, const turn_info&) {
  return ask("exchange.callee", aggregate_id{command.callee}, serve{});
}
decision<caller::event> caller::decide(const state&, const glance& command, const turn_info&) {
  return ask("exchange.callee", aggregate_id{command.callee}, show{});
}
decision<caller::event> caller::decide(const state&, const beg& command, const turn_info&) {
  return ask("exchange.callee", aggregate_id{command.callee}, serve{true});
}
decision<caller::event> caller::settle(const state&, const call&, const nobody_state&,
                                       const turn_info&) {
  return accept();
}
decision<caller::event> caller::settle(const state&, const glance&, const nobody_state&,
                                       const turn_info&) {
  return accept();
}
decision<caller::event> caller::settle(const state&, const beg&, const nobody_state&,
                                       const turn_info&) {
  return accept();
}
caller::state caller::evolve(state now, const joined&) {
  return now;
}

decision<callee::event> callee::decide(const state&, const join&, const turn_info&) {
  return accept(joined{});
}
decision<callee::event> callee::decide(const state&, const serve& command, const turn_info&) {
  if (command.refused) return reject("NOT_YOU", "not for you");
  return accept();
}
decision<callee::event> callee::compensate(const state&, const serve&, const turn_info&) {
  return accept();
}
callee::state callee::evolve(state now, const joined&) {
  return now;
}

namespace {

template <message M> command_info of_command(bool creates, bool exposed) {
  command_info of;
  of.message = describe<M>();
  of.creates = creates;
  if (exposed) of.verbs = {http_verb::post};
  return of;
}

context_info named(std::string_view name) {
  context_info of;
  of.system = "exchange";
  of.name = name;
  of.resource = name;
  of.entity = name;
  of.state = describe<nobody_state>("Nobody");
  of.events = {{describe<joined>()}};
  return of;
}

context_info caller_context() {
  auto of = named("caller");
  of.commands = {of_command<join>(true, true), of_command<call>(false, true),
                 of_command<glance>(false, true), of_command<beg>(false, true)};
  of.asks = {{"exchange.callee", serve::name, timeout},
             {"exchange.callee", show::name, timeout, true}};
  return of;
}

context_info callee_context() {
  auto of = named("callee");
  of.commands = {of_command<join>(true, true), of_command<serve>(false, false)};
  of.queries = {{show::name, "what there is to see", {}, {}}};
  return of;
}

} // namespace

const std::vector<context_behaviour>& behaviours() {
  static const std::vector<context_info> infos{caller_context(), callee_context()};
  static const std::vector<context_behaviour> all{
      {.info = &infos[0], .make_aggregate = make_instance<caller>},
      {.info = &infos[1], .make_aggregate = make_instance<callee>},
  };
  return all;
}

} // namespace troupe::test::exchange
