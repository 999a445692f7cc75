#include "supervisors/tree.hpp"

#include "supervisors/restart_strategy.hpp"
#include "supervisors/tree_supervisor.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace troupe {
namespace {

caf::error as_reason(std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& x) {
    return caf::make_error(caf::sec::runtime_error, std::string{x.what()});
  } catch (...) {
    return caf::make_error(caf::sec::runtime_error, std::string{"unknown exception"});
  }
}

/// Why an actor ended, in the words of whoever ended it; empty: it was meant to.
std::string why_of(const caf::error& reason) {
  if (reason == caf::none || reason == caf::exit_reason::user_shutdown) return {};
  if (reason.context().match_elements<std::string>())
    return reason.context().get_as<std::string>(0);
  return caf::to_string(reason);
}

} // namespace

void tree_surroundings::tell(context_state& context, tree_note what) {
  caf::actor to;
  {
    const std::lock_guard lock{mutex};
    const auto known = supervisor_of.find(&context);
    if (known != supervisor_of.end()) to = known->second;
  }
  if (to) caf::anon_send(to, std::move(what));
}

tree_supervisor::tree_supervisor(caf::actor_config& config,
                                 std::shared_ptr<tree_surroundings> around)
    : caf::event_based_actor(config), around_(std::move(around)) {
  set_default_handler(caf::drop);
  set_exception_handler(as_reason);
  set_down_handler([this](caf::down_msg& down) {
    in_the_world([&] { child_ended(down.source, why_of(down.reason)); });
  });
}

caf::behavior tree_supervisor::make_behavior() {
  in_the_world([this] { begin(); });
  return {[this](tree_note& what) { in_the_world([&] { handle(what); }); }};
}

void tree_supervisor::escalate(const std::string& who, const std::string& why) {
  spdlog::error("supervisor={} of={} gives up: {}", name(), who, why);
  around_->rules.happened(
      {"escalated", who, "the supervisor of this " + std::string{name()} + " gave up: " + why, 0});
  quit(caf::make_error(caf::sec::runtime_error, who + " " + why));
}

namespace {

/// Restarts what it supervises, by the strategy of its level, until that fails too often.
class parent_supervisor : public tree_supervisor {
public:
  parent_supervisor(caf::actor_config& config, std::shared_ptr<tree_surroundings> around,
                    std::string what)
      : tree_supervisor(config, std::move(around)), what_(std::move(what)) {}

protected:
  using starter = std::function<caf::actor(std::uint64_t heals)>;
  struct child {
    std::string what;
    starter start;
    std::size_t group = 0;
    std::size_t place = 0; ///< in its group
    caf::actor actor;
    std::string failure; ///< why it is to begin again; empty: it is not
    bool due = false;    ///< it begins again as soon as it has ended
  };
  struct group {
    supervised_group rule;
    std::vector<std::uint32_t> members; ///< numbers of children, in the order they start
  };

  /// Children of one group, in the order they start.
  void add(restart_strategy strategy, std::vector<std::pair<std::string, starter>> members) {
    group made{{strategy, members.size(), [this] { return around_->rules.new_shard_history(); }},
               {}};
    for (auto& [what, start] : members) {
      made.members.push_back(static_cast<std::uint32_t>(children_.size()));
      auto actor = start(0);
      children_.push_back({std::move(what),
                           std::move(start),
                           groups_.size(),
                           made.members.size() - 1,
                           std::move(actor),
                           {},
                           false});
    }
    groups_.push_back(std::move(made));
  }

  void child_ended(const caf::actor_addr& who, const std::string& why) override {
    const auto at = std::find_if(children_.begin(), children_.end(), [&](const child& each) {
      return each.actor && each.actor.address() == who;
    });
    if (at == children_.end()) return;
    at->actor = nullptr;
    if (std::exchange(at->due, false)) {
      at->actor = at->start(0);
      return;
    }
    if (why.empty()) return;
    spdlog::error("supervisor={} child={} failed: {}", name(), at->what, why);
    auto& of = groups_[at->group];
    const auto order = of.rule.on_failure(at->place, around_->time.monotonic());
    if (order.give_up) return give_up(at->what, why);
    at->failure = why;
    come_back(static_cast<std::uint32_t>(at - children_.begin()), order.delay);
  }

  void come_back(std::uint32_t number, std::chrono::milliseconds after) {
    delayed_send(this, after,
                 tree_note{tree_note::kind::restart_child, nullptr, number, 0, true, {}});
  }

  /// The failed child begins again, and with it those of its group that the strategy says.
  void handle(tree_note& what) override {
    if (what.what != tree_note::kind::restart_child) return;
    auto& failed = children_[what.number];
    if (failed.actor || failed.failure.empty()) return; // it began again with another one
    auto begun = around_->heals.begin(healing_action::restart_context, failed.what, failed.failure);
    if (!begun)
      return come_back(what.number, std::chrono::milliseconds{begun.error().retry_after_ms});
    auto& of = groups_[failed.group];
    for (const auto place : of.rule.affected(failed.place)) {
      auto& each = children_[of.members[place]];
      each.failure.clear();
      if (!each.actor) {
        each.actor = each.start(&each == &failed ? *begun : 0);
        continue;
      }
      each.due = true; // begins again as soon as it has ended
      caf::anon_send_exit(each.actor, caf::exit_reason::user_shutdown);
    }
  }
  virtual void give_up(const std::string& which, const std::string& why) {
    escalate(what_, which + ": " + why);
  }
  void on_exit() override {
    for (auto& each : children_) {
      if (each.actor) caf::anon_send_exit(each.actor, caf::exit_reason::user_shutdown);
    }
    children_.clear();
  }

