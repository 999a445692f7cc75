#include "tests/cluster_faults/move_watch.hpp"

#include <stdexcept>
#include <utility>

namespace troupe::test {
namespace {

constexpr milliseconds look_at_least_every{20};

} // namespace

move_watch::move_watch(const std::filesystem::path& data) {
  auto opened = open_sqlite_lease_store(data);
  if (!opened) throw std::runtime_error(opened.error().message);
  store_ = std::move(*opened);
  thread_ = std::thread{[this] { watch(); }};
}

move_watch::~move_watch() {
  over_.store(true);
  store_->interrupt();
  thread_.join();
}

void move_watch::watch() {
  std::uint64_t seen = 0;
  while (!over_.load()) {
    const auto view = store_->read();
    const auto now = real_clock().monotonic();
    if (view && view->version != seen) {
      const std::lock_guard lock{guard_};
      for (const auto& each : view->shards) {
        auto& known = shards_[each.which];
        // What it finds at first is no move.
        if (known.epoch != 0 && each.epoch.value != known.epoch) known.moved.push_back(now);
        known.epoch = each.epoch.value;
      }
      seen = view->version;
    }
    store_->wait(seen, look_at_least_every);
  }
}

std::size_t move_watch::moves() const {
  const std::lock_guard lock{guard_};
  std::size_t all = 0;
  for (const auto& [which, known] : shards_)
    all += known.moved.size();
  return all;
}

std::vector<std::string> move_watch::faster_than(milliseconds pause) const {
  const std::lock_guard lock{guard_};
  std::vector<std::string> found;
  for (const auto& [which, known] : shards_)
    for (std::size_t i = 1; i < known.moved.size(); ++i) {
      const auto gap =
          std::chrono::duration_cast<milliseconds>(known.moved[i] - known.moved[i - 1]);
      if (gap < pause)
        found.push_back(which.context + " shard " + std::to_string(which.shard.value) +
                        " moved again after " + std::to_string(gap.count()) + " ms");
    }
  return found;
}

} // namespace troupe::test
