#pragma once

#include "actors/behaviour.hpp"
#include "actors/context_load.hpp"
#include "actors/event_feed.hpp"
#include "actors/failing_crowd.hpp"
#include "actors/healing.hpp"
#include "actors/journal_desk.hpp"
#include "actors/part_measures.hpp"
#include "actors/requesting_part.hpp"
#include "actors/resident.hpp"
#include "actors/shard_memory.hpp"
#include "actors/shard_watch.hpp"
#include "actors/supervision.hpp"
#include "actors/turn_tap.hpp"
#include "actors/work.hpp"
#include "persistence/storage.hpp"
#include "persistence/turn_notes.hpp"
#include "seams/random.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace troupe {

class aggregate_cell;
class past_state;
class policy_runner;

struct shard_limits {
  std::uint32_t waiting_max = 16'384;          ///< commands admitted and not decided, whole shard
  std::uint32_t waiting_per_aggregate = 1'000; ///< also those deferred behind an open ask
  std::uint64_t bytes_per_aggregate = 4ULL * 1024 * 1024; ///< what these hold
  std::uint32_t waiting_per_context = 65'536; ///< in all shards of the context on this node
  std::uint64_t bytes_per_context = 64ULL * 1024 * 1024; ///< what these hold
  std::uint32_t residents_max = 100'000;         ///< aggregates in memory before the oldest leave
  std::chrono::milliseconds idle_after{300'000}; ///< an unused aggregate leaves memory
  std::uint64_t snapshot_every = 1'000'000;  ///< records between snapshots of the shard, when busy
  std::uint64_t snapshot_when_idle = 10'000; ///< records that make one worth while when idle
  std::uint32_t dirty_states_max = 100'000;  ///< states the derived store may lag behind
  std::uint32_t letters_max = 100'000;       ///< dead letters of a context; the oldest give way
  std::chrono::hours letters_kept{7 * 24};   ///< then they expire
};

/// Numbers for people; written on the lane, read by anyone.
struct shard_counters {
  std::atomic<std::uint64_t> turns{0}, rejected{0}, replayed{0}, crashes{0}, asks{0}, voids{0};
  std::atomic<std::uint64_t> restarts{0}; ///< of its aggregates
  std::atomic<std::uint64_t> records{0};
  std::atomic<std::uint32_t> residents{0}, quarantined{0}, open_asks{0}, open_voids{0}, waiting{0};
  std::atomic<std::uint32_t> letters{0};          ///< dead letters that are not closed
  std::atomic<std::uint32_t> stopped_policies{0}; ///< at an event that they cannot react to
  std::atomic<bool> storage_full{false};
  std::atomic<bool> recovers{false}; ///< it folds its journal again, which may take long
};

/// What a shard needs from around it. All references outlive it.
struct shard_setting {
  part_key key;
  journal_identity identity;
  const context_behaviour* behaviour = nullptr;
  storage* store = nullptr;
  supervision_rules* rules = nullptr;
  healing* heals = nullptr; ///< asked before each restart; null: they are not limited
  lane* on = nullptr;
  shard_limits limits;
  std::function<std::uint32_t(std::string_view context)> shards_of; ///< 0: unknown context
  /// Name of the node that has a shard; empty: nobody known. May be empty itself.
  std::function<std::string(std::string_view context, shard_number shard)> owner_of;
  const turn_notes* notes = nullptr;        ///< what took processes down; null: nobody knows
  std::string build{};                      ///< that runs: another one may react where this died
  std::function<void(const error&)> failed; ///< the shard gave up; called once, on the lane
  shard_counters* counters = nullptr;
  turn_tap* tap = nullptr; ///< null: nobody can listen to its turns
  /// Of the context's shards on this node together; null: of this shard alone.
  std::shared_ptr<context_load> load;
  part_measures* measures = nullptr; ///< null: nothing is measured
};

/// One shard of a context: journal, memory, aggregates, asks, timers, policies; the atomic turn.
///
/// Everything runs on its lane's thread. In a round it hands commands to the aggregates' actors,
/// which append to the shard's batch; `commit` makes the batch durable in one transaction, and only
/// then do answers, asks and events leave. If a commit fails, the shard forgets everything and
/// folds its journal again, and the waiting callers get a typed error.
class shard final : public requesting_part {
public:
  /// Opens the journal (epoch + 1) and folds snapshot and tail.
  [[nodiscard]] static result<std::unique_ptr<shard>> open(shard_setting setting);
  ~shard() override; ///< stops the actors; saves a snapshot if the journal is healthy

