#include "bin/verify/ledger_rules.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <tuple>

namespace troupe::verify {

namespace {

using call = ledger_line::call;
using ending = ledger_line::ending;

/// Whether the answer is the recorded end of its command: whoever sends the id again gets the same.
bool is_recorded_end(const ledger_line& line) {
  return line.outcome == ending::rejected || line.code == errc::rejected ||
         line.code == errc::callee_failed || line.code == errc::ask_timeout;
}

/// Whether the answer says that the id is over and had no effect. A conflict speaks of another
/// command of the same id, which may well have had one.
bool is_final(const ledger_line& line) {
  if (line.outcome == ending::rejected) return true;
  if (line.outcome != ending::error || !line.code || *line.code == errc::idempotency_conflict)
    return false;
  const auto& row = info(*line.code);
  return row.effect == outcome::not_applied && row.again != retry::same_id;
}

class checker {
public:
  checker(ledger_book& book, const data_directory& all, std::string_view only, report& to)
      : book_(book), all_(all), only_(only), to_(to) {}
  void run();

private:
  /// The calls of one command id in one ledger, or one read: from the first question to the first
  /// answer.
  struct operation {
    const ledger_line* answer = nullptr;
    std::int64_t start_us = 0;
    std::int64_t end_us = 0;
  };
  using operations = std::vector<operation>;

  [[nodiscard]] bool is_wanted(const ledger_line& line) const {
    return only_.empty() || book_.context(line.context) == only_;
  }
  void check(const ledger_line& line);
  void check_acknowledged(const ledger_line& line);
  void check_refused(const ledger_line& line);
  void check_shown(const ledger_line& line);
  void check_order();
  void check_order_of(operations& all);
  void wrong(rule broken, const ledger_line& line, const std::string& what) {
    to_.found(broken, book_.place_of(line), what);
  }

