#include "actors/verb_arguments.hpp"
#include "supervisors/running_node.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

/// What a node sees of its own health, and what operators say about what it does by itself.
namespace troupe {

void running_node::start_watchdog() {
  watchdog::setting with;
  with.limits = options_.watch;
  with.excused = [this](const lane& which) { return may_stand(which); };
  with.tell = [this](supervision_event what) { rules_.happened(std::move(what)); };
  with.stuck = options_.stuck;
  watch_ = std::make_unique<watchdog>(std::move(with), lanes_, clock_);
}

/// A lane stands outside of business code for good reasons: a part's journal is folded, however
/// long it is, and without its lease it waits for a new one.
bool running_node::may_stand(const lane& which) const {
  if (!lease_stands()) return true;
  const auto has_work = [&](const std::unique_ptr<part_state>& part) {
    if (part->on != &which) return false;
    const auto phase = part->phase.load();
    return phase == part_phase::opening || phase == part_phase::closing ||
           part->shard.recovers.load();
  };
  return std::any_of(contexts_.begin(), contexts_.end(), [&](const auto& context) {
    return std::any_of(context->parts.begin(), context->parts.end(), has_work);
  });
}

bool running_node::live(std::string* why) const {
  if (!watch_) return true;
  const auto reports = watch_->reports();
  const auto at = std::find_if(reports.begin(), reports.end(),
                               [](const lane_report& each) { return each.stands(); });
  if (at == reports.end()) return true;
  if (why != nullptr) *why = "lane " + std::to_string(at - reports.begin()) + ": " + at->text();
  return false;
}

value running_node::describe_life() const {
  std::string why;
  value said{value::object{}};
  said["node"] = options_.name;
  said["live"] = live(&why);
  said["why"] = why.empty() ? value{} : value{why};
  return said;
}

/// `{action, state: on|off}`: switches an action, for this process.
result<void> running_node::switch_healing(const value& arguments) {
  const auto named = text_in(arguments, "action");
  const auto wanted = text_in(arguments, "state");
  const auto action = healing_action_of(named);
  if (!action) return fail(errc::malformed, "there is no healing action '" + named + "'");
  if (wanted != "on" && wanted != "off")
    return fail(errc::malformed, "an action is switched \"on\" or \"off\"");
  healing_.turn(*action, wanted == "on");
  spdlog::info("healing action={} operator={}", named, wanted);
  rules_.happened({"healing-switched", named, "an operator switched it " + wanted, 0});
  return {};
}

result<value> running_node::ask_healing(const std::string& verb, const value& arguments) {
  if (verb == "healing-switch") {
    if (auto done = switch_healing(arguments); !done) return done.error();
  } else if (arguments.find("action") != nullptr) { // as tools of earlier releases switch it
    return fail(errc::malformed, "healing only shows; healing-switch changes");
  }
  auto said = healing_.describe();
  said["node"] = options_.name;
  return said;
}

} // namespace troupe