  /// Before it is handed over, while it serves: writes some of what is derived from its journal, so
  /// that little is left when its callers wait. Between two rounds; whether more is to be done.
  [[nodiscard]] bool wind_down();
  /// It is handed over: closes its files, so that its new owner may open them from here on. Whoever
  /// waits is told that it has moved instead of `context_down`, and comes again. Nothing but its
  /// destruction may follow, which can take its time.
  void hand_over();
  /// Sends again what was open when the journal was last closed, starts policies and timers. Called
  /// once, after the shard was added to its lane.
  void resume();

  using requesting_part::receive;
  void receive(inbound& from) override;
  void commit() override;
  bool maintain(bool idle) override;

  // -- for the aggregates' cells -----------------------------------------------------------------
  void run_turn(aggregate_cell& cell, work& what);
  void cell_ended(std::uint64_t actor, aggregate_id id);

  // -- for its policies --------------------------------------------------------------------------
  [[nodiscard]] record_index position(std::string_view policy, std::string_view source,
                                      shard_number source_shard) const;
  /// Makes a policy's new position durable with the next commit, or forces one.
  void note_position(std::string_view policy, std::string_view source, shard_number source_shard,
                     record_index next, bool now);
  /// Whether what goes by this id took processes down so often that it must not run again.
  [[nodiscard]] bool crashes_too_often(command_id command) const;
  [[nodiscard]] epoch_number epoch() const { return journal_->epoch(); }
  [[nodiscard]] const shard_setting& setting() const { return setting_; }
  [[nodiscard]] random_source& random() { return *random_; }

private:
  explicit shard(shard_setting setting);
  [[nodiscard]] const context_info& info() const { return *setting_.behaviour->info; }
  void refuse(const origin& to, error why);

  // opening and closing (shard_recovery.cpp)
  [[nodiscard]] result<void> recover();
  [[nodiscard]] result<void> replay_tail();
  void make_policies();
  void let_go();
  void forget_everything();
  [[nodiscard]] error ended(errc otherwise) const;
  void rebuild(const error& why);
  void give_up(const error& why);
  void save_snapshot();
  bool move_old_marks();
  [[nodiscard]] result<void> scan_tail(record_index states);
  [[nodiscard]] result<void> mark_changed_since(record_index states);

  // what crashes (shard_crashes.cpp)
  void take_deaths();
  void crashed(work& what, const std::string& why);
  void give_up_on(work& what);
  void note_crash(const recorded_crash& crash);
  void dead_letter(work& what, recorded_letter letter);
  [[nodiscard]] command_origin origin_of(const work& what) const;
  void give_way(const trouble_book& book);
  [[nodiscard]] std::size_t letters_max() const;
  void close_letter(command_id command, letter_end how);
  bool expire_letters();
  void count_troubles();
  void announce(std::string kind, aggregate_id about, std::string text) const;

  // dead letters for operators (shard_letters.cpp)
  [[nodiscard]] bool receive_trouble_verb(inbound& from, const value& wanted);
  [[nodiscard]] result<void> retry_letter(command_id command, const origin& asker);
  void run_letter(command_id command, const origin& asker);
  [[nodiscard]] result<value> drop_letter(command_id command);
  [[nodiscard]] result<void> start_anew(aggregate_id id, aggregate_entry& entry);
  [[nodiscard]] result<value> change_quarantine(const std::string& verb, const value& wanted);

