#include "bench/story.hpp"

#include "bench/load.hpp"

#include <algorithm>

namespace troupe::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The pause before the next look grows with the time waited, so that a long wait does not cost
// more looks than a few short ones, and is still known within a quarter.
constexpr milliseconds pause_min{1};
constexpr milliseconds pause_max{100};
constexpr int pause_share = 4;

[[nodiscard]] std::uint64_t nanoseconds(steady_clock::duration time) {
  return static_cast<std::uint64_t>(std::chrono::nanoseconds{time}.count());
}

} // namespace

step_figures& tally::step(std::string_view name, bool sight) {
  for (step_figures& each : steps)
    if (each.name == name) return each;
  step_figures& added = steps.emplace_back();
  added.name = name;
  added.sight = sight;
  return added;
}

void tally::add(const tally& other) {
  for (const step_figures& each : other.steps) {
    step_figures& mine = step(each.name, each.sight);
    mine.latency_ns.add(each.latency_ns);
    mine.at_least_ns.add(each.at_least_ns);
  }
  story_ns.add(other.story_ns);
  looks += other.looks;
  refusals += other.refusals;
}

void user::begin(story told) {
  forget();
  story_ = told.release();
  story_began_ = steady_clock::now();
  acknowledged_ = story_began_;
  story_.resume();
}

void user::forget() {
  if (const auto left = std::exchange(story_, {})) left.destroy();
}

void user::story_ended() {
  if (stage_.measuring()) tally_.story_ns.record(nanoseconds(steady_clock::now() - story_began_));
  forget();
  stage_.ended(*this);
}

void user::send(std::string_view step, std::string_view context, aggregate_id target,
                std::string_view command, std::string payload, std::string_view may_refuse) {
  step_ = step;
  may_refuse_ = may_refuse;
  step_began_ = steady_clock::now();
  link_.send(context, target, command, std::move(payload),
             [this](result<call_reply> reply) { answered(std::move(reply)); });
}

void user::answered(result<call_reply> reply) {
  const auto now = steady_clock::now();
  const bool refused = !reply && !may_refuse_.empty() && reply.error().reason == may_refuse_;
  if (!reply && !refused) return fail_with(reply.error());
  acknowledged_ = now;
  outcome_ = std::move(reply);
  step_figures& figures = tally_.step(step_, false);
  if (stage_.measuring()) {
    tally_.refusals += refused ? 1 : 0;
    figures.latency_ns.record(nanoseconds(now - step_began_));
  }
  story_.resume();
}

void user::wait_for(std::string_view step, std::string_view context, aggregate_id target,
                    judge shows) {
  step_ = step;
  sight_context_ = context;
  sight_target_ = target;
  shows_ = std::move(shows);
  missed_ = acknowledged_;
  look();
}

void user::look() {
  step_began_ = steady_clock::now();
  link_.get(sight_context_, sight_target_,
            [this](result<call_reply> reply) { looked(std::move(reply)); });
}

void user::looked(result<call_reply> reply) {
  const auto now = steady_clock::now();
  if (!reply && reply.error().code != errc::not_found) return fail_with(reply.error());
  bool there = false;
  if (reply) {
    const auto judged = shows_(*reply);
    if (!judged) return stage_.failed(*this, wrong_answer, judged.error().message);
    there = *judged;
  }
  const auto waited = now - acknowledged_;
  const bool counts = stage_.measuring();
  tally_.looks += counts ? 1 : 0;
  if (there) {
    step_figures& figures = tally_.step(step_, true);
    if (counts) {
      figures.latency_ns.record(nanoseconds(waited));
      figures.at_least_ns.record(nanoseconds(missed_ - acknowledged_));
    }
    return story_.resume();
  }
  missed_ = step_began_;
  if (waited > stage_.patience())
    return stage_.failed(*this, not_seen, std::string{step_} + ": did not come to be");
  const auto pause = std::clamp<steady_clock::duration>(waited / pause_share, pause_min, pause_max);
  stage_.look_at(*this, now + pause);
}

void user::fail_with(const error& why) {
  stage_.failed(*this, why.shown_code(), std::string{step_} + ": " + why.message);
}

} // namespace troupe::bench
