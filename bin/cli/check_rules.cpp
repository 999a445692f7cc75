#include "bin/cli/check_rules.hpp"

#include "messages/metric.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>

namespace troupe::cli {
namespace {

std::string number_text(double from) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", from);
  return text.data();
}

double number_of(const value& from) {
  if (const auto* whole = from.get_if<std::int64_t>()) return static_cast<double>(*whole);
  const auto* number = from.get_if<double>();
  return number == nullptr ? 0 : *number;
}

std::string text_in(const value& of, std::string_view name) {
  const auto* held = of.find(name);
  const auto* text = held == nullptr ? nullptr : held->get_if<std::string>();
  return text == nullptr ? std::string{} : *text;
}

/// One node's answer to the verb `metrics`.
class node_numbers {
public:
  explicit node_numbers(const nodes_said::said& from) : node_(from.node) {
    const auto* held = from.answer.find("families");
    const auto* families = held == nullptr ? nullptr : held->get_if<value::array>();
    if (families == nullptr) return;
    for (const auto& each : *families)
      if (const auto* samples = each.find("samples"))
        if (const auto* list = samples->get_if<value::array>())
          samples_[text_in(each, "name")] = list;
  }

  [[nodiscard]] const std::string& node() const { return node_; }
  /// Every sample of a family.
  void each(metric of,
            const std::function<void(const value& labels, const value& sample)>& see) const {
    const auto at = samples_.find(std::string{info(of).name});
    if (at == samples_.end()) return;
    static const value none{value::object{}};
    for (const auto& one : *at->second) {
      const auto* labels = one.find("labels");
      see(labels == nullptr ? none : *labels, one);
    }
  }
  /// Of a family without labels; nothing: the node does not tell.
  [[nodiscard]] std::optional<double> one(metric of) const {
    std::optional<double> found;
    each(of, [&](const value&, const value& sample) {
      if (const auto* number = sample.find("value")) found = number_of(*number);
    });
    return found;
  }

private:
  std::string node_;
  std::map<std::string, const value::array*> samples_;
};

double value_of(const value& sample) {
  const auto* number = sample.find("value");
  return number == nullptr ? 0 : number_of(*number);
}

std::vector<node_numbers> numbers_of(const nodes_said& said, std::string_view node) {
  std::vector<node_numbers> all;
  for (const auto& each : said.answers)
    if (node.empty() || each.node == node) all.emplace_back(each);
  return all;
}

void add_silent(check_report& to, const nodes_said& said, std::string_view node,
                check_state state) {
  for (const auto& each : said.silent)
    if (node.empty() || each.node == node)
      to.findings.push_back({state, each.node, "does not answer: " + each.why.message});
}

/// A finding for each context of which a family says more than nothing.
void add_troubles(check_report& to, const node_numbers& from, metric of, check_state state,
                  const std::string& what) {
  from.each(of, [&](const value& labels, const value& sample) {
    const auto number = value_of(sample);
    if (number > 0)
      to.findings.push_back({state, text_in(labels, "context"),
                             number_text(number) + ' ' + what + " on " + from.node()});
  });
}

check_report check_cluster(const nodes_said& said, const check_limits& limits,
                           std::string_view node) {
  check_report report{"cluster", {}, {}};
  const auto asked = [&](const auto& each) { return node.empty() || each.node == node; };
  const auto missing = static_cast<double>(std::ranges::count_if(said.silent, asked));
  add_silent(report, said, node, limits.judge(missing));
  double open = 0;
  std::map<std::string, double> owned;
  for (const auto& each : numbers_of(said, node)) {
    if (each.one(metric::node_live).value_or(1) < 1)
      report.findings.push_back({check_state::critical, each.node(), "a lane stands still"});
    if (each.one(metric::node_ready).value_or(1) < 1)
      report.findings.push_back({check_state::warning, each.node(), "is not ready"});
    each.each(metric::contexts_up, [&](const value& labels, const value& sample) {
      if (value_of(sample) < 1)
        report.findings.push_back(
            {check_state::warning, text_in(labels, "context"), "is not up on " + each.node()});
    });
    each.each(metric::shards_owned, [&](const value& labels, const value& sample) {
      owned[text_in(labels, "context")] += value_of(sample);
    });
    each.each(metric::breaker_state, [&](const value& labels, const value& sample) {
      if (value_of(sample) < 2) return;
      ++open;
      report.findings.push_back({check_state::warning,
                                 text_in(labels, "asking") + " -> " + text_in(labels, "target"),
                                 "the breaker is open on " + each.node()});
    });
    add_troubles(report, each, metric::quarantined, check_state::warning, "in quarantine");
    add_troubles(report, each, metric::dead_letters, check_state::warning, "dead letters");
    add_troubles(report, each, metric::policies_stopped, check_state::critical, "policies stopped");
    add_troubles(report, each, metric::storage_full, check_state::critical, "shards without space");
  }
  for (const auto& [context, shards] : owned)
    if (shards < 1 && said.silent.empty() && node.empty())
      report.findings.push_back({check_state::critical, context, "nobody owns a shard of it"});
  report.figures.push_back(
      {"nodes", static_cast<double>(std::ranges::count_if(said.answers, asked)), "", {}});
  report.figures.push_back({"nodes_silent", missing, "", limits});
  report.figures.push_back({"breakers_open", open, "", {}});
  return report;
}

check_report check_nodes(const nodes_said& said, const check_limits& limits,
                         std::string_view node) {
  check_report report{"node", {}, {}};
  add_silent(report, said, node, check_state::critical);
  for (const auto& each : numbers_of(said, node)) {
    if (each.one(metric::node_live).value_or(1) < 1)
      report.findings.push_back({check_state::critical, each.node(), "a lane stands still"});
    if (each.one(metric::node_ready).value_or(1) < 1)
      report.findings.push_back({check_state::warning, each.node(), "is not ready"});
    const auto lease = each.one(metric::lease_remaining);
    if (lease && *lease <= 0)
      report.findings.push_back({check_state::critical, each.node(), "its lease is over"});
    const double slowest = each.one(metric::mailbox_recent).value_or(0);
    const auto state = limits.judge(slowest);
    if (state != check_state::good)
      report.findings.push_back({state, each.node(),
                                 "1 in 100 commands waited " + number_text(slowest) +
                                     " s or more for its turn within the last 5 s"});
    report.figures.push_back({each.node() + "_mailbox_p99", slowest, "s", limits});
    const auto open = each.one(metric::process_open_fds).value_or(0);
    const auto most = each.one(metric::process_max_fds).value_or(0);
    constexpr double share_max = 0.9;
    if (most > 0 && open >= share_max * most)
      report.findings.push_back(
          {check_state::warning, each.node(),
           number_text(open) + " of " + number_text(most) + " file descriptors are open"});
    report.figures.push_back({each.node() + "_open_fds", open, "", {}});
  }
  return report;
}

check_report check_lag(const nodes_said& said, const check_limits& limits, std::string_view node) {
  check_report report{"lag", {}, {}};
  add_silent(report, said, node, check_state::warning);
  for (const auto& each : numbers_of(said, node)) {
    each.each(metric::view_behind, [&](const value& labels, const value& sample) {
      const auto behind = value_of(sample);
      const auto context = text_in(labels, "context");
      const auto state = limits.judge(behind);
      if (state != check_state::good)
        report.findings.push_back(
            {state, context, number_text(behind) + " records behind on " + each.node()});
      report.figures.push_back({context + "_behind", behind, "", limits});
    });
    add_troubles(report, each, metric::view_state, check_state::critical, "view stuck at an event");
    add_troubles(report, each, metric::policies_stopped, check_state::critical, "policies stopped");
  }
  return report;
}

check_report check_disk(const nodes_said& said, const check_limits& limits, std::string_view node) {
  check_report report{"disk", {}, {}};
  add_silent(report, said, node, check_state::warning);
  for (const auto& each : numbers_of(said, node)) {
    const auto free = each.one(metric::disk_free);
    const auto size = each.one(metric::disk_size);
    if (!free || !size || *size <= 0) {
      report.findings.push_back(
          {check_state::warning, each.node(), "does not tell how much space it has"});
      continue;
    }
    const double percent = std::round(10'000.0 * *free / *size) / 100.0;
    const auto state = limits.judge(percent);
    if (state != check_state::good)
      report.findings.push_back(
          {state, each.node(),
           number_text(std::round(percent * 10) / 10) + "% of the disk is free"});
    report.figures.push_back({each.node() + "_free", percent, "%", limits});
    report.figures.push_back({each.node() + "_free_bytes", *free, "B", {}});
    add_troubles(report, each, metric::storage_full, check_state::critical,
                 "shards refuse commands for want of space");
  }
  return report;
}

struct known_check {
  std::string_view name;
  check_limits limits;
  check_report (*run)(const nodes_said&, const check_limits&, std::string_view node);
};

constexpr double lag_warning = 1'000, lag_critical = 10'000; // records
constexpr double wait_warning = 0.25, wait_critical = 1;     // seconds
constexpr double free_warning = 20, free_critical = 10;      // percent
const std::array<known_check, 4> checks{
    {{"cluster", {1, 2, false}, check_cluster},
     {"node", {wait_warning, wait_critical, false}, check_nodes},
     {"lag", {lag_warning, lag_critical, false}, check_lag},
     {"disk", {free_warning, free_critical, true}, check_disk}}};

const known_check* find_check(std::string_view name) {
  const auto at = std::ranges::find(checks, name, &known_check::name);
  return at == checks.end() ? nullptr : &*at;
}

} // namespace

std::string_view name_of(check_state state) {
  static constexpr std::array<std::string_view, 3> names{"ok", "warning", "critical"};
  return names[static_cast<std::size_t>(state)];
}

check_state check_limits::judge(double figure) const {
  const auto reaches = [&](double limit) { return low_is_bad ? figure <= limit : figure >= limit; };
  if (reaches(critical)) return check_state::critical;
  return reaches(warning) ? check_state::warning : check_state::good;
}

check_state check_report::state() const {
  auto worst = check_state::good;
  for (const auto& each : findings)
    worst = std::max(worst, each.state);
  return worst;
}

std::string check_report::summary() const {
  const auto is = state();
  if (is == check_state::good) return "nothing to worry about";
  const auto first = std::ranges::find(findings, is, &check_finding::state);
  std::string text = first->subject + ": " + first->text;
  const auto troubles = std::ranges::count_if(
      findings, [](const check_finding& each) { return each.state != check_state::good; });
  if (troubles > 1) text += " (and " + std::to_string(troubles - 1) + " more)";
  return text;
}

std::optional<check_limits> limits_of(std::string_view check) {
  const auto* known = find_check(check);
  return known == nullptr ? std::nullopt : std::optional{known->limits};
}

check_report run_check(std::string_view check, const nodes_said& said, const check_limits& limits,
                       std::string_view node) {
  const auto* known = find_check(check);
  return known == nullptr ? check_report{} : known->run(said, limits, node);
}

} // namespace troupe::cli