  // quarantine (shard_quarantine.cpp)
  void quarantine(aggregate_id id, const std::string& why, std::chrono::milliseconds trial_in,
                  std::uint32_t trials);
  void not_replayed(aggregate_id id, const error& why);
  void release_from_quarantine(aggregate_id id, std::string_view how); ///< empty: told by others
  void arm_trial(aggregate_id id);
  void try_again(aggregate_id id);
  [[nodiscard]] error refusal_of(const trouble_book::quarantine& why, aggregate_id id) const;
  [[nodiscard]] result<void> read_degraded(aggregate_id id, reply_content& to);

  // states (shard_states.cpp)
  [[nodiscard]] result<void> flush_states();
  [[nodiscard]] result<void> flush_some(std::size_t rows_max);
  [[nodiscard]] result<std::unique_ptr<aggregate_instance>> load(aggregate_id id,
                                                                 record_index until);
  /// A state, and the turn up to which it could be made.
  struct replayed_state {
    std::unique_ptr<aggregate_instance> instance;
    std::uint64_t seq = 0;
    record_index at;              ///< of that turn
    std::optional<error> stopped; ///< why it is not the wanted one
  };
  [[nodiscard]] result<replayed_state> replay(aggregate_id id, record_index until);
  [[nodiscard]] state_row row_of(aggregate_id id, const aggregate_entry& entry,
                                 const aggregate_instance& instance) const;

  // commands (shard_commands.cpp)
  void receive_command(inbound& from);
  [[nodiscard]] bool already_handled(inbound& from, std::uint64_t hash);
  void again_soon(inbound& from);
  [[nodiscard]] std::uint64_t put_aside(inbound& from);
  [[nodiscard]] std::optional<inbound> take_up(std::uint64_t number);
  void replay_answer(const origin& to, record_index at);
  [[nodiscard]] result<reply_content> answer_of(record_index at);
  [[nodiscard]] result<aggregate_id> target_of(const inbound& from, const command_info& command);
  [[nodiscard]] aggregate_id id_of_local(std::int64_t local) const;
  void dispatch(work* what);
  void tell(aggregate_entry& entry, work* what);
  [[nodiscard]] result<resident*> make_resident(aggregate_id id, aggregate_entry& entry);
  void release(work* what);

  // admission (shard_admission.cpp)
  [[nodiscard]] std::optional<error> too_much_waits(bool outside) const;
  [[nodiscard]] std::optional<error> too_much_waits(const resident& who, const work& what) const;
  void counts_as_waiting(work& what);
  void joins(resident& who, work& what);
  void waits_no_more(work& what);
  void nobody_waits();
  [[nodiscard]] bool has_no_place_to_ask(std::string_view command);
  void found_no_place_to_ask(const std::string& command);
  void forget_unborn();
  void refuse(work* what, error why);
  void run_waiting(aggregate_id id);
  void park(resident& behind, work* what);
  void passivate(aggregate_id id, aggregate_entry& entry);
  void leaves_memory(std::size_t place);
  void sample_actor(aggregate_id id, resident& who);
  bool sweep_residents(bool idle);

  // turns (shard_turns.cpp)
  void decide(aggregate_instance& instance, work& what, const turn_info& turn);
  void conclude(aggregate_instance& instance, work& what);
  void start_record(const work& what, turn_outcome outcome);
  void add_timers(const work& what);
  record_index append_record();
  [[nodiscard]] bool write_records();
  void answer_after_commit(const work& what, std::variant<reply_content, error> content);
  void actor_ended(std::uint64_t actor, const std::string& why);
  void restart_later(aggregate_id id, resident& who, const std::string& why);
  void restart(aggregate_id id);
  [[nodiscard]] std::optional<std::uint64_t> may_restart(aggregate_id id, trouble& why);
  void note_crowd(aggregate_id id, const std::string& why);

