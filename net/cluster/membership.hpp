#pragma once

#include "net/cluster/evacuation.hpp"
#include "net/cluster/lease_watch.hpp"
#include "net/cluster/proposal.hpp"
#include "net/cluster/timing.hpp"
#include "persistence/lease_store.hpp"
#include "seams/clock.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

namespace troupe {

/// What a node says of one of its parts (a shard, or a view).
struct local_part {
  enum class phase : std::uint8_t { closed, opening, open, closing };
  phase is = phase::closed;
  epoch_number epoch;    ///< of the ownership it was told to open with
  bool prepared = false; ///< as a target: has loaded beforehand what it can
  bool operator==(const local_part&) const = default;
};

/// Open the shard for writing, with this epoch.
struct open_shard_action {
  shard_ref which;
  epoch_number epoch;
  bool operator==(const open_shard_action&) const = default;
};
/// Close the shard: it is handed over, everything up to its last commit counts. `lost`: it belongs
/// to somebody else already; nothing more may be committed.
struct close_shard_action {
  shard_ref which;
  bool lost = false;
  bool operator==(const close_shard_action&) const = default;
};
/// Load beforehand what a take-over will need; taken back by `cancel`.
struct prepare_action {
  shard_ref which;
  bool cancel = false;
  bool operator==(const prepare_action&) const = default;
};
/// Compare-and-swap in the lease store. Whatever comes of it, read the store and `saw` next.
struct propose_action {
  std::uint64_t expected = 0;
  cluster_change what;
  std::string why; ///< for the log: "n2 is gone: 33 shards to n1, n3"
};
struct renew_action {};
struct vote_action {
  vote_row of;
  bool suspected = false;
};
/// The node's process must end: its generation is dead, or a newer one of its name is there.
struct end_action {
  std::string why;
};
using membership_action = std::variant<open_shard_action, close_shard_action, prepare_action,
                                       propose_action, renew_action, vote_action, end_action>;

/// A member's part in the protocols of the cluster: joining, keeping its lease, watching the leases
/// of others, burying the dead, giving and taking shards, leaving. A state machine without I/O:
/// facts and time in, actions out. It is level-triggered: `next` compares how things are with how
/// they should be, so an action that failed or got lost is simply asked for again, though not at
/// once: the same one comes at most every quarter of `renew_every`.
///
/// Who plans: of the active members whose leases stand, the one with the lowest key. Two of them
/// may believe so for a while; the version of the store decides.
///
/// A lease is judged by when its renewals and readings began, so reading and renewing should take
/// much less time than `lease` - `serve_for`.
///
/// Safety rests on three things only: a change of owner is a compare-and-swap with epoch + 1, the
/// former owner has closed the shard or its lease has ended, and the journal itself refuses older
/// epochs.
class membership {
public:
  /// `self.who.generation` is not given: it is found when the node registers, one above the highest
  /// the store knows of its name. Older generations of this name are buried then: the caller holds
  /// the lock on the node's name, so they are gone.
  membership(member_row self, cluster_timing timing);

  /// A fresh reading of the store that began at `now`. Before anything else, after every proposal,
  /// and at least every half lease: leases are judged by readings only. Older ones than the last
  /// are ignored.
  void saw(const cluster_view& view, monotonic_time now);
  /// A renewal that began at `began` succeeded; `fenced` ones are reported by `refused`. It counts
  /// from the following `next` on, which must be given the time after it.
  void renewed(monotonic_time began);
  void refused(); ///< the store said `fenced`: this generation is dead
  /// How a part stands now. Parts never reported are closed. Who carries out an action that opens
  /// or closes a part reports `opening` or `closing` before the following `next`: a shard that may
  /// be about to open must not be taken for one that can be handed over.
  void part_is(const shard_ref& which, const local_part& how);
  /// The link to another member works or does not, as far as this node can tell.
  void link_is(const member_key& to, bool up, monotonic_time now);
  /// The node is ready to own shards: joining becomes active.
  void ready();
  /// The operator wants it to give everything away (`drain`). It stays in that state.
  void leave();

  /// What is to be done now. Actions already under way (a part that is opening) are not repeated,
  /// and there is at most one proposal, and no further one before the next `saw`.
  [[nodiscard]] std::vector<membership_action> next(monotonic_time now);
  /// When `next` may have something to say without a new fact but a fresh reading; later than the
  /// last `next`. `monotonic_time::max()`: never.
  [[nodiscard]] monotonic_time wake_at() const;

