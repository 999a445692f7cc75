#include "bin/launcher/operation_rules.hpp"

#include <algorithm>

namespace troupe::cli {
namespace {

constexpr std::chrono::milliseconds step_patience{90'000}; // above every patience of a part

const part_facts& facts_of(const cluster_facts& facts, const std::string& part) {
  static const part_facts unknown;
  const auto found = facts.parts.find(part);
  return found == facts.parts.end() ? unknown : found->second;
}

std::string shards_text(std::uint32_t count) {
  return std::to_string(count) + (count == 1 ? " shard" : " shards");
}

} // namespace

void operation::say(std::string line) {
  progress_.push_back(std::move(line));
  if (progress_.size() <= progress_kept) return;
  progress_.pop_front();
  ++dropped_;
}

void operation::fail_step(errc code, std::string why) {
  state_ = operation_state::failed;
  failure_ = fail(code, std::move(why));
  const std::size_t left = steps_.size() - at_ - 1;
  if (left > 0) failure_.message += "; what was to follow was not begun";
}

void operation::abandon(const std::string& why) {
  if (state_ == operation_state::running) fail_step(errc::shutting_down, why);
}

/// What a step orders when it begins.
std::vector<operation_step> operation::begin(const operation_step& step,
                                             const cluster_facts& facts) {
  failures_before_ = facts_of(facts, step.part).failures;
  const auto begun_before = [&](step_kind kind) {
    return std::find(steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(at_),
                     operation_step{kind, step.part}) !=
           steps_.begin() + static_cast<std::ptrdiff_t>(at_);
  };
  switch (step.kind) {
  case step_kind::begin_start:
  case step_kind::start:
    if (!begun_before(step_kind::begin_start)) say("starting " + step.part);
    return {{step_kind::begin_start, step.part}};
  case step_kind::begin_stop:
  case step_kind::stop:
    if (!begun_before(step_kind::begin_stop)) say("stopping " + step.part);
    return {{step_kind::begin_stop, step.part}};
  case step_kind::leave:
    say("asking " + step.part + " to give its shards away");
    return {step};
  case step_kind::replace:
    say("killing " + step.part);
    return {step};
  case step_kind::forget:
    return {step};
  case step_kind::settle:
    break;
  }
  return {};
}

bool operation::is_done(const operation_step& step, const cluster_facts& facts) {
  const part_facts& part = facts_of(facts, step.part);
  switch (step.kind) {
  case step_kind::begin_start:
  case step_kind::begin_stop:
  case step_kind::forget:
    return true;
  case step_kind::start:
    if (part.state == part_state::crash_loop || part.failures != failures_before_) {
      fail_step(errc::callee_failed, step.part + " did not start: it " + part.why);
      return false;
    }
    if (part.state != part_state::up) return false;
    say(step.part + " is up");
    return true;
  case step_kind::stop:
    if (part.state != part_state::stopped) return false;
    say(step.part + " has ended");
    return true;
  case step_kind::replace: // the order takes it out of `up` before anybody looks again
    return part.state != part_state::up;
  case step_kind::settle:
    if (!step.part.empty() && part.state != part_state::up) {
      if (part.failures == failures_before_ && part.state != part_state::crash_loop) return false;
      fail_step(errc::callee_failed, step.part + " did not stay up: it " + part.why);
      return false;
    }
    if (!facts.known || facts.without_owner > 0 || facts.moving > 0) return false;
    if (!step.part.empty() && !part.active) return false;
    say(step.part.empty() ? "every shard has its owner"
                          : step.part + " is a member, every shard has its owner");
    return true;
  case step_kind::leave:
    if (part.leave_answer && !*part.leave_answer) {
      const error& why = part.leave_answer->error();
      fail_step(why.code, step.part + " cannot be drained: " + why.message);
      return false;
    }
    if (!part.leave_answer || !facts.known || part.owns > 0) return false;
    say(step.part + " owns no shard any more");
    return true;
  }
  return true;
}

std::string operation::waiting_for(const operation_step& step, const cluster_facts& facts) const {
  const part_facts& part = facts_of(facts, step.part);
  const std::string name = step.part.empty() ? std::string{"the cluster"} : step.part;
  switch (step.kind) {
  case step_kind::start:
    return name + " is " + std::string{name_of(part.state)} + ", not up" +
           (part.why.empty() ? "" : ": it " + part.why);
  case step_kind::stop:
    return name + " has not ended";
  case step_kind::replace:
    return name + " was not killed";
  case step_kind::leave:
    return name + " still owns " + shards_text(part.owns);
  case step_kind::settle:
    if (!facts.known) return "what the nodes own could not be read";
    if (!step.part.empty() && !part.active) return name + " is no active member";
    return shards_text(facts.without_owner) + " without an owner, " + shards_text(facts.moving) +
           " being handed over";
  case step_kind::begin_start:
  case step_kind::begin_stop:
  case step_kind::forget:
    break;
  }
  return name;
}

std::vector<operation_step> operation::next(monotonic_time now, const cluster_facts& facts) {
  std::vector<operation_step> orders;
  while (state_ == operation_state::running) {
    if (at_ == steps_.size()) {
      state_ = operation_state::done;
      break;
    }
    const operation_step& step = steps_[at_];
    if (!begun_) {
      begun_ = true;
      begun_at_ = now;
      auto more = begin(step, facts);
      const bool waits = !more.empty() && step.kind != step_kind::begin_start &&
                         step.kind != step_kind::begin_stop && step.kind != step_kind::forget;
      orders.insert(orders.end(), more.begin(), more.end());
      if (waits) break; // the facts do not know of the order yet
    }
    if (is_done(step, facts)) {
      ++at_;
      begun_ = false;
      continue;
    }
    if (state_ == operation_state::running && now - begun_at_ >= step_patience)
      fail_step(errc::timeout, "waited " + std::to_string(step_patience.count() / 1'000) +
                                   " s: " + waiting_for(step, facts));
    break;
  }
  return orders;
}

std::string node_name(std::uint32_t number) {
  return "n" + std::to_string(number);
}

std::vector<operation_step> steps_to_scale(const std::vector<std::string>& nodes,
                                           std::uint32_t wanted) {
  std::vector<operation_step> steps;
  std::vector<std::string> fresh;
  for (std::uint32_t i = 1; i <= wanted; ++i)
    if (std::find(nodes.begin(), nodes.end(), node_name(i)) == nodes.end())
      fresh.push_back(node_name(i));
  for (const std::string& each : fresh)
    steps.push_back({step_kind::begin_start, each});
  for (const std::string& each : fresh)
    steps.push_back({step_kind::start, each});
  for (const std::string& each : fresh)
    steps.push_back({step_kind::settle, each});
  // The newest go first, one at a time: each gives its shards to those that stay.
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
    bool stays = false;
    for (std::uint32_t i = 1; i <= wanted; ++i)
      stays = stays || *node == node_name(i);
    if (stays) continue;
    steps.push_back({step_kind::stop, *node});
    steps.push_back({step_kind::forget, *node});
    steps.push_back({step_kind::settle, {}});
  }
  return steps;
}

std::vector<operation_step> steps_to_drain(const std::string& node) {
  return {{step_kind::leave, node}};
}

std::vector<operation_step> steps_to_restart(const std::string& part, bool is_node) {
  std::vector<operation_step> steps{{step_kind::stop, part}, {step_kind::start, part}};
  if (is_node) steps.push_back({step_kind::settle, part});
  return steps;
}

std::vector<operation_step> steps_to_roll(const std::vector<std::string>& nodes) {
  std::vector<operation_step> steps;
  // A cluster that is not whole is not rolled: the next node to go may be the last one that works.
  for (const std::string& each : nodes)
    steps.push_back({step_kind::settle, each});
  for (const std::string& each : nodes)
    for (const operation_step& step : steps_to_restart(each, true))
      steps.push_back(step);
  return steps;
}

std::vector<operation_step> steps_to_roll_abruptly(const std::vector<std::string>& nodes) {
  std::vector<operation_step> steps;
  for (const std::string& each : nodes)
    steps.push_back({step_kind::settle, each});
  for (const std::string& each : nodes)
    steps.push_back({step_kind::replace, each});
  for (const std::string& each : nodes)
    steps.push_back({step_kind::settle, each});
  return steps;
}

std::vector<operation_step> steps_to_go_down(const std::vector<std::string>& nodes,
                                             const std::string& gateway) {
  std::vector<operation_step> steps;
  if (!gateway.empty()) steps.push_back({step_kind::stop, gateway});
  for (const std::string& each : nodes)
    steps.push_back({step_kind::begin_stop, each});
  for (const std::string& each : nodes)
    steps.push_back({step_kind::stop, each});
  return steps;
}

} // namespace troupe::cli
