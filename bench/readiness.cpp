#include "bench/readiness.hpp"

#include "bench/process.hpp"

#include <algorithm>
#include <chrono>

namespace troupe::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::minutes patience{10};
constexpr std::chrono::seconds opening_patience{60};

[[nodiscard]] result<client> connect_to(const std::string& endpoint) {
  client_options options;
  options.endpoints = {endpoint};
  options.deadline = milliseconds{60'000};
  options.attempts_max = 1; // the SDK's own backoff would blur the time of the first answer
  return client::connect(options);
}

/// What a status says of the contexts of a system.
[[nodiscard]] value::array contexts_of(const value& status, std::string_view system) {
  value::array found;
  const value* contexts = status.find("contexts");
  const auto* all = contexts == nullptr ? nullptr : contexts->get_if<value::array>();
  if (all == nullptr) return found;
  for (const value& each : *all) {
    const value* name = each.find("name");
    const auto* text = name == nullptr ? nullptr : name->get_if<std::string>();
    if (text != nullptr && text->starts_with(std::string{system} + ".")) found.push_back(each);
  }
  return found;
}

[[nodiscard]] bool is_up(const value& context) {
  const value* state = context.find("state");
  return state != nullptr && *state == value{"up"};
}

} // namespace

result<void> await_acknowledgement(const std::string& endpoint, const workload& work,
                                   aggregate_id target) {
  auto through = connect_to(endpoint);
  if (!through) return through.error();
  const auto end = steady_clock::now() + patience;
  for (;;) {
    const auto reply =
        through->send(work.context, target, work.command, work.payload(target)).get();
    if (reply) return {};
    const bool later = info(reply.error().code).again == retry::same_id;
    if (!later || steady_clock::now() >= end) return reply.error();
    pass_time(milliseconds{1});
  }
}

result<std::uint32_t> shards_of(const std::string& endpoint, const workload& work) {
  auto through = connect_to(endpoint);
  if (!through) return through.error();
  const auto served = through->contexts().get();
  if (!served) return served.error();
  for (const served_context& each : *served) {
    if (each.name == work.context) return each.shards;
  }
  return fail(errc::unknown_context, "the node does not serve " + std::string{work.context});
}

result<void> await_all_shards(const std::string& endpoint, const workload& work) {
  const auto shards = shards_of(endpoint, work);
  if (!shards) return shards.error();
  for (std::uint32_t shard = 0; shard < *shards; ++shard) {
    const aggregate_id first{std::int64_t{shard} + 1};
    if (auto ready = await_acknowledgement(endpoint, work, first); !ready) return ready;
  }
  return {};
}

result<void> await_system(client& through, std::string_view system) {
  const auto end = steady_clock::now() + opening_patience;
  for (;;) {
    const auto status = through.admin("status").get();
    if (!status) return status.error();
    const auto contexts = contexts_of(*status, system);
    if (contexts.empty())
      return fail(errc::unknown_context, "the node does not serve " + std::string{system});
    if (std::all_of(contexts.begin(), contexts.end(), is_up)) return {};
    if (steady_clock::now() >= end)
      return fail(errc::context_down, std::string{system} + " is not up after 60 s");
    pass_time(milliseconds{5});
  }
}

} // namespace troupe::bench