  /// Until when it may commit and answer: the last renewal's beginning + `serve_for`. Long ago if
  /// nothing was renewed yet or it has to end.
  [[nodiscard]] monotonic_time serves_until() const;
  [[nodiscard]] const member_key& self() const;
  [[nodiscard]] bool registered() const;
  /// It owns nothing and nothing is on its way to it: a leaving node may end.
  [[nodiscard]] bool empty_handed() const;
  /// Somebody else could take over something of what it owns; else a leaving node waits for
  /// nothing.
  [[nodiscard]] bool replaceable() const;
  /// Members whose leases stand, as this one sees it: the basis of the shard map.
  [[nodiscard]] std::vector<member_key> live(monotonic_time now) const;
  /// This one plans for all, as it sees it.
  [[nodiscard]] bool plans(monotonic_time now) const;

private:
  enum class asking : std::uint8_t { renew, open, close, prepare, vote };
  using asked_key = std::tuple<asking, shard_ref, epoch_number, member_key, bool>;
  struct target_sight {
    member_key target;
    monotonic_time since;
  };
  struct owner_sight {
    epoch_number epoch;
    std::optional<monotonic_time> moved; ///< when its owner was last seen to change
  };

  // -- facts
  void saw_self(const cluster_view& view, monotonic_time now);
  void saw_shards(const cluster_view& view, monotonic_time now);
  void count_renewal(monotonic_time now);
  void end_if_lease_is_over(monotonic_time now);
  [[nodiscard]] const member_row* own_row() const;
  [[nodiscard]] bool active() const;
  [[nodiscard]] local_part part_of(const shard_ref& which) const;
  [[nodiscard]] bool lives(const member_row& member) const;
  [[nodiscard]] bool can_receive(const member_key& who) const;
  [[nodiscard]] bool pinned(const shard_ref& which, monotonic_time now) const;
  [[nodiscard]] std::chrono::nanoseconds ask_pause() const { return timing_.renew_every / 4; }

  // -- actions
  /// True if the action is due; false if it was asked for just now.
  [[nodiscard]] bool ask(const asked_key& what, monotonic_time now);
  void renew(monotonic_time now, std::vector<membership_action>& actions);
  void vote(monotonic_time now, std::vector<membership_action>& actions);
  void steer_parts(monotonic_time now, std::vector<membership_action>& actions);
  void steer(const shard_row& row, monotonic_time now, std::vector<membership_action>& actions);
  void steer_own(const shard_row& row, monotonic_time now, std::vector<membership_action>& actions);

  // -- proposals: membership_planning.cpp
  void propose(monotonic_time now, std::vector<membership_action>& actions);
  void register_self(proposal& made);
  void change_own_state(proposal& made) const;
  void hand_over(proposal& made, monotonic_time now) const;
  void report_readiness(proposal& made) const;
  void plan(proposal& made, monotonic_time now, const std::set<member_key>& evacuated) const;
  void bury(proposal& made) const;
  void assign(proposal& made, monotonic_time now, const std::set<member_key>& evacuated) const;
  void forget_old(proposal& made) const;
  [[nodiscard]] bool gathering(const cluster_view& view, const std::set<member_key>& live,
                               monotonic_time now) const;

  member_row self_; ///< as it is proposed at first
  cluster_timing timing_;
  lease_watch watch_;
  evacuation evacuation_;
  std::optional<cluster_view> view_;
  bool registered_ = false;
  bool ready_ = false;
  bool leave_ = false;
  std::optional<std::string> ended_;      ///< why it has to end
  monotonic_time now_;                    ///< the newest time it was told
  std::optional<monotonic_time> renewal_; ///< reported, not yet counted
  std::optional<monotonic_time> renewed_; ///< when the last one that counts began
  monotonic_time lease_began_; ///< the last renewal's beginning, or when it was registered
  std::optional<monotonic_time> active_since_;
  std::map<shard_ref, local_part> parts_;
  std::set<shard_ref> prepares_; ///< asked for and not called off
  std::map<member_key, bool> links_;
  std::map<shard_ref, owner_sight> owners_;
  std::map<shard_ref, target_sight> targets_;
  std::map<asked_key, monotonic_time> asked_; ///< what the last `next` still wanted, asked when
  std::map<asked_key, monotonic_time> wanted_;
  bool proposed_ = false; ///< no reading since
  std::optional<std::uint64_t> proposed_version_;
  monotonic_time proposed_at_;
};

} // namespace troupe
