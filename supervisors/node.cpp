#include "supervisors/node.hpp"

#include "actors/actor_runtime.hpp"
#include "actors/lane.hpp"
#include "actors/view_part.hpp"
#include "supervisors/admin_desk.hpp"
#include "supervisors/node_report.hpp"
#include "supervisors/rules.hpp"
#include "supervisors/tree.hpp"
#include "supervisors/view_verbs.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <tuple>
#include <unordered_map>

namespace troupe {
namespace {

constexpr std::chrono::seconds stop_patience{30}; ///< for one lane to close its parts

class running_node final : public node, private part_keeper {
public:
  running_node(node_options options, storage& store, const clock& time)
      : options_(std::move(options)), store_(store), clock_(time),
        rules_(
            real_random(), {},
            [](std::string_view asking, std::string_view target, const breaker_transition& change) {
              spdlog::warn("breaker asking={} target={} from={} to={}", asking, target,
                           name_of(change.from), name_of(change.to));
            }) {}
  ~running_node() override { stop(); }

  result<void> prepare();
  void run();

  void submit(std::vector<inbound>& batch) override;
  bool up(std::vector<std::string>* waiting) const override;
  bool ready(std::vector<std::string>* waiting) const override;
  result<void> stop_context(const std::string& name) override;
  result<void> start_context(const std::string& name) override;
  value status() const override { return report().status(); }
  value tree() const override { return report().tree(); }
  void add_status(std::string name, std::function<value()> source) override {
    more_status_.emplace_back(std::move(name), std::move(source));
  }
  void stop() override;

private:
  using subscription_key = std::tuple<answer_port*, std::uint64_t, std::uint64_t>;

  void open(context_state& context, std::uint32_t shard, opened_callback opened,
            std::function<void(const error&)> failed) override;
  void close(context_state& context, std::uint32_t shard, std::function<void()> closed) override;
  [[nodiscard]] result<std::unique_ptr<requesting_part>>
  open_shard(lane& on, context_state& context, std::uint32_t shard,
             std::function<void(const error&)> failed);
  [[nodiscard]] result<std::unique_ptr<requesting_part>> open_view(lane& on, context_state& context,
                                                                   std::uint32_t shard);
  [[nodiscard]] context_state* find(std::string_view name) const;
  [[nodiscard]] std::uint32_t shards_of(std::string_view name) const;

  void route(inbound& each);
  void route_to(context_state& context, std::uint32_t shard, inbound& each);
  [[nodiscard]] result<std::uint32_t> shard_for(const context_state& context, const inbound& each);
  bool route_subscription(inbound& each);
  void hello(const inbound& from);
  void admin(inbound& from);
  void ask_parts(inbound& from, const value& arguments);
  void ask_views(inbound& from, const value& arguments);
  [[nodiscard]] node_report report() const {
    return {options_.name, contexts_, lanes_, rules_, clock_, started_, more_status_};
  }

  node_options options_;
  storage& store_;
  const clock& clock_;
  default_supervision_rules rules_;
  actor_runtime runtime_;
  std::vector<std::unique_ptr<lane>> lanes_;
  std::vector<std::unique_ptr<context_state>> contexts_;
  std::map<std::string, context_state*, std::less<>> by_name_;
  std::unique_ptr<supervision_tree> tree_;
  admin_desk desk_;
  std::vector<std::pair<std::string, std::function<value()>>> more_status_;
  monotonic_time started_;

  std::mutex subscriptions_mutex_;
  std::map<subscription_key, std::pair<context_state*, std::uint32_t>> subscriptions_;

