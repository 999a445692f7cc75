#include "supervisors/node_report.hpp"

#include "supervisors/restart_strategy.hpp"
#include "supervisors/view_verbs.hpp"

#include <unistd.h>

#include <algorithm>
#include <map>

namespace troupe {
namespace {

constexpr std::string_view stuck = "stuck";

/// Whether a part stands still: its own code does not return, or its lane makes no rounds.
bool stands(const context_state& context, std::uint32_t number,
            const std::vector<lane_report>& lanes) {
  const auto lane = context.parts[number]->on->number();
  if (lane >= lanes.size() || !lanes[lane].stands()) return false;
  const auto& of = lanes[lane];
  return of.context.empty() || (of.context == context.name && of.shard == number);
}

value describe_part(const context_state& context, std::uint32_t number,
                    const std::vector<lane_report>& lanes) {
  const auto& part = *context.parts[number];
  value said{value::object{}};
  said["name"] = (context.is_view() ? "view " : "shard ") + std::to_string(number);
  said["kind"] = context.is_view() ? "view" : "shard";
  const bool still = stands(context, number, lanes);
  said["state"] = still ? stuck : name_of(part.phase.load());
  said["restarts"] = part.restarts.load();
  if (!context.is_view()) said["strategy"] = name_of(strategy_of(tree_level::shard));
  std::string detail = "lane " + std::to_string(part.on->number());
  if (context.is_view()) {
    detail += ", " + std::to_string(part.view.sources.load()) + " sources, " +
              std::to_string(part.view.events.load()) + " events, " +
              std::to_string(part.view.rows.load()) + " rows";
  } else {
    detail += ", " + std::to_string(part.shard.residents.load()) + " resident, " +
              std::to_string(part.shard.records.load()) + " records";
    if (part.shard.quarantined.load() > 0)
      detail += ", " + std::to_string(part.shard.quarantined.load()) + " quarantined";
    if (part.shard.storage_full.load()) detail += ", disk full";
  }
  if (still) detail += ", " + lanes[part.on->number()].text();
  said["detail"] = detail;
  value::array children;
  if (!context.is_view()) {
    for (const auto& policy : context.behaviour->policies) {
      value child{value::object{}};
      child["name"] = policy.name;
      child["kind"] = "policy";
      child["state"] = name_of(part.phase.load());
      child["restarts"] = 0;
      child["detail"] = std::string{policy.event} + " of " + std::string{policy.source};
      children.push_back(std::move(child));
    }
  }
  said["children"] = std::move(children);
  return said;
}

value describe_context(const context_state& context, const std::vector<lane_report>& lanes) {
  value said{value::object{}};
  said["name"] = context.name;
  said["kind"] = "context";
  said["state"] = state_of(context);
  said["strategy"] = name_of(strategy_of(tree_level::context));
  if (const auto owner = context.behaviour->info->part_of; !owner.empty())
    said["part_of"] = owner; // begins again with that one
  std::uint32_t restarts = context.restarts.load();
  value::array children;
  for (std::uint32_t i = 0; i < context.shards(); ++i) {
    restarts += context.parts[i]->restarts.load();
    children.push_back(describe_part(context, i, lanes));
    if (stands(context, i, lanes)) said["state"] = stuck;
  }
  said["restarts"] = restarts;
  {
    const std::lock_guard lock{context.error_mutex};
    if (!context.last_error.empty()) said["detail"] = "last error: " + context.last_error;
  }
  said["children"] = std::move(children);
  return said;
}

value numbers_of(const context_state& context) {
  value item{value::object{}};
  item["name"] = context.name;
  item["kind"] = context.is_view() ? "view" : "aggregates";
  item["shards"] = context.shards();
  item["state"] = state_of(context);
  if (const auto delay = context.delay.get(); delay.given()) item["delay"] = delay.text();
  std::uint64_t records = 0, turns = 0, rejected = 0, replayed = 0, crashes = 0, events = 0;
  std::uint32_t resident = 0, quarantined = 0, waiting = 0, asks = 0, voids = 0, held_back = 0;
  for (const auto& part : context.parts) {
    records += part->shard.records.load();
    turns += part->shard.turns.load();
    rejected += part->shard.rejected.load();
    replayed += part->shard.replayed.load();
    crashes += part->shard.crashes.load();
    resident += part->shard.residents.load();
    quarantined += part->shard.quarantined.load();
    waiting += part->shard.waiting.load();
    asks += part->shard.open_asks.load();
    voids += part->shard.open_voids.load();
    events += part->view.events.load();
    held_back += part->view.held_back.load();
  }
  item["resident"] = resident;
  item["records"] = context.is_view() ? events : records;
  if (context.is_view()) {
    item["held_back"] = held_back;
    item["rows"] = context.parts[0]->view.rows.load();
    item["lag"] = context.parts[0]->view.lag.load();
  } else {
    item["turns"] = turns;
    item["rejected"] = rejected;
    item["replayed"] = replayed;
    item["crashes"] = crashes;
    item["quarantined"] = quarantined;
    item["waiting"] = waiting;
    item["open_asks"] = asks;
    item["open_voids"] = voids;
  }
  return item;
}

/// How far a rebuild is, and which sources a view does without.
value note_of(const context_state& view,
              const std::vector<std::unique_ptr<context_state>>& contexts) {
  std::string note;
  const auto state = view.parts[0]->view.state.load();
  if (view.up.load() && (state == view_state::building || state == view_state::rebuilding))
    note = view.view_progress();
  if (const auto down = sources_down(view, contexts); !down.empty())
    note += (note.empty() ? "" : ", ") + down;
  return note.empty() ? value{} : value{note};
}

} // namespace

std::string node_report::build() {
  return "troupe/" TROUPE_VERSION;
}

value node_report::status() const {
  value said{value::object{}};
  said["node"] = name;
  said["build"] = build_id;
  said["pid"] = std::int64_t{::getpid()};
  said["uptime_ms"] = std::int64_t(
      std::chrono::duration_cast<std::chrono::milliseconds>(time.monotonic() - started).count());
  const auto reports = watch != nullptr ? watch->reports() : std::vector<lane_report>{};
  bool all = true;
  value::array of_contexts;
  for (const auto& each : contexts) {
    auto item = numbers_of(*each);
    if (each->is_view()) item["note"] = note_of(*each, contexts);
    of_contexts.push_back(std::move(item));
    all = all && ((each->up.load() && each->unready().empty()) || !each->wanted.load());
  }
  const bool still = std::any_of(reports.begin(), reports.end(),
                                 [](const lane_report& each) { return each.stands(); });
  said["state"] = still ? stuck : std::string_view{all ? "up" : "starting"};
  said["slow_handlers"] = watch != nullptr ? watch->flagged() : 0;
  said["contexts"] = std::move(of_contexts);
  value::array of_lanes;
  for (const auto& each : lanes) {
    value item{value::object{}};
    item["lane"] = each->number();
    item["inbox"] = each->counters().inbox.load();
    item["handled"] = each->counters().handled.load();
    item["rounds"] = each->counters().rounds.load();
    item["commits"] = each->counters().commits.load();
    const auto number = each->number();
    const bool stood = number < reports.size() && reports[number].stands();
    item["state"] = stood ? stuck : std::string_view{"up"};
    item["note"] = stood ? value{reports[number].text()} : value{};
    of_lanes.push_back(std::move(item));
  }
  said["lanes"] = std::move(of_lanes);
  value::array guards;
  for (const auto& each : rules.breakers()) {
    value item{value::object{}};
    item["asking"] = each.direction.asking;
    item["target"] = each.direction.target;
    item["owner"] = each.direction.owner;
    item["operation"] = name_of(each.direction.operation);
    item["state"] = name_of(each.state);
    item["in_flight"] = each.in_flight;
    item["refused"] = each.refused_open + each.refused_full;
    guards.push_back(std::move(item));
  }
  said["breakers"] = std::move(guards);
  for (const auto& [key, source] : more)
    said[key] = source();
  return said;
}

value node_report::tree() const {
  const auto reports = watch != nullptr ? watch->reports() : std::vector<lane_report>{};
  std::map<std::string, value::array> systems;
  for (const auto& each : contexts)
    systems[std::string{each->behaviour->info->system}].push_back(describe_context(*each, reports));
  value said{value::object{}};
  said["name"] = name;
  said["kind"] = "node";
  const bool still = std::any_of(reports.begin(), reports.end(),
                                 [](const lane_report& each) { return each.stands(); });
  said["state"] = still ? stuck : std::string_view{"up"};
  said["strategy"] = name_of(strategy_of(tree_level::node));
  said["restarts"] = 0;
  value::array children;
  for (auto& [system, of_system] : systems) {
    value item{value::object{}};
    item["name"] = system;
    item["kind"] = "system";
    bool all = true;
    for (const auto& each : of_system)
      all = all && each.find("state")->get_if<std::string>() &&
            *each.find("state")->get_if<std::string>() == "up";
    item["state"] = all ? "up" : "degraded";
    item["strategy"] = name_of(strategy_of(tree_level::system));
    item["family_strategy"] = name_of(strategy_of(tree_level::family));
    item["restarts"] = 0;
    item["children"] = std::move(of_system);
    children.push_back(std::move(item));
  }
  said["children"] = std::move(children);
  return said;
}

value merge_actors(std::vector<value> said, std::size_t limit) {
  value::array items;
  std::int64_t total = 0;
  for (auto& each : said) {
    if (const auto* count = each.find("total")) total += *count->get_if<std::int64_t>();
    const auto* of_shard = each.find("items");
    const auto* listed = of_shard != nullptr ? of_shard->get_if<value::array>() : nullptr;
    if (listed == nullptr) continue;
    for (const auto& item : *listed) {
      if (items.size() < limit) items.push_back(item);
    }
  }
  value merged{value::object{}};
  merged["items"] = std::move(items);
  merged["total"] = total;
  return merged;
}

} // namespace troupe
