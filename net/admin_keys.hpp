#pragma once

#include "messages/admin_verbs.hpp"
#include "messages/error.hpp"

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// The keys of the roles, where the transport does not tell who calls (tcp, HTTP). Read from a file
/// that only its owner can read, in TOML:
///
///     observe = "…"
///     inspect = "…"
///     operate = "…"
///
/// A role without a line has no key.
class admin_keys {
public:
  static constexpr std::size_t key_bytes_min = 32; ///< not to be guessed
  static constexpr std::size_t key_bytes_max = 256;

  /// `unauthorized` for a file that others may read or that is somebody else's, `malformed` for one
  /// that says something else, naming the line; no key appears in an error.
  [[nodiscard]] static result<admin_keys> read(const std::filesystem::path& file);
  [[nodiscard]] static result<admin_keys> parse(std::string_view text);

  /// The role that a key stands for; none if it is no role's. How long that takes tells nothing of
  /// the keys.
  [[nodiscard]] std::optional<role> role_of(std::string_view key) const;
  /// Whether there is a key for this role.
  [[nodiscard]] bool has(role of) const { return !keys_[static_cast<std::size_t>(of)].empty(); }

private:
  std::array<std::string, 3> keys_; ///< by role; empty: none
};

/// One key alone in a file, for who shows it; the same rules for the file.
[[nodiscard]] result<std::string> read_admin_key(const std::filesystem::path& file);

} // namespace troupe