  // asks (shard_asks.cpp)
  void open_an_ask(aggregate_instance& instance, work& what, const ask_call& call);
  [[nodiscard]] result<std::chrono::milliseconds> time_for(const ask_info& declared,
                                                           const work& what) const;
  [[nodiscard]] std::optional<error> cannot_ask(const work& what, const ask_call& call);
  [[nodiscard]] error refusal_of(const open_ask& ask, const error& why) const;
  [[nodiscard]] std::shared_ptr<ask_guard> guard_of(const recorded_ask& ask) const;
  void send_ask(command_id id, std::chrono::milliseconds spent = {});
  void ask_answered(command_id id, answer& from);
  struct flying_ask;
  void end_guarded(flying_ask& flying, ask_end how);
  [[nodiscard]] std::optional<error> guard_again(const open_ask& ask, flying_ask& flying);
  void ask_failed(command_id id, error why, bool may_have_acted);
  [[nodiscard]] work* settling(const open_ask& ask);
  void settled(work& what);
  void count_promises();
  void send_void(command_id id, std::chrono::milliseconds backoff);
  void receive_void(inbound& from);
  void tombstone(command_id ask);
  void timer_due(aggregate_id id, const std::string& name, std::int64_t due_ms);
  void arm_timer(aggregate_id id, const std::string& name, std::int64_t due_ms);

  // declared fallbacks (shard_fallbacks.cpp)
  [[nodiscard]] bool settles_by_fallback(aggregate_instance& instance, work& what,
                                         const ask_info& declared,
                                         const std::shared_ptr<ask_guard>& guard, error& why);
  void ask_unanswered(command_id id, error why, bool may_have_acted);
  void conclude_fallback(aggregate_instance& instance, work& what);
  void tell_of_fallbacks(const ask_info& declared, const std::shared_ptr<ask_guard>& guard);

  // reads (shard_reads.cpp)
  [[nodiscard]] bool read_later(inbound& from);
  void receive_get(inbound& from);
  void receive_list(inbound& from);
  void list_once_settled(inbound& from);
  void wait_for(std::vector<command_id> asks, std::function<void()> then);
  void receive_subscription(inbound& from);
  void receive_admin(inbound& from);
  [[nodiscard]] result<value> describe_actors(const value& wanted);
  [[nodiscard]] result<value> describe_actor(const value& wanted);
  void answer_look(const origin& to, result<value> said);
  [[nodiscard]] journal_desk desk();
  [[nodiscard]] value describe_entry(aggregate_id id, const aggregate_entry& entry) const;

  // a look at the actors (shard_top.cpp)
  void look_at_top(inbound& from, const value& wanted);
  [[nodiscard]] bool go_on_with_top();
  void begin_sample();
  void go_on_with_sample();
  [[nodiscard]] bool begin_answer();
  void go_on_with_answer();
  [[nodiscard]] actor_figures figures_of(aggregate_id id, const resident& who);
  [[nodiscard]] std::uint32_t memory_of(const resident& who);
  [[nodiscard]] value describe_row(const actor_samples::row& of, top_order by);
  void end_watch_when_unused();
  [[nodiscard]] std::chrono::nanoseconds decide_watched(aggregate_instance& instance, work& what,
                                                        const turn_info& turn);
  void tell_tap(const work& what, std::chrono::nanoseconds took);

  // a look at one actor, and at the shard (shard_inspection.cpp)
  void search_journal(inbound& from, const value& wanted);
  void look_back(inbound& from, const value& wanted);
  [[nodiscard]] bool go_on_looking_back(past_state& state, std::uint64_t asker, aggregate_id id,
                                        std::uint64_t head);
  [[nodiscard]] result<value> dry_run(const value& wanted);
  [[nodiscard]] result<value> stop_actor(const value& wanted);
  [[nodiscard]] value describe_shard();
  [[nodiscard]] value describe_policies();
  void begin_chore(std::function<bool()> chore);
  void go_on_with_chores();

