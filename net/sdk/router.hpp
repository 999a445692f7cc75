#pragma once

#include "messages/envelope.hpp"
#include "messages/hello.hpp"
#include "seams/clock.hpp"
#include "seams/random.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe {

/// Number of one of the client's links. 0 is the *home* link, which looks for any node of the
/// client's own endpoints; the others belong to one endpoint each.
using link_number = std::uint32_t;
inline constexpr link_number home_link = 0;
inline constexpr link_number no_link = ~link_number{0};

/// A shard of a context by its place in the router: looked up once per call.
struct route_key {
  static constexpr std::uint32_t unknown = ~std::uint32_t{0};
  std::uint32_t context = unknown;
  std::uint32_t shard = 0;
  [[nodiscard]] bool known() const { return context != unknown; }
};

/// Where the requests of a shard go.
struct route {
  link_number link = no_link; ///< `no_link`: nobody owns the shard
  std::uint64_t epoch = 0;    ///< of that ownership
};

/// What a client knows of its cluster: the newest shard map, redirects that are newer than it,
/// which link leads to which node, and when to ask for a new map. Until a node names a cluster,
/// everything goes over the home link. Who met a cluster stays its client: nodes that say they are
/// alone (as one does that has not joined yet) change nothing.
///
/// A state machine without I/O; belongs to the I/O thread.
class router {
public:
  static constexpr std::uint32_t no_shard = ~std::uint32_t{0};
  /// Nodes of a cluster and endpoints that callers ask for; far more than either. Beyond it, what
  /// names a further endpoint is as if it named none.
  static constexpr std::size_t endpoints_max = 256;

  explicit router(random_source& random) : random_(random), ends_(1) {}

  [[nodiscard]] bool clustered() const { return version_ > 0; }
  [[nodiscard]] std::uint64_t version() const { return version_; }

  /// A node answered a hello. Takes its map if that is newer.
  void take_hello(link_number from, const hello_reply& said, monotonic_time now);
  void link_up(link_number which);
  void link_down(link_number which);

  /// The shard of a request; unknown if it needs none or the map does not know it. `shard`: the one
  /// that the payload names, else `no_shard`.
  [[nodiscard]] route_key key_of(const request& from, std::uint32_t shard) const;
  [[nodiscard]] route_key key_of(std::string_view context, std::uint32_t shard) const;
  [[nodiscard]] route where(route_key which) const;
  /// For what any node can answer: a link that is up, if there is one.
  [[nodiscard]] link_number any() const;
  /// The number of a wanted endpoint; the home link's if it cannot have one.
  /// An admin endpoint has a link of its own, over which nothing else goes.
  [[nodiscard]] link_number intern(const std::string& endpoint, bool admin = false);
  [[nodiscard]] bool is_admin(link_number which) const { return ends_[which].admin; }
  /// The link that serves the endpoint of this number now: its own, or the home link.
  [[nodiscard]] link_number link_of(link_number at) const;

  /// A redirect arrived. It counts until the map tells of an ownership that is not older.
  void moved(route_key which, const moved_place& to);
  /// An answer arrived. False: it is of an older ownership than the newest that was heard of, so a
  /// stale owner gave it.
  [[nodiscard]] bool is_current(route_key which, epoch_number answered);

  /// The map may be out of date.
  void want_refresh(monotonic_time now);
  /// The link to ask for a new map now; it then counts as asked.
  [[nodiscard]] std::optional<link_number> refresh_due(monotonic_time now);
  /// When `refresh_due` may have something to say; none if nothing can be asked.
  [[nodiscard]] std::optional<monotonic_time> next_refresh() const;

  /// Something changed about where requests go; said once.
  [[nodiscard]] bool take_changed();
  /// One more than the highest number of a link.
  [[nodiscard]] link_number links() const { return static_cast<link_number>(ends_.size()); }
  /// A link of this number should be there. That of the node that the home link leads to need not.
  [[nodiscard]] bool wants(link_number which) const;
  [[nodiscard]] const std::string& endpoint(link_number which) const {
    return ends_[which].endpoint;
  }
  /// Another link serves what the home link would be reconnected for.
  [[nodiscard]] bool home_may_rest() const;
  /// Links to endpoints that are no members and own nothing; they can be given up when idle.
  [[nodiscard]] bool is_left_over(link_number which) const;
  void give_up(link_number which);

private:
  struct end {
    std::string endpoint; ///< empty: the number is free
    bool member = false;
    bool admin = false;
    bool up = false;
    [[nodiscard]] bool serves() const { return up && !admin; }
    bool asked = false; ///< a refresh is under way
    monotonic_time asked_at{};
  };
  struct owner {
    link_number at = home_link; ///< the home link is nobody's own, so it says: nobody
    std::uint64_t epoch = 0;
    std::uint64_t newest = 0; ///< epoch that was heard of, also in answers
  };
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  void take_map(const shard_map& map);
  void find_home(const hello_reply& said);
  void check_home(const shard_map& map);
  [[nodiscard]] owner& at(route_key which) { return contexts_[which.context][which.shard]; }

  random_source& random_;
  std::uint64_t version_ = 0;
  std::vector<end> ends_; ///< by number of the link
  std::unordered_map<std::string, std::uint32_t, text_hash, std::equal_to<>> context_numbers_;
  std::vector<std::vector<owner>> contexts_; ///< by number of the context and shard
  std::vector<map_member> members_;
  link_number home_at_ = home_link; ///< the end that the home link leads to; itself: unknown
  map_member home_member_;          ///< the life of the node that it leads to
  bool changed_ = false;

  bool refresh_wanted_ = false;
  std::uint32_t refreshes_ = 0; ///< in a row that brought nothing new
  monotonic_time refresh_at_{};
  link_number last_asked_ = home_link;
};

} // namespace troupe
