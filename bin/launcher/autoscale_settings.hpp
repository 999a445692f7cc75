#pragma once

#include "bin/cli/failure.hpp"
#include "bin/launcher/autoscale_rules.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe::cli {

/// What `up` was told about autoscaling, as words: of flags, or of the TOML file under the same
/// names.
struct autoscale_words {
  std::string range = {}; ///< of `autoscale`; empty: off
  std::vector<std::string> targets = {};
  std::string out_after = {}, in_after = {}, out_pause = {}, in_pause = {}; ///< empty: the default
};

/// The plan that the words mean; nothing: off. `nodes`: with how many the cluster begins.
[[nodiscard]] std::variant<std::optional<autoscale_plan>, failure>
read_autoscale(const autoscale_words& from, std::optional<std::uint32_t> nodes);

/// The same as lines of the TOML file; as remarks if it is off.
[[nodiscard]] std::string autoscale_toml(const std::optional<autoscale_plan>& from);
/// The same as flags of `troupe up`.
[[nodiscard]] std::vector<std::string> autoscale_flags(const std::optional<autoscale_plan>& from);

} // namespace troupe::cli
