#pragma once

#include "bench/story.hpp"
#include "messages/error.hpp"

#include <cstdint>
#include <future>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace troupe::bench {

/// A scenario as the command line knows it.
struct scenario_info {
  std::string_view system;
  std::string_view meaning; ///< the story in one sentence
  /// `run` marks the rows of this run, so that they can be told from those of others.
  std::unique_ptr<scenario> (*make)(std::int64_t run) = nullptr;
};

[[nodiscard]] std::span<const scenario_info> scenarios();
/// `malformed` with the known names if there is no such scenario.
[[nodiscard]] result<const scenario_info*> scenario_named(std::string_view system);

[[nodiscard]] std::unique_ptr<scenario> make_taxi_scenario(std::int64_t run);
[[nodiscard]] std::unique_ptr<scenario> make_screening_scenario(std::int64_t run);
[[nodiscard]] std::unique_ptr<scenario> make_siren_scenario(std::int64_t run);
[[nodiscard]] std::unique_ptr<scenario> make_mybnb_scenario(std::int64_t run);
[[nodiscard]] std::unique_ptr<scenario> make_edu_scenario(std::int64_t run);

/// Sends all the commands at once; the ids of the aggregates they made, in their order.
template <message M>
[[nodiscard]] result<std::vector<aggregate_id>> make_all(client& through, std::string_view context,
                                                         const std::vector<M>& commands) {
  std::vector<std::future<result<call_reply>>> replies;
  for (const M& each : commands)
    replies.push_back(through.send(context, {}, each));
  std::vector<aggregate_id> made;
  for (auto& each : replies) {
    const auto reply = each.get();
    if (!reply) return reply.error();
    made.push_back(reply->target);
  }
  return made;
}

} // namespace troupe::bench
