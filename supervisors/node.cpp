#include "messages/node_events.hpp"
#include "messages/request_shard.hpp"
#include "messages/tap_wish.hpp"
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

/// Admin requests between nodes name no aggregate; what forwarded them said which part it meant.
result<std::uint32_t> wanted_shard(const inbound& each, std::uint32_t shards) {
  if (!each.forwarded || each.content.kind != request_kind::admin)
    return shard_of_request(each.content, shards);
  if (each.forwarded->value < shards) return each.forwarded->value;
  return fail(errc::malformed, each.content.context + " has " + std::to_string(shards) + " shards");
}

/// Whether a part of another context waits for the answer: no reaction of a policy, no void.
bool is_ask(const inbound& each) {
  const auto kind = each.content.kind;
  return each.internal && !each.reacts_to &&
         (kind == request_kind::command || kind == request_kind::query);
}

} // namespace

result<void> running_node::prepare() {
  if (options_.build.empty()) options_.build = node_report::build();
  add_status("events", [this] { return events_.summary(); });
  add_status("tap", [this] { return tap_.summary(); });
  if (options_.lanes < 1 || options_.lanes > 64)
    return fail(errc::malformed, "lanes must be 1 to 64");
  if (options_.watch.slow.count() < 1 || options_.watch.stuck <= options_.watch.slow)
    return fail(errc::malformed, "a lane is flagged after 1 ms or more, and given up later");
  if (options_.failures_max < 1)
    return fail(errc::malformed, "a supervisor gives up after 1 failure or more");
  if (options_.shards < 1 || options_.shards > 1'024)
    return fail(errc::malformed, "shards must be 1 to 1024");
  std::vector<std::string> unknown = options_.systems;
  for (std::uint32_t i = 0; i < options_.lanes; ++i) {
    lane_options of;
    of.number = i;
    of.serves_until = options_.serves_until;
    if (options_.notes != nullptr) of.note = options_.notes->slot(i);
    of.gate = options_.gate;
    of.measures = options_.measures;
    lanes_.push_back(std::make_unique<lane>(of, runtime_, *this, clock_));
  }
  for (const auto& behaviour : all_behaviours()) {
    if (behaviour.info == nullptr) return fail(errc::internal, "a behaviour without a descriptor");
    const std::string system{behaviour.info->system};
    std::erase(unknown, system);
    const auto& wanted = options_.systems;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), system) == wanted.end())
      continue;
    add_context(behaviour);
  }
  if (options_.audit != nullptr)
    audit_ = std::make_unique<audit_desk>(*options_.audit, clock_, options_.name,
                                          [this](inbound& asked) {
                                            std::vector<inbound> one;
                                            one.push_back(std::move(asked));
                                            submit(one);
                                          });
  if (!unknown.empty())
    return fail(errc::malformed, "there is no system '" + unknown.front() + "'");
  add_status("load", [this] { return load_of(cpu_, lanes_, contexts_, clock_.monotonic()); });
  for (const auto& [name, delay] : options_.delays) {
    auto* context = find(name);
    if (context == nullptr)
      return fail(errc::malformed, "a delay for the unknown context '" + name + "'");
    context->delay.set(delay);
  }
  for (const auto& [name, rate] : options_.rates) {
    auto* context = find(name);
    if (context == nullptr)
      return fail(errc::malformed, "a rate for the unknown context '" + name + "'");
    context->rate.set(rate);
  }
  return {};
}

void running_node::add_context(const context_behaviour& behaviour) {
  auto context = std::make_unique<context_state>();
  context->number = static_cast<std::uint32_t>(contexts_.size());
  context->behaviour = &behaviour;
  context->name = behaviour.info->full_name();
  const auto agreed = options_.shards_of.find(context->name);
  const auto kept =
      agreed != options_.shards_of.end() ? agreed->second : store_.shards_of(context->name);
  const auto shards = context->is_view() ? 1 : kept != 0 ? kept : options_.shards;
  for (std::uint32_t shard = 0; shard < shards; ++shard) {
    auto part = std::make_unique<part_state>();
    if (options_.measures) part->measures = std::make_unique<part_measures>();
    part->on = lanes_[(context->number + shard) % lanes_.size()].get();
    part->owned.store(options_.cluster == nullptr);
    context->parts.push_back(std::move(part));
  }
  by_name_[context->name] = context.get();
  contexts_.push_back(std::move(context));
}

