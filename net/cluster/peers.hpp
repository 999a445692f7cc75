#pragma once

#include "actors/healing.hpp"
#include "actors/port.hpp"
#include "messages/shard_map.hpp"
#include "persistence/lease_store.hpp"
#include "seams/clock.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// Where another node takes requests of parts.
struct peer_place {
  member_key who;
  std::string endpoint;
  bool operator==(const peer_place&) const = default;
};

/// How the link to another node stands.
struct peer_link {
  member_key who;
  bool up = false;
};

/// For people: requests of this node's parts since it started.
struct peer_counters {
  std::uint64_t forwarded = 0; ///< to other nodes
  std::uint64_t answered = 0;  ///< answers and events that came back
  std::uint64_t refused = 0;   ///< not sent: no link, or too much unsent
  std::uint64_t links_lost = 0;
};

/// A node's links to the other nodes of its cluster: sends requests of its parts on and brings the
/// answers back. One thread.
///
/// A request for a node whose link is not up is answered at once, `context_down` with a hint:
/// nothing queues up for a node that may not come back. What a link that is lost had not answered
/// is answered as unknown, with a place, so that its asker comes again.
///
/// Thread rules: every method from any thread; answers come from the peers' own.
class peers {
public:
  /// `changed` is called, from the peers' thread, when a link goes up or down.
  peers(std::string node, const clock& time, std::function<void()> changed);
  ~peers(); ///< what is not answered stays so
  /// Ends the thread: nothing is answered from here on, so that those who asked may go. One thread;
  /// idempotent.
  void stop();
  peers(const peers&) = delete;
  peers& operator=(const peers&) = delete;

  /// Who there is to be linked to, and the secret that nodes show each other.
  void connect_to(std::vector<peer_place> places, std::string secret);
  /// From now on links that were lost are made again as far as `by` allows; it outlives the peers'
  /// thread.
  void heal_through(healing& by);
  void forward(const member_key& to, const shard_ref& shard, inbound& what);
  /// Credit or end of a subscription that was forwarded.
  void forward_about(inbound& what);
  [[nodiscard]] std::vector<peer_link> links() const;
  [[nodiscard]] peer_counters counters() const;

private:
  class loop;
  std::unique_ptr<loop> loop_;
};

} // namespace troupe
