#pragma once

#include "tests/kill/ledger.hpp"
#include "tests/support/client_ledger.hpp"
#include "tests/support/sdk_door.hpp"

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace troupe::test {

/// Clients that take rides from the call to the settled fare, over and over, whatever happens to
/// the node. Every answer goes into the ledger; a command without one is sent again with its id
/// until there is one, and some answered ones are sent again on purpose. Every finished call is
/// also written down for `troupe verify` (`told_file`).
class load {
public:
  struct plan {
    int workers = 4;
    std::uint32_t seed = 1;
    milliseconds give_up{60'000}; ///< one command, all its sends
    std::int64_t rides = std::numeric_limits<std::int64_t>::max() / 2; ///< then only as allowed
  };
  load(const test_node& node, ledger& to, plan how);
  /// Through any nodes; `told` gets every finished call.
  load(client_options through, const std::filesystem::path& told, ledger& to, plan how);
  ~load(); ///< ends
  load(const load&) = delete;
  load& operator=(const load&) = delete;

  /// Takes no new rides, ends the ones under way, waits for the workers.
  void end();
  /// That many more rides may begin.
  void allow(std::int64_t rides) { allowed_.fetch_add(rides); }
  [[nodiscard]] std::uint64_t answers() const { return answers_.load(); }

private:
  void work(std::uint32_t seed);
  void ride(std::mt19937_64& dice);
  /// Sends until there is an answer that says what became of it.
  [[nodiscard]] result<call_reply> settle(const char* context, aggregate_id target,
                                          const char* name, const std::string& payload,
                                          command_id id, std::mt19937_64& dice);
  [[nodiscard]] bool change(aggregate_id driver, const char* status, std::int64_t cost,
                            std::mt19937_64& dice);

  ledger& ledger_;
  client_ledger told_;
  plan how_;
  client client_;
  std::atomic<bool> over_{false};
  std::atomic<std::uint64_t> answers_{0};
  std::atomic<std::int64_t> allowed_;
  std::vector<std::thread> workers_;
};

/// Where the clients of a node's data write down what they were told, one load after the other.
[[nodiscard]] std::filesystem::path told_file(const test_node& node);

} // namespace troupe::test
