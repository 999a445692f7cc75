#pragma once

#include "net/cluster/membership.hpp"
#include "tests/cluster/fake_store.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace troupe::test {

inline const member_key n1{"n1", 1};
inline const member_key n2{"n2", 1};
inline const member_key n3{"n3", 1};
inline const shard_ref a0{"a", {0}};
inline const shard_ref a1{"a", {1}};

/// One membership before a store that the test writes as it likes.
struct node_before_store {
  fake_store store;
  cluster_timing timing;
  monotonic_time now{std::chrono::hours{1}};
  membership logic;
  std::vector<membership_action> last;

  explicit node_before_store(const std::string& name = "n1", cluster_timing times = {})
      : timing(times), logic(member_of(name, {"a"}), times) {
    write(cluster_change{{}, {context_of("a", 2)}, {}, {}});
  }

  void write(const cluster_change& change) { REQUIRE(store.change(store.version(), change)); }
  void write(const member_row& row) { write({{row}, {}, {}, {}}); }
  void write(const shard_row& row) { write({{}, {}, {row}, {}}); }

  /// Reads, decides; carries out proposals and renewals, as long as they lead to more.
  void run() {
    for (int again = 0; again < 6; ++again) {
      logic.saw(store.read(), now);
      last = logic.next(now);
      bool proposed = false;
      for (const membership_action& action : last) {
        if (const auto* change = std::get_if<propose_action>(&action)) {
          proposed = store.change(change->expected, change->what);
        } else if (std::holds_alternative<renew_action>(action)) {
          if (store.renew(logic.self()))
            logic.renewed(now);
          else
            logic.refused();
        }
      }
      if (!proposed) break;
    }
    const auto more = logic.next(now);
    last.insert(last.end(), more.begin(), more.end());
  }
  /// In steps in which this node renews and the others do as well, except `silent` ones.
  void pass(std::chrono::milliseconds time, const std::vector<member_key>& silent = {}) {
    for (std::chrono::milliseconds passed{0}; passed < time;
         passed += std::chrono::milliseconds{250}) {
      now += std::chrono::milliseconds{250};
      for (const lease_row& lease : store.read().leases)
        if (lease.who != logic.self() && std::ranges::find(silent, lease.who) == silent.end())
          store.renew(lease.who);
      run();
    }
  }
  template <class Action> [[nodiscard]] std::vector<Action> all() const {
    std::vector<Action> found;
    for (const membership_action& action : last)
      if (const auto* one = std::get_if<Action>(&action)) found.push_back(*one);
    return found;
  }
  [[nodiscard]] bool ends() const { return !all<end_action>().empty(); }
  [[nodiscard]] member_state state_of(const member_key& who) const {
    return store.read().find(who)->state;
  }
  [[nodiscard]] shard_row row(const shard_ref& which) const { return *store.shard(which); }
  void open(const shard_ref& which) {
    logic.part_is(which, {local_part::phase::open, row(which).epoch, false});
  }
  void start() {
    logic.ready();
    run();
  }
};

} // namespace troupe::test
