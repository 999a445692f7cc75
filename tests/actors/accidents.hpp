#pragma once

#include "seams/random.hpp"
#include "tests/actors/simulated_node.hpp"

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::test {

/// The behaviour of all contexts of one system; lives as long as the process.
[[nodiscard]] const std::vector<context_behaviour>& behaviours_of(const std::string& system);

/// One run of random commands and accidents against one system: commands are sent again, contexts
/// stop and start, asks time out, the node crashes. Reproducible from its seed. A test says what
/// callers send, and checks what the business promises once everything has come to rest.
class accidents {
public:
  accidents(std::uint64_t seed, const std::string& system);
  virtual ~accidents() = default;

  void live(int steps);
  /// Everything that must hold at rest: every command had one effect and got one answer, no ask is
  /// open, the business agrees, and the journals alone give the same states and rows.
  void check();

protected:
  /// What a caller sends next.
  [[nodiscard]] virtual request any_command() = 0;
  /// What the business promises.
  virtual void check_business() = 0;

  [[nodiscard]] std::uint64_t below(std::uint64_t limit) { return random_.next() % limit; }
  /// An id that may have been given by now.
  [[nodiscard]] aggregate_id some_id() { return {1 + static_cast<std::int64_t>(below(12))}; }
  [[nodiscard]] simulated_node& node() { return node_; }
  /// Aggregates that an event of this name happened to.
  [[nodiscard]] std::set<std::int64_t> seen(const std::string& context, std::string_view event);

private:
  struct sent_command {
    request content;
    std::vector<simulated_node::ticket> tickets;
  };

  void one_thing();
  void toggle(const std::string& context);
  void send(request content);
  void come_to_rest();
  void check_answers();
  void check_asks();
  void check_rebuild();

  const std::vector<context_behaviour>& behaviours_;
  seeded_random random_;
  simulated_node node_;
  std::vector<sent_command> sent_;
  std::set<std::string> stopped_;
};

/// Runs a test for many seeds, or for the one that the environment variable TROUPE_SEED names.
void for_each_seed(const std::function<void(std::uint64_t)>& run);

} // namespace troupe::test
