#include "bin/launcher/autoscale_rules.hpp"

#include "bin/cli/invocation.hpp"
#include "bin/cli/plain_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace troupe::cli {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, load_metrics> metric_names{"cpu", "mailbox_p50",
                                                                  "mailbox_p95", "mailbox_p99"};
constexpr double cpu_most = 6'400; // 64 cores, as many as a node may have lanes
constexpr double mailbox_most_ms = 60'000;
/// Without a sample for so long, what was wished for before is not known to have held.
constexpr milliseconds gap_max{5'000};

std::string number_text(double from) {
  std::array<char, 32> text{};
  const int digits = from >= 100 ? 0 : from >= 10 ? 1 : 2;
  const int size = std::snprintf(text.data(), text.size(), "%.*f", digits, from);
  std::string out{text.data(), static_cast<std::size_t>(size)};
  if (out.find('.') == std::string::npos) return out;
  while (out.ends_with('0'))
    out.pop_back();
  if (out.ends_with('.')) out.pop_back();
  return out;
}

std::string with_unit(load_metric of, double from) {
  return number_text(from) + (of == load_metric::cpu ? "%" : " ms");
}

std::string nodes_text(std::uint32_t count) {
  return std::to_string(count) + (count == 1 ? " node" : " nodes");
}

std::optional<double> parse_plain(std::string_view text) {
  double number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Rounded up; what is a whole number but for the way numbers are kept stays one.
std::uint32_t rounded_up(double from) {
  constexpr double noise = 1e-9;
  return static_cast<std::uint32_t>(std::max(std::ceil(from - noise), 0.0));
}

} // namespace

std::string_view name_of(load_metric metric) {
  return metric_names[static_cast<std::size_t>(metric)];
}

std::string_view name_of(scale_verdict verdict) {
  switch (verdict) {
  case scale_verdict::stay:
    return "stay";
  case scale_verdict::wait:
    return "wait";
  case scale_verdict::held:
    return "held";
  case scale_verdict::scale:
    return "scale";
  }
  return "?";
}

result<load_target> parse_load_target(std::string_view text) {
  const auto equals = text.find('=');
  const auto found = std::find(metric_names.begin(), metric_names.end(), text.substr(0, equals));
  if (found == metric_names.end())
    return fail(errc::malformed, "there is no metric '" + std::string{text.substr(0, equals)} +
                                     "'; there are cpu, mailbox_p50, mailbox_p95, mailbox_p99");
  load_target out{static_cast<load_metric>(found - metric_names.begin()), 0};
  const std::string name{name_of(out.metric)};
  std::string_view wanted = equals == std::string_view::npos ? "" : text.substr(equals + 1);
  if (out.metric == load_metric::cpu) {
    const bool percent = wanted.ends_with('%');
    if (percent) wanted.remove_suffix(1);
    const auto number = parse_plain(wanted);
    if (!percent || !number || !(*number >= 1 && *number <= cpu_most))
      return fail(errc::malformed, "cpu is a percentage of one core from 1% to " +
                                       number_text(cpu_most) + "%, such as cpu=60%");
    out.value = *number;
    return out;
  }
  const auto wait = parse_duration(wanted);
  if (!wait || wait->count() < 1 || static_cast<double>(wait->count()) > mailbox_most_ms)
    return fail(errc::malformed, name + " is a time from 1ms to 60s, such as " + name + "=5ms");
  out.value = static_cast<double>(wait->count());
  return out;
}

/// The value is not rounded: it is read again, by a launcher in the background.
std::string text_of(const load_target& from) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), from.value).ptr;
  return std::string{name_of(from.metric)} + '=' + std::string{digits.data(), end} +
         (from.metric == load_metric::cpu ? "%" : "ms");
}

result<node_range> parse_node_range(std::string_view text) {
  constexpr std::string_view dots = "..";
  const auto at = text.find(dots);
  const auto read = [](std::string_view part, std::uint32_t& to) {
    const auto [end, fault] = std::from_chars(part.data(), part.data() + part.size(), to);
    return fault == std::errc{} && end == part.data() + part.size();
  };
  node_range out;
  if (at == std::string_view::npos || !read(text.substr(0, at), out.least) ||
      !read(text.substr(at + dots.size()), out.most))
    return fail(errc::malformed, "it is not of the form MIN..MAX, such as 1..3");
  if (out.least > out.most)
    return fail(errc::malformed,
                std::to_string(out.least) + " is more than " + std::to_string(out.most));
  return out;
}

std::string text_of(const node_range& from) {
  return std::to_string(from.least) + ".." + std::to_string(from.most);
}

/// A node that does not say its value counts against the change: as just right where there seems
/// to be too much of everything, as idle where there seems to be too little.
autoscale_rules::opinion autoscale_rules::opinion_of(const load_target& target,
                                                     const autoscale_facts& facts) const {
  double sum = 0;
  std::uint32_t said = 0;
  for (const node_sample& each : facts.samples)
    if (const auto& shown = each.of(target.metric)) {
      sum += *shown;
      ++said;
    }
  const std::string name{name_of(target.metric)};
  if (said == 0) return {facts.nodes, "no node says its " + name};
  const std::uint32_t silent = facts.nodes > said ? facts.nodes - said : 0;
  const double before = sum / said / target.value;
  if (before < 1) sum += silent * target.value;
  const double mean = sum / (said + silent);
  const double ratio = mean / target.value;
  std::string why = name + " is " + with_unit(target.metric, mean) + " on average, target " +
                    with_unit(target.metric, target.value);
  if (silent > 0)
    why +=
        " (" + nodes_text(silent) + " silent, taken for " + (before < 1 ? "just right)" : "idle)");
  const bool turned = (before < 1) != (ratio < 1);
  if (turned || std::abs(ratio - 1) <= plan_.pace.tolerance)
    return {facts.nodes, why + ": near enough"};
  const std::uint32_t wished = rounded_up(facts.nodes * ratio);
  return {wished, why + ": " + std::to_string(facts.nodes) + " x " + number_text(mean) + '/' +
                      number_text(target.value) + " asks for " + nodes_text(std::max(wished, 1U))};
}

