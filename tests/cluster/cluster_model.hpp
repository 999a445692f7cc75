#pragma once

#include "net/cluster/membership.hpp"
#include "seams/random.hpp"
#include "tests/cluster/fake_store.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace troupe::test {

/// A mistake put between the memberships and the world, to see that the model finds it.
enum class planted : std::uint8_t {
  nothing,
  hand_over_without_closing, ///< "closed" is reported, the shard stays open
  old_epoch_in_the_journal,  ///< a shard is opened with the epoch of the former owner
  no_lease_check,            ///< lanes do not look at `serves_until`
  burial_of_the_living,      ///< a planner declares a member dead whose lease stands
  open_before_owner,         ///< a target opens instead of preparing
  epoch_stands_still,        ///< owners change without a new epoch
  ended_nodes_go_on,         ///< a node that is to end keeps its process and its locks
  renewal_dated_late,        ///< a renewal counts from its end, not from its beginning
};

struct model_options {
  std::uint64_t seed = 1;
  std::uint32_t nodes = 3;
  std::map<std::string, std::uint32_t> contexts{{"a", 3}, {"b", 2}};
  /// True: a journal is locked by its process, as on one machine. False: only its epoch refuses, as
  /// with a shared store of journals.
  bool locks = true;
  std::uint64_t faults_percent = 10; ///< of the steps
  planted mistake = planted::nothing;
  cluster_timing timing;
};

/// What happened in a model: a walk on which nothing happens proves nothing.
struct model_events {
  std::uint64_t commits = 0;
  std::uint64_t fenced = 0; ///< commits that a journal refused to a stale owner
  std::uint64_t hand_overs = 0;
  std::uint64_t take_overs = 0;
  std::uint64_t burials = 0;
  std::uint64_t ends = 0; ///< processes that ended by themselves
};

/// Memberships, one lease store and the journals, in one thread and from one seed. Actions wait in
/// a queue of their node, one is carried out at a time, and anything may happen between two: a
/// pause, a crash, time, a cut link.
class cluster_model {
public:
  explicit cluster_model(const model_options& options);

  /// One step of one node, the clock or a fault.
  void step();
  /// Ends all faults; lets time pass until everything must be well. False: says `broken` why not.
  bool settle();
  /// What went wrong; empty: nothing.
  [[nodiscard]] const std::string& broken() const { return broken_; }

  // -- single moves, for tests that choose the order
  void advance(std::chrono::milliseconds by);
  void turn(std::size_t node); ///< read, decide, carry out everything
  /// One thing: finishes what is opening or closing, or else reads, decides and carries it out.
  void act(std::size_t node);
  void finish(std::size_t node); ///< what is opening, closing or being prepared is done
  void crash(std::size_t node, bool lease_ended);
  void pause(std::size_t node);
  void resume(std::size_t node);
  void start(std::size_t node);
  void leave(std::size_t node);
  void commit_everywhere();
  void check(); ///< the invariants that hold at every moment
  [[nodiscard]] const fake_store& store() const { return store_; }
  [[nodiscard]] std::optional<std::size_t> open_at(const shard_ref& which) const;
  [[nodiscard]] bool running(std::size_t node) const { return nodes_[node].number != 0; }
  [[nodiscard]] const model_events& seen() const { return seen_; }

private:
  struct process {
    std::string name;
    std::uint64_t number = 0; ///< never used twice; 0: not running
    bool paused = false;
    bool leaving = false;
    std::chrono::milliseconds clock_ahead{0}; ///< nobody's clock shows what another's does
    std::unique_ptr<membership> logic;
    std::deque<membership_action> queue;
    std::map<shard_ref, local_part> parts;
    [[nodiscard]] bool runs() const { return number != 0 && !paused; }
  };
  struct journal {
    epoch_number epoch;
    std::uint64_t newest = 0; ///< process that opened it last
    std::uint64_t locked_by = 0;
  };

  [[nodiscard]] monotonic_time clock_of(const process& of) const;
  [[nodiscard]] bool serves(const process& node, const shard_ref& which) const;
  void set_part(process& node, const shard_ref& which, const local_part& how);
  void read(process& node);
  void decide(process& node);
  void carry_out_all(process& node);
  void carry_out(process& node, membership_action action);
  void propose(process& node, propose_action action);
  void repeat_in_engine(const cluster_change& what);
  void finish_part(process& node, const shard_ref& which);
  void open(process& node, const shard_ref& which, local_part part);
  void end(process& node);
  void fault();
  void cut_or_heal_link();
  void tell_links(process& node);
  void check_changes(const cluster_view& before, const cluster_view& after);
  void check_change(const shard_row& was, const shard_row& is, const cluster_view& before,
                    const cluster_view& after);
  void break_rule(const std::string& what);
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random_.next() % bound; }
  [[nodiscard]] process* holder_of(const member_key& who);
  [[nodiscard]] std::string disorder() const;

  model_options options_;
  seeded_random random_;
  fake_store store_;
  /// Is told every change as well: an engine must accept what memberships propose.
  std::unique_ptr<lease_store> engine_ = open_memory_lease_store(make_memory_cluster());
  monotonic_time now_{std::chrono::hours{1}};
  std::vector<process> nodes_;
  std::uint64_t processes_ = 0;
  std::map<shard_ref, journal> journals_;
  std::map<shard_ref, monotonic_time> moved_;
  std::set<std::set<std::string>> cut_;
  model_events seen_;
  std::string broken_;
};

} // namespace troupe::test