  bool runs_ = false; ///< its lanes were started
  std::atomic<bool> stopping_{false};
  std::once_flag stopped_;
};

/// What one `submit` gathers for each lane; per thread, so that its memory is reused.
thread_local std::map<lane*, std::vector<lane::mail>> outgoing;

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

result<void> running_node::stop_context(const std::string& name) {
  auto* context = find(name);
  if (context == nullptr) return fail(errc::unknown_context, "there is no context '" + name + "'");
  tree_->stop(*context);
  return {};
}

result<void> running_node::start_context(const std::string& name) {
  auto* context = find(name);
  if (context == nullptr) return fail(errc::unknown_context, "there is no context '" + name + "'");
  tree_->start(*context);
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
  route_to(*context, *shard, each);
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
  if (content.kind == request_kind::command) return shard_of(content.command, shards).value;
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

// -- admin verbs --------------------------------------------------------------------------------

void running_node::admin(inbound& from) {
  auto arguments = from.content.payload.empty() ? result<value>{value{value::object{}}}
                                                : decode_value(from.content.payload);
  if (!arguments) return answer_now(from.from, arguments.error());
  const auto& verb = from.content.name;
  if (verb == "actors" || verb == "actor" || verb == "history") return ask_parts(from, *arguments);
  if (verb == "view-rebuild" || verb == "view-status") return ask_views(from, *arguments);
  value said;
  if (verb == "status") {
    said = status();
  } else if (verb == "tree") {
    said = tree();
  } else if (verb == "context-stop" || verb == "context-start") {
    const auto* named = arguments->find("context");
    const auto* name = named != nullptr ? named->get_if<std::string>() : nullptr;
    if (name == nullptr) return answer_now(from.from, fail(errc::malformed, "which context?"));
    const bool stops = verb == "context-stop";
    const auto done = stops ? stop_context(*name) : start_context(*name);
    if (!done) return answer_now(from.from, done.error());
    spdlog::info("context={} operator={}", *name, stops ? "stop" : "start");
    said["context"] = *name;
    said["state"] = stops ? "stopping" : "starting";
  } else {
    return answer_now(from.from, fail(errc::unknown_command, "no admin verb '" + verb + "'"));
  }
  reply_content content;
  content.payload = encode_value(said);
  answer_now(from.from, std::move(content));
}

/// Verbs that the shards answer: one shard for an aggregate, all of them for a listing.
void running_node::ask_parts(inbound& from, const value& arguments) {
  const auto* named = arguments.find("context");
  const auto* name = named != nullptr ? named->get_if<std::string>() : nullptr;
  context_state* only = nullptr;
  if (name != nullptr) {
    only = find(*name);
    if (only == nullptr)
      return answer_now(from.from,
                        fail(errc::unknown_context, "there is no context '" + *name + "'"));
  }
  from.internal = true;
  if (from.content.name != "actors") {
    const auto* held = arguments.find("id");
    const auto* id = held != nullptr ? held->get_if<std::int64_t>() : nullptr;
    if (only == nullptr || id == nullptr || *id < 1)
      return answer_now(from.from, fail(errc::malformed, "an aggregate is {context, id}"));
    if (only->is_view())
      return answer_now(from.from, fail(errc::malformed, only->name + " is a view"));
    return route_to(*only, shard_of(aggregate_id{*id}, only->shards()).value, from);
  }
  std::vector<inbound> requests;
  std::vector<std::pair<context_state*, std::uint32_t>> places;
  for (auto& each : contexts_) {
    if (each->is_view() || (only != nullptr && only != each.get()) || !each->up.load()) continue;
    for (std::uint32_t shard = 0; shard < each->shards(); ++shard) {
      requests.push_back(from);
      places.emplace_back(each.get(), shard);
    }
  }
  const auto* limit_held = arguments.find("limit");
  const auto* limit = limit_held != nullptr ? limit_held->get_if<std::int64_t>() : nullptr;
  const auto most =
      static_cast<std::size_t>(limit != nullptr ? std::max<std::int64_t>(*limit, 1) : 100);
  if (requests.empty())
    return answer_now(from.from, fail(errc::context_down, "no such context is running"));
  desk_.gather(from.from, requests,
               [most](std::vector<value> said) { return merge_actors(std::move(said), most); });
  for (std::size_t i = 0; i < requests.size(); ++i)
    route_to(*places[i].first, places[i].second, requests[i]);
}

void running_node::ask_views(inbound& from, const value& arguments) {
  const auto asked = views_asked(contexts_, from.content.name, arguments);
  if (!asked) return answer_now(from.from, asked.error());
  from.internal = true;
  if (from.content.name == "view-rebuild") return route_to(*asked->front(), 0, from);
  std::vector<context_state*> running;
  std::copy_if(asked->begin(), asked->end(), std::back_inserter(running),
               [](const context_state* each) { return each->up.load(); });
  std::vector<inbound> requests(running.size(), from);
  const auto merge = [all = *asked](std::vector<value> said) {
    return merge_views(all, std::move(said));
  };
  if (requests.empty()) {
    reply_content content;
    content.payload = encode_value(merge({}));
    return answer_now(from.from, std::move(content));
  }
  desk_.gather(from.from, requests, merge);
  for (std::size_t i = 0; i < requests.size(); ++i)
    route_to(*running[i], 0, requests[i]);
}

} // namespace

result<std::unique_ptr<node>> node::start(node_options options, storage& store, const clock& time) {
  auto made = std::make_unique<running_node>(std::move(options), store, time);
  if (auto done = made->prepare(); !done) return done.error();
  made->run();
  return std::unique_ptr<node>{std::move(made)};
}

} // namespace troupe
