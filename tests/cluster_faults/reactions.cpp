#include "tests/cluster_faults/reactions.hpp"

#include "tests/cluster_faults/journal_visit.hpp"

#include <map>
#include <utility>

namespace troupe::test {
namespace {

using place = std::pair<std::uint32_t, std::uint64_t>; ///< shard and index

/// Calls `visit` with every record of a context; shards are numbered without a gap.
void visit_context(const std::filesystem::path& data, const std::string& context,
                   const std::function<void(const place&, const record&)>& visit) {
  for (std::uint32_t shard = 0; std::filesystem::exists(journal_file(data, {context, {shard}}));
       ++shard)
    visit_journal(data, {context, {shard}}, [&](std::uint64_t index, const record& one) {
      visit({shard, index}, one);
    });
}

} // namespace

reaction_count count_reactions(const std::filesystem::path& data, const reaction_rule& rule) {
  std::map<place, int> handled;
  reaction_count found;
  visit_context(data, rule.source, [&](const place& at, const record& one) {
    for (const auto& event : one.events) {
      if (event.name != rule.event) continue;
      handled[at] = 0;
      ++found.events;
    }
  });
  visit_context(data, rule.consumer, [&](const place&, const record& one) {
    // An ask and its settlement name the same cause: only the record that decides counts.
    if (!one.cause || one.cause->context != rule.source || one.ask_opened) return;
    const auto at = handled.find({one.cause->shard.value, one.cause->index.value});
    if (at != handled.end()) ++at->second;
  });
  for (const auto& [at, times] : handled)
    if (times != 1)
      found.findings.push_back(rule.source + " shard " + std::to_string(at.first) + " record " +
                               std::to_string(at.second) + ": " + rule.event + " was handled " +
                               std::to_string(times) + " times by " + rule.consumer);
  return found;
}

} // namespace troupe::test
