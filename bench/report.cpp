#include "bench/report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace troupe::bench {

namespace {

/// Three significant digits at least, thousands separated: 7, 1.23, 45.6, 12,345.
[[nodiscard]] std::string shown(double number) {
  const double size = std::fabs(number);
  const bool whole = size >= 100 || size == std::floor(size);
  const int decimals = whole ? 0 : size >= 10 ? 1 : 2;
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, number);
  std::string digits{text};
  const auto point = digits.find('.');
  const auto first = digits.starts_with('-') ? std::size_t{1} : std::size_t{0};
  for (auto at = point == std::string::npos ? digits.size() : point; at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

[[nodiscard]] std::string right(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

[[nodiscard]] std::string left(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

[[nodiscard]] double micros(std::uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1000.0;
}

[[nodiscard]] std::string machine_line(const machine_facts& machine) {
  const auto gibibytes = static_cast<double>(machine.memory_bytes) / (1024.0 * 1024.0 * 1024.0);
  return std::to_string(machine.cores) + " cores of " + machine.cpu + ", " + shown(gibibytes) +
         " GiB, " + machine.kernel + "\n" + machine.compiler + ", " + machine.build +
         "; sync of 4 KiB on " + machine.file_system + ": " + shown(machine.sync_us_median) +
         " µs, p99 " + shown(machine.sync_us_p99) + " µs\n";
}

[[nodiscard]] std::string findings_text(const measurement& from) {
  std::string text = from.findings().empty() ? "" : "checked afterwards:\n";
  for (const finding& each : from.findings()) {
    const auto checked = shown(static_cast<double>(each.checked));
    if (each.violated == 0)
      text += right(checked, 12) + "  " + each.what + "\n";
    else
      text += right(checked, 12) + "  NOT TRUE " + shown(static_cast<double>(each.violated)) +
              " times: " + each.what + "\n";
  }
  return text;
}

} // namespace

double figure::median() const {
  if (runs.empty()) return 0;
  auto sorted = runs;
  std::sort(sorted.begin(), sorted.end());
  const auto middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

double figure::least() const {
  return runs.empty() ? 0 : *std::min_element(runs.begin(), runs.end());
}

double figure::most() const {
  return runs.empty() ? 0 : *std::max_element(runs.begin(), runs.end());
}

void measurement::add(const std::string& name, const std::string& unit, double value) {
  const auto found = std::find_if(figures_.begin(), figures_.end(),
                                  [&](const figure& each) { return each.name == name; });
  if (found == figures_.end()) {
    figures_.push_back({name, unit, {value}});
  } else {
    found->runs.push_back(value);
  }
}

void measurement::add_load(const load_result& from, const std::string& calls) {
  add_errors(from);
  add(calls, "1/s", from.per_second());
  add(calls + ", p50", "µs", micros(from.latency_ns.at_share(0.5)));
  add(calls + ", p99", "µs", micros(from.latency_ns.at_share(0.99)));
  add(calls + ", p99.9", "µs", micros(from.latency_ns.at_share(0.999)));
  add(calls + ", longest", "µs", micros(from.latency_ns.most()));
  if (from.node_cpu_us) add(calls + ", node's CPU each", "µs", *from.node_cpu_us);
  if (from.client_cpu_us) add(calls + ", client's CPU each", "µs", *from.client_cpu_us);
}

void measurement::add_errors(const error_counts& from, const std::string& first) {
  for (const auto& [code, count] : from)
    errors_[code] += count;
  if (!from.empty()) spoil("calls failed; the first: " + first);
}

void measurement::add_findings(const std::vector<finding>& from) {
  for (const finding& each : from) {
    auto held = std::find_if(findings_.begin(), findings_.end(),
                             [&](const finding& known) { return known.what == each.what; });
    if (held == findings_.end())
      held = findings_.insert(findings_.end(), finding{each.what, 0, 0, {}});
    held->checked += each.checked;
    held->violated += each.violated;
    if (held->first.empty()) held->first = each.first;
    if (each.violated > 0) spoil("not true: " + each.what + "; the first: " + each.first);
  }
}

void measurement::add_errors(const load_result& from) {
  add_errors(from.errors, from.first_error);
  if (from.completed == 0) spoil("a run had no successful call");
}

std::string to_table(const report& from) {
  std::string text = from.title + "\n" + machine_line(from.machine) + "\n";
  std::size_t width = 0;
  for (const figure& each : from.measured.figures())
    width = std::max(width, each.name.size());
  text += left("", width) + right("median", 14) + right("least", 14) + right("most", 14) + "\n";
  for (const figure& each : from.measured.figures()) {
    text += left(each.name, width) + right(shown(each.median()), 14) +
            right(shown(each.least()), 14) + right(shown(each.most()), 14) + "  " + each.unit +
            "\n";
  }
  text += "\n" + findings_text(from.measured);
  for (const auto& each : from.measured.remarks())
    text += each + "\n";
  if (from.machine.syncs_to_memory())
    text += "The data lay in memory: syncs cost nothing there. Choose --scratch on a disk.\n";
  if (from.measured.clean()) return text + "errors: none\n";
  text += "NOT CLEAN, these figures are no result:\n";
  for (const auto& each : from.measured.spoiled())
    text += "  " + each + "\n";
  for (const auto& [code, count] : from.measured.errors())
    text += "  " + code + ": " + shown(static_cast<double>(count)) + "\n";
  return text;
}

value to_value(const report& from) {
  value::array figures;
  for (const figure& each : from.measured.figures()) {
    value::array runs;
    for (const double run : each.runs)
      runs.emplace_back(run);
    figures.emplace_back(value::object{{"name", each.name},
                                       {"unit", each.unit},
                                       {"median", each.median()},
                                       {"least", each.least()},
                                       {"most", each.most()},
                                       {"runs", std::move(runs)}});
  }
  value::array findings;
  for (const finding& each : from.measured.findings())
    findings.emplace_back(value::object{{"what", each.what},
                                        {"checked", each.checked},
                                        {"violated", each.violated},
                                        {"first", each.first}});
  value::object errors;
  for (const auto& [code, count] : from.measured.errors())
    errors.emplace_back(code, count);
  value::array spoiled;
  for (const auto& each : from.measured.spoiled())
    spoiled.emplace_back(each);
  value::array remarks;
  for (const auto& each : from.measured.remarks())
    remarks.emplace_back(each);
  return value::object{{"kind", "BenchReport"},
                       {"api", report_api},
                       {"title", from.title},
                       {"settings", from.settings},
                       {"machine", from.machine.to_value()},
                       {"clean", from.measured.clean()},
                       {"figures", std::move(figures)},
                       {"errors", std::move(errors)},
                       {"findings", std::move(findings)},
                       {"spoiledBy", std::move(spoiled)},
                       {"remarks", std::move(remarks)}};
}

} // namespace troupe::bench
