#pragma once

#include "bin/cli/every_node.hpp"
#include "messages/value.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What is good, worrying or bad about a cluster, judged by the metrics of its nodes (docs/cli.md).
/// Pure: numbers in, findings out.
namespace troupe::cli {

enum class check_state : std::uint8_t { good, warning, critical };
[[nodiscard]] std::string_view name_of(check_state state); ///< "ok", "warning", "critical"

/// From when on a figure is bad.
struct check_limits {
  double warning = 0;
  double critical = 0;
  bool low_is_bad = false; ///< a figure at or below a limit, else at or above it, reaches it

  [[nodiscard]] check_state judge(double figure) const;
};

/// A number that a check looked at.
struct check_figure {
  std::string name; ///< "n1_mailbox_p99"
  double number = 0;
  std::string unit; ///< as monitoring plugins write it: "s", "B", "%" or nothing
  std::optional<check_limits> limits;
};

struct check_finding {
  check_state state = check_state::good;
  std::string subject; ///< a node or context
  std::string text;
};

struct check_report {
  std::string check; ///< "cluster"
  std::vector<check_finding> findings;
  std::vector<check_figure> figures;

  [[nodiscard]] check_state state() const; ///< the worst of the findings
  [[nodiscard]] std::string summary() const;
};

/// The limits of a check unless others are given; nothing: there is no such check.
[[nodiscard]] std::optional<check_limits> limits_of(std::string_view check);

/// `check`: "cluster", "node", "lag" or "disk". `node`: only this one; empty: all.
[[nodiscard]] check_report run_check(std::string_view check, const nodes_said& said,
                                     const check_limits& limits, std::string_view node);

} // namespace troupe::cli
