#include "actors/behaviour.hpp"
#include "messages/taxi.hpp"
#include "supervisors/node.hpp"
#include "tests/supervisors/waiting.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr int fares = 3'000; ///< several steps of winding down

/// A cluster of which nobody else is there.
struct no_others final : cluster_side {
  void forward(const shard_ref& to, inbound& what) override {
    std::vector<answer> one;
    one.push_back({what.from, redirect(to)});
    what.from.port->deliver(one);
  }
  void forward_about(inbound&) override {}
  [[nodiscard]] error redirect(const shard_ref&) const override {
    auto why = fail(errc::not_owner, "nobody");
    why.moved.emplace();
    return why;
  }
  [[nodiscard]] std::shared_ptr<const shard_map> map() const override { return known; }
  void want_of(const std::string&, std::optional<bool>, std::optional<answer_delay>) override {}
  void leave() override {}
  result<std::string> move_shard(const shard_ref&, const std::string& to) override { return to; }
  std::shared_ptr<const shard_map> known = std::make_shared<const shard_map>();
};

/// A member of a cluster with one shard of taxi.payment, and callers who count their answers.
struct member final : answer_port {
  const shard_ref payment{"taxi.payment", {0}};
  temp_folder scratch;
  std::unique_ptr<storage> disk = make_sqlite_storage({scratch.path()});
  no_others cluster;
  std::atomic<int> answered{0};
  std::atomic<int> moved{0};
  std::unique_ptr<node> one;
  std::uint64_t last = 0;

  member() {
    node_options options;
    options.systems = {"taxi"};
    options.shards = 1;
    options.cluster = &cluster;
    one = node::start(std::move(options), *disk, real_clock()).value();
  }
  ~member() override { one->stop(); }
  void deliver(std::vector<answer>& batch) override {
    for (auto& each : batch) {
      if (std::holds_alternative<reply_content>(each.content)) ++answered;
      const auto* why = std::get_if<error>(&each.content);
      if (why != nullptr && why->moved) ++moved;
    }
    batch.clear();
  }
  [[nodiscard]] part_report::phase phase() const {
    for (const auto& each : one->parts())
      if (each.which == payment) return each.is;
    return part_report::phase::closed;
  }
  [[nodiscard]] bool opens(std::uint64_t epoch) {
    one->own(payment, {epoch});
    return eventually([&] { return phase() == part_report::phase::open; });
  }
  void send(int commands) {
    std::vector<inbound> batch(static_cast<std::size_t>(commands));
    for (auto& each : batch) {
      ++last;
      each.from = {this, 1, last};
      each.deadline = real_clock().monotonic() + std::chrono::seconds{30};
      each.content.context = payment.context;
      each.content.name = taxi::register_fare::name;
      each.content.target = {static_cast<std::int64_t>(last)};
      each.content.command = command_id::make(real_clock().wall(), last, 7);
      each.content.payload = encoded(taxi::register_fare{std::int64_t{1}, 5, "suji"});
    }
    one->submit(batch);
  }
  [[nodiscard]] journal_identity successor(std::uint64_t epoch) const {
    return {payment.context, payment.shard, 1, "n2", epoch_number{epoch}};
  }
};

const context_info& info_of(const std::string& name) {
  const auto& all = all_behaviours();
  return *std::find_if(all.begin(), all.end(), [&](const auto& each) {
            return each.info->full_name() == name;
          })->info;
}

} // namespace

TEST_CASE("a shard that was handed over can be opened by another at once, with little to read",
          "[node]") {
  member from;
  REQUIRE(from.opens(1));
  from.send(fares);
  REQUIRE(eventually([&] { return from.answered == fares; }));
  from.one->hand_over(from.payment);
  from.one->hand_over(from.payment); // as the membership may say again meanwhile
  REQUIRE(eventually([&] { return from.phase() == part_report::phase::closed; }));
  const auto others = make_sqlite_storage({from.scratch.path()});
  const auto journal = others->open_journal(from.successor(2));
  REQUIRE(journal);
  CHECK((*journal)->head().value >= fares);
  const auto derived = others->open_derived(from.successor(2), info_of("taxi.payment"));
  REQUIRE(derived);
  CHECK((*derived)->states_position() == (*journal)->head());
  const auto snapshot = (*derived)->load_snapshot();
  REQUIRE(snapshot);
  CHECK((*journal)->head().value - snapshot->position.value <= 1'000);
}

TEST_CASE("whoever asks a shard while it is handed over is answered or sent on", "[node]") {
  member from;
  REQUIRE(from.opens(1));
  from.send(fares);
  from.one->hand_over(from.payment);
  CHECK(eventually([&] {
    const auto sent = static_cast<int>(from.last);
    if (from.answered + from.moved == sent) from.send(20);
    return from.moved > 0;
  }));
  const auto all = static_cast<int>(from.last);
  CHECK(eventually([&] { return from.answered + from.moved == all; }));
}

TEST_CASE("a shard that is lost while it is wound down is closed, and comes back", "[node]") {
  member from;
  REQUIRE(from.opens(1));
  from.send(fares);
  REQUIRE(eventually([&] { return from.answered == fares; }));
  from.one->hand_over(from.payment);
  from.one->disown(from.payment);
  REQUIRE(eventually([&] { return from.phase() == part_report::phase::closed; }));
  REQUIRE(from.opens(3));
  from.send(10);
  CHECK(eventually([&] { return from.answered == fares + 10; }));
}

TEST_CASE("handing over what is not open only closes it", "[node]") {
  member from;
  from.one->hand_over(from.payment);
  from.one->hand_over({"taxi.callList", {0}});
  from.one->hand_over({"taxi.nowhere", {0}});
  CHECK(from.phase() == part_report::phase::closed);
  CHECK(from.opens(1));
}
