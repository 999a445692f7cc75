#pragma once

#include "actors/lane.hpp"
#include "actors/shard.hpp"
#include "actors/view_part.hpp"
#include "messages/list_reply.hpp"
#include "supervisors/late_answers.hpp"
#include "supervisors/rules.hpp"
#include "testkit/troupe/testkit/memory_turn_notes.hpp"
#include "testkit/troupe/testkit/mortal_storage.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

namespace troupe::testkit {

/// What the kit throws when something is not as the test requires it; test frameworks report it as
/// the test's failure.
class unexpected : public std::logic_error {
public:
  using std::logic_error::logic_error;
};

/// What a request got back.
struct said {
  std::variant<reply_content, error> content;
  [[nodiscard]] bool ok() const { return content.index() == 0; }
  /// Of an answer, and of a failure; `unexpected` if it is the other.
  [[nodiscard]] const reply_content& reply() const;
  [[nodiscard]] const error& failure() const;
  /// The payload as a described struct.
  template <class T> [[nodiscard]] T as() const { return decoded<T>(reply().payload).value(); }
};

struct node_shape {
  std::uint32_t shards = 1; ///< of every context of aggregates
  std::uint32_t lanes = 1;  ///< context n is on lane n mod lanes
  shard_limits limits = {};
  /// Name of the node that is said to have a shard; empty: nobody's.
  std::function<std::string(std::string_view context, shard_number shard)> owner_of = {};
  healing* heals = nullptr; ///< of its parts; outlives it
  /// Of the second context's shards together; null: each has its own.
  const std::shared_ptr<context_load>* load_of_second = nullptr;
};

/// Contexts on lanes that are never started: the test makes every step, in one thread, on a clock
/// that stands still until it is moved. Routes like a node, remembers every answer, and checks that
/// no request is answered twice. What a test gets wrong, or finds wrong, is thrown as `unexpected`.
///
/// Thread rules: one thread. Limits: one node, storage in memory unless another is given, no wire.
class simulated_node final : public request_handler, public answer_port {
public:
  using ticket = std::uint64_t;

  explicit simulated_node(const std::vector<context_behaviour>& contexts, node_shape shape = {},
                          std::shared_ptr<storage> store = make_memory_storage());
  ~simulated_node() override;

  // -- running -------------------------------------------------------------------------------
  void start(const std::string& context); ///< fails the test if a part cannot be opened
  [[nodiscard]] result<void> try_start(const std::string& context);
  /// A context that is down will be up by itself, like one that recovers; until `start`.
  void announce(const std::string& context) { at(context).coming = true; }
  void stop(const std::string& context); ///< in order: states and snapshots are written
  /// The part is taken away as an operator's stop does it: inside a round, after timers.
  void stop_in_next_round(const std::string& context);
  /// The process dies and comes back on the same storage: mail and everything uncommitted is lost.
  void crash_and_restart();
  void crash(); ///< without coming back
  void come_back();
  /// One round of one lane; false if there was nothing to do.
  bool step(std::uint32_t lane) { return lanes_[lane]->step(); }
  /// Rounds of all lanes until nothing is left to do now.
  void run();
  /// Lets time pass in small slices, running in each.
  void pass(std::chrono::milliseconds time);
  /// Time passes without anybody working.
  void time_jump(std::chrono::milliseconds time) { time_.advance(time); }
  void maintain(bool idle);
  /// Requests to a context wait on the way until `release`, which sends them on.
  void hold(const std::string& context) { at(context).held = true; }
  void release(const std::string& context);
  void drop_held(const std::string& context) { at(context).on_hold.clear(); }
  /// Its answers to asks come that late from now on, as an operator can have it.
  using delay_source = std::function<answer_delay()>;
  void delay(const std::string& context, delay_source each) { at(context).delay = std::move(each); }
  void delay(const std::string& context, answer_delay by) {
    at(context).delay = [by] { return by; };
  }
  /// Says with what an ask is refused instead of reaching its shard; nothing: it reaches it.
  using ask_filter = std::function<std::optional<error>(request_kind kind, std::uint32_t shard)>;
  void refuse_asks(const std::string& context, ask_filter by) {
    at(context).refuses = std::move(by);
  }
  /// Asks that reached the context so far, voids apart.
  [[nodiscard]] std::uint64_t asked(const std::string& context) { return at(context).asked; }
  /// Requests from outside that were answered so far.
  [[nodiscard]] std::uint64_t answered() const { return answers_.size(); }

