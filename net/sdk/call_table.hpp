#pragma once

#include "messages/envelope.hpp"
#include "net/retry_policy.hpp"
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
};

/// The open calls of a client: which to send, which wait for an answer, which to retry, which are
/// over. A state machine without I/O: requests out, replies, time and disconnections in.
/// Belongs to the I/O thread; callbacks run inside its methods and must not call back into it.
class call_table {
public:
  call_table(const client_options& options, random_source& random)
      : options_(options), random_(random) {}

  /// Takes a call in; it is then ready to be sent.
  void open(new_call call, monotonic_time now, wall_ms wall);
  /// The next request that should be sent, its remaining time set; null if there is none. It stays
  /// next until `sent` or `refuse_next`.
  [[nodiscard]] const request* next_ready(monotonic_time now);
  void sent();
  /// The next request cannot be sent at all.
  void refuse_next(const error& why);

  /// An answer arrived; one for a call that is over is ignored.
  void take(reply&& from, monotonic_time now);
  /// The connection is gone: what was on its way is ready again. Such re-sends are not counted as
  /// attempts, because the deadline and the reconnects' own backoff bound them.
  void disconnected();
  /// Ends calls whose time is over and readies retries whose time has come.
  void advance(monotonic_time now);
  /// When `advance` has something to do next.
  [[nodiscard]] std::optional<monotonic_time> next_time() const;
  /// Ends every call.
  void close(const error& never_sent, const error& no_answer);
  [[nodiscard]] std::size_t size() const { return open_count_; }

private:
  enum class call_state : std::uint8_t { none, ready, on_wire, backing_off };
  struct slot {
    request content;
    client::callback done;
    monotonic_time deadline;
    std::optional<error> last_error; ///< the answer to the last send
    std::uint32_t generation = 0;
    std::uint32_t attempts = 0;
    call_state state = call_state::none;
    bool lost = false; ///< a send was never answered: it may have had an effect
    bool was_redirected = false;
  };
  struct timer {
    monotonic_time at;
    std::uint64_t id;
    bool retry; ///< else the deadline
    bool operator>(const timer& other) const { return at > other.at; }
  };

  [[nodiscard]] slot* find(std::uint64_t id);
  void make_ready(slot& call);
  void finish(slot& call, result<call_reply> outcome);
  [[nodiscard]] bool retry_later(slot& call, const error& why, monotonic_time now);
  [[nodiscard]] error verdict_on(const slot& call, error why) const;
  [[nodiscard]] error verdict_at_deadline(const slot& call) const;
  void add_timer(timer from);
  void drop_stale_timers();

  const client_options& options_;
  random_source& random_;
  retry_budget budget_;
  backoff retry_backoff_;
  std::deque<slot> slots_; ///< a deque, so that slots stay where they are
  std::vector<std::uint32_t> free_;
  std::size_t open_count_ = 0;
  std::deque<std::uint64_t> ready_;
  std::vector<timer> timers_; ///< heap, the earliest first
};

} // namespace troupe