  struct flying_ask {
    std::shared_ptr<ask_guard> guard;
    ask_permit permit;       ///< of the guard
    monotonic_time admitted; ///< by the guard
    monotonic_time since;
    monotonic_time deadline{}; ///< of the asking command; none: not known (after a crash)
    bool cut_short = false;    ///< that deadline left the callee less time than declared
    std::uint64_t token = 0;   ///< 0: not sent yet
    bool sent_before = false;  ///< an earlier send may have acted, whatever this one is told
    std::vector<origin> waiters;
  };
  struct waiting_answer {
    origin to;
    std::variant<reply_content, error> content;
    std::vector<origin> waiters;
  };

  shard_setting setting_;
  std::unique_ptr<random_source> random_;
  std::unique_ptr<journal> journal_;
  std::unique_ptr<derived_store> derived_;
  shard_memory memory_;
  event_feed feed_;
  std::unique_ptr<actor_group> group_;
  work_pool pool_;

  // the batch of the round
  std::string bytes_;
  std::vector<std::size_t> ends_; ///< of the records in `bytes_`
  std::vector<waiting_answer> answers_;
  std::vector<std::function<void()>> after_commit_;
  std::map<std::uint64_t, inbound>
      put_aside_; ///< requests that wait for something; refused at the end
  std::uint64_t aside_ = 0;
  std::vector<work*> given_out_; ///< to actors this round
  std::vector<work*> released_;  ///< over; reused after the round
  record record_;
  turn_decision decision_;

  std::set<command_id> retrying_; ///< dead letters that run again now; bounded by operators
  std::unordered_map<std::uint64_t, aggregate_id>
      ended_; ///< actors whose cells are gone, by number
  std::map<command_id, flying_ask> flying_;
  std::map<shard_memory::position_key, record_index> new_positions_;
  std::unordered_set<aggregate_id> dirty_; ///< states the derived store does not have yet
  std::vector<std::unique_ptr<policy_runner>> policies_;
  struct resident_place {
    aggregate_id id;
    resident* who = nullptr; ///< owned by its entry
  };
  std::vector<resident_place> residents_; ///< in no particular order; swept round
  std::size_t sweep_hand_ = 0;
  std::uint32_t waiting_ = 0; ///< works not decided yet
  std::uint64_t counted_ = 0; ///< of these in `shard_setting::load`
  std::uint64_t counted_bytes_ = 0;
  struct full_ask {
    monotonic_time round{};
    std::uint32_t per_round = 0, left = 0;
    std::uint64_t ended = 0; ///< as of that round
    bool refused = true;     ///< in that round
  };
  std::map<std::string, full_ask, std::less<>> full_asks_; ///< by command; few
  std::uint64_t asks_ended_ = 0;
  std::vector<aggregate_id> unborn_; ///< their first command was refused in this round
  record_index snapshot_at_;
  failing_crowd crowd_;                ///< of its aggregates
  std::unique_ptr<shard_watch> watch_; ///< while somebody looks
  /// Long looks, a piece of each a round; true: there is more to do. Bounded by requests put aside.
  std::vector<std::function<bool()>> chores_;
  bool failed_ = false;
  bool moves_on_ = false;
  bool committing_ = false; ///< its batch is on disk, and what follows from it begins
  bool told_late_ = false;  ///< works were given out after this round's actors had run
  bool closing_ = false;    ///< nothing is decided any more
  bool tapped_ = false;     ///< somebody listens to turns, as of the last round
};

/// The cell of an aggregate's actor: hands its turns to the shard it belongs to.
class aggregate_cell final : public cell {
public:
  aggregate_cell(shard& owner, aggregate_id id, std::unique_ptr<aggregate_instance> instance)
      : owner_(owner), id_(id), instance_(std::move(instance)) {}
  ~aggregate_cell() override { owner_.cell_ended(actor_, id_); }
  void receive(void* what) override { owner_.run_turn(*this, *static_cast<work*>(what)); }

  void started_as(std::uint64_t actor) { actor_ = actor; }
  [[nodiscard]] aggregate_instance& instance() { return *instance_; }
  [[nodiscard]] aggregate_id id() const { return id_; }

private:
  shard& owner_;
  aggregate_id id_;
  std::uint64_t actor_ = 0;
  std::unique_ptr<aggregate_instance> instance_;
};

} // namespace troupe
