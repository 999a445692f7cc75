#include "supervisors/running_node.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <future>

namespace troupe {
namespace {

constexpr std::chrono::seconds stop_patience{30}; ///< for one lane to close its parts

/// What one `submit` gathers for each lane; per thread, so that its memory is reused.
thread_local std::map<lane*, std::vector<lane::mail>> outgoing;

} // namespace

void running_node::log_transition(std::string_view asking, std::string_view target,
                                  const breaker_transition& change) {
  spdlog::warn("breaker asking={} target={} from={} to={}", asking, target, name_of(change.from),
               name_of(change.to));
}

result<void> running_node::prepare() {
  if (options_.lanes < 1 || options_.lanes > 64)
    return fail(errc::malformed, "lanes must be 1 to 64");
  if (options_.shards < 1 || options_.shards > 1'024)
    return fail(errc::malformed, "shards must be 1 to 1024");
  std::vector<std::string> unknown = options_.systems;
  for (std::uint32_t i = 0; i < options_.lanes; ++i) {
    lane_options of;
    of.number = i;
    lanes_.push_back(std::make_unique<lane>(of, runtime_, *this, clock_));
  }
  for (const auto& behaviour : all_behaviours()) {
    if (behaviour.info == nullptr) return fail(errc::internal, "a behaviour without a descriptor");
    const std::string system{behaviour.info->system};
    std::erase(unknown, system);
    const auto& wanted = options_.systems;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), system) == wanted.end())
      continue;
    auto context = std::make_unique<context_state>();
    context->number = static_cast<std::uint32_t>(contexts_.size());
    context->behaviour = &behaviour;
    context->name = behaviour.info->full_name();
    const auto kept = store_.shards_of(context->name);
    const auto shards = context->is_view() ? 1 : kept != 0 ? kept : options_.shards;
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
      auto part = std::make_unique<part_state>();
      part->on = lanes_[(context->number + shard) % lanes_.size()].get();
      context->parts.push_back(std::move(part));
    }
    by_name_[context->name] = context.get();
    contexts_.push_back(std::move(context));
  }
  if (!unknown.empty())
    return fail(errc::malformed, "there is no system '" + unknown.front() + "'");
  for (const auto& [name, delay] : options_.delays) {
    auto* context = find(name);
    if (context == nullptr)
      return fail(errc::malformed, "a delay for the unknown context '" + name + "'");
    context->delay.set(delay);
  }
  return {};
}

void running_node::run() {
  started_ = clock_.monotonic();
  for (auto& each : lanes_)
    each->start();
  runs_ = true;
  std::vector<context_state*> all;
  for (auto& each : contexts_)
    all.push_back(each.get());
  tree_ = std::make_unique<supervision_tree>(runtime_, rules_, static_cast<part_keeper&>(*this),
                                             clock_, all, options_.escalated);
}

void running_node::stop() {
  std::call_once(stopped_, [this] {
    stopping_.store(true);
    if (!runs_) return; // refused by its options: there is nobody to close anything
    tree_.reset();      // nobody opens or restarts anything from here on
    for (auto& each : lanes_) {
      auto done = std::make_shared<std::promise<void>>();
      each->control([this, done](lane& on) {
        for (auto& context : contexts_) {
          for (std::uint32_t shard = 0; shard < context->shards(); ++shard)
            on.remove({context->number, shard}).reset();
        }
        done->set_value();
      });
      if (done->get_future().wait_for(stop_patience) != std::future_status::ready)
        spdlog::error("lane={} did not close its shards within {} s", each->number(),
                      stop_patience.count());
      each->stop();
    }
  });
}

context_state* running_node::find(std::string_view name) const {
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? nullptr : at->second;
}

std::uint32_t running_node::shards_of(std::string_view name) const {
  const auto* context = find(name);
  return context == nullptr ? 0 : context->shards();
}