  // -- requests ------------------------------------------------------------------------------
  [[nodiscard]] command_id fresh_id();
  template <message M>
  [[nodiscard]] static request command(const std::string& context, aggregate_id target, const M& m,
                                       command_id id) {
    request content;
    content.context = context;
    content.target = target;
    content.name = M::name;
    content.command = id;
    content.payload = encoded(m);
    return content;
  }
  ticket post(request content, bool internal = false);
  template <message M>
  ticket post(const std::string& context, aggregate_id target, const M& m, command_id id) {
    return post(command(context, target, m, id));
  }
  /// The answer so far.
  [[nodiscard]] std::optional<said> answer_to(ticket of) const;
  /// The answer; fails the test if there is none yet.
  [[nodiscard]] said heard(ticket of) const;
  /// Posts, runs and requires an answer without time passing.
  said say(request content, bool internal = false);
  template <message M>
  said say(const std::string& context, aggregate_id target, const M& m, command_id id) {
    return say(command(context, target, m, id));
  }
  template <message M> said say(const std::string& context, aggregate_id target, const M& m) {
    return say(command(context, target, m, fresh_id()));
  }
  said get(const std::string& context, std::int64_t id);
  [[nodiscard]] std::map<std::int64_t, value> list(const std::string& context);
  /// Opens a subscription as somebody from outside.
  ticket subscribe(const std::string& context, const subscribe_request& wanted);
  void grant(ticket to, std::uint32_t events);
  [[nodiscard]] const std::vector<published_event>& pushed(ticket to) { return pushed_[to]; }

  // -- looking inside ------------------------------------------------------------------------
  [[nodiscard]] const shard_counters& counters(const std::string& context, std::uint32_t shard = 0);
  [[nodiscard]] const view_counters& view(const std::string& context);
  [[nodiscard]] std::vector<error> given_up(const std::string& context) {
    return at(context).failed;
  }
  /// All committed records of a shard, decoded as far as tests need them.
  struct seen_record {
    std::int64_t aggregate = 0;
    command_id command;
    turn_outcome outcome = turn_outcome::accepted;
    std::string name;
    std::vector<std::string> events;
    std::vector<std::string> positions; ///< policy and next record
    bool rejected = false;
  };
  [[nodiscard]] std::vector<seen_record> records(const std::string& context,
                                                 std::uint32_t shard = 0);
  /// Each change of a breaker's state so far, and what else people were told, in order.
  using transition = std::pair<ask_direction, breaker_transition>;
  [[nodiscard]] const std::vector<transition>& transitions() const { return transitions_; }
  [[nodiscard]] const std::vector<supervision_event>& events() const { return events_; }
  /// The descriptor of a context.
  [[nodiscard]] const context_info& described(const std::string& context) {
    return *at(context).behaviour->info;
  }
  [[nodiscard]] mortal_storage& disk() { return storage_; }
  [[nodiscard]] simulated_clock& time() { return time_; }
  [[nodiscard]] default_supervision_rules& rules() { return rules_; }
  /// What was told of crashes, quarantines and the like.
  [[nodiscard]] std::size_t times_happened(std::string_view kind) const;
  /// The lanes' notes; business code that stands for one that ends the process calls `end_here`.
  [[nodiscard]] memory_turn_notes& notes() { return notes_; }
  [[nodiscard]] std::uint32_t lanes() const { return shape_.lanes; }
  [[nodiscard]] std::uint32_t shards() const { return shape_.shards; }

  void submit(std::vector<inbound>& batch) override;
  void deliver(std::vector<answer>& batch) override;

private:
  struct place {
    std::uint32_t number = 0;
    const context_behaviour* behaviour = nullptr;
    std::string name;
    std::uint32_t shards = 1;
    bool up = false;
    bool coming = false;
    bool held = false;
    delay_source delay;
    ask_filter refuses;
    std::uint64_t asked = 0;
    std::vector<inbound> on_hold;
    std::vector<std::unique_ptr<shard_counters>> counters;
    view_counters of_view;
    std::vector<error> failed;
  };

  [[nodiscard]] place& at(const std::string& context);
  [[nodiscard]] lane& lane_of(const place& where) { return *lanes_[where.number % shape_.lanes]; }
  void make_lanes();
  [[nodiscard]] result<void> open(place& where, std::uint32_t shard);
  void route(inbound& each);
  [[nodiscard]] bool take_ask(place& where, std::uint32_t shard, inbound& each);
  void send_on(place& where, std::uint32_t shard, inbound& each);
  [[nodiscard]] std::uint32_t shard_for(const place& where, const inbound& each) const;

  node_shape shape_;
  mortal_storage storage_;
  simulated_clock time_;
  std::vector<transition> transitions_; ///< bounded by the test, like what follows
  std::vector<supervision_event> events_;
  memory_turn_notes notes_;
  default_supervision_rules rules_;
  seeded_random random_{7};
  late_answers late_{std::make_unique<seeded_random>(13)};
  std::vector<std::unique_ptr<place>> places_;
  std::vector<std::unique_ptr<lane>> lanes_;
  std::map<std::tuple<answer_port*, std::uint64_t, std::uint64_t>, std::pair<place*, std::uint32_t>>
      subscriptions_;
  ticket last_ticket_ = 0;
  std::map<ticket, std::vector<said>> answers_;
  std::map<ticket, std::vector<published_event>> pushed_;
};

} // namespace troupe::testkit
