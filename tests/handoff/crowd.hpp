#pragma once

#include "messages/json.hpp"
#include "tests/handoff/node_group.hpp"
#include "tests/handoff/shard_pauses.hpp"
#include "tests/support/client_ledger.hpp"
#include "tests/support/http_door.hpp"
#include "troupe/client.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace troupe::test {

/// What clients found wrong, one line each. Thread-safe.
class complaints {
public:
  void add(std::string what);
  [[nodiscard]] std::string text() const; ///< the first ten
  [[nodiscard]] std::size_t count() const;

private:
  mutable std::mutex guard_;
  std::vector<std::string> all_;
};

/// One client on a thread of its own, and what it does. Every call is made once: the SDK and the
/// gateway have to get it through whatever happens to the nodes, within its deadline.
class worker {
public:
  worker(class crowd& of, std::uint64_t seed) : dice(seed), of_(of) {}

  /// A command, noted in the ledger; one in four is sent again with its id, and must be answered
  /// the same. Nothing: it failed, which is a complaint.
  template <message M>
  std::optional<call_reply> send(const std::string& context, aggregate_id target,
                                 const M& command) {
    return send(context, target, M::name, encoded(command));
  }
  std::optional<call_reply> send(const std::string& context, aggregate_id target,
                                 std::string_view command, const std::string& payload);
  std::optional<call_reply> get(const std::string& context, aggregate_id target);
  void list(const std::string& context);
  /// Waits for what comes by a policy. Anything but an answer or NOT_FOUND is a complaint.
  bool comes(const std::string& context, aggregate_id target,
             const std::function<bool(const value&)>& holds);

  /// The same through the gateway; a request with a body gets an Idempotency-Key.
  std::optional<value> http(const std::string& verb, const std::string& path,
                            const value& body = {});
  bool comes_http(const std::string& path, std::string_view field, const value& wanted);

  /// An aggregate was made, of the context whose events are subscribed to.
  void made(aggregate_id which);
  [[nodiscard]] bool over() const;
  std::mt19937_64 dice;

private:
  class crowd& of_;
};

/// What the clients of one system do, over and over.
struct story {
  std::string system;
  std::vector<std::string> contexts; ///< of aggregates, read all the time once they are there
  std::string followed;              ///< context whose events are subscribed to
  std::string creation;              ///< its event that there is one of for each aggregate made
  std::function<void(worker&)> prepare;
  std::function<void(worker&)> through_sdk;
  std::function<void(worker&)> through_gateway;
};

/// Clients of one system while something happens to its nodes: through the SDK and through a
/// gateway, commands, reads, lists and a subscription to every shard. Each call must succeed.
class crowd {
public:
  struct sizes {
    int sdk = 3;
    int gateway = 2;
  };
  crowd(const node_group& nodes, story what, sizes size);
  crowd(const node_group& nodes, story what) : crowd(nodes, std::move(what), {}) {}
  ~crowd(); ///< ends

  /// Waits until that many more calls have succeeded.
  [[nodiscard]] bool does(std::uint64_t calls) const;
  /// No new stories; returns when those under way are over.
  void end();
  /// Ends; every event came once, and one creation for each aggregate that was made.
  void check_events();
  [[nodiscard]] const complaints& wrong() const { return wrong_; }
  [[nodiscard]] shard_pauses::figures pauses() const { return pauses_.sum_up(); }
  [[nodiscard]] std::filesystem::path ledger() const { return ledger_file_; }
  [[nodiscard]] std::uint64_t calls() const { return calls_.load(); }
  [[nodiscard]] std::set<aggregate_id> made() const;

private:
  friend class worker;
  struct events {
    std::mutex guard;
    std::set<std::tuple<std::uint32_t, record_index, std::uint32_t>> seen;
    std::map<std::uint32_t, std::tuple<record_index, std::uint32_t>> last;
    std::map<aggregate_id, int> created;
  };
  void follow();
  void take(const std::vector<published_event>& batch);
  void probe();
  [[nodiscard]] bool all_seen();

  story story_;
  std::filesystem::path ledger_file_;
  client_ledger told_;
  test_gateway gateway_;
  complaints wrong_;
  shard_pauses pauses_;
  std::atomic<bool> over_{false};
  std::atomic<std::uint64_t> calls_{0};
  mutable std::mutex made_guard_;
  std::set<aggregate_id> made_;
  events events_;
  std::optional<client> sdk_;
  std::optional<client> follower_;
  std::vector<std::thread> threads_;
};

} // namespace troupe::test