void running_node::run() {
  started_ = clock_.monotonic();
  for (auto& each : lanes_)
    each->start();
  runs_ = true;
  std::vector<context_state*> all;
  for (auto& each : contexts_)
    all.push_back(each.get());
  tree_ = std::make_unique<supervision_tree>(runtime_, rules_, healing_,
                                             static_cast<part_keeper&>(*this), clock_, all,
                                             options_.escalated);
  start_watchdog();
}

void running_node::stop() {
  std::call_once(stopped_, [this] {
    stopping_.store(true);
    events_.close(fail(errc::shutting_down, "the node is stopping"));
    tap_.close(fail(errc::shutting_down, "the node is stopping"));
    if (!runs_) return; // refused by its options: there is nobody to close anything
    tree_->end();       // nobody opens or restarts anything from here on
    watch_->stop();     // closing takes its time
    for (auto& each : lanes_) {
      if (!lease_stands()) { // its lanes stand still, and others have the files or wait for them
        each->stop();
        continue;
      }
      auto done = std::make_shared<std::promise<void>>();
      each->control([this, done](lane& on) {
        for (auto& context : contexts_) {
          for (std::uint32_t shard = 0; shard < context->shards(); ++shard)
            on.remove({context->number, shard}).reset();
        }
        done->set_value();
      });
      if (done->get_future().wait_for(stop_patience) != std::future_status::ready) {
        spdlog::error("lane={} did not close its shards within {} s", each->number(),
                      stop_patience.count());
        if (options_.stuck) options_.stuck("a lane did not close its shards");
      }
      each->stop();
    }
    if (audit_) audit_->stop(); // what the lanes answered last is written down too
  });
}

bool running_node::lease_stands() const {
  if (options_.serves_until == nullptr) return true;
  const std::chrono::nanoseconds until{options_.serves_until->load()};
  return clock_.monotonic().time_since_epoch() < until;
}

context_state* running_node::find(std::string_view name) const {
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? nullptr : at->second;
}

std::uint32_t running_node::shards_of(std::string_view name) const {
  if (const auto* context = find(name)) return context->shards();
  return options_.cluster == nullptr ? 0 : options_.cluster->map()->shards_of(name);
}

std::string running_node::owner_of(std::string_view name, shard_number shard) const {
  const auto* context = find(name);
  if (context != nullptr && shard.value < context->shards() && context->owns(shard.value))
    return options_.name;
  if (options_.cluster == nullptr) return {};
  const auto map = options_.cluster->map();
  const auto* owner = map->owner_of(name, shard);
  return owner == nullptr ? std::string{} : owner->node;
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
  for (auto* each : *family) {
    tree_->stop(*each);
    if (options_.cluster != nullptr) options_.cluster->want_of(each->name, true, {});
  }
  return {};
}

result<void> running_node::start_context(const std::string& name) {
  const auto family = with_parts(name);
  if (!family) return family.error();
  for (auto* each : *family) {
    tree_->start(*each);
    if (options_.cluster != nullptr) options_.cluster->want_of(each->name, false, {});
  }
  return {};
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
  if (kind == request_kind::admin && !each.internal) {
    if (audit_ && audit_->takes(each)) return audit_->take(each);
    return admin(each);
  }
  if (kind == request_kind::credit || kind == request_kind::unsubscribe) {
    if (!route_subscription(each) && !events_.take(each) && !tap_.take(each) && each.internal &&
        options_.cluster != nullptr)
      options_.cluster->forward_about(each);
    return;
  }
  if (kind == request_kind::subscribe && each.content.context == node_events)
    return events_.subscribe(each);
  if (kind == request_kind::subscribe && each.content.context == node_tap) return open_tap(each);
  auto* context = find(each.content.context);
  if (context == nullptr) return route_elsewhere(each);
  const auto shard = wanted_shard(each, context->shards());
  if (!shard) return answer_now(each.from, shard.error());
  if (!context->owns(*shard)) return send_elsewhere({context->name, {*shard}}, each);
  if (context->parts[*shard]->phase.load(std::memory_order_relaxed) != part_phase::up ||
      !context->wanted.load(std::memory_order_relaxed)) {
    const bool stopped = !context->wanted.load();
    if (!stopped && options_.cluster != nullptr && !each.internal && !context->is_down(*shard)) {
      // It is on its way here: the caller has come to the right place, and waits.
      redirects_.fetch_add(1, std::memory_order_relaxed);
      return answer_now(each.from, options_.cluster->redirect({context->name, {*shard}}));
    }
    error down = fail(errc::context_down,
                      context->name + (stopped ? " is stopped" : " is starting; try again"));
    down.retry_after_ms = stopped ? 1'000 : 50;
    return answer_now(each.from, std::move(down));
  }
  if (!each.internal && !within_rate(*context, each)) return;
  if (kind == request_kind::subscribe) {
    const std::lock_guard lock{subscriptions_mutex_};
    const auto id = each.internal ? each.from.request : each.content.id;
    subscriptions_[{each.from.port, each.from.connection, id}] = {context, *shard};
  }
  if (is_ask(each)) {
    context->asked.fetch_add(1, std::memory_order_relaxed);
    if (context->delay.get().given()) answer_late(*context, *shard, each);
  }
  route_to(*context, *shard, each);
}

