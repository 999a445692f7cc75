#pragma once

#include "bench/audit.hpp"
#include "bench/histogram.hpp"
#include "messages/error.hpp"
#include "messages/fields.hpp"
#include "net/sdk/troupe/client.hpp"
#include "seams/random.hpp"

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

/// What a scenario is told with: stories are coroutines of one simulated user each. A user that
/// waits for an answer costs no thread; the callbacks of the client library go on with its story.
namespace troupe::bench {

/// Code of a story that waited in vain for something that comes by itself.
inline constexpr const char* not_seen = "NOT_SEEN";

class user;

/// A story under way. Its user owns it: it is destroyed at its end, and where it stands if a step
/// fails, so that a story's text has no error handling.
class story {
public:
  struct promise_type;
  using handle = std::coroutine_handle<promise_type>;
  explicit story(handle of) : handle_(of) {}
  [[nodiscard]] handle release() { return std::exchange(handle_, {}); }

private:
  handle handle_;
};

/// Figures of one step of all stories that one connection carried.
struct step_figures {
  std::string_view name;
  histogram latency_ns;  ///< a command: until its answer; a sight: since the answer before it
  bool sight = false;    ///< something that comes by itself was waited for
  histogram at_least_ns; ///< of a sight: when the last look that missed it was sent
};

/// What the stories of one connection add up to; written by its client's thread only.
struct tally {
  std::deque<step_figures> steps; ///< in the order in which they were first done
  histogram story_ns;
  std::uint64_t looks = 0;
  std::uint64_t refusals = 0;

  [[nodiscard]] step_figures& step(std::string_view name, bool sight);
  void add(const tally& other);
};

/// What moves the users of a run; called by them from any thread.
class stage {
public:
  virtual ~stage() = default;
  /// Only what ends while the stage measures counts.
  [[nodiscard]] virtual bool measuring() const = 0;
  /// How long a user waits for one sight.
  [[nodiscard]] virtual std::chrono::milliseconds patience() const = 0;
  /// `by` wants to look again then.
  virtual void look_at(user& by, std::chrono::steady_clock::time_point when) = 0;
  /// A step failed; the user takes no further one until the stage goes on with it.
  virtual void failed(user& by, std::string_view code, const std::string& message) = 0;
  /// The story came out; the stage may begin another at once.
  virtual void ended(user& by) = 0;
};

/// One simulated user, who lives one story after another. Never used by two threads at a time.
class user {
public:
  user(stage& on, client& link, tally& figures, std::uint64_t seed)
      : random(seed), stage_(on), link_(link), tally_(figures) {}
  ~user() { forget(); }
  user(const user&) = delete;
  user& operator=(const user&) = delete;

  seeded_random random;    ///< for the choices of its stories
  std::uint32_t place = 0; ///< among the users of the run, from 0

  // -- steps, for `co_await` in a story ---
  // Commands are taken as named objects only: GCC 12 destroys a temporary aggregate twice that is
  // made in the same expression as the `co_await`.

  struct answer_step;
  struct answer_or_refusal_step;
  struct sight_step;

  /// Sends a command and waits for its acknowledgement: the reply.
  template <message M>
  [[nodiscard]] answer_step sends(std::string_view step, std::string_view context,
                                  aggregate_id target, M& command);
  /// The same where the business may refuse for that reason: a result.
  template <message M>
  [[nodiscard]] answer_or_refusal_step tries(std::string_view step, std::string_view reason,
                                             std::string_view context, aggregate_id target,
                                             M& command);
  /// Reads an aggregate or a view's row again and again until it is there and `shows` holds. The
  /// time is taken from the last acknowledgement, since it is its effect that is waited for.
  template <described Row, class Shows>
  [[nodiscard]] sight_step sees(std::string_view step, std::string_view context,
                                aggregate_id target, Shows shows);

  // -- for the stage ---

  void begin(story told);
  void look();
  void forget(); ///< gives up the story, if there is one
  [[nodiscard]] bool in_story() const { return static_cast<bool>(story_); }
  void story_ended();

private:
  using time_point = std::chrono::steady_clock::time_point;
  using judge = std::function<result<bool>(const call_reply&)>;

  void send(std::string_view step, std::string_view context, aggregate_id target,
            std::string_view command, std::string payload, std::string_view may_refuse);
  void answered(result<call_reply> reply);
  void wait_for(std::string_view step, std::string_view context, aggregate_id target, judge shows);
  void looked(result<call_reply> reply);
  void fail_with(const error& why);

  stage& stage_;
  client& link_;
  tally& tally_;
  story::handle story_;
  time_point story_began_;
  time_point acknowledged_; ///< the last command
  std::string_view step_;
  time_point step_began_; ///< of a sight: its newest look
  std::string_view may_refuse_;
  result<call_reply> outcome_ = fail(errc::internal, "no step was done");
  std::string_view sight_context_;
  aggregate_id sight_target_;
  judge shows_;
  time_point missed_; ///< when the newest look that did not show it was sent
};

struct story::promise_type {
  /// The story is a member function of a scenario with the user as its parameter.
  template <class Scenario> promise_type(Scenario&, user& by) : lived_by(by) {}

  struct final_step {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(handle of) const noexcept { of.promise().lived_by.story_ended(); }
    void await_resume() const noexcept {}
  };
  [[nodiscard]] story get_return_object() { return story{handle::from_promise(*this)}; }
  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] final_step final_suspend() const noexcept { return {}; }
  void return_void() const noexcept {}
  void unhandled_exception() const noexcept { std::terminate(); }

  user& lived_by;
};

/// One system's main story.
class scenario {
public:
  virtual ~scenario() = default;
  /// Makes what the stories need, for so many users, and waits until it is there.
  [[nodiscard]] virtual result<void> prepare(client& through, std::uint32_t users) = 0;
  /// A coroutine. What it gathers for `check` must stand users of several threads.
  [[nodiscard]] virtual story tell(user& by) = 0;
  /// What must be true of the system when every story has ended and nothing moves any more.
  virtual void check(audit& into) = 0;
};

// -- the steps ---

struct user::answer_step {
  user& by;
  std::string_view name;
  std::string_view context;
  aggregate_id target;
  std::string_view command;
  std::string payload;
  std::string_view may_refuse;
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) {
    by.send(name, context, target, command, std::move(payload), may_refuse);
  }
  call_reply await_resume() const { return std::move(by.outcome_).value(); }
};

struct user::answer_or_refusal_step : answer_step {
  [[nodiscard]] result<call_reply> await_resume() const { return std::move(by.outcome_); }
};

struct user::sight_step {
  user& by;
  std::string_view name;
  std::string_view context;
  aggregate_id target;
  judge shows;
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) {
    by.wait_for(name, context, target, std::move(shows));
  }
  void await_resume() const noexcept {}
};

template <message M>
user::answer_step user::sends(std::string_view step, std::string_view context, aggregate_id target,
                              M& command) {
  return {*this, step, context, target, M::name, encoded(command), {}};
}

template <message M>
user::answer_or_refusal_step user::tries(std::string_view step, std::string_view reason,
                                         std::string_view context, aggregate_id target,
                                         M& command) {
  return {{*this, step, context, target, M::name, encoded(command), reason}};
}

template <described Row, class Shows>
user::sight_step user::sees(std::string_view step, std::string_view context, aggregate_id target,
                            Shows shows) {
  return {*this, step, context, target, [shows](const call_reply& reply) -> result<bool> {
            const auto row = reply.as<Row>();
            if (!row) return row.error();
            return shows(*row);
          }};
}

} // namespace troupe::bench
