#pragma once

#include "net/gateway/backend.hpp"

#include <atomic>
#include <functional>
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

private:
  void answer(std::string kind, const backend_call& call, reply_callback done);

  mutable std::mutex guard_;
  std::vector<asked_call> asked_;
  std::vector<std::function<void()>> held_;
};

/// A reply of an aggregate with this state.
[[nodiscard]] call_reply reply_of(std::int64_t id, value::object state);

} // namespace troupe::gateway
