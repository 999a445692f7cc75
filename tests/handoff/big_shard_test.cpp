#include "messages/taxi.hpp"
#include "tests/handoff/node_group.hpp"
#include "tests/handoff/shard_pauses.hpp"
#include "troupe/client.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <stdexcept>

/// A shard with many aggregates whose states are not written yet changes hands: what is left to
/// write must not be what its callers wait for.
namespace troupe::test {
namespace {

constexpr std::int64_t aggregates = 20'000;
constexpr int callers = 64;
/// On a busy machine; bench/README.md has figures.
constexpr shard_pauses::span pause_bound{3'000};

/// Fares for all aggregates in turn, by callers who wait for their answer before they go on.
class fares {
public:
  explicit fares(const node_group& nodes) {
    client_options options;
    options.endpoints = nodes.endpoints();
    options.deadline = patience;
    auto made = client::connect(std::move(options));
    if (!made) throw std::runtime_error(made.error().message);
    client_.emplace(std::move(*made));
    for (int i = 0; i < callers; ++i)
      next();
  }
  ~fares() { end(); }
  void end() {
    over_.store(true);
    if (!eventually([this] { return waiting_.load() == 0; }, 2 * patience))
      throw std::runtime_error("a call is never answered");
  }
  [[nodiscard]] std::int64_t done() const { return done_.load(); }
  [[nodiscard]] int failed() const { return failed_.load(); }
  [[nodiscard]] shard_pauses::figures pauses() const { return pauses_.sum_up(); }

private:
  void next() {
    if (over_.load()) return;
    const auto which = 1 + turn_.fetch_add(1) % aggregates;
    const taxi::register_fare fare{which, which % 1'000, "suji"};
    waiting_.fetch_add(1);
    const auto began = std::chrono::steady_clock::now();
    client_->send("taxi.payment", {which}, taxi::register_fare::name, encoded(fare),
                  [this, began](auto got) {
                    if (got) {
                      pauses_.note({"taxi.payment", {0}}, got->epoch, began,
                                   std::chrono::steady_clock::now());
                      done_.fetch_add(1);
                    } else {
                      failed_.fetch_add(1);
                    }
                    next();
                    waiting_.fetch_sub(1);
                  });
  }

  std::atomic<bool> over_{false};
  std::atomic<std::int64_t> turn_{0};
  std::atomic<std::int64_t> done_{0};
  std::atomic<int> failed_{0};
  std::atomic<int> waiting_{0};
  shard_pauses pauses_;
  std::optional<client> client_;
};

TEST_CASE("a shard with many states to write changes hands without a long pause") {
  node_group nodes{
      {"--system", "taxi", "--shards", "1", "--expect", "2", "--move-pause-ms", "200"}};
  nodes.start({"n1", "n2"});
  fares clients{nodes};
  const auto owner = [&] { return nodes.agreed().find_shard({"taxi.payment", {0}})->owner.node; };
  for (int i = 0; i < 4; ++i) {
    const auto before = clients.done();
    REQUIRE(eventually([&] { return clients.done() >= before + aggregates; }, 2 * patience));
    nodes.restart(owner());
  }
  clients.end();
  CHECK(clients.failed() == 0);
  const auto seen = clients.pauses();
  WARN(clients.done() << " commands; " << seen.text());
  CHECK(seen.moves >= 4);
  CHECK(seen.most < pause_bound);
  const auto verified = run_program("troupe", {"verify", nodes.data().string()}, 2 * patience);
  INFO(verified.output);
  CHECK(verified.exit_code == 0);
}

} // namespace
} // namespace troupe::test
