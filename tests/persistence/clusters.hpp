#pragma once

#include "persistence/lease_store.hpp"
#include "tests/persistence/engines.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace troupe::test {

using std::chrono::milliseconds;

/// Long enough for a busy machine; a test that waits this long has failed.
inline constexpr milliseconds patience{30'000};

/// A cluster of either engine with nothing in it yet; any number of stores can be opened on it.
class fresh_cluster {
public:
  explicit fresh_cluster(engine which) : which_(which), memory_(make_memory_cluster()) {}
  [[nodiscard]] std::unique_ptr<lease_store> open() const {
    if (which_ == engine::memory) return open_memory_lease_store(memory_);
    auto opened = open_sqlite_lease_store(path());
    REQUIRE(opened.ok());
    return std::move(opened).value();
  }
  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "cluster"; }

private:
  engine which_;
  std::shared_ptr<memory_cluster> memory_;
  temp_folder folder_;
};

inline member_row member(std::string node, std::uint64_t generation,
                         member_state state = member_state::active) {
  return {
      {std::move(node), generation}, "tcp://127.0.0.1:5000", "tcp://127.0.0.1:6000", "b1", state,
      {"taxi.call", "taxi.payment"}};
}

inline shard_row owned(std::uint32_t shard, member_key owner, std::uint64_t epoch) {
  shard_row row;
  row.which = {"taxi.call", {shard}};
  row.owner = std::move(owner);
  row.epoch = {epoch};
  return row;
}

inline cluster_view view_of(lease_store& store) {
  auto found = store.read();
  INFO((found.ok() ? std::string{} : found.error().message));
  REQUIRE(found.ok());
  return std::move(found).value();
}

/// A change that must succeed, of the newest version.
inline void must_change(lease_store& store, const cluster_change& what) {
  const auto done = store.change(view_of(store).version, what);
  INFO((done.ok() ? std::string{} : done.error().message));
  REQUIRE(done.ok());
  REQUIRE(*done);
}

/// n1/1 and n2/4 are active, taxi.call has two shards, both without an owner.
inline void start_small(lease_store& store) {
  cluster_change what;
  what.members = {member("n1", 1), member("n2", 4)};
  what.contexts = {{"taxi.call", 2, false, "off"}};
  what.shards = {owned(0, {}, 0), owned(1, {}, 0)};
  must_change(store, what);
}

} // namespace troupe::test
