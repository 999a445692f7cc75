#include "supervisors/tree.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include <map>
#include <mutex>
#include <utility>

namespace troupe {
namespace {

constexpr std::chrono::milliseconds files_retry{50}; ///< while another process has a part's files

/// The one message between supervisors, lanes and operators.
struct note {
  enum class kind : std::uint8_t {
    start,
    stop,
    settle,
    opened,
    closed,
    failed,
    retry,
    restart_child
  };
  kind what = kind::start;
  context_state* context = nullptr;
  std::uint32_t shard = 0;
  std::uint64_t attempt = 0; ///< of the part; notes of earlier ones are late
  bool good = true;
  std::string why;
  bool locked = false; ///< it could not be opened because somebody else still has its files
};

} // namespace
} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::note)

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

/// What all supervisors need. Outlives the tree in their hands: what the tree was given is reached
/// under a lock, and no more once the tree has been destroyed.
struct surroundings {
  supervision_rules& rules;
  const clock& time;
  std::recursive_mutex world_mutex;
  part_keeper* keeper; ///< under world_mutex; null once the tree is gone
  std::function<void(const std::string&)> escalated; ///< likewise
  std::mutex mutex;
  std::map<const context_state*, caf::actor> supervisor_of; ///< under mutex: restarts replace them

  template <class Act> void with_keeper(Act act) {
    const std::lock_guard lock{world_mutex};
    if (keeper != nullptr) act(*keeper);
  }

  void tell(context_state& context, note what) {
    caf::actor to;
    {
      const std::lock_guard lock{mutex};
      const auto known = supervisor_of.find(&context);
      if (known != supervisor_of.end()) to = known->second;
    }
    if (to) caf::anon_send(to, std::move(what));
  }
};

class supervisor : public caf::event_based_actor {
public:
  supervisor(caf::actor_config& config, std::shared_ptr<surroundings> around)
      : caf::event_based_actor(config), around_(std::move(around)) {
    set_default_handler(caf::drop);
    set_exception_handler(as_reason);
    set_down_handler([this](caf::down_msg& down) {
      const bool wanted =
          down.reason == caf::none || down.reason == caf::exit_reason::user_shutdown;
      child_ended(down.source, wanted ? std::string{} : caf::to_string(down.reason));
    });
  }
  caf::behavior make_behavior() override {
    in_the_world([this] { begin(); });
    return {[this](note& what) { in_the_world([&] { handle(what); }); }};
  }

protected:
  virtual void begin() {}
  virtual void handle(note&) {}
  virtual void child_ended(const caf::actor_addr&, const std::string&) {}
  /// Acts only while the tree is there: the contexts are gone soon after it, and notes that were on
  /// their way still come.
  template <class Act> void in_the_world(Act act) {
    around_->with_keeper([&](part_keeper&) { act(); });
  }
  /// Fails upwards: the parent sees a child that ended for a reason.
  void escalate(const std::string& why) { quit(caf::make_error(caf::sec::runtime_error, why)); }

  std::shared_ptr<surroundings> around_;
};

/// Keeps the parts of one context as its operator wants them.
class context_supervisor final : public supervisor {
public:
  context_supervisor(caf::actor_config& config, std::shared_ptr<surroundings> around,
                     context_state* context)
      : supervisor(config, std::move(around)), context_(*context), parts_(context->parts.size()) {}
  const char* name() const override { return "context"; }

private:
  struct part {
    std::unique_ptr<restart_history> history;
    std::uint64_t attempt = 0;
    bool open = false;       ///< it is on its lane
    bool on_its_way = false; ///< opening or closing
    bool waits = false;      ///< for files that another process still has
    bool known = false;      ///< whether it is on its lane: not after a restart of the supervisor
  };

  void begin() override {
    {
      const std::lock_guard lock{around_->mutex};
      around_->supervisor_of[&context_] = caf::actor_cast<caf::actor>(this);
    }
    settle_all();
  }

