#pragma once

#include "messages/hello.hpp"
#include "net/server.hpp"
#include "seams/clock.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::test {

/// A node without anything behind it: answers hellos, and every request at once as it was told to.
class answering_node final : public request_handler {
public:
  using answers = std::function<std::variant<reply_content, error>(const request&)>;

  explicit answering_node(answers how) : how_(std::move(how)) {
    auto started = server::start({.endpoint = "tcp://127.0.0.1:*"}, *this, real_clock());
    if (!started) throw std::runtime_error{started.error().message};
    server_ = std::move(started).value();
  }
  ~answering_node() override { server_->stop(std::chrono::milliseconds{1000}); }

  void submit(std::vector<inbound>& batch) override {
    std::vector<answer> replies;
    for (inbound& each : batch) {
      replies.push_back({each.from, to_content(each.content)});
    }
    batch.clear();
    // All requests of a batch came by the same port: there is one server.
    if (!replies.empty()) replies.front().to.port->deliver(replies);
  }

  [[nodiscard]] std::string endpoint() const { return server_->endpoint(); }
  [[nodiscard]] std::uint64_t requests() const { return requests_; }

private:
  [[nodiscard]] std::variant<reply_content, error, event_push> to_content(const request& from) {
    if (from.kind == request_kind::hello) {
      hello_reply hello;
      hello.node = "answering";
      hello.contexts = {{.name = "taxi.payment", .shards = 4}};
      return reply_content{.payload = encode_hello_reply(hello)};
    }
    ++requests_;
    auto answer = how_(from);
    if (auto* failure = std::get_if<error>(&answer)) return std::move(*failure);
    return std::get<reply_content>(std::move(answer));
  }

  answers how_;
  std::atomic<std::uint64_t> requests_{0};
  std::unique_ptr<server> server_;
};

} // namespace troupe::test
