#include "tests/actors/stall.hpp"

#include "actors/aggregate_type.hpp"

#include <stdexcept>

namespace troupe::test::stall {

decision<good::event> good::decide(const state&, const put_out& command, const turn_info&) {
  return accept(was_put_out{command.price});
}
good_state good::evolve(state, const was_put_out& event) {
  return {event.price};
}

decision<sale::event> sale::decide(const state&, const sell& command, const turn_info&) {
  return ask(goods, aggregate_id{command.item}, tell_price{});
}
decision<sale::event> sale::settle(const state&, const sell& command, const good_state& told,
                                   const turn_info&) {
  if (told.price > 0 || command.mood == "glad") return accept(sold{told.price});
  if (command.mood == "curious") return ask(goods, aggregate_id{command.item}, tell_price{});
  if (command.mood == "mad") throw std::runtime_error{"what is it worth"};
  return reject("NOT_FOR_SALE", "it has no price");
}
sale_state sale::evolve(state, const sold& event) {
  return {event.price};
}

namespace {

template <message M> command_info creating() {
  command_info of;
  of.message = describe<M>();
  of.creates = true;
  of.verbs = {http_verb::post};
  return of;
}

context_info named(std::string_view name, message_info state) {
  context_info of;
  of.system = "stall";
  of.name = name;
  of.resource = name;
  of.entity = name;
  of.state = std::move(state);
  return of;
}

std::vector<context_info> descriptors() {
  auto of_goods = named("good", describe<good_state>("Good"));
  of_goods.commands = {creating<put_out>()};
  of_goods.queries = {{tell_price::name, "what it costs", "id", "price"}};
  of_goods.events = {{describe<was_put_out>()}};
  auto of_sales = named("sale", describe<sale_state>("Sale"));
  of_sales.commands = {creating<sell>()};
  of_sales.events = {{describe<sold>()}};
  of_sales.asks = {{.target = goods,
                    .command = tell_price::name,
                    .reads_only = true,
                    .missing = "NO_SUCH_GOOD",
                    .fallback = encoded(good_state{}),
                    .fallback_meaning = "nobody can tell the price"}};
  of_sales.rejections = {{"NO_SUCH_GOOD", "there is no such good"},
                         {"NOT_FOR_SALE", "it has no price"}};
  return {of_goods, of_sales};
}

} // namespace

const std::vector<context_behaviour>& behaviours() {
  static const auto infos = descriptors();
  static const std::vector<context_behaviour> all{{&infos[0], make_instance<good>},
                                                  {&infos[1], make_instance<sale>}};
  return all;
}

} // namespace troupe::test::stall