  void handle(note& what) override {
    auto& of = parts_[what.shard];
    switch (what.what) {
    case note::kind::start: // "wanted" is set when it is said: a late note must not undo it
      for (auto& each : parts_)
        each.history.reset(); // an operator's start forgives
      return settle_all();
    case note::kind::stop:
      return settle_all();
    case note::kind::settle:
      of.history.reset(); // of an earlier ownership
      return settle(what.shard);
    case note::kind::opened:
      if (what.attempt != of.attempt) return;
      of.on_its_way = false;
      of.known = true;
      of.open = what.good;
      if (!what.good && what.locked) return wait_for_files(what.shard, what.why);
      if (!what.good) return failed(what.shard, what.why);
      of.waits = false;
      context_.parts[what.shard]->phase.store(part_phase::up);
      return settle(what.shard);
    case note::kind::closed:
      if (what.attempt != of.attempt) return;
      of.on_its_way = of.open = false;
      of.known = true;
      context_.parts[what.shard]->phase.store(part_phase::stopped);
      return settle(what.shard);
    case note::kind::failed:
      if (what.attempt != of.attempt) return;
      return failed(what.shard, what.why);
    case note::kind::retry:
      if (what.attempt != of.attempt) return;
      return settle(what.shard);
    case note::kind::restart_child:
      return;
    }
  }

  void settle_all() {
    for (std::uint32_t shard = 0; shard < parts_.size(); ++shard)
      settle(shard);
  }

  /// Brings one part to where it should be, one step at a time.
  void settle(std::uint32_t shard) {
    auto& of = parts_[shard];
    const bool wanted = context_.wants(shard);
    if (!of.on_its_way && of.open != wanted) {
      of.on_its_way = true;
      const auto attempt = ++of.attempt;
      wanted ? open(shard, attempt) : close(shard, attempt);
    } else if (!of.on_its_way && !wanted) {
      of.waits = false;
      if (of.known || context_.parts[shard]->phase.load() == part_phase::stopped) {
        context_.parts[shard]->phase.store(part_phase::stopped);
      } else { // the supervisor before this one may have left it there
        of.on_its_way = true;
        close(shard, ++of.attempt);
      }
    }
    bool all = context_.wanted.load();
    for (const auto& each : context_.parts)
      all = all && (!each->owned.load() || each->phase.load() == part_phase::up);
    context_.up.store(all);
    around_->with_keeper([&](part_keeper& keeper) { keeper.changed(context_, shard); });
  }

  void open(std::uint32_t shard, std::uint64_t attempt) {
    context_.parts[shard]->phase.store(part_phase::opening);
    auto around = around_;
    auto* context = &context_;
    auto opened = [around, context, shard, attempt](result<void> how) {
      const bool locked = !how && how.error().code == errc::storage_locked;
      around->tell(*context, {note::kind::opened, context, shard, attempt, how.ok(),
                              how ? std::string{} : how.error().message, locked});
    };
    auto gave_up = [around, context, shard, attempt](const error& why) {
      around->tell(*context, {note::kind::failed, context, shard, attempt, false, why.message});
    };
    around_->with_keeper([&](part_keeper& keeper) {
      keeper.open(context_, shard, std::move(opened), std::move(gave_up));
    });
  }

  void close(std::uint32_t shard, std::uint64_t attempt) {
    context_.parts[shard]->phase.store(part_phase::closing);
    auto around = around_;
    auto* context = &context_;
    auto closed = [around, context, shard, attempt] {
      around->tell(*context, {note::kind::closed, context, shard, attempt, true, {}});
    };
    around_->with_keeper(
        [&](part_keeper& keeper) { keeper.close(context_, shard, std::move(closed)); });
  }

  /// The part's files are open in another process, which may be about to end: that is nobody's
  /// failure, so it is tried again without an end and without counting.
  void wait_for_files(std::uint32_t shard, const std::string& why) {
    auto& of = parts_[shard];
    if (!std::exchange(of.waits, true)) {
      context_.note_error("shard " + std::to_string(shard) + ": " + why);
      spdlog::warn("context={} shard={} waits: {}", context_.name, shard, why);
    }
    context_.parts[shard]->phase.store(part_phase::opening);
    delayed_send(this, files_retry,
                 note{note::kind::retry, &context_, shard, of.attempt, true, {}});
  }

  /// A part could not be opened or gave up while running.
  void failed(std::uint32_t shard, const std::string& why) {
    auto& of = parts_[shard];
    auto& state = *context_.parts[shard];
    if (!context_.wants(shard)) return settle(shard); // its new owner's journal refuses this one
    context_.up.store(false);
    context_.note_error("shard " + std::to_string(shard) + ": " + why);
    state.restarts.fetch_add(1);
    spdlog::error("context={} shard={} failed: {}", context_.name, shard, why);
    if (!of.history) of.history = around_->rules.new_shard_history();
    const auto decided = of.history->on_failure(around_->time.monotonic());
    if (decided.what == restart_decision::action::quarantine) {
      state.phase.store(part_phase::failed);
      return escalate(context_.name + " shard " + std::to_string(shard) + ": " + why);
    }
    state.phase.store(part_phase::waiting);
    if (of.open) { // it is still on its lane, refusing everything: take it off
      of.open = false;
      ++of.attempt;
      around_->with_keeper([&](part_keeper& keeper) { keeper.close(context_, shard, [] {}); });
    }
    delayed_send(this, decided.delay,
                 note{note::kind::retry, &context_, shard, of.attempt, true, {}});
  }

