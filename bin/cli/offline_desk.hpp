#pragma once

#include "bin/cli/cluster.hpp"

#include <filesystem>
#include <memory>

namespace troupe::cli {

/// A data directory that answers what nodes are asked, read-only and without any node: the admin
/// verbs `actors`, `actor`, `actor-state`, `history`, `cause`, `journal`, `deadletters` and
/// `deadletter`, with the same arguments and shapes. Everything else is refused.
///
/// It may lie beside a running node: what was committed when a file was read first is what is
/// answered. `not_found` if there is no directory or no journal in it.
[[nodiscard]] result<std::unique_ptr<cluster>>
open_data_directory(const std::filesystem::path& where);

} // namespace troupe::cli