/// False if its context has too much from clients at the moment, and it was told so.
bool running_node::within_rate(context_state& context, const inbound& each) {
  const auto limit = context.rate.get();
  if (!limit.given()) return true;
  const auto verdict = context.bucket.take(limit, clock_.monotonic());
  if (verdict.granted) return true;
  context.refused_by_rate.fetch_add(1, std::memory_order_relaxed);
  answer_now(each.from, rate_refusal(context.name, limit, verdict));
  return false;
}

/// To the owner of a part that is another node's: a part's own request is sent on, once; whoever
/// else asks is told the place.
void running_node::send_elsewhere(const shard_ref& where, inbound& each) {
  if (each.content.kind == request_kind::subscribe) forget_subscription(each);
  if (each.internal && !each.forwarded) return options_.cluster->forward(where, each);
  redirects_.fetch_add(1, std::memory_order_relaxed);
  answer_now(each.from, options_.cluster->redirect(where));
}

void running_node::route_part(context_state& context, std::uint32_t shard, inbound& each) {
  if (context.owns(shard)) return route_to(context, shard, each);
  send_elsewhere({context.name, {shard}}, each);
}

/// For a context that this node does not have in its build, or does not run.
void running_node::route_elsewhere(inbound& each) {
  const auto& content = each.content;
  const auto shards =
      options_.cluster == nullptr ? 0 : options_.cluster->map()->shards_of(content.context);
  if (shards == 0)
    return answer_now(each.from, fail(errc::unknown_context,
                                      "there is no context '" + content.context + "' here"));
  const auto shard = shard_of_request(content, shards);
  if (!shard) return answer_now(each.from, shard.error());
  send_elsewhere({content.context, {*shard}}, each);
}

/// Has the answer to an ask go the long way round.
void running_node::answer_late(context_state& context, std::uint32_t shard, inbound& each) {
  if (each.from.port == nullptr) return;
  each.from = late_.instead_of(each.from, *context.parts[shard]->on, {context.number, shard},
                               context.delay.get());
}

/// Of a subscription that was on its way to a part of this node when that moved: what is said about
/// it later must not be taken for one of this node's.
void running_node::forget_subscription(const inbound& opened) {
  const std::lock_guard lock{subscriptions_mutex_};
  const auto id = opened.internal ? opened.from.request : opened.content.id;
  subscriptions_.erase({opened.from.port, opened.from.connection, id});
}

void running_node::route_to(context_state& context, std::uint32_t shard, inbound& each) {
  outgoing[context.parts[shard]->on].push_back({{context.number, shard}, std::move(each)});
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
  said.build = options_.build;
  for (const auto& each : contexts_)
    said.contexts.push_back({each->name, each->shards(), each->is_view(), each->up.load(),
                             each->up.load() ? each->unready() : std::string{}});
  if (options_.cluster != nullptr) said.cluster = *options_.cluster->map();
  {
    const std::lock_guard lock{admin_endpoint_mutex_};
    said.admin_endpoint = admin_endpoint_;
  }
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
