#pragma once

#include "messages/envelope.hpp"
#include "net/retry_policy.hpp"
#include "net/sdk/router.hpp"
#include "net/sdk/troupe/client.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// A call as it comes from the caller's thread.
struct new_call {
  request content;
  client::callback done;
  monotonic_time deadline;
  std::uint32_t shard = router::no_shard; ///< of lists: the one that the payload names
  std::string endpoint{};                 ///< of the only node that is meant; empty: see `router`
  bool admin = false;                     ///< that is an admin endpoint
};

/// The open calls of a client: which to send on which link, which wait for an answer, which to
/// retry, which are over. A state machine without I/O: requests out, replies, time and
/// disconnections in.
///
/// In a cluster, an answer that the shard is elsewhere is no attempt and costs no budget. If a
/// newer owner is known, the call goes there at once, else it waits, and a new map is asked for. At
/// once only `hops_max` times in a row, and only to a higher epoch, so no redirects make it go
/// round.
///
/// Belongs to the I/O thread; callbacks run inside its methods and must not call back into it.
class call_table {
public:
  static constexpr std::uint32_t hops_max = 3;
  static constexpr std::chrono::milliseconds answer_grace{200};

  call_table(const client_options& options, random_source& random, router& router)
      : options_(options), random_(random), router_(router) {}

  /// Takes a call in; it is then ready to be sent.
  void open(new_call call, monotonic_time now, wall_ms wall);
  /// The next request that should be sent on a link, its remaining time set; null if there is none.
  /// It stays next until `sent` or `refuse_next`.
  [[nodiscard]] const request* next_ready(link_number on, monotonic_time now);
  void sent(link_number on);
  /// The next request cannot be sent at all.
  void refuse_next(link_number on, const error& why);

  /// An answer arrived on a link; one for a call that is over, or that was sent elsewhere since, is
  /// ignored.
  void take(link_number on, reply&& from, monotonic_time now);
  /// A link's connection is gone: what was on its way is ready again. Such re-sends are not counted
  /// as attempts, because the deadline and the reconnects' own backoff bound them.
  void disconnected(link_number which);
  /// The router's ways have changed: what was not sent yet changes its way too, and what waits for
  /// the new owner of its shard is ready if there is one. What an earlier owner has not answered
  /// `answer_grace` later is sent to the new one too: the earlier one may hang.
  void reroute(monotonic_time now);
  /// Something waits for a shard's owner that nobody knows.
  [[nodiscard]] bool waits_for_owner();
  /// Something is to be sent over this link. Unlike `next_ready` it ends no call: whether one whose
  /// link is down was late or could not be sent, its deadline tells.
  [[nodiscard]] bool waits_on(link_number which);
  /// Something belongs to this link.
  [[nodiscard]] bool uses(link_number which) const;
  /// Ends calls whose time is over and readies retries whose time has come.
  void advance(monotonic_time now);
  /// When `advance` has something to do next.
  [[nodiscard]] std::optional<monotonic_time> next_time() const;
  /// Ends every call.
  void close(const error& never_sent, const error& no_answer);
  [[nodiscard]] std::size_t size() const { return open_count_; }
  /// Since the beginning.
  [[nodiscard]] const client_counters& counters() const { return counters_; }
  /// Answers of stale owners, which were ignored.
  [[nodiscard]] std::uint64_t stale_answers() const { return stale_answers_; }

private:
  enum class call_state : std::uint8_t { none, ready, on_wire, backing_off };
  struct slot {
    request content;
    client::callback done;
    monotonic_time deadline;
    std::optional<error> last_error; ///< the answer to the last send
    std::uint32_t generation = 0;
    std::uint32_t attempts = 0;
    std::uint32_t shard = router::no_shard;
    link_number wanted = home_link; ///< number of the only endpoint that is meant; home: none
    link_number link = no_link;     ///< that it is queued for, or was sent on
    route_key key;
    std::uint64_t sent_epoch = 0; ///< of the ownership it was last sent to
    monotonic_time retry_at{};    ///< of backing off, or of giving an earlier owner up
    std::uint8_t hops = 0;        ///< sends to newer owners without a wait between them
    std::uint8_t waits = 0;       ///< for an owner
    call_state state = call_state::none;
    bool lost = false; ///< a send was never answered: it may have had an effect
    bool was_redirected = false;
    bool given_grace = false;  ///< on its way to an owner who was followed by another
    bool awaits_owner = false; ///< since its last send: a newer one ends its backing off
  };
  struct timer {
    monotonic_time at;
    std::uint64_t id;
    bool retry; ///< else the deadline
    bool operator>(const timer& other) const { return at > other.at; }
  };

  [[nodiscard]] slot* find(std::uint64_t id);
  void make_ready(slot& call);
  void queue(slot& call);
  [[nodiscard]] link_number link_for(slot& call);
  [[nodiscard]] std::deque<std::uint64_t>& queue_of(link_number which);
  [[nodiscard]] slot* front(std::deque<std::uint64_t>& queue);
  [[nodiscard]] bool goes_elsewhere(const slot& call, const error& why) const;
  void go_elsewhere(slot& call, std::int32_t hint_ms, monotonic_time now);
  [[nodiscard]] bool may_hop(const slot& call) const;
  void retry(slot& call, monotonic_time now);
  void finish(slot& call, result<call_reply> outcome);
  [[nodiscard]] bool retry_later(slot& call, const error& why, monotonic_time now);
  [[nodiscard]] error verdict_on(const slot& call, error why) const;
  [[nodiscard]] error verdict_at_deadline(const slot& call) const;
  void add_timer(timer from);
  void drop_stale_timers();

  const client_options& options_;
  random_source& random_;
  router& router_;
  retry_budget budget_;
  backoff retry_backoff_;
  std::deque<slot> slots_; ///< a deque, so that slots stay where they are
  std::vector<std::uint32_t> free_;
  std::size_t open_count_ = 0;
  std::vector<std::deque<std::uint64_t>> ready_; ///< by link
  std::deque<std::uint64_t> ownerless_;          ///< ready, but nobody knows for whom
  std::uint64_t stale_answers_ = 0;
  client_counters counters_;
  std::vector<timer> timers_; ///< heap, the earliest first
};

} // namespace troupe