  context_state& context_;
  std::vector<part> parts_;
};

/// Restarts what it supervises, with backoff, until that fails too often.
class parent_supervisor : public supervisor {
public:
  using supervisor::supervisor;

protected:
  struct child {
    std::function<caf::actor()> start;
    caf::actor actor;
    std::unique_ptr<restart_history> history;
    std::string what;
  };

  void add(std::string what, std::function<caf::actor()> start) {
    child made;
    made.what = std::move(what);
    made.start = std::move(start);
    made.actor = made.start();
    children_.push_back(std::move(made));
  }

  void child_ended(const caf::actor_addr& who, const std::string& why) override {
    for (std::uint32_t i = 0; i < children_.size(); ++i) {
      auto& each = children_[i];
      if (!each.actor || each.actor.address() != who) continue;
      each.actor = nullptr;
      if (why.empty()) return;
      if (!each.history) each.history = around_->rules.new_shard_history();
      const auto decided = each.history->on_failure(around_->time.monotonic());
      spdlog::error("supervisor={} child={} failed: {}", name(), each.what, why);
      if (decided.what == restart_decision::action::quarantine) return give_up(each.what, why);
      delayed_send(this, decided.delay, note{note::kind::restart_child, nullptr, i, 0, true, {}});
      return;
    }
  }
  void handle(note& what) override {
    if (what.what != note::kind::restart_child) return;
    auto& each = children_[what.shard];
    if (!each.actor) each.actor = each.start();
  }
  virtual void give_up(const std::string& which, const std::string& why) {
    escalate(which + ": " + why);
  }
  void on_exit() override {
    for (auto& each : children_) {
      if (each.actor) caf::anon_send_exit(each.actor, caf::exit_reason::user_shutdown);
    }
    children_.clear();
  }

  std::vector<child> children_;
};

class system_supervisor final : public parent_supervisor {
public:
  system_supervisor(caf::actor_config& config, std::shared_ptr<surroundings> around,
                    std::vector<context_state*> contexts)
      : parent_supervisor(config, std::move(around)), contexts_(std::move(contexts)) {}
  const char* name() const override { return "system"; }

private:
  void begin() override {
    for (auto* context : contexts_)
      add(context->name, [this, context]() -> caf::actor {
        return spawn<context_supervisor, caf::monitored>(around_, context);
      });
  }
  std::vector<context_state*> contexts_;
};

class node_supervisor final : public parent_supervisor {
public:
  node_supervisor(caf::actor_config& config, std::shared_ptr<surroundings> around,
                  std::map<std::string, std::vector<context_state*>> systems)
      : parent_supervisor(config, std::move(around)), systems_(std::move(systems)) {}
  const char* name() const override { return "node"; }

private:
  void begin() override {
    for (auto& [system, contexts] : systems_)
      add(system, [this, of = contexts]() -> caf::actor {
        return spawn<system_supervisor, caf::monitored>(around_, of);
      });
  }
  void give_up(const std::string& which, const std::string& why) override {
    const std::lock_guard lock{around_->world_mutex};
    if (around_->escalated) around_->escalated(which + ": " + why);
  }
  std::map<std::string, std::vector<context_state*>> systems_;
};

} // namespace

struct supervision_tree::implementation {
  std::shared_ptr<surroundings> around;
  caf::actor root;
};

supervision_tree::supervision_tree(actor_runtime& runtime, supervision_rules& rules,
                                   part_keeper& keeper, const clock& time,
                                   std::vector<context_state*> contexts,
                                   std::function<void(const std::string&)> escalated) {
  std::shared_ptr<surroundings> around{
      new surroundings{rules, time, {}, &keeper, std::move(escalated), {}, {}}};
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
  implementation_->around->tell(context, {note::kind::start, &context, 0, 0, true, {}});
}

void supervision_tree::stop(context_state& context) {
  context.wanted.store(false);
  context.up.store(false); // requests are refused from now on
  implementation_->around->tell(context, {note::kind::stop, &context, 0, 0, true, {}});
}

void supervision_tree::settle(context_state& context, std::uint32_t shard) {
  implementation_->around->tell(context, {note::kind::settle, &context, shard, 0, true, {}});
}

} // namespace troupe