  ledger_book& book_;
  const data_directory& all_;
  std::string_view only_;
  report& to_;
  std::map<std::pair<std::uint32_t, command_id>, bool> acknowledged_;
};

void checker::run() {
  for (const auto& line : book_.lines()) {
    ++to_.ledger_lines;
    if (line.kind == call::command && line.outcome == ending::ok)
      acknowledged_[{line.context, line.command}] = true;
  }
  for (const auto& line : book_.lines())
    if (is_wanted(line)) check(line);
  check_order();
}

void checker::check(const ledger_line& line) {
  if (line.outcome == ending::ok)
    line.kind == call::command ? check_acknowledged(line) : check_shown(line);
  else if (line.kind == call::command && is_final(line))
    check_refused(line);
}

std::string where_of(const recorded_effect& effect) {
  return "record " + std::to_string(effect.at.value) + " of shard " +
         std::to_string(effect.shard.value);
}

void checker::check_acknowledged(const ledger_line& line) {
  to_.checked(rule::acknowledged);
  if (all_.shards_of(book_.context(line.context)) == 0)
    return wrong(rule::acknowledged, line, "it was acknowledged, and its context has no journal");
  const auto& effect = *book_.effect(line.context, line.command);
  if (!effect.decided)
    return wrong(rule::acknowledged, line, "it was acknowledged and is in no journal: it is lost");
  if (!effect.accepted)
    return wrong(rule::acknowledged, line,
                 "it was acknowledged, but " + where_of(effect) + " rejects it");
  if (line.id.given() && effect.aggregate != line.id)
    wrong(rule::acknowledged, line,
          where_of(effect) + " is of aggregate " + std::to_string(effect.aggregate.number));
  if (line.seq != 0 && effect.seq != line.seq)
    wrong(rule::acknowledged, line, where_of(effect) + " has seq " + std::to_string(effect.seq));
  if (line.epoch != 0 && line.epoch < effect.epoch.value)
    wrong(rule::one_writer, line,
          "it was answered by epoch " + std::to_string(line.epoch) + ", but " + where_of(effect) +
              " is of epoch " + std::to_string(effect.epoch.value));
}

void checker::check_refused(const ledger_line& line) {
  if (!is_recorded_end(line) && acknowledged_.contains({line.context, line.command})) return;
  to_.checked(rule::acknowledged);
  const auto& effect = *book_.effect(line.context, line.command);
  if (effect.accepted)
    wrong(rule::acknowledged, line,
          "it was refused for good, but " + where_of(effect) + " accepts it");
}

void checker::check_shown(const ledger_line& line) {
  if (line.seq == 0 || all_.shards_of(book_.context(line.context)) == 0) return;
  to_.checked(rule::acknowledged);
  const auto* newest = book_.newest(line.context, line.id);
  if (newest == nullptr || *newest >= line.seq) return;
  wrong(rule::acknowledged, line,
        "it showed a state whose turn is in no journal: the aggregate's "
        "newest turn is " +
            std::to_string(*newest));
}

/// Clocks are compared inside one ledger only. A command that was sent several times began with its
/// first send and was known with its first answer; one that other ledgers know too began who knows
/// when, so nothing is asked of it, but what it said counts.
void checker::check_order() {
  struct sends {
    operation of;
    bool elsewhere = false;
  };
  std::map<std::tuple<std::uint32_t, command_id, std::uint32_t>, sends> commands;
  std::map<std::tuple<std::uint32_t, std::uint32_t, aggregate_id>, operations> by_aggregate;
  const auto add = [&](const operation& of) {
    by_aggregate[{of.answer->file, of.answer->context, of.answer->id}].push_back(of);
  };
  for (const auto& line : book_.lines()) {
    if (!is_wanted(line)) continue;
    const bool answered = line.outcome == ending::ok && line.seq != 0 && line.id.given();
    if (line.kind == call::get) {
      if (answered) add({&line, line.start_us, line.end_us});
      continue;
    }
    auto& known = commands
                      .try_emplace({line.context, line.command, line.file},
                                   sends{{nullptr, line.start_us, line.end_us}, false})
                      .first->second.of;
    known.start_us = std::min(known.start_us, line.start_us);
    if (answered && (known.answer == nullptr || line.end_us < known.end_us)) {
      known.answer = &line;
      known.end_us = line.end_us;
    }
  }
  for (auto at = commands.begin(); at != commands.end(); ++at) {
    const auto same = [&](auto other) {
      return std::get<0>(other->first) == std::get<0>(at->first) &&
             std::get<1>(other->first) == std::get<1>(at->first);
    };
    const auto next = std::next(at);
    at->second.elsewhere =
        (at != commands.begin() && same(std::prev(at))) || (next != commands.end() && same(next));
    auto of = at->second.of;
    if (of.answer == nullptr) continue;
    if (at->second.elsewhere) of.start_us = std::numeric_limits<std::int64_t>::min();
    add(of);
  }
  for (auto& [key, all] : by_aggregate)
    check_order_of(all);
}

void checker::check_order_of(operations& all) {
  operations by_end = all;
  std::sort(all.begin(), all.end(), [](const operation& left, const operation& right) {
    return left.start_us < right.start_us;
  });
  std::sort(by_end.begin(), by_end.end(), [](const operation& left, const operation& right) {
    return left.end_us < right.end_us;
  });
  const ledger_line* newest = nullptr; ///< of the answers known before
  auto known = by_end.begin();
  for (const auto& each : all) {
    to_.checked(rule::linearizable);
    for (; known != by_end.end() && known->end_us < each.start_us; ++known)
      if (newest == nullptr || known->answer->seq > newest->seq) newest = known->answer;
    if (newest == nullptr) continue;
    // Two commands cannot be the same turn; a read may well show the one before it.
    const bool both_change = each.answer->kind == call::command && newest->kind == call::command;
    if (each.answer->seq > newest->seq || (each.answer->seq == newest->seq && !both_change))
      continue;
    wrong(rule::linearizable, *each.answer,
          "its answer has seq " + std::to_string(each.answer->seq) + ", but line " +
              std::to_string(newest->line) + " was told seq " + std::to_string(newest->seq) +
              " before it was asked");
  }
}

} // namespace

ledger_notes::ledger_notes(const journal_file& file, ledger_book* book) : file_(file), book_(book) {
  const auto number = book_ == nullptr ? std::nullopt : book_->number_of(file.context);
  if (number)
    context_ = *number;
  else
    book_ = nullptr; // no ledger speaks of this context
}

void ledger_notes::take(const record& from, record_index at) {
  if (book_ == nullptr || !from.command.given() || from.outcome == turn_outcome::asked) return;
  auto* const effect = book_->effect(context_, from.command);
  if (effect == nullptr || effect->accepted) return;
  *effect = {file_.shard, at,         from.aggregate,
             from.seq,    from.epoch, from.outcome == turn_outcome::accepted,
             true};
}

void ledger_notes::finish(const sequence_rules::aggregates& ends) {
  if (book_ == nullptr) return;
  for (const auto& [id, end] : ends)
    if (auto* const newest = book_->newest(context_, id)) *newest = end.seq;
}

void check_ledgers(ledger_book& book, const data_directory& all, std::string_view only,
                   report& to) {
  checker{book, all, only, to}.run();
}

} // namespace troupe::verify
