#pragma once

#include "actors/port.hpp"
#include "messages/hello.hpp"
#include "net/server.hpp"

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace troupe::testing {

/// Waits for a condition with a deadline; false if it never came.
template <class Condition>
[[nodiscard]] bool eventually(Condition&& condition,
                              std::chrono::milliseconds most = std::chrono::seconds{10}) {
  const auto last = std::chrono::steady_clock::now() + most;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > last) return false;
    std::this_thread::yield();
  }
  return true;
}

/// A handler that answers on the spot as the test tells it; hellos it answers by itself.
class fake_node final : public request_handler {
public:
  /// What to answer; nothing: the test answers later, or never.
  using rule = std::function<std::vector<answer>(const inbound&)>;

  explicit fake_node(rule answering = echo) : rule_(std::move(answering)) {}

  [[nodiscard]] static answer reply_to(const inbound& to, std::string payload) {
    return {to.from, reply_content{to.content.target, 1, {}, false, std::move(payload)}};
  }
  [[nodiscard]] static std::vector<answer> echo(const inbound& to) {
    return {reply_to(to, to.content.payload)};
  }
  [[nodiscard]] static std::vector<answer> silence(const inbound&) { return {}; }

  void submit(std::vector<inbound>& batch) override {
    std::vector<answer> answers;
    answer_port* port = batch.empty() ? nullptr : batch.front().from.port;
    {
      const std::lock_guard lock{mutex_};
      ++batches_;
      for (auto& each : batch) {
        if (each.content.kind == request_kind::hello) {
          answers.push_back(reply_to(each, encode_hello_reply(hello)));
          continue;
        }
        for (auto& one : rule_(each))
          answers.push_back(std::move(one));
        seen_.push_back(std::move(each));
      }
    }
    batch.clear();
    if (port != nullptr && !answers.empty()) port->deliver(answers);
  }

  /// Everything but hellos, in order of arrival.
  [[nodiscard]] std::vector<inbound> seen() const {
    const std::lock_guard lock{mutex_};
    return seen_;
  }
  [[nodiscard]] std::size_t seen_count() const {
    const std::lock_guard lock{mutex_};
    return seen_.size();
  }
  [[nodiscard]] std::size_t batches() const {
    const std::lock_guard lock{mutex_};
    return batches_;
  }

  /// Changes the shard map that it tells from now on.
  void tell(shard_map map) {
    const std::lock_guard lock{mutex_};
    hello.cluster = std::move(map);
  }

  /// Set before the server starts.
  hello_reply hello{"node-1", "test", 1, 1, {{"taxi.call", 2, false, true}}};

private:
  rule rule_;
  mutable std::mutex mutex_;
  std::vector<inbound> seen_;
  std::size_t batches_ = 0;
};

/// Of a server whose callers may ask for every verb.
[[nodiscard]] inline server_options for_operators() {
  server_options options;
  options.grants = role::operate;
  return options;
}

/// A server on a free port of the loopback.
[[nodiscard]] inline std::unique_ptr<server> serve(request_handler& handler,
                                                   server_options options = for_operators(),
                                                   const std::string& at = "tcp://127.0.0.1:*") {
  options.endpoint = at;
  auto started = server::start(options, handler, real_clock());
  if (!started.ok()) throw std::runtime_error(started.error().message);
  return std::move(*started);
}

} // namespace troupe::testing
