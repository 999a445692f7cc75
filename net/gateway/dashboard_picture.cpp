#include "net/gateway/dashboard_picture.hpp"

#include "messages/codec.hpp"

#include <algorithm>
#include <utility>

namespace troupe::gateway {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

[[nodiscard]] double number(const value* held) {
  if (held == nullptr) return 0;
  if (const auto* whole = held->get_if<std::int64_t>()) return static_cast<double>(*whole);
  if (const auto* real = held->get_if<double>()) return *real;
  return 0;
}
[[nodiscard]] double number(const value& of, std::string_view name) {
  return number(of.find(name));
}

[[nodiscard]] std::string text(const value& of, std::string_view name) {
  const auto* held = of.find(name);
  const auto* found = held != nullptr ? held->get_if<std::string>() : nullptr;
  return found != nullptr ? *found : std::string{};
}

[[nodiscard]] const value::array& items(const value& of, std::string_view name) {
  static const value::array none;
  const auto* held = of.find(name);
  const auto* found = held != nullptr ? held->get_if<value::array>() : nullptr;
  return found != nullptr ? *found : none;
}

[[nodiscard]] const value::object& members_of(const value& of) {
  static const value::object none;
  const auto* found = of.get_if<value::object>();
  return found != nullptr ? *found : none;
}

[[nodiscard]] std::string key_text(const value* held) {
  if (held == nullptr) return {};
  if (const auto* name = held->get_if<std::string>()) return *name;
  if (const auto* whole = held->get_if<std::int64_t>()) return std::to_string(*whole);
  return {};
}

/// A list whose items are told apart by one of their members becomes an object of them: so a change
/// of one item is a small patch and not the whole list again.
[[nodiscard]] value keyed(const value::array& list, std::string_view key) {
  value::object by_key;
  for (const value& each : list) {
    value::object rest;
    for (const auto& [name, held] : members_of(each))
      if (name != key) rest.emplace_back(name, held);
    by_key.emplace_back(key_text(each.find(key)), std::move(rest));
  }
  return by_key;
}

/// Shards that a node has open, and restarts, in its supervision tree.
struct tree_sums {
  std::int64_t shards = 0;
  std::int64_t restarts = 0;
};
void sum_up(const value& from, tree_sums& to, int depth = 0) {
  constexpr int depth_max = 16;
  to.restarts += static_cast<std::int64_t>(number(from, "restarts"));
  if (text(from, "kind") == "shard" && text(from, "state") != "stopped") ++to.shards;
  if (depth == depth_max) return;
  for (const value& each : items(from, "children"))
    sum_up(each, to, depth + 1);
}

[[nodiscard]] std::string seconds(std::int64_t ms) {
  const auto tenths = (ms + 50) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

} // namespace

void dashboard_picture::resume(moment when) {
  for (auto& [name, each] : nodes_) {
    each.last.pid = 0; // no rate over the time in which nobody looked
    // Who was gone before is so until it answers.
    if (each.state != "silent" && each.state != "left") each.heard = when.at;
  }
}

void dashboard_picture::members(const std::vector<map_member>& now, moment when) {
  for (const auto& each : now) {
    auto found = nodes_.find(each.node);
    if (found == nodes_.end()) {
      if (nodes_.size() >= nodes_max) continue;
      found = nodes_.emplace(each.node, known_node{}).first;
      found->second.heard = when.at;
      found->second.heard_wall = when.wall;
      found->second.since = when.wall;
    } else if (found->second.member.empty()) {
      tell(when.wall, each.node, "node-joined", each.node, "is a member of the cluster again");
    } else if (each.generation > found->second.generation) {
      // A launcher may be quicker than silence.
      tell(when.wall, each.node, "node-restarted", each.node,
           "was started anew: life " + std::to_string(each.generation));
    }
    known_node& known = found->second;
    known.endpoint = each.endpoint;
    known.build = each.build;
    known.member = each.state;
    known.generation = each.generation;
  }
  for (auto& [name, known] : nodes_) {
    const bool is_member = std::any_of(
        now.begin(), now.end(), [&, own = &name](const auto& each) { return each.node == *own; });
    if (is_member || known.member.empty()) continue;
    known.member.clear();
    known.left = when.at;
    tell(when.wall, name, "node-left", name, "is no member of the cluster any more");
  }
  std::erase_if(nodes_, [&](const auto& each) {
    const auto& known = each.second;
    return known.member.empty() &&
           when.at - known.left > (known.state == "silent" ? lost_shown : left_shown);
  });
}

void dashboard_picture::hear(known_node& from, moment when) {
  from.heard = when.at;
  from.heard_wall = when.wall;
  from.answered = true;
}

void dashboard_picture::answered(const std::string& name, std::string_view verb, const value& said,
                                 moment when) {
  const auto found = nodes_.find(name);
  if (found == nodes_.end()) return;
  known_node& from = found->second;
  hear(from, when);
  from.unknown.erase(std::string{verb});
  if (verb == "status") return take_status(from, said, when);
  if (verb == "tree") return take_tree(name, from, said, when.wall);
  if (verb != "breakers") return;
  value::object by_direction;
  for (const value& each : items(said, "items")) {
    std::string key;
    for (const char* part : {"asking", "target", "owner", "operation"})
      key.append(key.empty() ? "" : " ").append(text(each, part));
    by_direction.emplace_back(std::move(key), each);
  }
  from.breakers = std::move(by_direction);
}

void dashboard_picture::refused(const std::string& name, std::string_view verb, const error& why,
                                moment when) {
  const auto found = nodes_.find(name);
  if (found == nodes_.end()) return;
  hear(found->second, when);
  found->second.unknown.insert_or_assign(std::string{verb}, why.message);
}

void dashboard_picture::take_status(known_node& of, const value& said, moment when) {
  value::object kept;
  for (const auto& [name, held] : members_of(said)) {
    if (name == "contexts")
      kept.emplace_back(name, keyed(items(said, name), "name"));
    else if (name == "lanes")
      kept.emplace_back(name, keyed(items(said, name), "lane"));
    else if (name != "breakers" && name != "node") // breakers come by their own verb, in full
      kept.emplace_back(name, held);
  }
  of.status = std::move(kept);
  counters now{.pid = static_cast<std::int64_t>(number(said, "pid")), .at = when.at};
  for (const value& each : items(said, "lanes"))
    now.commits += number(each, "commits");
  for (const value& each : items(said, "contexts")) {
    now.turns += number(each, "turns");
    now.rejected += number(each, "rejected");
  }
  const double passed = std::chrono::duration<double>(now.at - of.last.at).count();
  // A node that was started anew counts from zero; there is no rate over that.
  const auto rate = [&](double counters::*of_what) {
    const bool same = of.last.pid == now.pid && passed > 0;
    return same ? std::max(0.0, (now.*of_what - of.last.*of_what) / passed) : 0.0;
  };
  of.commits_per_s = rate(&counters::commits);
  of.turns_per_s = rate(&counters::turns);
  of.rejected_per_s = rate(&counters::rejected);
  of.last = now;
}

void dashboard_picture::take_tree(const std::string& name, known_node& of, const value& said,
                                  wall_ms now) {
  tree_sums sums;
  sum_up(said, sums);
  if (of.shards >= 0 && of.shards != sums.shards)
    tell(now, name, "shards-changed", name,
         "has " + std::to_string(sums.shards) + " shards, before " + std::to_string(of.shards));
  of.shards = sums.shards;
  of.restarts = sums.restarts;
}

void dashboard_picture::happened(const std::string& node,
                                 const std::vector<published_event>& events) {
  for (const auto& each : events) {
    const auto payload = decode_value(each.payload);
    const value said = payload ? *payload : value{value::object{}};
    tell(each.time_ms, node, each.name, text(said, "subject"), text(said, "text"));
  }
}

std::string dashboard_picture::state_of(const known_node& of, monotonic_time now) const {
  if (now - of.heard >= silent_after) {
    const bool left_well = of.member.empty() && of.state != "silent" && of.state != "up";
    return left_well || of.state == "left" ? "left" : "silent";
  }
  if (of.member.empty()) return "left";
  if (!of.answered) return "asked";
  if (of.member != "active") return of.member;
  const std::string own = text(of.status, "state");
  if (!own.empty() && own != "up") return own;
  const auto* lanes = of.status.find("lanes");
  for (const auto& [lane, each] : lanes != nullptr ? members_of(*lanes) : value::object{})
    if (text(each, "state") == "stuck") return "degraded";
  return "up";
}

bool dashboard_picture::pulse(moment when) {
  bool changed = false;
  for (auto& [name, each] : nodes_) {
    std::string state = state_of(each, when.at);
    if (state == each.state) continue;
    if (state == "silent")
      tell(when.wall, name, "node-silent", name,
           "gives no answer for " +
               seconds(duration_cast<milliseconds>(when.at - each.heard).count()));
    else if (each.state == "silent")
      tell(when.wall, name, "node-answers", name,
           "answers again after " + seconds(when.wall - each.since));
    each.state = std::move(state);
    each.since = when.wall;
    changed = true;
  }
  return changed;
}

const dashboard_picture::sample& dashboard_picture::take_sample(moment when) {
  std::map<std::string_view, double> sums;
  std::map<std::string, double, std::less<>> lag;
  for (const auto& [name, each] : nodes_) {
    if (each.state == "silent" || each.state == "left") continue;
    sums["nodes"] += each.answered ? 1 : 0;
    const auto* load = each.status.find("load");
    if (load == nullptr) continue;
    sums["commands"] += number(*load, "commands_per_s");
    sums["waiting"] += number(*load, "waiting");
    sums["memory"] += number(*load, "resident_bytes");
    sums["cpu"] += number(*load, "cpu_percent");
    for (const auto& [column, figure] :
         {std::pair{"p50", "mailbox_p50_ms"}, std::pair{"p95", "mailbox_p95_ms"},
          std::pair{"p99", "mailbox_p99_ms"}, std::pair{"oldest", "mailbox_oldest_ms"}})
      sums[column] = std::max(sums[column], number(*load, figure));
    sums["commits"] += each.commits_per_s;
    sums["turns"] += each.turns_per_s;
    sums["rejected"] += each.rejected_per_s;
    const auto* contexts = each.status.find("contexts");
    for (const auto& [context, of] :
         contexts != nullptr ? members_of(*contexts) : value::object{}) {
      sums["actors"] += number(of, "resident");
      sums["letters"] += number(of, "deadletters");
      lag[context] = std::max(lag[context], number(of, "lag"));
    }
    for (const auto& [direction, breaker] : members_of(each.breakers)) {
      const auto state = text(breaker, "state");
      if (state == "open" || state == "forced-open") sums["breakers"] += 1;
    }
  }
  for (const auto& [context, records] : lag)
    sums["lag"] += records;
  sums["time"] = static_cast<double>(when.wall);
  sample taken{};
  for (std::size_t i = 0; i < columns.size(); ++i)
    taken[i] = sums[columns[i]];
  if (history_.size() == history_max) history_.pop_front();
  return history_.emplace_back(taken);
}

std::vector<std::pair<std::string, std::string>> dashboard_picture::places() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [name, each] : nodes_)
    if (!each.endpoint.empty()) all.emplace_back(name, each.endpoint);
  return all;
}

