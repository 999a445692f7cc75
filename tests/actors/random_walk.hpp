#pragma once

#include "testkit/troupe/testkit/systems.hpp"
#include "tests/actors/simulated.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::test {

using testkit::behaviours_of;

/// A system under accidents: random commands, commands sent again, contexts that stop and start,
/// asks that time out, power cuts. Everything follows from the seed. The system's test says which
/// commands are sent and what must hold afterwards.
class random_walk {
public:
  using make_command = std::function<request(random_walk&)>;
  /// Seeds of a property test: from the environment (TROUPE_SEED) to replay a failure, else many.
  [[nodiscard]] static std::pair<std::uint64_t, std::uint64_t> seeds();

  random_walk(std::string_view system, std::uint64_t seed, make_command make);

  /// Does one thing after the other, then starts everything, sends again what has no answer yet
  /// and waits until all is quiet.
  void live(int steps);
  /// All definite answers to one command say the same, one turn decided it, and no ask is open.
  void check_answers();
  /// The journals alone give the same states and rows as what the contexts derived.
  void check_rebuild();

  [[nodiscard]] std::uint64_t below(std::uint64_t limit) { return random_.next() % limit; }
  [[nodiscard]] std::int64_t number(std::int64_t first, std::int64_t last) {
    return first + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(last - first + 1)));
  }
  [[nodiscard]] simulated_node& node() { return node_; }
  /// How often each event of a context was recorded, per aggregate: {id, name} → times.
  [[nodiscard]] std::map<std::pair<std::int64_t, std::string>, int>
  events_of(const std::string& context);

private:
  struct sent_command {
    request content;
    std::vector<simulated_node::ticket> tickets;
  };

  static node_shape shape(seeded_random& random);
  void one_thing();
  void toggle(const std::string& context);
  void send(request content);
  void come_to_rest();
  void check_answers_of(const sent_command& sent);

  seeded_random random_;
  std::vector<std::string> contexts_;
  std::vector<std::string> deciding_; ///< contexts of aggregates
  simulated_node node_;
  make_command make_;
  std::vector<sent_command> sent_;
  std::set<std::string> stopped_;
};

} // namespace troupe::test
