#include "tests/cluster_faults/shard_probes.hpp"

#include "messages/taxi.hpp"
#include "tests/support/sdk_door.hpp"

#include <algorithm>
#include <utility>

namespace troupe::test {
namespace {

constexpr const char* context = "taxi.payment";
constexpr std::int64_t targets = 50; ///< aggregates of each shard that the probes go round

[[nodiscard]] milliseconds between(monotonic_time from, monotonic_time to) {
  return std::chrono::duration_cast<milliseconds>(to - from);
}

[[nodiscard]] monotonic_time now() {
  return real_clock().monotonic();
}

} // namespace

shard_probes::shard_probes(client_options to, const std::filesystem::path& ledger, plan how)
    : told_(ledger), how_(std::move(how)), client_(connect_with(std::move(to))) {
  for (const auto& which : shards())
    workers_.emplace_back([this, which] { work(which); });
}

shard_probes::~shard_probes() {
  end();
}

void shard_probes::end() {
  over_.store(true);
  for (auto& each : workers_)
    each.join();
  workers_.clear();
}

std::set<shard_ref> shard_probes::shards() const {
  std::set<shard_ref> all;
  for (std::uint32_t shard = 0; shard < how_.shards; ++shard)
    all.insert({context, {shard}});
  return all;
}

void shard_probes::work(const shard_ref& which) {
  for (std::int64_t turn = 0; !over_.load(); ++turn) {
    const auto place = turn % targets * how_.shards + which.shard.value;
    const std::int64_t before = (probes_above / how_.shards + 1) * how_.shards;
    send_one(which, before + place + 1);
    (void)eventually([this] { return over_.load(); }, how_.pause);
  }
}

void shard_probes::send_one(const shard_ref& which, std::int64_t id) {
  call_options options;
  options.command = client_ledger::fresh_id();
  for (bool open = true; open;) {
    const bool last = over_.load();
    answer how{which, now(), {}, 0, {}};
    const auto got =
        told_.send(client_, which.context, {id}, taxi::register_fare{id, 3'500, "x"}, options);
    how.answered = now();
    if (got)
      how.epoch = got->epoch.value;
    else
      how.problem = std::string{info(got.error().code).name} + ": " + got.error().message;
    open = !got && !last;
    {
      const std::lock_guard lock{guard_};
      answers_.push_back(std::move(how));
    }
    if (open) (void)eventually([this] { return over_.load(); }, how_.pause);
  }
}

std::vector<shard_probes::answer> shard_probes::answers() const {
  const std::lock_guard lock{guard_};
  return answers_;
}

std::vector<std::string> shard_probes::problems() const {
  std::vector<std::string> all;
  for (const auto& each : answers())
    if (!each.problem.empty())
      all.push_back(each.which.context + " shard " + std::to_string(each.which.shard.value) +
                    " after " + std::to_string(between(each.sent, each.answered).count()) +
                    " ms: " + each.problem);
  return all;
}

std::map<shard_ref, std::uint64_t> shard_probes::epochs() const {
  std::map<shard_ref, std::uint64_t> newest;
  for (const auto& each : answers())
    newest[each.which] = std::max(newest[each.which], each.epoch);
  return newest;
}

bool shard_probes::all_answer(const std::set<shard_ref>& of, monotonic_time since) const {
  std::set<shard_ref> left = of;
  for (const auto& each : answers())
    if (each.problem.empty() && each.sent >= since) left.erase(each.which);
  return left.empty();
}

std::vector<milliseconds> shard_probes::first_answers(const std::set<shard_ref>& of,
                                                      monotonic_time since) const {
  const auto all = answers();
  std::map<shard_ref, std::uint64_t> before;
  for (const auto& each : all)
    if (each.answered <= since) before[each.which] = std::max(before[each.which], each.epoch);
  std::map<shard_ref, monotonic_time> first;
  for (const auto& each : all) {
    if (each.answered <= since || of.count(each.which) == 0 || each.epoch <= before[each.which])
      continue;
    const auto at = first.try_emplace(each.which, each.answered).first;
    at->second = std::min(at->second, each.answered);
  }
  std::vector<milliseconds> times;
  for (const auto& [which, at] : first)
    times.push_back(between(since, at));
  return times;
}

milliseconds shard_probes::slowest(const std::set<shard_ref>& of, monotonic_time since) const {
  milliseconds most{0};
  for (const auto& each : answers())
    if (each.answered > since && of.count(each.which) > 0)
      most = std::max(most, between(each.sent, each.answered));
  return most;
}

std::string listed(const std::vector<std::string>& sentences) {
  constexpr std::size_t shown_max = 20;
  std::string all = std::to_string(sentences.size()) + " problems";
  for (std::size_t i = 0; i < std::min(shown_max, sentences.size()); ++i)
    all += "\n  " + sentences[i];
  return all;
}

std::string distribution(std::vector<milliseconds> of) {
  if (of.empty()) return "nothing measured";
  std::sort(of.begin(), of.end());
  const auto at = [&](std::size_t percent) {
    return std::to_string(of[std::min(of.size() - 1, of.size() * percent / 100)].count()) + " ms";
  };
  return "p50 " + at(50) + ", p99 " + at(99) + ", most " + at(100) + " of " +
         std::to_string(of.size());
}

} // namespace troupe::test
