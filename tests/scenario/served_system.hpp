#pragma once

#include "tests/support/sdk_door.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace troupe::test {

/// Somebody who sends commands until told to stop and keeps the ids that were acknowledged.
class busy_caller {
public:
  using sender = std::function<std::future<result<call_reply>>(client&)>;
  busy_caller(const test_node& node, sender send)
      : nodes_(connect_to(node, milliseconds{2'000})), send_(std::move(send)),
        thread_([this] { go_on(); }) {}
  ~busy_caller() { stop(); }
  void stop() {
    over_.store(true);
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] std::vector<aggregate_id> acknowledged() {
    const std::lock_guard lock{guard_};
    return acknowledged_;
  }

private:
  void go_on() {
    constexpr int at_once = 8;
    while (!over_.load()) {
      std::vector<std::future<result<call_reply>>> sent;
      for (int i = 0; i < at_once; ++i)
        sent.push_back(send_(nodes_));
      for (auto& each : sent) {
        const auto got = each.get();
        const std::lock_guard lock{guard_};
        if (got) acknowledged_.push_back(got->target);
      }
    }
  }

  client nodes_;
  sender send_;
  std::atomic<bool> over_{false};
  std::mutex guard_;
  std::vector<aggregate_id> acknowledged_;
  std::thread thread_;
};

/// A node that serves one system, with a gateway and a client. One shard each unless told
/// otherwise, so that what comes later proves that nothing earlier is still on its way.
struct served_system {
  explicit served_system(const std::string& name, const std::string& shards = "1")
      : system(name), node(scratch.path() / "data", {"--system", name, "--shards", shards}) {
    node.start();
    connect();
  }
  void connect() {
    gateway = std::make_unique<test_gateway>(node.endpoint());
    nodes = std::make_unique<client>(connect_to(node));
  }
  /// SIGKILL, and back on the same data.
  void kill_and_restart() {
    node.kill();
    node.start();
    connect();
    REQUIRE(all_up(*nodes));
  }

  [[nodiscard]] std::string at(const std::string& resource) const {
    return "/" + system + "/" + resource;
  }
  [[nodiscard]] std::string at(const std::string& resource, std::int64_t id) const {
    return at(resource) + "/" + std::to_string(id);
  }
  [[nodiscard]] http_said get(const std::string& resource, std::int64_t id) const {
    return gateway->get(at(resource, id));
  }
  [[nodiscard]] http_said post(const std::string& resource, const std::string& body) const {
    return gateway->ask("POST", at(resource), body);
  }
  /// The id of something made with a POST that must succeed.
  [[nodiscard]] std::int64_t made(const std::string& resource, const std::string& body) const {
    const auto said = post(resource, body);
    REQUIRE(said.status == 201);
    CHECK(said.header("Location").ends_with(at(resource, number(said.body, "id"))));
    return number(said.body, "id");
  }
  [[nodiscard]] std::int64_t total(const std::string& list) const {
    return gateway->total(at(list));
  }
  [[nodiscard]] bool counts(const std::string& list, std::int64_t wanted) const {
    return eventually([&] { return total(list) == wanted; });
  }
  [[nodiscard]] bool shows(const std::string& resource, std::int64_t id, std::string_view path,
                           const value& wanted) const {
    return gateway->shows(at(resource, id), path, wanted);
  }
  [[nodiscard]] bool stop(const std::string& context) const {
    return stop_context(*nodes, system + "." + context);
  }
  [[nodiscard]] bool start(const std::string& context) const {
    return start_context(*nodes, system + "." + context);
  }
  /// Kills the node while somebody sends commands; what was acknowledged must be there afterwards.
  void check_kill_under(const std::string& context, const busy_caller::sender& send) {
    busy_caller caller{node, send};
    REQUIRE(eventually([&] { return caller.acknowledged().size() > 100; }));
    node.kill();
    caller.stop();
    kill_and_restart();
    std::size_t missing = 0;
    for (const auto each : caller.acknowledged())
      if (!nodes->get(system + "." + context, each).get().ok()) ++missing;
    CHECK(missing == 0);
  }
  /// The context's answers to asks are that late from now on, e.g. "2000ms" or "off".
  [[nodiscard]] bool delay(const std::string& context, const std::string& by) const {
    value arguments = of_context(system + "." + context);
    arguments["delay"] = by;
    return !admin(*nodes, "context-delay", std::move(arguments)).is_null();
  }
  /// A request that cannot be served now says so with a code, soon, and when to come back.
  void check_refused(const std::string& method, const std::string& path,
                     const std::string& body = {}) const {
    INFO(method << " " << path);
    const auto before = std::chrono::steady_clock::now();
    const auto said = gateway->ask(method, path, body);
    CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds{5});
    CHECK(said.status == 503);
    INFO(said.code());
    CHECK((said.code() == "CALLEE_FAILED" || said.code() == "CONTEXT_DOWN"));
    CHECK_FALSE(said.header("Retry-After").empty());
    CHECK(number(said.body, "status") == 503);
    CHECK(text(said.body, "path") == path);
    for (const char* key : {"timestamp", "error", "message"})
      CHECK_FALSE(text(said.body, key).empty());
  }

  std::string system;
  temp_folder scratch;
  test_node node;
  std::unique_ptr<test_gateway> gateway;
  std::unique_ptr<client> nodes;
};

} // namespace troupe::test
