// How a launcher changes the number of its nodes by itself: what the rules are told, and how what
// they decide is done.
#include "bin/launcher/launcher.hpp"

#include <algorithm>

namespace troupe::cli {

/// As many nodes as an earlier launcher left are kept: they are there because they were needed.
void launcher::begin_autoscaling() {
  const auto& plan = plan_.settings.autoscale;
  if (!plan || plan_.adopt_only) return;
  for (std::uint32_t i = plan_.settings.nodes + 1; i <= plan->nodes.most; ++i) {
    const auto left = read_identity(data_ / "run" / (node_name(i) + ".pid"));
    if (left && lives(*left)) plan_.settings.nodes = i;
  }
  autoscaling_ =
      std::make_unique<autoscaling>(*plan, data_ / "logs" / "autoscale.log", time_,
                                    [this](const std::string& line) { say_("autoscale", line); });
}

autoscale_facts launcher::gather_load(monotonic_time now) {
  autoscale_facts facts;
  facts.nodes = plan_.settings.nodes;
  for (std::uint32_t i = 1; i <= facts.nodes; ++i) {
    const std::string name = node_name(i);
    const kept_part* part = find(name);
    const part_status* status = part == nullptr ? nullptr : part->status();
    const bool fresh = status != nullptr && now - status->at <= autoscaling_->sample_age_max();
    facts.samples.push_back(fresh ? sample_of(name, status->said) : node_sample{name, {}});
    const part_state state = part == nullptr ? part_state::stopped : part->rules().state();
    if (state != part_state::up)
      facts.hindrance = name + " is " + std::string{name_of(state)} + ", not up";
  }
  if (const operation* running = running_operation())
    facts.hindrance = "operation " + std::to_string(running->number()) + " (" + running->title() +
                      ") is under way";
  return facts;
}

void launcher::autoscale() {
  if (!autoscaling_ || going_down_ || !ready_) return;
  const monotonic_time now = time_.monotonic();
  if (const auto number = autoscaling_->operation()) {
    const auto found = std::find_if(operations_.begin(), operations_.end(),
                                    [&](const auto& each) { return each.number() == *number; });
    if (found != operations_.end() && found->state() == operation_state::running) return;
    const bool failed = found == operations_.end() || found->state() == operation_state::failed;
    autoscaling_->ended(now, !failed                      ? std::string{}
                             : found == operations_.end() ? "it was forgotten"
                                                          : found->failure().message);
    for (const auto& each : nodes_)
      each->ask_status();
  }
  if (!autoscaling_->due(now)) return;
  const auto wanted = autoscaling_->judge(now, gather_load(now));
  for (const auto& each : nodes_)
    each->ask_status();
  if (!wanted) return;
  value arguments;
  arguments["nodes"] = *wanted;
  if (const auto begun = begin_scale(arguments))
    autoscaling_->began(operations_begun_);
  else
    autoscaling_->refused(now, begun.error());
}

/// `on` left out: only how it is.
result<value> launcher::turn_autoscaling(const value& arguments) {
  if (!autoscaling_) {
    error why = fail(errc::rejected, "this launcher was started without --autoscale");
    why.reason = "NO_AUTOSCALE";
    return why;
  }
  if (const value* held = arguments.find("on")) {
    const auto* on = held->get_if<bool>();
    if (on == nullptr) return fail(errc::malformed, "on: true or false");
    if (going_down_) return fail(errc::shutting_down, "the launcher is going down");
    autoscaling_->turn(*on);
  }
  return autoscaling_->described();
}

} // namespace troupe::cli
