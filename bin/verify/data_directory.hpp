#pragma once

#include "actors/behaviour.hpp"
#include "bin/verify/report.hpp"
#include "persistence/journal_reader.hpp"
#include "persistence/record.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::verify {

/// A journal under examination.
struct journal_file {
  std::unique_ptr<journal_reader> reader;
  std::string name; ///< of the file
  std::string context;
  shard_number shard;
  std::uint32_t shards = 1;
  const context_behaviour* behaviour = nullptr; ///< null: a context that this build does not know
  record_index head;                            ///< newest record as last asked for
  bool sound = true; ///< its own records break no rule; what is derived can be compared with it
};

/// The place of a record, for a finding.
[[nodiscard]] place place_of(const journal_file& file, const record& from, record_index at);
/// The place of something of which only the index is known.
[[nodiscard]] place place_of(const journal_file& file, std::int64_t index);

/// The files of a data directory: all journals open for reading, and where the rest lies.
class data_directory {
public:
  struct derived_file {
    std::filesystem::path path;
    std::string context;
    shard_number shard;
  };
  /// Opens everything; what cannot be opened is a finding. `not_found` if there is no such
  /// directory or no journal in it, `malformed` if it is something else.
  [[nodiscard]] static result<data_directory> open(const std::filesystem::path& where, report& to);

  [[nodiscard]] std::vector<journal_file>& journals() { return journals_; }
  /// Null if there is none.
  [[nodiscard]] journal_file* journal(std::string_view context, shard_number shard);
  [[nodiscard]] const derived_file* derived(std::string_view context, shard_number shard) const;
  [[nodiscard]] const std::vector<derived_file>& derived_files() const { return derived_; }
  [[nodiscard]] const std::vector<derived_file>& view_files() const { return views_; }
  /// Number of shards of a context; 0 if none of its journals is here.
  [[nodiscard]] std::uint32_t shards_of(std::string_view context) const;

  enum class known : std::uint8_t { there, beyond, no_journal, no_context };
  /// Whether a record exists that another record speaks of. Asks the file again before it says
  /// "beyond": a node that is running has written on.
  [[nodiscard]] known look_up(std::string_view context, shard_number shard, record_index at);

private:
  void take(const std::filesystem::path& path, report& to);
  void take_journal(const std::filesystem::path& path, const derived_file& named, report& to);

  std::vector<journal_file> journals_;
  std::vector<derived_file> derived_;
  std::vector<derived_file> views_;
  bool any_journal_ = false; ///< also such that cannot be opened
};

/// The behaviour of a context of this build; null if there is none.
[[nodiscard]] const context_behaviour* behaviour_of(std::string_view context);

} // namespace troupe::verify
