#include "bin/launcher/autoscaling.hpp"

#include "bin/cli/plain_text.hpp"
#include "messages/json.hpp"

#include <array>
#include <fstream>
#include <utility>

namespace troupe::cli {
namespace {

constexpr std::chrono::minutes held_interval{1}; ///< between two entries that nothing can be done

std::optional<double> number_in(const value& from, std::string_view key) {
  const value* held = from.find(key);
  if (held == nullptr) return std::nullopt;
  if (const auto* real = held->get_if<double>()) return *real;
  if (const auto* whole = held->get_if<std::int64_t>()) return static_cast<double>(*whole);
  return std::nullopt;
}

value described(const node_sample& from) {
  value said;
  said["node"] = from.node;
  constexpr std::array<std::string_view, load_metrics> members{"cpu_percent", "mailbox_p50_ms",
                                                               "mailbox_p95_ms", "mailbox_p99_ms"};
  for (std::size_t i = 0; i < load_metrics; ++i)
    said[members[i]] = from.values[i] ? value{*from.values[i]} : value{};
  return said;
}

} // namespace

node_sample sample_of(std::string node, const value& status) {
  node_sample out{std::move(node), {}};
  const value* load = status.find("load");
  if (load == nullptr) return out;
  out.of(load_metric::cpu) = number_in(*load, "cpu_percent");
  const auto oldest = number_in(*load, "mailbox_oldest_ms");
  const bool none = number_in(*load, "mailbox_p99_ms") == 0.0;
  constexpr std::pair<load_metric, std::string_view> waits[] = {
      {load_metric::mailbox_p50, "mailbox_p50_ms"},
      {load_metric::mailbox_p95, "mailbox_p95_ms"},
      {load_metric::mailbox_p99, "mailbox_p99_ms"}};
  for (const auto& [metric, member] : waits)
    out.of(metric) = none && oldest ? oldest : number_in(*load, member);
  return out;
}

autoscaling::autoscaling(autoscale_plan plan, std::filesystem::path log, const clock& time,
                         event_sink say)
    : rules_(std::move(plan)), log_(std::move(log)), time_(time), say_(std::move(say)),
      samples_(value::array{}) {}

void autoscaling::turn(bool on) {
  if (on == on_) return;
  on_ = on;
  rules_.begin_anew();
  const std::uint32_t nodes = last_ ? last_->from : 0;
  write(on ? "on" : "off", {scale_verdict::stay, nodes, nodes, "by the operator"}, false);
}

bool autoscaling::due(monotonic_time now) const {
  return on_ && !operation_ && (!looked_ || now - *looked_ >= rules_.plan().pace.sample_every);
}

/// An answer takes until the next look; one that was lost is no silence yet.
std::chrono::milliseconds autoscaling::sample_age_max() const {
  return 3 * rules_.plan().pace.sample_every + std::chrono::milliseconds{500};
}

std::optional<std::uint32_t> autoscaling::judge(monotonic_time now, autoscale_facts facts) {
  looked_ = now;
  value::array shown;
  for (const node_sample& each : facts.samples)
    shown.push_back(cli::described(each));
  samples_ = std::move(shown);
  scale_decision decision = rules_.decide(now, facts);
  last_ = std::move(decision);
  if (last_->verdict == scale_verdict::scale) {
    write("scale", *last_, true);
    say_(std::to_string(last_->from) + " -> " + std::to_string(last_->to) +
         " nodes: " + last_->why);
    return last_->to;
  }
  if (last_->verdict == scale_verdict::held && (!held_ || now - *held_ >= held_interval)) {
    held_ = now;
    write("held", *last_, true);
  }
  return std::nullopt;
}

void autoscaling::refused(monotonic_time now, const error& why) {
  rules_.acted(now);
  scale_decision of = last_.value_or(scale_decision{});
  of.why = "refused: " + why.message;
  say_(of.why);
  write("refused", of, false);
}

void autoscaling::ended(monotonic_time now, const std::string& failure) {
  operation_.reset();
  looked_ = now; // the new nodes were not asked yet
  rules_.acted(now);
  scale_decision of = last_.value_or(scale_decision{});
  of.why = failure.empty() ? "every shard has its owner" : failure;
  write(failure.empty() ? "done" : "failed", of, false);
}

/// A log that cannot be written costs the line in the file only; the launcher goes on.
void autoscaling::write(std::string_view what, const scale_decision& of, bool with_samples) {
  value entry;
  entry["time"] = time_text(time_.wall());
  entry["what"] = what;
  entry["from"] = of.from;
  entry["to"] = of.to;
  entry["why"] = of.why;
  if (with_samples) entry["samples"] = samples_;
  std::error_code fault;
  const auto bytes = std::filesystem::file_size(log_, fault);
  if (!fault && bytes > log_bytes_max) std::filesystem::rename(log_, log_.string() + ".1", fault);
  std::ofstream{log_, std::ios::app} << to_json(entry) + '\n';
  entries_.push_back(std::move(entry));
  if (entries_.size() > entries_kept) entries_.pop_front();
}

value autoscaling::described() const {
  const autoscale_plan& plan = rules_.plan();
  value said;
  said["on"] = on_;
  said["nodes"] = text_of(plan.nodes);
  value::array targets;
  for (const load_target& each : plan.targets)
    targets.emplace_back(text_of(each));
  said["targets"] = std::move(targets);
  const bool judged = on_ && last_.has_value();
  said["verdict"] = operation_ ? value{"scale"} : judged ? value{name_of(last_->verdict)} : value{};
  said["why"] = judged ? value{last_->why} : value{};
  said["samples"] = samples_;
  said["log"] = log_.string();
  said["entries"] = value::array{entries_.begin(), entries_.end()};
  return said;
}

} // namespace troupe::cli