  const std::string what_;
  std::vector<child> children_;
  std::vector<group> groups_;
};

using families = std::vector<std::vector<context_state*>>;

/// Each context with its companions behind it.
families families_of(const std::vector<context_state*>& contexts) {
  families all;
  for (auto* each : contexts)
    if (each->behaviour->info->part_of.empty()) all.push_back({each});
  for (auto* each : contexts) {
    const auto owner = each->behaviour->info->part_of;
    if (owner.empty()) continue;
    const auto at = std::find_if(all.begin(), all.end(),
                                 [&](const auto& of) { return of.front()->name == owner; });
    if (at == all.end())
      all.push_back({each});
    else
      at->push_back(each);
  }
  return all;
}

class system_supervisor final : public parent_supervisor {
public:
  system_supervisor(caf::actor_config& config, std::shared_ptr<tree_surroundings> around,
                    const std::string& system, std::vector<context_state*> contexts,
                    std::uint64_t heals)
      : parent_supervisor(config, std::move(around), system), contexts_(std::move(contexts)),
        heals_(heals) {}
  const char* name() const override { return "system"; }

private:
  void begin() override {
    for (const auto& family : families_of(contexts_)) {
      std::vector<std::pair<std::string, starter>> members;
      for (auto* context : family)
        members.emplace_back(context->name, [this, context](std::uint64_t heals) {
          if (heals != 0) context->restarts.fetch_add(1);
          return spawn_context_supervisor(*this, around_, context, heals);
        });
      add(strategy_of(tree_level::family), std::move(members));
    }
    if (heals_ != 0) around_->heals.end(heals_, true, "its contexts begin again");
  }
  std::vector<context_state*> contexts_;
  const std::uint64_t heals_; ///< the healing action that its start is; 0: none
};

class node_supervisor final : public parent_supervisor {
public:
  node_supervisor(caf::actor_config& config, std::shared_ptr<tree_surroundings> around,
                  std::map<std::string, std::vector<context_state*>> systems)
      : parent_supervisor(config, std::move(around), "node"), systems_(std::move(systems)) {}
  const char* name() const override { return "node"; }

private:
  void begin() override {
    std::vector<std::pair<std::string, starter>> members;
    for (auto& [system, contexts] : systems_)
      members.emplace_back(
          system, [this, system = system, of = contexts](std::uint64_t heals) -> caf::actor {
            return spawn<system_supervisor, caf::monitored>(around_, system, of, heals);
          });
    add(strategy_of(tree_level::node), std::move(members));
  }
  void give_up(const std::string& which, const std::string& why) override {
    around_->rules.happened({"escalated", "node", "the node gives up: " + which + ": " + why, 0});
    const std::lock_guard lock{around_->world_mutex};
    if (around_->escalated) around_->escalated(which + ": " + why);
  }
  std::map<std::string, std::vector<context_state*>> systems_;
};

} // namespace

struct supervision_tree::implementation {
  std::shared_ptr<tree_surroundings> around;
  caf::actor root;
};

supervision_tree::supervision_tree(actor_runtime& runtime, supervision_rules& rules, healing& heals,
                                   part_keeper& keeper, const clock& time,
                                   std::vector<context_state*> contexts,
                                   std::function<void(const std::string&)> escalated) {
  std::shared_ptr<tree_surroundings> around{
      new tree_surroundings{rules, heals, time, {}, &keeper, std::move(escalated), {}, {}, {}}};
  std::map<std::string, std::vector<context_state*>> systems;
  for (auto* each : contexts)
    systems[std::string{each->behaviour->info->system}].push_back(each);
  auto root = runtime.system().spawn<node_supervisor>(around, std::move(systems));
  implementation_ =
      std::unique_ptr<implementation>{new implementation{std::move(around), std::move(root)}};
}

supervision_tree::~supervision_tree() {
  end();
}

void supervision_tree::end() {
  if (!implementation_->root) return;
  caf::anon_send_exit(implementation_->root, caf::exit_reason::user_shutdown);
  {
    const std::lock_guard lock{implementation_->around->world_mutex};
    implementation_->around->keeper = nullptr;
    implementation_->around->escalated = nullptr;
  }
  implementation_->root = nullptr;
  const std::lock_guard lock{implementation_->around->mutex};
  implementation_->around->supervisor_of.clear();
}

void supervision_tree::start(context_state& context) {
  context.wanted.store(true);
  implementation_->around->tell(context, {tree_note::kind::start, &context, 0, 0, true, {}});
}

void supervision_tree::stop(context_state& context) {
  context.wanted.store(false);
  context.up.store(false); // requests are refused from now on
  implementation_->around->tell(context, {tree_note::kind::stop, &context, 0, 0, true, {}});
}

void supervision_tree::settle(context_state& context, std::uint32_t shard) {
  implementation_->around->tell(context, {tree_note::kind::settle, &context, shard, 0, true, {}});
}

} // namespace troupe
