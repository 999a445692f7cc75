#include "supervisors/watchdog.hpp"

#include "supervisors/stack_dump.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace troupe {
namespace {

using std::chrono::milliseconds;
using state = lane_watch::state;

constexpr milliseconds look_every_max{100};
constexpr milliseconds look_every_min{5};
constexpr milliseconds dump_patience{2'000};

milliseconds look_every(const watch_limits& limits) {
  return std::clamp(limits.slow / 4, look_every_min, look_every_max);
}

/// A note is written while it is read here, so a text may be cut anywhere; it always ends.
std::string text_of(const std::array<char, turn_note::text_max>& from) {
  const auto end = std::find(from.begin(), from.end() - 1, '\0');
  return {from.begin(), end};
}

} // namespace

std::string lane_report::text() const {
  const std::string time = " for " + std::to_string(for_ms) + " ms";
  if (context.empty()) return "it stands outside of business code, with mail," + time;
  return context + "/" + std::to_string(aggregate) + " runs " + name + time + trace_note(trace);
}

watchdog::watchdog(setting with, const std::vector<std::unique_ptr<lane>>& lanes, const clock& time)
    : setting_(std::move(with)), lanes_(lanes), time_(time),
      watches_(lanes.size(), lane_watch{setting_.limits}), reports_(lanes.size()) {
  prepare_stack_dumps();
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    thread_ids_.push_back(std::make_shared<std::atomic<int>>(0));
    lanes_[i]->control([id = thread_ids_.back()](lane&) { id->store(::gettid()); });
  }
  thread_ = std::thread{[this] { work(); }};
}

watchdog::~watchdog() {
  stop();
}

void watchdog::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    wake_.notify_one();
  }
  thread_.join();
}

std::vector<lane_report> watchdog::reports() const {
  const std::lock_guard lock{mutex_};
  return reports_;
}

void watchdog::work() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    lock.unlock();
    look();
    lock.lock();
    wake_.wait_for(lock, look_every(setting_.limits), [this] { return stopping_; });
  }
}

lane_report watchdog::seen(std::size_t number) {
  auto& of = *lanes_[number];
  auto& note = of.note();
  lane_sight sight;
  sight.business_since_ns = note.since_ns.load(std::memory_order_acquire);
  sight.rounds = of.counters().rounds.load(std::memory_order_relaxed);
  sight.has_mail = of.counters().inbox.load(std::memory_order_relaxed) > 0;
  sight.excused = setting_.excused && setting_.excused(of);
  auto& watch = watches_[number];
  lane_report report;
  report.is = watch.look(sight, time_.monotonic());
  if (!report.stands()) return report;
  report.for_ms = watch.standing().count();
  if (sight.business_since_ns == 0) return report;
  report.context = text_of(note.context); // not written to while the handler runs
  report.name = text_of(note.name);
  report.shard = note.shard;
  report.aggregate = note.aggregate;
  report.trace = {note.trace_high, note.trace_low};
  if (note.since_ns.load(std::memory_order_acquire) != sight.business_since_ns) return {};
  return report;
}

void watchdog::look() {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    auto now = seen(i);
    lane_report before;
    {
      const std::lock_guard lock{mutex_};
      before = std::exchange(reports_[i], now);
    }
    if (!before.stands() && now.stands()) {
      flagged_.fetch_add(1);
      tell(now, i, "slow");
    }
    if (before.stands() && !now.stands()) tell(before, i, "returned");
    if (now.is == state::stuck && before.is != state::stuck) give_up(now, i);
  }
}

void watchdog::tell(const lane_report& from, std::size_t number, std::string_view what) {
  const bool handler = !from.context.empty();
  const std::string lane = "lane " + std::to_string(number);
  supervision_event event;
  event.kind = (handler ? "handler-" : "lane-") + std::string{what};
  event.subject = handler ? from.context + "/" + std::to_string(from.aggregate) : lane;
  event.text = handler ? lane + ": " + from.text() : from.text();
  if (setting_.tell) setting_.tell(std::move(event));
}

void watchdog::give_up(const lane_report& from, std::size_t number) {
  tell(from, number, "stuck");
  if (!setting_.stuck || std::exchange(given_up_, true)) return;
  const auto why = "lane " + std::to_string(number) + " is stuck: " + from.text();
  spdlog::critical("{}", why);
  std::fprintf(stderr, "troupe: %s; the stack of its thread:\n", why.c_str());
  if (!dump_stack(thread_ids_[number]->load(), dump_patience))
    std::fprintf(stderr, "troupe: the thread could not be interrupted\n");
  std::fflush(stderr);
  setting_.stuck(why);
}

} // namespace troupe
