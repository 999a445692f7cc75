#include "bin/cli/cause_chain.hpp"
#include "bin/cli/every_node.hpp"
#include "bin/cli/fields.hpp"
#include "bin/cli/tool.hpp"

#include <limits>
#include <ostream>

namespace troupe::cli {
namespace {

command_result print_chain(command_call& call, const cause_chain& chain, const value& effects) {
  auto& out = call.around.out;
  const bool gap = chain.end == "gap";
  if (call.how.format == output_format::table) {
    out << chain_text(chain, call.how.terminal, call.how.color);
    if (!effects.is_null())
      out << "\nwhat followed from it:\n"
          << effects_text(effects, call.how.terminal, call.how.color);
    return gap ? exit_code::partly_done : exit_code::done;
  }
  listing shown{"Why", chain.turns, {}, turn_name};
  shown.extra = {{"end", chain.end}, {"why", chain.why}};
  if (!effects.is_null()) shown.extra.emplace_back("effects", effects);
  print(out, call.how, shown);
  return gap ? exit_code::partly_done : exit_code::done;
}

command_result why(command_call& call) {
  const auto& words = call.line.arguments;
  const std::string what = "cannot tell why " + words[0] + " is as it is";
  auto parsed = parse_one(words[0]);
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const auto& of = std::get<target>(parsed);
  value wanted{value::object{}};
  wanted["context"] = of.context->full_name();
  wanted["id"] = of.id.number;
  if (words.size() > 1) {
    const auto seq = parse_number(words[1], 1, std::numeric_limits<std::int64_t>::max());
    if (!seq)
      return usage_failure(what, "SEQ: " + seq.error().message,
                           "actor-inspector why " + words[0] + " 1");
    wanted["seq"] = *seq;
  }
  auto nodes = reach(call);
  if (!nodes) return failed(what, nodes.error());
  const cause_asker ask = [&](const value& arguments) {
    return (*nodes)->admin("cause", arguments);
  };
  const auto chain = causes_of(std::move(wanted), ask);
  if (!chain) return failed(what, chain.error());
  value effects;
  if (call.line.given("--forward")) effects = effects_of(chain->turns.front(), ask);
  return print_chain(call, *chain, effects);
}

} // namespace

void add_why_command(command_handlers& to) {
  to["why"] = why;
}

} // namespace troupe::cli
