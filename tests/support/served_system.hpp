#pragma once

#include "tests/support/http_door.hpp"
#include "tests/support/sdk_door.hpp"
#include "tests/support/temp_folder.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::test {

/// One system on a node of its own, behind a gateway of its own, with an operator beside it. One
/// shard for each context unless said otherwise, so that what comes later proves that nothing
/// earlier is still on its way.
class served_system {
public:
  explicit served_system(std::string system, const std::string& shards = "1");

  /// "/{system}/{resource}" and one item of it.
  [[nodiscard]] std::string path(const std::string& resource) const;
  [[nodiscard]] std::string path(const std::string& resource, std::int64_t id) const;

  [[nodiscard]] http_said get(const std::string& resource, std::int64_t id) const;
  [[nodiscard]] http_said post(const std::string& resource, const value& body) const;
  [[nodiscard]] http_said change(const std::string& verb, const std::string& resource,
                                 std::int64_t id, const value& body = {}) const;
  /// Posts until it is answered 201, and gives the id: where the answer depends on another context,
  /// a busy machine may need more than one try. A refused try leaves nothing behind.
  [[nodiscard]] std::int64_t made(const std::string& resource, const value& body) const;
  /// Whether a field of an item has this value, sooner or later.
  [[nodiscard]] bool shows(const std::string& resource, std::int64_t id, std::string_view field,
                           const value& wanted) const;
  [[nodiscard]] std::int64_t total(const std::string& resource) const;
  /// Whether a list has that many items, sooner or later.
  [[nodiscard]] bool counts(const std::string& resource, std::int64_t wanted) const;

  /// "Service down": the operator stops a context, without its system's name, and starts it again.
  [[nodiscard]] bool stop(const std::string& context);
  [[nodiscard]] bool start(const std::string& context);
  /// Its answers to other contexts come that late ("700ms", "400..620ms"), or "off".
  [[nodiscard]] bool delay(const std::string& context, const std::string& how_long);
  /// SIGKILL to the whole node, and its restart; returns when every context is up again.
  [[nodiscard]] bool kill_and_restart();
  /// How often an event was recorded of an aggregate; at most 1,000 turns are looked at.
  [[nodiscard]] int times(const std::string& context, std::int64_t id, std::string_view event);

  [[nodiscard]] test_node& node() { return node_; }
  [[nodiscard]] const test_gateway& gateway() const { return *gateway_; }
  [[nodiscard]] client& nodes() { return *nodes_; }

private:
  std::string system_;
  temp_folder scratch_;
  test_node node_;
  std::unique_ptr<test_gateway> gateway_;
  std::unique_ptr<client> nodes_;
};

/// Refused with a code, soon, and with the time to come back: what a callee or context that is down
/// must look like.
void check_refused_as_down(const std::function<http_said()>& request);

/// Posts one body many times, from several threads, while the test does something to the node. Each
/// is sent again under the same Idempotency-Key until it is answered 201; where an answer says that
/// the command is over without an effect, also by a refusal, under a new key.
class persistent_posts {
public:
  persistent_posts(const test_gateway& to, std::string path, const value& body, int times);
  ~persistent_posts();

  [[nodiscard]] int acknowledged() const;
  /// Waits for all; their ids, fewer than posts if some were not answered in time.
  [[nodiscard]] std::vector<std::int64_t> ids();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace troupe::test
