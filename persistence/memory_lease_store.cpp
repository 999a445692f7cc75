#include "persistence/cluster_rules.hpp"
#include "persistence/lease_store.hpp"
#include "seams/random.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace troupe {

class memory_cluster {
public:
  memory_cluster() { view.secret = new_secret(); }

  std::mutex mutex;
  std::condition_variable news_came;
  cluster_view view;
  std::uint64_t news = 0; ///< ended leases and changed votes so far
};

namespace {

class memory_lease_store final : public lease_store {
public:
  explicit memory_lease_store(std::shared_ptr<memory_cluster> of) : of_(std::move(of)) {}

  result<cluster_view> read() override {
    const std::scoped_lock held{of_->mutex};
    news_read_ = of_->news;
    return of_->view;
  }

  result<bool> change(std::uint64_t expected, const cluster_change& what) override {
    const std::scoped_lock held{of_->mutex};
    if (of_->view.version != expected) return false;
    if (auto done = apply_change(what, of_->view); !done) return done.error();
    of_->news_came.notify_all();
    return true;
  }

  result<void> renew(const member_key& who) override {
    const std::scoped_lock held{of_->mutex};
    auto& leases = of_->view.leases;
    const auto lease = std::find_if(leases.begin(), leases.end(),
                                    [&](const lease_row& each) { return each.who == who; });
    if (lease == leases.end() || lease->ended) return no_lease(who);
    ++lease->beats;
    return {};
  }

  result<void> end_lease(const member_key& who) override {
    const std::scoped_lock held{of_->mutex};
    if (apply_end_of_lease(who, of_->view)) tell();
    return {};
  }

  result<void> vote(const vote_row& of, bool suspected) override {
    const std::scoped_lock held{of_->mutex};
    if (apply_vote(of, suspected, of_->view)) tell();
    return {};
  }

  void wait(std::uint64_t seen, std::chrono::milliseconds at_most) override {
    std::unique_lock held{of_->mutex};
    of_->news_came.wait_for(held, at_most, [&] {
      return interrupted_ || of_->view.version != seen || of_->news != news_read_;
    });
    interrupted_ = false;
  }

  void interrupt() override {
    const std::scoped_lock held{of_->mutex};
    interrupted_ = true;
    of_->news_came.notify_all();
  }

private:
  void tell() {
    ++of_->news;
    of_->news_came.notify_all();
  }

  std::shared_ptr<memory_cluster> of_;
  std::uint64_t news_read_ = 0; ///< this and the next: guarded by the cluster's mutex
  bool interrupted_ = false;
};

} // namespace

std::shared_ptr<memory_cluster> make_memory_cluster() {
  return std::make_shared<memory_cluster>();
}

std::unique_ptr<lease_store> open_memory_lease_store(std::shared_ptr<memory_cluster> of) {
  return std::make_unique<memory_lease_store>(std::move(of));
}

} // namespace troupe
