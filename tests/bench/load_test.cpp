#include "bench/load.hpp"

#include "tests/bench/answering_node.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <set>

using namespace troupe;
using namespace troupe::bench;
using troupe::test::answering_node;

namespace {

[[nodiscard]] std::variant<reply_content, error> well(const request& from) {
  return reply_content{.target = from.target, .seq = 1};
}

[[nodiscard]] const workload& writing() {
  return *workload_named("register-fare").value();
}

[[nodiscard]] load_options briefly(const answering_node& node) {
  load_options load;
  load.endpoint = node.endpoint();
  load.in_flight = 16;
  load.warm_up = std::chrono::milliseconds{20};
  load.duration = std::chrono::milliseconds{100};
  load.call_deadline = std::chrono::milliseconds{1000};
  return load;
}

} // namespace

TEST_CASE("a load that is answered well is clean and counts only the measured time") {
  answering_node node{well};
  auto load = briefly(node);
  load.connections = 2;
  load.node = process_id{getpid()};
  const auto seen = run_load(writing(), load);
  REQUIRE(seen.ok());
  INFO(seen->first_error);
  CHECK(seen->clean());
  CHECK(seen->completed > 100);
  CHECK(seen->completed < node.requests());
  CHECK(seen->seconds == Approx(0.1).margin(0.05));
  CHECK(seen->latency_ns.at_share(0.5) > 0);
  CHECK(seen->latency_ns.count() == seen->completed);
  CHECK(seen->client_cpu_us.has_value());
  CHECK(seen->node_cpu_us.has_value());
}

TEST_CASE("a counted load sends each call once, to each aggregate in turn") {
  std::mutex mutex;
  std::multiset<std::int64_t> targets;
  std::set<command_id> commands;
  answering_node node{[&](const request& from) {
    const std::lock_guard lock{mutex};
    targets.insert(from.target.number);
    commands.insert(from.command);
    return well(from);
  }};
  auto load = briefly(node);
  load.calls = 1000;
  load.first_id = 5;
  load.id_step = 4;
  load.aggregates = 500;
  const auto seen = run_load(writing(), load);
  REQUIRE(seen.ok());
  CHECK(seen->clean());
  CHECK(seen->completed == 1000);
  CHECK(commands.size() == 1000);
  CHECK(targets.size() == 1000);
  CHECK(targets.count(5) == 2);
  CHECK(targets.count(9) == 2);
  CHECK(*targets.rbegin() == 5 + 499 * 4);
}

TEST_CASE("a load with refused calls is not clean and names the codes") {
  std::atomic<int> number{0};
  answering_node node{[&](const request& from) -> std::variant<reply_content, error> {
    if (++number % 100 == 0) return fail(errc::rejected, "no");
    return well(from);
  }};
  const auto seen = run_load(writing(), briefly(node));
  REQUIRE(seen.ok());
  CHECK_FALSE(seen->clean());
  CHECK(seen->errors.at(std::string{info(errc::rejected).name}) > 0);
  CHECK(seen->first_error == "no");
  CHECK(seen->completed > 0);
}

TEST_CASE("an answer for another aggregate, or an old one, is a wrong answer") {
  const bool replayed = GENERATE(true, false);
  answering_node node{[&](const request& from) -> std::variant<reply_content, error> {
    auto reply = std::get<reply_content>(well(from));
    replayed ? void(reply.replayed = true) : void(++reply.target.number);
    return reply;
  }};
  const auto seen = run_load(writing(), briefly(node));
  REQUIRE(seen.ok());
  CHECK(seen->completed == 0);
  CHECK_FALSE(seen->clean());
  CHECK(seen->errors.at(wrong_answer) > 0);
}

TEST_CASE("reads go out as reads") {
  std::atomic<bool> all_reads{true};
  answering_node node{[&](const request& from) {
    if (from.kind != request_kind::get) all_reads = false;
    return well(from);
  }};
  const auto seen = run_load(*workload_named("read-fare").value(), briefly(node));
  REQUIRE(seen.ok());
  CHECK(seen->clean());
  CHECK(all_reads);
}

TEST_CASE("a load on nothing fails instead of showing zeros") {
  load_options load;
  load.endpoint = "tcp://127.0.0.1:1";
  load.call_deadline = std::chrono::milliseconds{200};
  CHECK_FALSE(run_load(writing(), load).ok());

  load.connections = 2;
  load.in_flight = 1;
  const auto too_few = run_load(writing(), load);
  REQUIRE_FALSE(too_few.ok());
  CHECK(too_few.error().code == errc::malformed);
}

TEST_CASE("a workload is found by its name only, and its request has about 150 bytes") {
  CHECK(workload_named("no-such").error().code == errc::malformed);
  CHECK(writing().request_bytes() > 120);
  CHECK(writing().request_bytes() < 180);
}