value dashboard_picture::present() const {
  value::object nodes;
  value::object breakers;
  for (const auto& [name, each] : nodes_) {
    value item = each.status;
    item["endpoint"] = each.endpoint;
    item["build"] = each.build;
    item["member"] = each.member;
    item["generation"] = each.generation;
    item["state"] = each.state;
    item["since_ms"] = each.since;
    item["heard_ms"] = each.heard_wall;
    item["restarts"] = each.restarts;
    item["commits_per_s"] = each.commits_per_s;
    item["turns_per_s"] = each.turns_per_s;
    if (each.shards >= 0) item["shards"] = each.shards;
    value::object unknown;
    for (const auto& [verb, why] : each.unknown)
      unknown.emplace_back(verb, why);
    item["refused"] = std::move(unknown);
    nodes.emplace_back(name, std::move(item));
    if (each.state == "silent" || each.state == "left") continue;
    for (const auto& [direction, breaker] : members_of(each.breakers)) {
      value shown = breaker;
      shown["node"] = name;
      breakers.emplace_back(name + ": " + direction, std::move(shown));
    }
  }
  value all;
  all["nodes"] = std::move(nodes);
  all["breakers"] = std::move(breakers);
  return all;
}

value dashboard_picture::history() const {
  value::object by_column;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    value::array of;
    of.reserve(history_.size());
    for (const auto& each : history_)
      of.emplace_back(each[i]);
    by_column.emplace_back(columns[i], std::move(of));
  }
  return by_column;
}

value::array dashboard_picture::news(std::uint64_t after) const {
  value::array newer;
  const std::uint64_t first = next_news_ - news_.size();
  const std::uint64_t from = std::max(after + 1, first);
  for (std::uint64_t n = from; n < next_news_; ++n)
    newer.push_back(news_[n - first]);
  return newer;
}

void dashboard_picture::tell(wall_ms time, std::string_view node, std::string_view kind,
                             std::string subject, std::string text) {
  if (news_.size() == news_max) news_.pop_front();
  news_.push_back(value::object{{"n", next_news_},
                                {"time_ms", time},
                                {"node", node},
                                {"kind", kind},
                                {"subject", std::move(subject)},
                                {"text", std::move(text)}});
  ++next_news_;
}

} // namespace troupe::gateway
