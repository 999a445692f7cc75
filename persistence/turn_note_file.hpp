#pragma once

#include "messages/error.hpp"
#include "persistence/turn_notes.hpp"
#include "seams/clock.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace troupe {

/// The notes of a process's lanes in a file of the data directory, mapped into memory: what is
/// written there survives the process, however it ends, at the price of a store to memory.
///
/// One file per process, `<node>.<pid>.<time>.turns`. A process that ends in order removes its own;
/// one that died leaves it, and whoever opens a shard later reads it there. It is removed when it
/// is a day old, also if its layout is that of another build, or one of too many.
class turn_note_file final : public turn_notes {
public:
  static constexpr std::uint32_t slots = 64;    ///< as many lanes as a node may have
  static constexpr std::size_t files_max = 256; ///< of ended processes; the oldest give way
  static constexpr std::int64_t kept_ms = 24 * 3'600 * 1'000;

  /// Makes this process's file and removes those of ended processes that nobody needs.
  [[nodiscard]] static result<std::unique_ptr<turn_note_file>>
  make(const std::filesystem::path& directory, const std::string& node, const clock& time);
  ~turn_note_file() override; ///< removes the file: nothing runs any more
  turn_note_file(const turn_note_file&) = delete;
  turn_note_file& operator=(const turn_note_file&) = delete;

  [[nodiscard]] turn_note* slot(std::uint32_t lane) override;
  /// Reads what ended processes left; a process that lives is not among them, nor are files of
  /// another layout.
  [[nodiscard]] std::vector<noted_death> deaths(std::string_view context,
                                                shard_number shard) const override;

private:
  struct mapped;
  turn_note_file(std::filesystem::path path, int file, mapped* notes)
      : path_(std::move(path)), file_(file), notes_(notes) {}

  std::filesystem::path path_;
  int file_;
  mapped* notes_;
};

} // namespace troupe
