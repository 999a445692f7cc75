#include "bench/readiness.hpp"

#include "bench/process.hpp"
#include "net/sdk/troupe/client.hpp"

#include <chrono>

namespace troupe::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::minutes patience{10};

[[nodiscard]] result<client> connect_to(const std::string& endpoint) {
  client_options options;
  options.endpoints = {endpoint};
  options.deadline = milliseconds{60'000};
  options.attempts_max = 1; // the SDK's own backoff would blur the time of the first answer
  return client::connect(options);
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

} // namespace troupe::bench
