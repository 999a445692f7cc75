// The measures of a cluster: what its clients notice when shards change hands.
#include "bench/measures.hpp"
#include "bench/own_cluster.hpp"
#include "bench/readiness.hpp"
#include "bench/watched_load.hpp"

#include <memory>
#include <vector>

namespace troupe::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr milliseconds patience{60'000};
constexpr std::uint32_t stale_clients = 32; ///< of one redirect each

[[nodiscard]] double millis(std::uint64_t nanos) {
  return static_cast<double>(nanos) / 1e6;
}

void add_distribution(const std::string& name, const histogram& from, measurement& to) {
  to.add(name + ", p50", "ms", millis(from.at_share(0.5)));
  to.add(name + ", p99", "ms", millis(from.at_share(0.99)));
  to.add(name + ", longest", "ms", millis(from.most()));
  to.add(name + ", seen", "times", static_cast<double>(from.count()));
}

/// A cluster and the load on it, which ends first.
struct watched_cluster {
  std::unique_ptr<own_cluster> nodes;
  std::unique_ptr<watched_load> load;
};

[[nodiscard]] result<watched_cluster> start_watched(const measure_setting& with,
                                                    const std::filesystem::path& folder) {
  watched_cluster made;
  auto nodes = own_cluster::start(with.binary, folder, with.options.nodes);
  if (!nodes) return nodes.error();
  made.nodes = std::move(*nodes);
  const auto shards = shards_of(made.nodes->at(0).endpoint(), with.work);
  if (!shards) return shards.error();
  auto load = watched_load::start(with.work, {made.nodes->endpoints(), *shards,
                                              with.options.in_flight, with.options.aggregates});
  if (!load) return load.error();
  made.load = std::move(*load);
  if (!made.load->all_answer(patience)) return fail(errc::timeout, "not every shard answers");
  return made;
}

void end_watched(watched_cluster& of, measurement& to) {
  of.load->end();
  to.add_errors(of.load->errors(), of.load->first_error());
  if (auto stopped = of.nodes->stop_all(); !stopped) to.spoil(stopped.error().message);
}

/// The node that owns most shards of a context: shards are spread evenly over all contexts, so one
/// may own none of this one.
[[nodiscard]] result<std::uint32_t> main_owner(const own_cluster& nodes, std::string_view context) {
  std::uint32_t found = 0;
  std::size_t most = 0;
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    const auto shards = nodes.owned_by(i, context);
    if (!shards) return shards.error();
    if (shards->size() <= most) continue;
    most = shards->size();
    found = i;
  }
  if (most == 0) return fail(errc::internal, "no node owns a shard of the workload");
  return found;
}

/// Kills a node and waits for each of its shards; adds how long they took from the kill.
[[nodiscard]] result<void> fail_over(watched_cluster& of, bool tell, std::string_view context,
                                     histogram& took) {
  const auto which = main_owner(*of.nodes, context);
  if (!which) return which.error();
  const auto shards = of.nodes->owned_by(*which, context);
  if (!shards) return shards.error();
  const auto began = steady_clock::now();
  if (auto killed = of.nodes->kill(*which, tell); !killed) return killed;
  for (const auto& each : *shards) {
    auto first = of.load->first_after(each.shard, each.epoch);
    for (; !first && steady_clock::now() < began + patience;
         first = of.load->first_after(each.shard, each.epoch))
      pass_time(milliseconds{5});
    if (!first) return fail(errc::timeout, "a shard of a dead node is not taken over");
    took.record(static_cast<std::uint64_t>(nanoseconds{*first - began}.count()));
  }
  return of.nodes->start_again(*which);
}

[[nodiscard]] nanoseconds time_of(client& through, const workload& work, aggregate_id target,
                                  result<call_reply>& answer) {
  const auto began = steady_clock::now();
  answer = through.send(work.context, target, work.command, work.payload(target)).get();
  return steady_clock::now() - began;
}