bool running_node::up(std::vector<std::string>* waiting) const {
  bool all = true;
  for (const auto& each : contexts_) {
    if (!each->wanted.load() || each->up.load()) continue;
    all = false;
    if (waiting != nullptr) waiting->push_back(each->name);
  }
  return all && !stopping_.load();
}

bool running_node::ready(std::vector<std::string>* waiting) const {
  bool all = up(waiting);
  for (const auto& each : contexts_) {
    const auto why = each->up.load() ? each->unready() : std::string{};
    if (why.empty()) continue;
    all = false;
    if (waiting != nullptr) waiting->push_back(each->name + " " + why);
  }
  return all;
}

/// A context and those that are part of it.
result<std::vector<context_state*>> running_node::with_parts(const std::string& name) const {
  auto* context = find(name);
  if (context == nullptr) return fail(errc::unknown_context, "there is no context '" + name + "'");
  const auto& owner = context->behaviour->info->part_of;
  if (!owner.empty())
    return fail(errc::malformed,
                name + " is part of " + std::string{owner} + "; stop and start that one");
  std::vector<context_state*> family{context};
  for (const auto& each : contexts_)
    if (each->behaviour->info->part_of == name) family.push_back(each.get());
  return family;
}

result<void> running_node::stop_context(const std::string& name) {
  const auto family = with_parts(name);
  if (!family) return family.error();
  for (auto* each : *family)
    tree_->stop(*each);
  return {};
}

result<void> running_node::start_context(const std::string& name) {
  const auto family = with_parts(name);
  if (!family) return family.error();
  for (auto* each : *family)
    tree_->start(*each);
  return {};
}

// -- parts, on behalf of the supervision tree ---------------------------------------------------

