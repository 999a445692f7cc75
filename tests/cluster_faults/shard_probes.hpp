#pragma once

#include "seams/clock.hpp"
#include "tests/support/client_ledger.hpp"
#include "tests/support/processes.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace troupe::test {

/// Aggregates of probes have higher ids than this, above all that calls are given: so probes and
/// rides do not meet.
inline constexpr std::int64_t probes_above = 1'000'000;

/// One client that sends one command after the other to every shard of taxi.payment, and remembers
/// when each was answered and by which ownership. The commands need no other context, so an error
/// can only come from the shard's own way. A failed one is sent again with its id until it is
/// answered.
class shard_probes {
public:
  struct plan {
    std::uint32_t shards = 6; ///< of the context
    milliseconds pause{20};   ///< between two commands to one shard
  };
  struct answer {
    shard_ref which;
    monotonic_time sent;
    monotonic_time answered;
    std::uint64_t epoch = 0; ///< of the owner that answered; 0: it failed
    std::string problem;     ///< empty: acknowledged
  };

  /// What the client is told goes into the ledger for `troupe verify` too.
  shard_probes(client_options to, const std::filesystem::path& ledger, plan how);
  ~shard_probes(); ///< ends
  shard_probes(const shard_probes&) = delete;
  shard_probes& operator=(const shard_probes&) = delete;

  /// Sends nothing new, waits for what is open.
  void end();
  [[nodiscard]] std::vector<answer> answers() const;
  [[nodiscard]] std::set<shard_ref> shards() const;
  /// Failed ones, one sentence each.
  [[nodiscard]] std::vector<std::string> problems() const;

  /// Newest epoch that has answered, of each shard.
  [[nodiscard]] std::map<shard_ref, std::uint64_t> epochs() const;
  /// Whether each of these shards has acknowledged a command that was sent since.
  [[nodiscard]] bool all_answer(const std::set<shard_ref>& of, monotonic_time since) const;
  /// How long after `since` each shard acknowledged again, for the first time under a newer epoch
  /// than it had answered with before; shards that did not are left out.
  [[nodiscard]] std::vector<milliseconds> first_answers(const std::set<shard_ref>& of,
                                                        monotonic_time since) const;
  /// The longest that an answer took, of those that came after `since`.
  [[nodiscard]] milliseconds slowest(const std::set<shard_ref>& of, monotonic_time since) const;

private:
  void work(const shard_ref& which);
  void send_one(const shard_ref& which, std::int64_t id);

  client_ledger told_;
  plan how_;
  client client_;
  std::atomic<bool> over_{false};
  mutable std::mutex guard_;
  std::vector<answer> answers_;
  std::vector<std::thread> workers_;
};

/// The first few of many sentences, a line each, for people.
[[nodiscard]] std::string listed(const std::vector<std::string>& sentences);

/// "p50 812 ms, p99 1204 ms, most 1204 ms of 12"
[[nodiscard]] std::string distribution(std::vector<milliseconds> of);

} // namespace troupe::test
