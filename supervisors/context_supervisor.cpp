#include "supervisors/restart_strategy.hpp"
#include "supervisors/tree_supervisor.hpp"

#include <caf/send.hpp>
#include <spdlog/spdlog.h>

#include <utility>
#include <vector>

/// The supervisor of one context: keeps its parts as its operator wants them.
namespace troupe {
namespace {

constexpr std::chrono::milliseconds files_retry{50}; ///< while another process has a part's files

class context_supervisor final : public tree_supervisor {
public:
  context_supervisor(caf::actor_config& config, std::shared_ptr<tree_surroundings> around,
                     context_state* context, std::uint64_t heals)
      : tree_supervisor(config, std::move(around)), context_(*context),
        group_(strategy_of(tree_level::context), context->parts.size(),
               [this] { return around_->rules.new_shard_history(); }),
        parts_(context->parts.size()), heals_(heals) {
    // Attempts of the supervisor before this one are told apart from this one's.
    const auto first = around_->supervisors.fetch_add(1) << 32U;
    for (auto& each : parts_)
      each.attempt = first;
  }
  const char* name() const override { return "context"; }

private:
  struct part {
    std::uint64_t attempt = 0;
    std::uint64_t heals = 0; ///< number of the healing action that its opening is; 0: none
    std::string failure;     ///< why it has to be opened again; empty: it does not
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

  void on_exit() override {
    in_the_world([this] {
      for (auto& each : parts_)
        healed(each.heals, false, "its supervisor ended");
      healed(heals_, false, "its supervisor ended");
    });
  }

  void handle(tree_note& what) override {
    using kind = tree_note::kind;
    switch (what.what) {
    case kind::start: // "wanted" is set when it is said: a late note must not undo it
      for (std::uint32_t shard = 0; shard < parts_.size(); ++shard)
        forgive(shard); // an operator's start forgives
      return settle_all();
    case kind::stop:
      return settle_all();
    case kind::settle:
      forgive(what.number); // of an earlier ownership
      return settle(what.number);
    case kind::opened:
    case kind::closed:
    case kind::failed:
    case kind::retry:
      if (what.attempt == parts_[what.number].attempt) handle_part(what);
      return;
    case kind::restart_child:
      return;
    }
  }

  void handle_part(const tree_note& what) {
    auto& of = parts_[what.number];
    switch (what.what) {
    case tree_note::kind::opened:
      return opened(what);
    case tree_note::kind::closed:
      of.on_its_way = of.open = false;
      of.known = true;
      context_.parts[what.number]->phase.store(part_phase::stopped);
      return settle(what.number);
    case tree_note::kind::failed:
      return failed(what.number, what.why);
    default:
      return try_again(what.number);
    }
  }

  void opened(const tree_note& what) {
    auto& of = parts_[what.number];
    of.on_its_way = false;
    of.known = true;
    of.open = what.good;
    if (!what.good && what.locked) return wait_for_files(what.number, what.why);
    if (!what.good) return failed(what.number, what.why);
    of.waits = false;
    of.failure.clear();
    healed(of.heals, true, "it is open again");
    context_.parts[what.number]->phase.store(part_phase::up);
    settle(what.number);
  }

  void forgive(std::uint32_t shard) {
    group_.forgive(shard);
    parts_[shard].failure.clear();
  }

  /// Tells how an action ended, once.
  void healed(std::uint64_t& number, bool good, const std::string& outcome) {
    if (number != 0) around_->heals.end(std::exchange(number, 0), good, outcome);
  }

  void settle_all() {
    for (std::uint32_t shard = 0; shard < parts_.size(); ++shard)
      settle(shard);
  }

  /// Brings one part to where it should be, one step at a time.
  void settle(std::uint32_t shard) {
    auto& of = parts_[shard];
    const bool wanted = context_.wants(shard);
    if (!wanted) healed(of.heals, false, "it is not wanted here any more");
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
    note_whether_up();
    around_->with_keeper([&](part_keeper& keeper) { keeper.changed(context_, shard); });
  }

  void note_whether_up() {
    bool all = context_.wanted.load();
    for (const auto& each : context_.parts)
      all = all && (!each->owned.load() || each->phase.load() == part_phase::up);
    context_.up.store(all);
    if (all) healed(heals_, true, "all its parts are open again");
    if (!context_.wanted.load()) healed(heals_, false, "its operator stopped it");
  }

  void open(std::uint32_t shard, std::uint64_t attempt) {
    context_.parts[shard]->phase.store(part_phase::opening);
    auto around = around_;
    auto* context = &context_;
    auto opened = [around, context, shard, attempt](result<void> how) {
      const bool locked = !how && how.error().code == errc::storage_locked;
      around->tell(*context, {tree_note::kind::opened, context, shard, attempt, how.ok(),
                              how ? std::string{} : how.error().message, locked});
    };
    auto gave_up = [around, context, shard, attempt](const error& why) {
      around->tell(*context,
                   {tree_note::kind::failed, context, shard, attempt, false, why.message});
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
      around->tell(*context, {tree_note::kind::closed, context, shard, attempt, true, {}});
    };
    around_->with_keeper(
        [&](part_keeper& keeper) { keeper.close(context_, shard, std::move(closed)); });
  }

  void come_back(std::uint32_t shard, std::chrono::milliseconds after) {
    delayed_send(
        this, after,
        tree_note{tree_note::kind::retry, &context_, shard, parts_[shard].attempt, true, {}});
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
    come_back(shard, files_retry);
  }

  /// A part could not be opened or gave up while running.
  void failed(std::uint32_t shard, const std::string& why) {
    auto& of = parts_[shard];
    auto& state = *context_.parts[shard];
    healed(of.heals, false, why);
    if (!context_.wants(shard)) return settle(shard); // its new owner's journal refuses this one
    context_.up.store(false);
    context_.note_error("shard " + std::to_string(shard) + ": " + why);
    state.restarts.fetch_add(1);
    spdlog::error("context={} shard={} failed: {}", context_.name, shard, why);
    const auto order = group_.on_failure(shard, around_->time.monotonic());
    if (order.give_up) {
      state.phase.store(part_phase::failed);
      const auto what = "shard " + std::to_string(shard) + ": " + why;
      healed(heals_, false, what);
      return escalate(context_.name, what);
    }
    state.phase.store(part_phase::waiting);
    if (of.open) { // it is still on its lane, refusing everything: take it off
      of.open = false;
      ++of.attempt;
      around_->with_keeper([&](part_keeper& keeper) { keeper.close(context_, shard, [] {}); });
    }
    of.failure = why.empty() ? "it failed" : why;
    come_back(shard, order.delay);
  }

  void try_again(std::uint32_t shard) {
    auto& of = parts_[shard];
    if (!of.failure.empty() && of.heals == 0 && context_.wants(shard)) {
      auto begun = around_->heals.begin(healing_action::restart_shard, context_.part_name(shard),
                                        of.failure);
      if (!begun) return come_back(shard, std::chrono::milliseconds{begun.error().retry_after_ms});
      of.heals = *begun;
    }
    settle(shard);
  }

  context_state& context_;
  supervised_group group_;
  std::vector<part> parts_;
  std::uint64_t heals_; ///< the healing action that this supervisor's own start is
};

} // namespace

caf::actor spawn_context_supervisor(caf::event_based_actor& parent,
                                    std::shared_ptr<tree_surroundings> around,
                                    context_state* context, std::uint64_t heals) {
  return parent.spawn<context_supervisor, caf::monitored>(std::move(around), context, heals);
}

} // namespace troupe