[[nodiscard]] result<client> connect_to(const own_cluster& nodes) {
  client_options options;
  options.endpoints = nodes.endpoints();
  options.deadline = milliseconds{30'000};
  options.name = "troupe bench";
  return client::connect(std::move(options));
}

/// Sends each client's first command after the move and then a second one.
[[nodiscard]] result<void> compare(std::vector<client>& clients, const workload& work,
                                   aggregate_id target, measurement& to) {
  histogram stale;
  histogram fresh;
  for (auto& each : clients) {
    for (auto* const into : {&stale, &fresh}) {
      result<call_reply> answer = fail(errc::internal, "not sent");
      const auto took = time_of(each, work, target, answer);
      if (!answer) return answer.error();
      into->record(static_cast<std::uint64_t>(took.count()));
    }
  }
  add_distribution("command of a client with a stale map", stale, to);
  add_distribution("command of a client with a fresh map", fresh, to);
  return {};
}

[[nodiscard]] result<void> measure_one_redirect(const measure_setting& with, own_cluster& nodes,
                                                std::uint32_t goes, measurement& to) {
  const auto shards = nodes.owned_by(goes, with.work.context);
  if (!shards) return shards.error();
  const aggregate_id target{std::int64_t{shards->front().shard} + 1};
  std::vector<client> clients;
  for (std::uint32_t i = 0; i < stale_clients; ++i) {
    auto made = connect_to(nodes);
    if (!made) return made.error();
    result<call_reply> answer = fail(errc::internal, "not sent");
    (void)time_of(*made, with.work, target, answer);
    if (!answer) return answer.error();
    clients.push_back(std::move(*made));
  }
  call_options only;
  only.endpoint = nodes.at(goes).endpoint();
  if (auto left = clients.front().admin("leave", {}, only).get(); !left) return left.error();
  const auto end = steady_clock::now() + patience;
  for (auto rest = nodes.owned_by(goes, with.work.context); !rest || !rest->empty();
       rest = nodes.owned_by(goes, with.work.context)) {
    if (steady_clock::now() >= end) return fail(errc::timeout, "the node gives nothing away");
    pass_time(milliseconds{5});
  }
  clients.erase(clients.begin()); // it may know more than the others
  pass_time(milliseconds{500});   // until the new owner has opened the shard
  return compare(clients, with.work, target, to);
}

} // namespace

result<void> measure_hand_off(const measure_setting& with, measurement& to) {
  for (std::uint32_t run = 0; run < with.options.runs; ++run) {
    const auto folder = scratch_folder::make(with.scratch);
    if (!folder) return folder.error();
    auto of = start_watched(with, folder->path());
    if (!of) return of.error();
    for (std::uint32_t i = 0; i < of->nodes->size(); ++i) {
      with.progress("run " + std::to_string(run + 1) + ": restart of node " +
                    std::to_string(i + 1));
      if (auto stopped = of->nodes->stop(i); !stopped) return stopped;
      if (auto again = of->nodes->start_again(i); !again) return again;
      if (!of->load->all_answer(patience)) return fail(errc::timeout, "not every shard answers");
    }
    end_watched(*of, to);
    add_distribution("pause of a shard", of->load->pauses(), to);
    add_distribution("commands", of->load->latencies(), to);
  }
  return {};
}

result<void> measure_failover(const measure_setting& with, measurement& to) {
  const auto folder = scratch_folder::make(with.scratch);
  if (!folder) return folder.error();
  auto of = start_watched(with, folder->path());
  if (!of) return of.error();
  histogram told;
  histogram expired;
  for (std::uint32_t run = 0; run < with.options.runs; ++run) {
    for (const bool tell : {true, false}) {
      with.progress("run " + std::to_string(run + 1) + (tell ? ": exit seen" : ": lease runs out"));
      auto done = fail_over(*of, tell, with.work.context, tell ? told : expired);
      if (!done) return done;
      if (!of->load->all_answer(patience)) return fail(errc::timeout, "not every shard answers");
    }
  }
  end_watched(*of, to);
  add_distribution("failover, exit seen", told, to);
  add_distribution("failover, lease runs out", expired, to);
  return {};
}

result<void> measure_redirect(const measure_setting& with, measurement& to) {
  const auto folder = scratch_folder::make(with.scratch);
  if (!folder) return folder.error();
  auto nodes = own_cluster::start(with.binary, folder->path(), with.options.nodes);
  if (!nodes) return nodes.error();
  for (std::uint32_t run = 0; run < with.options.runs; ++run) {
    with.progress("run " + std::to_string(run + 1));
    const auto goes = main_owner(**nodes, with.work.context);
    if (!goes) return goes.error();
    if (auto done = measure_one_redirect(with, **nodes, *goes, to); !done) return done;
    if (auto stopped = (*nodes)->stop(*goes); !stopped) return stopped;
    if (auto again = (*nodes)->start_again(*goes); !again) return again;
  }
  if (auto stopped = (*nodes)->stop_all(); !stopped) to.spoil(stopped.error().message);
  return {};
}

} // namespace troupe::bench
