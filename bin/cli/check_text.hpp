#pragma once

#include "bin/cli/check_rules.hpp"

#include <string>

/// A check's report as monitoring systems read it.
namespace troupe::cli {

/// For plugins of Nagios and its relatives: a line with figures behind a bar, then the findings.
[[nodiscard]] std::string nagios_text(const check_report& from);
/// For the text file collector of Prometheus' node exporter.
[[nodiscard]] std::string prometheus_text(const check_report& from);
/// For people.
[[nodiscard]] std::string plain_check_text(const check_report& from, bool color);

/// 0, 11 and 12; for Nagios 0, 1 and 2.
[[nodiscard]] int exit_of(check_state state, bool nagios);

} // namespace troupe::cli
