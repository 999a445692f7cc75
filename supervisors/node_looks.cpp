#include "actors/top_wanted.hpp"
#include "messages/tap_wish.hpp"
#include "supervisors/look_verbs.hpp"
#include "supervisors/running_node.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

/// What operators see of this node while it works: its own shards, and a sample of their turns.
namespace troupe {
namespace {

constexpr std::int64_t top_shown = 20; ///< unless more are asked for
constexpr std::chrono::seconds taps_looked_after{1};

/// What is known of a shard that does not run here just now.
value absent_shard(const context_state& context, std::uint32_t shard) {
  const auto& part = *context.parts[shard];
  value item{value::object{}};
  item["context"] = context.name;
  item["shard"] = shard;
  item["state"] = context.wanted.load() ? name_of(part.phase.load()) : "stopped";
  item["epoch"] = part.epoch.load();
  item["lane"] = part.on->number();
  item["records"] = part.shard.records.load();
  return item;
}

} // namespace

/// Verbs that are about this node's shards.
void running_node::ask_own_parts(inbound& from, const value& arguments) {
  const auto found = context_in(arguments);
  if (!found) return answer_now(from.from, found.error());
  const auto* const only = *found;
  const auto verb = from.content.name;
  if (verb == "top") // also when no shard runs here that would look at it
    if (const auto look = read_top(arguments); !look) return answer_now(from.from, look.error());
  from.internal = true;
  std::vector<inbound> requests;
  std::vector<std::pair<context_state*, std::uint32_t>> places;
  std::vector<value> absent;
  for (auto& each : contexts_) {
    if (each->is_view() || (only != nullptr && only != each.get())) continue;
    for (std::uint32_t shard = 0; shard < each->shards(); ++shard) {
      if (!each->owns(shard)) continue;
      if (!each->wanted.load() || each->parts[shard]->phase.load() != part_phase::up) {
        absent.push_back(absent_shard(*each, shard));
        continue;
      }
      requests.push_back(from);
      places.emplace_back(each.get(), shard);
    }
  }
  const auto missing = verb == "shards" ? 0 : absent.size();
  const auto* held = arguments.find("limit");
  const auto* limit = held != nullptr ? held->get_if<std::int64_t>() : nullptr;
  const auto most =
      static_cast<std::size_t>(std::max<std::int64_t>(limit != nullptr ? *limit : top_shown, 1));
  const auto merge = [verb, most, absent = std::move(absent),
                      node = options_.name](std::vector<value> said) {
    auto merged = verb == "top"      ? merge_top(std::move(said), most)
                  : verb == "shards" ? merge_shards(std::move(said), absent)
                                     : merge_items(std::move(said));
    merged["node"] = node;
    return merged;
  };
  if (requests.empty()) {
    reply_content content;
    content.payload = encode_value(merge({}));
    return answer_now(from.from, std::move(content));
  }
  desk_.gather(from.from, requests, merge, missing);
  for (std::size_t i = 0; i < requests.size(); ++i)
    route_part(*places[i].first, places[i].second, requests[i]);
}

/// Has the cluster bring a shard to another node.
result<value> running_node::move_shard(const value& arguments) {
  const auto* named = arguments.find("context");
  const auto* name = named != nullptr ? named->get_if<std::string>() : nullptr;
  const auto* held = arguments.find("shard");
  const auto* shard = held != nullptr ? held->get_if<std::int64_t>() : nullptr;
  const auto* wanted = arguments.find("to");
  const auto* to = wanted != nullptr ? wanted->get_if<std::string>() : nullptr;
  if (name == nullptr || shard == nullptr || to == nullptr || to->empty() || *shard < 0 ||
      *shard > UINT32_MAX)
    return fail(errc::malformed, "a move is {context, shard, to}: `to` is a node, or 'any'");
  const auto* context = find(*name);
  if (context != nullptr && *shard >= context->shards())
    return fail(errc::malformed,
                *name + " has the shards 0 to " + std::to_string(context->shards() - 1));
  if (options_.cluster == nullptr)
    return error{errc::rejected, "ALONE", options_.name + " is alone: there is nowhere to move to"};
  const auto number = static_cast<std::uint32_t>(*shard);
  const auto from = options_.cluster->move_shard({*name, {number}}, *to);
  if (!from) return from.error();
  spdlog::info("context={} shard={} operator=shard-move from={} to={}", *name, number, *from, *to);
  value said{value::object{}};
  said["node"] = options_.name;
  said["context"] = *name;
  said["shard"] = number;
  said["from"] = *from;
  said["to"] = *to;
  said["state"] = *to == "any" ? "released" : "moving";
  return said;
}

/// Somebody wants to hear of this node's turns.
void running_node::open_tap(const inbound& from) {
  if (tap_.subscribe(from).count() == 0) return;
  lanes_.front()->control([this](lane& on) {
    if (!std::exchange(ends_taps_, true)) end_taps(on);
  });
}

/// Ends the taps whose time is over, by one timer of the first lane however many come and go: it
/// runs once a second, or earlier for one that ends before.
void running_node::end_taps(lane& on) {
  const auto next = tap_.end_late_ones();
  ends_taps_ = next.has_value();
  if (next) on.at(std::min(*next, on.now() + taps_looked_after), [this, &on] { end_taps(on); });
}

} // namespace troupe
