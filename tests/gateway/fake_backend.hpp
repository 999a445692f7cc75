#pragma once

#include "net/gateway/backend.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace troupe::gateway {

/// What the fake cluster was asked.
struct asked_call {
  std::string kind; ///< send, get, query, list
  std::string context;
  aggregate_id target;
  std::string name;
  value payload;
  call_options options;
  page_request wanted;
};

/// A cluster that answers at once with what the test says, or never (`hold`).
class fake_backend final : public backend {
public:
  void send(backend_call call, reply_callback done) override;
  void get(backend_call call, reply_callback done) override;
  void query(backend_call call, reply_callback done) override;
  void list(backend_call call, page_request wanted, page_callback done) override;
  void contexts(contexts_callback done) override;
  void admin(admin_call call, value_callback done) override;
  void nodes(std::chrono::milliseconds deadline, nodes_callback done) override;
  std::uint64_t follow(std::string endpoint, events_callback events, end_callback ended) override;
  void unfollow(std::uint64_t handle) override;
  [[nodiscard]] connection_state state() const override { return connection; }

  /// What the last call was; all calls.
  [[nodiscard]] asked_call last() const;
  [[nodiscard]] std::size_t calls() const;
  /// Answers what was held back.
  void release();
  [[nodiscard]] std::size_t held() const;

  bool record = true; ///< false: for load tests
  std::atomic<bool> hold{false};
  std::atomic<connection_state> connection{connection_state::up};
  std::vector<served_context> served{{"shop.order", 4, false, true}};
  result<call_reply> reply = call_reply{};
  result<page> listed = page{};
  /// The admin plane: what a node answers to a verb; `members` to `nodes`.
  std::function<result<value>(const admin_call&)> node_says;
  std::vector<map_member> members;
  /// Verbs that were asked, as "verb@endpoint".
  [[nodiscard]] std::vector<std::string> asked_verbs() const;
  /// Tells the followers of a node.
  void happen(const std::string& endpoint, const std::vector<published_event>& events);
  /// Ends all feeds from the nodes' side.
  void end_feeds();
  [[nodiscard]] std::size_t followers() const;

private:
  void answer(std::string kind, const backend_call& call, reply_callback done);

  mutable std::mutex guard_;
  std::vector<asked_call> asked_;
  std::vector<std::function<void()>> held_;
  std::vector<std::string> verbs_;
  struct follower {
    std::string endpoint;
    events_callback events;
    end_callback ended;
  };
  std::map<std::uint64_t, follower> followers_;
  std::uint64_t next_follower_ = 1;
};

/// A reply of an aggregate with this state.
[[nodiscard]] call_reply reply_of(std::int64_t id, value::object state);

} // namespace troupe::gateway
