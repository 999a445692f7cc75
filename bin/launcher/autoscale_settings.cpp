#include "bin/launcher/autoscale_settings.hpp"

#include "bin/cli/invocation.hpp"
#include "bin/launcher/launch_settings.hpp"

#include <algorithm>

namespace troupe::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest{500};
constexpr milliseconds longest{600'000};
constexpr milliseconds sample_least{100};
constexpr milliseconds sample_most{1'000};
constexpr int samples_of_a_wish = 10;

struct pace_word {
  const char* name; ///< the flag's
  std::string autoscale_words::*text;
  milliseconds autoscale_pace::*time;
};
constexpr pace_word pace_words[] = {
    {"scale-out-after", &autoscale_words::out_after, &autoscale_pace::out_after},
    {"scale-in-after", &autoscale_words::in_after, &autoscale_pace::in_after},
    {"scale-out-pause", &autoscale_words::out_pause, &autoscale_pace::out_pause},
    {"scale-in-pause", &autoscale_words::in_pause, &autoscale_pace::in_pause}};

std::optional<failure> check_range(const std::string& text, const node_range& range,
                                   std::optional<std::uint32_t> nodes) {
  if (range.least < 1 || range.most > launch_settings::nodes_max)
    return usage_failure("cannot use --autoscale " + text,
                         "there can be 1 to " + std::to_string(launch_settings::nodes_max) +
                             " nodes",
                         "--autoscale 1..3");
  if (nodes && (*nodes < range.least || *nodes > range.most))
    return usage_failure("cannot use --nodes " + std::to_string(*nodes) + " with --autoscale " +
                             text,
                         "it is outside of that",
                         "leave --nodes out: it begins with " + std::to_string(range.least));
  return std::nullopt;
}

/// A word about autoscaling where there is none.
std::optional<failure> check_off(const autoscale_words& from) {
  std::string given = from.targets.empty() ? "" : "target";
  for (const pace_word& each : pace_words)
    if (!(from.*each.text).empty()) given = each.name;
  if (given.empty()) return std::nullopt;
  return usage_failure("cannot use --" + given, "without --autoscale the number of nodes is fixed",
                       "--autoscale 1..3 --target cpu=60%");
}

} // namespace

std::variant<std::optional<autoscale_plan>, failure>
read_autoscale(const autoscale_words& from, std::optional<std::uint32_t> nodes) {
  if (from.range.empty()) {
    if (auto wrong = check_off(from)) return *wrong;
    return std::nullopt;
  }
  autoscale_plan plan;
  const auto range = parse_node_range(from.range);
  if (!range)
    return usage_failure("cannot use --autoscale " + from.range, range.error().message,
                         "--autoscale 1..3");
  if (auto wrong = check_range(from.range, *range, nodes)) return *wrong;
  plan.nodes = *range;
  for (const std::string& each : from.targets) {
    const auto target = parse_load_target(each);
    if (!target)
      return usage_failure("cannot use --target " + each, target.error().message,
                           "--target cpu=60%");
    const bool twice =
        std::any_of(plan.targets.begin(), plan.targets.end(),
                    [&](const load_target& known) { return known.metric == target->metric; });
    if (twice)
      return usage_failure("cannot use --target " + each,
                           "there are two targets for " + std::string{name_of(target->metric)},
                           "one --target for each metric");
    plan.targets.push_back(*target);
  }
  if (plan.targets.empty()) plan.targets.emplace_back();
  for (const pace_word& each : pace_words) {
    const std::string& text = from.*each.text;
    if (text.empty()) continue;
    const auto time = parse_duration(text);
    if (!time || *time < shortest || *time > longest)
      return usage_failure(std::string{"cannot use --"} + each.name + ' ' + text,
                           time ? "it is from 500ms to 10m" : time.error().message,
                           std::string{"--"} + each.name + " 30s");
    plan.pace.*each.time = *time;
  }
  plan.pace.sample_every =
      std::clamp(std::min(plan.pace.out_after, plan.pace.in_after) / samples_of_a_wish,
                 sample_least, sample_most);
  return plan;
}

std::string autoscale_toml(const std::optional<autoscale_plan>& from) {
  const autoscale_plan plan =
      from.value_or(autoscale_plan{.nodes = {1, 3}, .targets = {load_target{}}});
  const std::string begin = from ? "" : "# ";
  std::string out = begin + "autoscale = \"" + text_of(plan.nodes) + "\"\n" + begin + "target = [";
  for (const load_target& each : plan.targets)
    out += (&each == &plan.targets.front() ? "\"" : ", \"") + text_of(each) + '"';
  out += "]\n";
  for (const pace_word& each : pace_words)
    out += begin + each.name + " = \"" + std::to_string((plan.pace.*each.time).count()) + "ms\"\n";
  return out;
}

std::vector<std::string> autoscale_flags(const std::optional<autoscale_plan>& from) {
  if (!from) return {};
  std::vector<std::string> flags{"--autoscale=" + text_of(from->nodes)};
  for (const load_target& each : from->targets)
    flags.push_back("--target=" + text_of(each));
  for (const pace_word& each : pace_words)
    flags.push_back(std::string{"--"} + each.name + '=' +
                    std::to_string((from->pace.*each.time).count()) + "ms");
  return flags;
}

} // namespace troupe::cli