autoscale_rules::opinion autoscale_rules::opinion_of_all(const autoscale_facts& facts) const {
  opinion most{0, "there is no target"};
  for (const load_target& each : plan_.targets)
    if (auto one = opinion_of(each, facts);
        &each == &plan_.targets.front() || one.nodes > most.nodes)
      most = std::move(one);
  return most;
}

/// The first wish of a series stands for all that was before it: things were right as they were.
void autoscale_rules::note(monotonic_time now, std::uint32_t nodes, std::uint32_t wished) {
  if (!wishes_.empty() && now - wishes_.back().at > gap_max) wishes_.clear();
  if (wishes_.empty()) wishes_.push_back({now, nodes});
  wishes_.push_back({now, wished});
  const auto longest = std::max(plan_.pace.out_after, plan_.pace.in_after);
  while (wishes_.size() > wishes_kept || wishes_.front().at + longest < now)
    wishes_.pop_front();
}

std::string autoscale_rules::pause_left(monotonic_time now, milliseconds pause) const {
  if (!acted_ || now - *acted_ >= pause) return {};
  const auto ago = std::chrono::duration_cast<milliseconds>(now - *acted_);
  return "; the last change was " + duration_text(ago.count()) + " ago, the next waits " +
         duration_text(pause.count());
}

scale_decision autoscale_rules::grow(monotonic_time now, std::uint32_t nodes,
                                     std::string why) const {
  const autoscale_pace& pace = plan_.pace;
  std::uint32_t lowest = plan_.nodes.most;
  for (const wish& each : wishes_)
    if (now - each.at < pace.out_after) lowest = std::min(lowest, each.nodes);
  if (lowest <= nodes)
    return {scale_verdict::wait, nodes, nodes,
            why + "; that has to hold for " + duration_text(pace.out_after.count())};
  if (auto left = pause_left(now, pace.out_pause); !left.empty())
    return {scale_verdict::wait, nodes, nodes, why + left};
  const std::uint32_t to = std::min(lowest, nodes * 2);
  why += "; at least " + std::to_string(lowest) + " for " + duration_text(pace.out_after.count());
  if (to < lowest) why += ", but no more than twice as many at once";
  return {scale_verdict::scale, nodes, to, std::move(why)};
}

scale_decision autoscale_rules::shrink(monotonic_time now, std::uint32_t nodes,
                                       std::string why) const {
  const autoscale_pace& pace = plan_.pace;
  std::uint32_t highest = plan_.nodes.least;
  for (const wish& each : wishes_)
    if (now - each.at < pace.in_after) highest = std::max(highest, each.nodes);
  if (highest >= nodes)
    return {scale_verdict::wait, nodes, nodes,
            why + "; that has to hold for " + duration_text(pace.in_after.count())};
  if (auto left = pause_left(now, pace.in_pause); !left.empty())
    return {scale_verdict::wait, nodes, nodes, why + left};
  why += "; at most " + std::to_string(highest) + " for " + duration_text(pace.in_after.count());
  return {scale_verdict::scale, nodes, highest, std::move(why)};
}

scale_decision autoscale_rules::decide(monotonic_time now, const autoscale_facts& facts) {
  const std::uint32_t nodes = facts.nodes;
  const node_range& range = plan_.nodes;
  opinion wanted = opinion_of_all(facts);
  const std::uint32_t within = std::clamp(wanted.nodes, range.least, range.most);
  const bool beyond = wanted.nodes > range.most;
  if (!facts.hindrance.empty()) {
    wishes_.clear(); // what is sampled meanwhile is not how things usually are
    const bool content = within == nodes && !beyond;
    return {content ? scale_verdict::stay : scale_verdict::held, nodes, nodes,
            wanted.why + "; nothing is changed while " + facts.hindrance};
  }
  if (nodes < range.least || nodes > range.most)
    return {scale_verdict::scale, nodes, std::clamp(nodes, range.least, range.most),
            nodes_text(nodes) + ", but there are to be " + text_of(range)};
  note(now, nodes, within);
  if (within > nodes) return grow(now, nodes, std::move(wanted.why));
  if (within < nodes) return shrink(now, nodes, std::move(wanted.why));
  if (beyond)
    return {scale_verdict::held, nodes, nodes,
            wanted.why + "; " + std::to_string(range.most) + " is the most there may be"};
  return {scale_verdict::stay, nodes, nodes, std::move(wanted.why)};
}

void autoscale_rules::acted(monotonic_time now) {
  acted_ = now;
  wishes_.clear();
}

void autoscale_rules::begin_anew() {
  wishes_.clear();
}

} // namespace troupe::cli
