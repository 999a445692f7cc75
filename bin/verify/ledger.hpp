#pragma once

#include "bin/verify/report.hpp"
#include "messages/error.hpp"
#include "messages/ids.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe::verify {

/// One finished call as a client saw it (docs/verify.md, "Ledgers").
struct ledger_line {
  enum class call : std::uint8_t { command, get };
  enum class ending : std::uint8_t { ok, rejected, error, unknown };

  std::uint32_t file = 0;
  std::uint32_t line = 0;
  std::int64_t start_us = 0; ///< monotonic, one clock for each file
  std::int64_t end_us = 0;
  call kind = call::command;
  ending outcome = ending::ok;
  std::uint32_t context = 0; ///< number of its name
  aggregate_id id;
  command_id command;
  std::uint64_t seq = 0;   ///< 0: not said
  std::uint64_t epoch = 0; ///< 0: not said
  std::optional<errc> code;
};

/// What a journal holds of a command that a ledger speaks of.
struct recorded_effect {
  shard_number shard;
  record_index at;
  aggregate_id aggregate;
  std::uint64_t seq = 0;
  epoch_number epoch;
  bool accepted = false;
  bool decided = false;
};

/// All ledgers given, and what the journals say of their commands.
class ledger_book {
public:
  /// Reads a file of JSON lines; `malformed` names the first line that cannot be read.
  [[nodiscard]] result<void> read(const std::filesystem::path& path);

  [[nodiscard]] const std::vector<ledger_line>& lines() const { return lines_; }
  [[nodiscard]] const std::string& file(std::uint32_t number) const { return files_[number]; }
  [[nodiscard]] const std::string& context(std::uint32_t number) const { return names_[number]; }
  [[nodiscard]] std::optional<std::uint32_t> number_of(std::string_view context) const;
  [[nodiscard]] place place_of(const ledger_line& line) const;

  /// What was found of a command; null for one that no ledger speaks of.
  [[nodiscard]] recorded_effect* effect(std::uint32_t context, command_id command);
  /// Newest turn of an aggregate in its journal; null for one that no ledger speaks of.
  [[nodiscard]] std::uint64_t* newest(std::uint32_t context, aggregate_id id);

private:
  struct key {
    std::uint32_t context = 0;
    command_id command;
    bool operator==(const key&) const = default;
  };
  struct key_hash {
    std::size_t operator()(const key& of) const {
      return std::hash<command_id>{}(of.command) + of.context;
    }
  };
  [[nodiscard]] result<void> take(std::string_view text, std::uint32_t file, std::uint32_t line);
  [[nodiscard]] std::uint32_t name(std::string_view context);

  std::vector<std::string> files_;
  std::vector<std::string> names_;
  std::map<std::string, std::uint32_t, std::less<>> numbers_;
  std::vector<ledger_line> lines_;
  std::unordered_map<key, recorded_effect, key_hash> effects_;
  std::map<std::pair<std::uint32_t, aggregate_id>, std::uint64_t> newest_;
};

} // namespace troupe::verify
