#include "bench/watched_load.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

namespace troupe::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr milliseconds call_deadline{30'000};

} // namespace

result<std::unique_ptr<watched_load>> watched_load::start(const workload& work, setting how) {
  client_options options;
  options.endpoints = how.endpoints;
  options.deadline = call_deadline;
  options.name = "troupe bench";
  std::unique_ptr<watched_load> made{new watched_load{work, std::move(how)}};
  auto link = client::connect(std::move(options));
  if (!link) return link.error();
  made->link_.emplace(std::move(*link));
  for (std::uint32_t i = 0; i < made->how_.in_flight; ++i)
    made->call();
  return made;
}

watched_load::~watched_load() {
  end();
}

void watched_load::end() {
  over_.store(true);
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, 2 * call_deadline, [this] { return open_ == 0; });
  lock.unlock();
  link_.reset(); // no callback runs after this
}

void watched_load::call() {
  if (over_.load()) return;
  const auto place = turn_.fetch_add(1) % static_cast<std::uint64_t>(how_.aggregates);
  const aggregate_id target{static_cast<std::int64_t>(place) + 1};
  {
    const std::lock_guard lock{mutex_};
    ++open_;
  }
  const auto began = steady_clock::now();
  link_->send(work_.context, target, work_.command, work_.payload(target),
              [this, target, began](auto got) { answered(target, began, got); });
}

void watched_load::answered(aggregate_id target, time began, const result<call_reply>& got) {
  const auto now = steady_clock::now();
  {
    const std::lock_guard lock{mutex_};
    if (got) {
      latency_ns_.record(static_cast<std::uint64_t>(nanoseconds{now - began}.count()));
      auto& of = seen_[shard_of(target, how_.shards).value]
                     .try_emplace(got->epoch, ownership{now, now, 0})
                     .first->second;
      of.last = now;
      ++of.answers;
    } else {
      if (first_error_.empty()) first_error_ = got.error().message;
      ++errors_[std::string{got.error().shown_code()}];
      over_.store(true); // the figures are worthless from here on
    }
  }
  call();
  const std::lock_guard lock{mutex_};
  --open_;
  changed_.notify_all();
}

std::optional<watched_load::time> watched_load::first_after(std::uint32_t shard,
                                                            epoch_number before) const {
  const std::lock_guard lock{mutex_};
  const auto of = seen_.find(shard);
  if (of == seen_.end()) return std::nullopt;
  const auto next = of->second.upper_bound(before);
  if (next == of->second.end()) return std::nullopt;
  return next->second.first;
}

histogram watched_load::pauses() const {
  const std::lock_guard lock{mutex_};
  histogram all;
  for (const auto& [shard, epochs] : seen_)
    for (auto at = epochs.begin(); std::next(at) != epochs.end(); ++at) {
      const nanoseconds pause{std::next(at)->second.first - at->second.last};
      all.record(static_cast<std::uint64_t>(std::max<std::int64_t>(pause.count(), 0)));
    }
  return all;
}

histogram watched_load::latencies() const {
  const std::lock_guard lock{mutex_};
  return latency_ns_;
}

bool watched_load::all_answer(milliseconds at_most) const {
  std::unique_lock lock{mutex_};
  const auto answers = [this] {
    std::map<std::uint32_t, std::uint64_t> all;
    for (const auto& [shard, epochs] : seen_)
      for (const auto& [epoch, of] : epochs)
        all[shard] += of.answers;
    return all;
  };
  const auto before = answers();
  return changed_.wait_for(lock, at_most, [&] {
    const auto now = answers();
    return now.size() == how_.shards && std::all_of(now.begin(), now.end(), [&](const auto& each) {
             const auto known = before.find(each.first);
             return each.second > (known == before.end() ? 0 : known->second);
           });
  });
}

error_counts watched_load::errors() const {
  const std::lock_guard lock{mutex_};
  return errors_;
}

std::string watched_load::first_error() const {
  const std::lock_guard lock{mutex_};
  return first_error_;
}

} // namespace troupe::bench
