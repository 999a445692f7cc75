#pragma once

#include "bench/own_node.hpp"
#include "messages/error.hpp"
#include "persistence/lease_store.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace troupe::bench {

/// Nodes that the benchmark starts on one folder, and so in one cluster: n1, n2, … It reads what
/// they agreed on as the launcher of a machine does, and can say for it that a process has ended.
///
/// One thread.
class own_cluster {
public:
  /// Returns when all are up and every one owns shards.
  [[nodiscard]] static result<std::unique_ptr<own_cluster>>
  start(const std::filesystem::path& binary, const std::filesystem::path& folder,
        std::uint32_t nodes);

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(nodes_.size()); }
  [[nodiscard]] const own_node& at(std::uint32_t which) const { return nodes_[which]; }
  [[nodiscard]] std::vector<std::string> endpoints() const;
  /// Hands its shards over and ends.
  [[nodiscard]] result<void> stop(std::uint32_t which) { return nodes_[which].stop(); }
  /// SIGKILL, and it is gone; with `tell`, its lease is ended at once.
  [[nodiscard]] result<void> kill(std::uint32_t which, bool tell);
  /// Starts one that was stopped or killed, and waits until all own shards again.
  [[nodiscard]] result<void> start_again(std::uint32_t which);
  /// Waits until every node that runs owns shards, and none is on its way.
  [[nodiscard]] result<void> settle() const;
  [[nodiscard]] result<void> stop_all();

  struct owned_shard {
    std::uint32_t shard = 0;
    epoch_number epoch;
  };
  /// Shards of a context that a node owns.
  [[nodiscard]] result<std::vector<owned_shard>> owned_by(std::uint32_t which,
                                                          std::string_view context) const;

private:
  own_cluster(std::filesystem::path binary, std::filesystem::path folder)
      : binary_(std::move(binary)), folder_(std::move(folder)) {}
  [[nodiscard]] result<own_node> launch(std::uint32_t which, std::uint32_t of) const;

  const std::filesystem::path binary_;
  const std::filesystem::path folder_;
  std::unique_ptr<lease_store> leases_;
  std::vector<own_node> nodes_;
};

} // namespace troupe::bench
