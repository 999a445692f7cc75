#include "supervisors/running_node.hpp"

#include <spdlog/spdlog.h>

/// The parts of a node: what it owns, and opening and closing them on behalf of the supervision
/// tree.
namespace troupe {
namespace {

/// Of winding a shard down. A shard that is pressed hard gets more states to write than are
/// written; then it is closed with what is left.
constexpr std::chrono::milliseconds wind_down_max{500};

/// A part that its owner keeps stopped, because the operator wants its context so, is as good as
/// open: there is nothing to be done about it.
part_report::phase phase_of(const context_state& context, const part_state& part) {
  switch (part.phase.load()) {
  case part_phase::stopped:
    return part.owned.load() && !context.wanted.load() ? part_report::phase::open
                                                       : part_report::phase::closed;
  case part_phase::up:
    return part_report::phase::open;
  case part_phase::closing:
    return part_report::phase::closing;
  case part_phase::opening:
  case part_phase::waiting: // it is tried again
  case part_phase::failed:
    break;
  }
  return part_report::phase::opening;
}

} // namespace

context_state* running_node::find_part(const shard_ref& which) const {
  auto* context = find(which.context);
  return context != nullptr && which.shard.value < context->shards() ? context : nullptr;
}

void running_node::own(const shard_ref& which, epoch_number epoch) {
  auto* context = find_part(which);
  if (context == nullptr) return;
  auto& part = *context->parts[which.shard.value];
  part.epoch.store(epoch.value);
  if (part.prepares.load() && context->is_built_before()) part.open_epoch.store(epoch.value);
  // Before it is no longer prepared, so that it is wanted all the time.
  if (!part.owned.exchange(true)) taken_over_.fetch_add(1, std::memory_order_relaxed);
  part.prepares.store(false);
  auto stopped = part_phase::stopped;
  if (context->wanted.load()) part.phase.compare_exchange_strong(stopped, part_phase::opening);
  tree_->settle(*context, which.shard.value);
}

void running_node::hand_over(const shard_ref& which) {
  auto* context = find_part(which);
  if (context == nullptr) return;
  auto& part = *context->parts[which.shard.value];
  if (context->is_view() || part.phase.load() != part_phase::up) return disown(which);
  if (part.winds_down.exchange(true)) return;
  part.on->control([this, context, which](lane& on) {
    wind_down(on, *context, which, clock_.monotonic() + wind_down_max);
  });
}

void running_node::wind_down(lane& on, context_state& context, const shard_ref& which,
                             monotonic_time until) {
  if (!context.parts[which.shard.value]->winds_down.load()) return; // it was closed meanwhile
  auto* held = static_cast<shard*>(on.find({context.number, which.shard.value}));
  if (held == nullptr || clock_.monotonic() >= until || !held->wind_down()) return disown(which);
  on.control(
      [this, &context, which, until](lane& again) { wind_down(again, context, which, until); });
}

void running_node::disown(const shard_ref& which) {
  auto* context = find_part(which);
  if (context == nullptr) return;
  auto& part = *context->parts[which.shard.value];
  part.winds_down.store(false);
  // Nothing is routed to it from here on.
  if (part.owned.exchange(false)) given_away_.fetch_add(1, std::memory_order_relaxed);
  auto up = part_phase::up;
  part.phase.compare_exchange_strong(up, part_phase::closing);
  tree_->settle(*context, which.shard.value);
}

void running_node::prepare(const shard_ref& which, bool cancel) {
  auto* context = find_part(which);
  if (context == nullptr) return;
  context->parts[which.shard.value]->prepares.store(!cancel);
  tree_->settle(*context, which.shard.value);
}

void running_node::arrange(const std::string& name, bool stopped,
                           std::optional<answer_delay> delay) {
  auto* context = find(name);
  if (context == nullptr) return;
  if (delay) context->delay.set(*delay);
  if (context->wanted.load() != stopped) return;
  stopped ? tree_->stop(*context) : tree_->start(*context);
}

std::vector<part_report> running_node::parts() const {
  std::vector<part_report> all;
  for (const auto& context : contexts_) {
    for (std::uint32_t shard = 0; shard < context->shards(); ++shard) {
      const auto& part = *context->parts[shard];
      part_report said{{context->name, {shard}}, phase_of(*context, part), {}, false};
      if (!part.owned.load() && part.prepares.load()) { // nobody is served by it yet
        said.is = part_report::phase::closed;
        said.prepared = context->is_prepared(shard);
      } else if (!part.owned.load() && said.is == part_report::phase::closed) {
        continue;
      }
      const bool stays = part.owned.load() && (said.is == part_report::phase::opening ||
                                               part.phase.load() == part_phase::stopped);
      said.epoch = {stays ? part.epoch.load() : part.open_epoch.load()};
      all.push_back(std::move(said));
    }
  }
  return all;
}

void running_node::open(context_state& context, std::uint32_t shard, opened_callback opened,
                        std::function<void(const error&)> failed) {
  context.parts[shard]->on->control(
      [this, &context, shard, opened = std::move(opened), failed = std::move(failed)](lane& on) {
        const part_key key{context.number, shard};
        on.remove(key).reset(); // of a supervisor that failed itself
        auto& state = *context.parts[shard];
        state.open_epoch.store(state.epoch.load());
        auto made = context.is_view() ? open_view(on, context, shard)
                                      : open_shard(on, context, shard, failed);
        if (!made) return opened(made.error());
        auto* part = made->get();
        on.add(key, std::move(*made));
        if (context.is_view())
          static_cast<view_part*>(part)->resume();
        else
          static_cast<class shard*>(part)->resume();
        opened({});
      });
}

result<std::unique_ptr<requesting_part>>
running_node::open_shard(lane& on, context_state& context, std::uint32_t shard,
                         std::function<void(const error&)> failed) {
  shard_setting setting;
  setting.key = {context.number, shard};
  setting.identity = {context.name, shard_number{shard}, context.shards(), options_.name,
                      epoch_number{context.parts[shard]->open_epoch.load()}};
  setting.behaviour = context.behaviour;
  setting.store = &store_;
  setting.rules = &rules_;
  setting.heals = &healing_;
  setting.on = &on;
  setting.limits = options_.limits;
  setting.shards_of = [this](std::string_view name) { return shards_of(name); };
  setting.owner_of = [this](std::string_view name, shard_number of) { return owner_of(name, of); };
  setting.notes = options_.notes;
  setting.build = options_.build;
  setting.failed = std::move(failed);
  setting.counters = &context.parts[shard]->shard;
  setting.measures = context.parts[shard]->measures.get();
  setting.tap = &tap_;
  setting.load = context.load;
  auto made = shard::open(std::move(setting));
  if (!made) return made.error();
  return std::unique_ptr<requesting_part>{std::move(*made)};
}

result<std::unique_ptr<requesting_part>> running_node::open_view(lane& on, context_state& context,
                                                                 std::uint32_t shard) {
  view_setting setting;
  setting.key = {context.number, shard};
  setting.identity = {context.name, shard_number{shard}, 1, options_.name};
  setting.behaviour = context.behaviour;
  setting.store = &store_;
  setting.on = &on;
  setting.shards_of = [this](std::string_view name) { return shards_of(name); };
  setting.is_down = [this](std::string_view name, std::uint32_t number) {
    return find(name)->is_down(number);
  };
  setting.heals = &healing_;
  setting.counters = &context.parts[shard]->view;
  setting.measures = context.parts[shard]->measures.get();
  setting.rules = &rules_;
  setting.notes = options_.notes;
  setting.build = options_.build;
  auto made = view_part::open(std::move(setting));
  if (!made) return made.error();
  return std::unique_ptr<requesting_part>{std::move(*made)};
}

void running_node::close(context_state& context, std::uint32_t shard,
                         std::function<void()> closed) {
  context.parts[shard]->on->control([&context, shard, closed = std::move(closed)](lane& on) {
    auto part = on.remove({context.number, shard});
    if (part != nullptr && !context.is_view() && !context.owns(shard)) {
      static_cast<class shard*>(part.get())->hand_over();
      on.discard(std::move(part));
    }
    part.reset(); // others may open its files from here on, and not before
    closed();
  });
}

void running_node::changed(context_state&, std::uint32_t) {
  if (options_.parts_changed) options_.parts_changed();
}

} // namespace troupe