void running_node::open(context_state& context, std::uint32_t shard, opened_callback opened,
                        std::function<void(const error&)> failed) {
  context.parts[shard]->on->control(
      [this, &context, shard, opened = std::move(opened), failed = std::move(failed)](lane& on) {
        const part_key key{context.number, shard};
        on.remove(key).reset(); // of a supervisor that failed itself
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
  setting.identity = {context.name, shard_number{shard}, context.shards(), options_.name};
  setting.behaviour = context.behaviour;
  setting.store = &store_;
  setting.rules = &rules_;
  setting.on = &on;
  setting.limits = options_.limits;
  setting.shards_of = [this](std::string_view name) { return shards_of(name); };
  setting.failed = std::move(failed);
  setting.counters = &context.parts[shard]->shard;
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
  setting.counters = &context.parts[shard]->view;
  auto made = view_part::open(std::move(setting));
  if (!made) return made.error();
  return std::unique_ptr<requesting_part>{std::move(*made)};
}

void running_node::close(context_state& context, std::uint32_t shard,
                         std::function<void()> closed) {
  context.parts[shard]->on->control([&context, shard, closed = std::move(closed)](lane& on) {
    on.remove({context.number, shard}).reset();
    closed();
  });
}

// -- routes -------------------------------------------------------------------------------------

void running_node::submit(std::vector<inbound>& batch) {
  for (auto& each : batch)
    route(each);
  batch.clear();
  for (auto& [to, mails] : outgoing) {
    if (!mails.empty()) to->post(mails);
  }
}

void running_node::route(inbound& each) {
  if (stopping_.load(std::memory_order_relaxed))
    return answer_now(each.from, fail(errc::shutting_down, "the node is stopping"));
  const auto kind = each.content.kind;
  if (kind == request_kind::hello) return hello(each);
  if (kind == request_kind::admin && !each.internal) return admin(each);
  if (kind == request_kind::credit || kind == request_kind::unsubscribe) {
    (void)route_subscription(each);
    return;
  }
  auto* context = find(each.content.context);
  if (context == nullptr)
    return answer_now(each.from, fail(errc::unknown_context,
                                      "there is no context '" + each.content.context + "' here"));
  const auto shard = shard_for(*context, each);
  if (!shard) return answer_now(each.from, shard.error());
  if (context->parts[*shard]->phase.load(std::memory_order_relaxed) != part_phase::up ||
      !context->wanted.load(std::memory_order_relaxed)) {
    const bool stopped = !context->wanted.load();
    error down = fail(errc::context_down,
                      context->name + (stopped ? " is stopped" : " is starting; try again"));
    down.retry_after_ms = stopped ? 1'000 : 50;
    return answer_now(each.from, std::move(down));
  }
  if (kind == request_kind::subscribe) {
    const std::lock_guard lock{subscriptions_mutex_};
    const auto id = each.internal ? each.from.request : each.content.id;
    subscriptions_[{each.from.port, each.from.connection, id}] = {context, *shard};
  }
  if (context->delay.get().given()) answer_late(*context, *shard, each);
  route_to(*context, *shard, each);
}

/// Has the answer to an ask go the long way round.
void running_node::answer_late(context_state& context, std::uint32_t shard, inbound& each) {
  const auto kind = each.content.kind;
  const bool asks = each.internal && !each.reacts_to &&
                    (kind == request_kind::command || kind == request_kind::query);
  if (!asks || each.from.port == nullptr) return;
  each.from = late_.instead_of(each.from, *context.parts[shard]->on, {context.number, shard},
                               context.delay.get());
}

void running_node::route_to(context_state& context, std::uint32_t shard, inbound& each) {
  outgoing[context.parts[shard]->on].push_back({{context.number, shard}, std::move(each)});
}

result<std::uint32_t> running_node::shard_for(const context_state& context, const inbound& each) {
  const auto& content = each.content;
  const auto shards = context.shards();
  if (content.kind == request_kind::list || content.kind == request_kind::subscribe) {
    std::uint32_t shard = 0;
    if (content.kind == request_kind::list) {
      const auto wanted = decode_list_request(content.payload);
      if (!wanted) return wanted.error();
      shard = wanted->shard.value;
    } else {
      const auto wanted = decode_subscribe_request(content.payload);
      if (!wanted) return wanted.error();
      shard = wanted->shard.value;
    }
    if (shard >= shards)
      return fail(errc::malformed, context.name + " has " + std::to_string(shards) + " shards");
    return shard;
  }
  if (content.target.number < 0) return fail(errc::malformed, "ids start at 1");
  if (content.target.given()) return shard_of(content.target, shards).value;
  if (content.kind == request_kind::command || content.kind == request_kind::void_ask)
    return shard_of(content.command, shards).value;
  return fail(errc::malformed, "a target is missing");
}

/// Credit and unsubscribe name their subscription only; it is where its subscribe request went.
bool running_node::route_subscription(inbound& each) {
  context_state* context = nullptr;
  std::uint32_t shard = 0;
  {
    const std::lock_guard lock{subscriptions_mutex_};
    const auto id = each.internal ? each.from.request : each.content.id;
    const auto at = subscriptions_.find({each.from.port, each.from.connection, id});
    if (at == subscriptions_.end()) return false;
    std::tie(context, shard) = at->second;
    if (each.content.kind == request_kind::unsubscribe) subscriptions_.erase(at);
  }
  route_to(*context, shard, each);
  return true;
}

void running_node::hello(const inbound& from) {
  hello_reply said;
  said.node = options_.name;
  said.build = node_report::build();
  for (const auto& each : contexts_)
    said.contexts.push_back({each->name, each->shards(), each->is_view(), each->up.load(),
                             each->up.load() ? each->unready() : std::string{}});
  reply_content content;
  content.payload = encode_hello_reply(said);
  answer_now(from.from, std::move(content));
}

result<std::unique_ptr<node>> node::start(node_options options, storage& store, const clock& time) {
  auto made = std::make_unique<running_node>(std::move(options), store, time);
  if (auto done = made->prepare(); !done) return done.error();
  made->run();
  return std::unique_ptr<node>{std::move(made)};
}

} // namespace troupe
