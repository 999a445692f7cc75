#include "bin/cli/cause_chain.hpp"

#include "actors/verb_arguments.hpp"
#include "bin/cli/output.hpp"
#include "bin/cli/plain_text.hpp"
#include "messages/derived_commands.hpp"
#include "messages/descriptor.hpp"

#include <utility>

namespace troupe::cli {
namespace {

/// Reactions of one policy to one event that are looked for.
constexpr std::uint64_t reactions_max = 64;
constexpr std::size_t depth_max = 32;

value member(const value& of, std::string_view name) {
  const auto* held = of.find(name);
  return held != nullptr ? *held : value{};
}

const value::array& list_in(const value& of, std::string_view name) {
  static const value::array none;
  const auto* held = of.find(name);
  const auto* items = held != nullptr ? held->get_if<value::array>() : nullptr;
  return items != nullptr ? *items : none;
}

/// What stands before a turn: where its record is and what that turn did; or why nothing does.
struct step {
  value place; ///< nil: the chain ends here
  std::string relation;
  std::string end;
  std::string why;
};

step step_before(const value& turn) {
  const value by = member(turn, "by");
  const auto kind = text_in(by, "kind");
  const value caller = member(by, "caller");
  if (kind == "policy") return {member(by, "event"), "event", {}, {}};
  if (kind == "client") {
    const auto correlation = text_in(turn, "correlation");
    return {{},
            {},
            "client",
            correlation.empty() ? "a client sent it"
                                : "a client sent it, correlation " + correlation};
  }
  static const std::pair<std::string_view, std::string_view> relations[] = {
      {"ask", "asked"}, {"timer", "timer"}, {"void", "gave up"}, {"operator", "retried"}};
  for (const auto& [known, relation] : relations)
    if (kind == known && !caller.is_null()) return {caller, std::string{relation}, {}, {}};
  if (kind == "timer")
    return {{},
            {},
            "unknown",
            "its timer '" + text_in(by, "timer") + "' fired; who set it is not found"};
  const auto why = text_in(by, "why");
  return {{},
          {},
          "unknown",
          why.empty() ? "its record does not say who sent it: an earlier build wrote it" : why};
}

} // namespace

std::string turn_name(const value& turn) {
  return text_in(turn, "context") + '/' + cell_text(member(turn, "id")) + '#' +
         cell_text(member(turn, "seq"));
}

result<cause_chain> causes_of(value first, const cause_asker& ask) {
  auto turn = ask(first);
  if (!turn) return turn.error();
  (*turn)["relation"] = "turn";
  cause_chain chain;
  chain.turns.push_back(std::move(*turn));
  while (chain.turns.size() < hops_max) {
    auto before = step_before(chain.turns.back());
    if (before.place.is_null()) {
      chain.end = std::move(before.end);
      chain.why = std::move(before.why);
      return chain;
    }
    auto next = ask(before.place);
    if (!next) {
      chain.end = "gap";
      chain.why = "record " + std::to_string(number_in(before.place, "index", 0)) + " of " +
                  text_in(before.place, "context") + " shard " +
                  std::to_string(number_in(before.place, "shard", 0)) +
                  " cannot be shown: " + next.error().message;
      return chain;
    }
    (*next)["relation"] = before.relation;
    chain.turns.push_back(std::move(*next));
  }
  chain.end = "long";
  chain.why = "the chain has more than " + std::to_string(hops_max) + " hops";
  return chain;
}

// -- what a turn led to -------------------------------------------------------------------------

namespace {

class effect_tree {
public:
  explicit effect_tree(const cause_asker& ask) : ask_(ask) {}

  void grow(value& turn, std::size_t depth) {
    value::array effects;
    if (depth < depth_max) {
      add_asked(turn, effects);
      add_undone(turn, effects);
      add_reactions(turn, effects);
      add_timers(turn, effects);
      for (auto& each : effects)
        if (each.find("seq") != nullptr) grow(each, depth + 1);
    }
    turn["effects"] = std::move(effects);
  }

private:
  /// Looks for a command's turn; false if it is not there.
  bool add(value::array& to, const std::string& context, command_id command, std::string relation) {
    if (shown_ == effects_max) return false;
    value wanted{value::object{}};
    wanted["context"] = context;
    wanted["command_id"] = command.text();
    auto turn = ask_(wanted);
    if (!turn && turn.error().code == errc::not_found) return false;
    ++shown_;
    if (!turn) {
      turn = value{value::object{}};
      (*turn)["context"] = context;
      (*turn)["gap"] = "command " + command.text() + " cannot be looked for";
    }
    (*turn)["relation"] = std::move(relation);
    to.push_back(std::move(*turn));
    return true;
  }

  void add_asked(const value& turn, value::array& to) {
    const value asked = member(turn, "asked");
    if (asked.is_null()) return;
    const auto id = command_id::parse(text_in(asked, "command_id"));
    const auto* reads = asked.find("reads_only");
    const bool only_reads =
        reads != nullptr && reads->get_if<bool>() != nullptr && *reads->get_if<bool>();
    if (only_reads || (id && !add(to, text_in(asked, "context"), *id, "asked"))) {
      value leaf{value::object{}};
      leaf["relation"] = "asked";
      leaf["context"] = text_in(asked, "context");
      leaf["gap"] = text_in(asked, "command") +
                    (only_reads ? " only reads, which leaves no record" : " has no turn there");
      to.push_back(std::move(leaf));
    }
    // The same command goes on when the answer comes.
    if (const auto own = command_id::parse(text_in(turn, "command_id"))) {
      value::array settled;
      if (add(settled, text_in(turn, "context"), *own, "settled") &&
          number_in(settled.front(), "seq", 0) > number_in(turn, "seq", 0))
        to.push_back(std::move(settled.front()));
    }
  }

