#pragma once

#include "messages/error.hpp"
#include "persistence/lease_store.hpp"

#include <cstdint>
#include <filesystem>

namespace troupe {

/// The beats of leases, as lengths of files: `<node>.<generation>.beats` is as many bytes long as
/// its lease was renewed, all of them holes. Private to the SQLite lease store.
///
/// A renewal takes no lock, needs no space and is not synced, so neither a paused process nor a
/// full or slow disk can cost another node its lease, and a reader never sees half a number. Each
/// member renews its own lease; two renewals of one lease at the same moment may count as one.
/// After a crash of the machine lengths may be older: the members of that time are gone with it.
class lease_beats {
public:
  explicit lease_beats(std::filesystem::path directory) : directory_(std::move(directory)) {}

  /// 0 if it was never renewed.
  [[nodiscard]] result<std::uint64_t> of(const member_key& who) const;
  [[nodiscard]] result<void> add_one(const member_key& who) const;
  /// For members that are gone. What is left behind after a failure is never read again.
  void remove(const member_key& who) const;

private:
  [[nodiscard]] std::filesystem::path file_of(const member_key& who) const;
  std::filesystem::path directory_;
};

} // namespace troupe
