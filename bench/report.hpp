#pragma once

#include "bench/audit.hpp"
#include "bench/load.hpp"
#include "bench/machine.hpp"
#include "messages/value.hpp"

#include <string>
#include <vector>

namespace troupe::bench {

/// Version of the reports' JSON: that of the command line tools (docs/cli.md).
inline constexpr std::string_view report_api = "troupe/v1";

/// One measured quantity, with its value in each run.
struct figure {
  std::string name;
  std::string unit;
  std::vector<double> runs;

  [[nodiscard]] double median() const; ///< of the runs; 0 if there is none
  [[nodiscard]] double least() const;
  [[nodiscard]] double most() const;
};

/// The figures of one benchmark, in the order they were first measured.
class measurement {
public:
  void add(const std::string& name, const std::string& unit, double value);
  /// Throughput, latencies, processor time and errors of a load.
  void add_load(const load_result& from, const std::string& calls);
  void add_errors(const load_result& from);
  void add_errors(const error_counts& from, const std::string& first);
  /// Adds up with those of earlier runs; a violation spoils the measurement.
  void add_findings(const std::vector<finding>& from);
  void remark(std::string text) { remarks_.push_back(std::move(text)); }
  /// Something made the figures worthless: says what.
  void spoil(std::string why) { spoiled_.push_back(std::move(why)); }

  [[nodiscard]] const std::vector<figure>& figures() const { return figures_; }
  [[nodiscard]] const error_counts& errors() const { return errors_; }
  [[nodiscard]] const std::vector<finding>& findings() const { return findings_; }
  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }
  [[nodiscard]] const std::vector<std::string>& spoiled() const { return spoiled_; }
  /// No call failed and nothing else went wrong.
  [[nodiscard]] bool clean() const { return errors_.empty() && spoiled_.empty(); }

private:
  std::vector<figure> figures_;
  error_counts errors_;
  std::vector<finding> findings_;
  std::vector<std::string> remarks_;
  std::vector<std::string> spoiled_;
};

struct report {
  std::string title; ///< what was measured and how
  value settings;    ///< the same for programs
  machine_facts machine;
  measurement measured;
};

/// Table for people: median, least and most of each figure.
[[nodiscard]] std::string to_table(const report& from);
/// Everything, for programs.
[[nodiscard]] value to_value(const report& from);

} // namespace troupe::bench