  void add_undone(const value& turn, value::array& to) {
    const value ask = member(turn, "undoes");
    if (const auto id = command_id::parse(text_in(ask, "command_id")))
      (void)add(to, text_in(ask, "context"), compensation_id(*id), "made good");
  }

  void add_reactions(const value& turn, value::array& to) {
    const auto source = text_in(turn, "context");
    event_address at{number_in(turn, "time_ms", 0),
                     {static_cast<std::uint32_t>(number_in(turn, "shard", 0))},
                     {static_cast<std::uint64_t>(number_in(turn, "index", 0))},
                     0};
    for (const auto& event : list_in(turn, "events")) {
      const auto* name = event.get_if<std::string>();
      for (const auto& context : all_contexts())
        for (const auto& policy : context.policies) {
          if (policy.source != source || name == nullptr || policy.event != *name) continue;
          const auto relation = std::string{policy.name} + " on " + *name;
          if (!policy.reaches.empty()) {
            value leaf{value::object{}};
            leaf["relation"] = relation;
            leaf["context"] = context.full_name();
            leaf["gap"] = "it reaches many aggregates by '" + std::string{policy.reaches} +
                          "'; these are not followed";
            to.push_back(std::move(leaf));
            continue;
          }
          for (std::uint64_t i = 0; i < reactions_max; ++i)
            if (!add(to, context.full_name(), reaction_id(policy.name, source, at, i), relation))
              break;
        }
      ++at.ordinal;
    }
  }

  void add_timers(const value& turn, value::array& to) {
    const aggregate_id id{number_in(turn, "id", 0)};
    const shard_number shard{static_cast<std::uint32_t>(number_in(turn, "shard", 0))};
    for (const auto& each : list_in(turn, "timers")) {
      const auto name = text_in(each, "name");
      (void)add(to, text_in(turn, "context"),
                timer_id(name, number_in(each, "due_ms", 0), shard, id), "timer " + name);
    }
  }

  const cause_asker& ask_;
  std::size_t shown_ = 0;
};

// -- as lines -----------------------------------------------------------------------------------

std::string outcome_text(const value& turn, bool color) {
  std::string text = colored_state(text_in(turn, "outcome"), color);
  std::string events;
  for (const auto& each : list_in(turn, "events"))
    events += (events.empty() ? ": " : ", ") + plain_line(cell_text(each));
  const auto rejection = text_in(turn, "rejection");
  if (!rejection.empty()) events = ": " + plain_line(rejection);
  return text + events;
}

/// `trace` is that of the lines above: it is shown where it begins or changes.
std::string turn_line(const value& turn, std::string& trace, bool color) {
  if (turn.find("seq") == nullptr)
    return plain_line(text_in(turn, "context")) + ": " + plain_line(text_in(turn, "gap"));
  std::string line = plain_line(turn_name(turn)) + ' ' + plain_line(text_in(turn, "command")) +
                     "  " + outcome_text(turn, color) + "  " +
                     time_text(number_in(turn, "time_ms", 0));
  if (const auto node = text_in(turn, "node"); !node.empty()) line += "  on " + plain_line(node);
  if (const auto span = text_in(turn, "span"); !span.empty()) line += "  span " + plain_line(span);
  if (auto own = text_in(turn, "trace"); own != trace) {
    if (!own.empty()) line += " of trace " + plain_line(own);
    trace = std::move(own);
  }
  return line;
}

std::string_view words_for(std::string_view relation) {
  if (relation == "asked") return "asked by";
  if (relation == "event") return "in reaction to";
  if (relation == "timer") return "by a timer that was set in";
  if (relation == "gave up") return "to make good what was given up in";
  if (relation == "retried") return "an operator let it run again after";
  return relation;
}

struct drawing {
  bool lines = false;
  bool color = false;
  std::string trace{}; ///< of the line before
};

void append_effects(std::string& to, const value& turn, const std::string& indent, drawing& how) {
  const auto& effects = list_in(turn, "effects");
  for (std::size_t i = 0; i < effects.size(); ++i) {
    const bool last = i + 1 == effects.size();
    to += indent + (how.lines ? (last ? "└─ " : "├─ ") : (last ? "`- " : "|- ")) +
          plain_line(text_in(effects[i], "relation")) + ": " +
          turn_line(effects[i], how.trace, how.color) + '\n';
    append_effects(to, effects[i], indent + (last ? "   " : how.lines ? "│  " : "|  "), how);
  }
}

} // namespace

value effects_of(value first, const cause_asker& ask) {
  effect_tree{ask}.grow(first, 0);
  return first;
}

std::string chain_text(const cause_chain& from, bool lines, bool color) {
  const std::string branch = lines ? "└─ " : "`- ";
  std::string text;
  std::string indent;
  std::string trace;
  for (std::size_t i = 0; i < from.turns.size(); ++i) {
    const auto relation = text_in(from.turns[i], "relation");
    if (i > 0) text += indent + branch + std::string{words_for(relation)} + ' ';
    text += turn_line(from.turns[i], trace, color) + '\n';
    if (i > 0) indent += "   ";
  }
  return text + indent + branch + plain_line(from.why) + '\n';
}

std::string effects_text(const value& from, bool lines, bool color) {
  drawing how{lines, color};
  std::string text = turn_line(from, how.trace, color) + '\n';
  append_effects(text, from, "", how);
  return text;
}

} // namespace troupe::cli
