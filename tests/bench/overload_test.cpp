#include "bench/open_loop.hpp"
#include "bench/own_node.hpp"
#include "bench/process.hpp"
#include "bench/readiness.hpp"
#include "messages/taxi.hpp"
#include "tests/bench/answering_node.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <filesystem>

using namespace troupe;
using namespace troupe::bench;
using namespace std::chrono_literals;

namespace {

void call_taxi(client& over, std::uint64_t number, call_options options, client::callback done) {
  taxi::call_taxi command;
  command.customer_id = static_cast<std::int64_t>(number % 1'000) + 1;
  command.destination = std::string(200, 'x');
  command.cost = 1'500;
  over.send("taxi.call", {}, taxi::call_taxi::name, encoded(command), std::move(done),
            std::move(options));
}

} // namespace

TEST_CASE("an open loop offers its rate whatever becomes of the calls, and tells them apart") {
  std::atomic<std::uint64_t> turn{0};
  test::answering_node node{[&](const request&) -> std::variant<reply_content, error> {
    switch (turn++ % 4) {
    case 0:
    case 1:
      return reply_content{};
    case 2:
      return error{errc::overloaded, {}, "slow down", -1}; // never again, so nothing is retried
    default:
      return fail(errc::not_found, "no such taxi");
    }
  }};
  open_loop_options how;
  how.endpoint = node.endpoint();
  how.per_second = 2'000;
  how.duration = 500ms;
  int looks = 0;
  how.look = [&] { ++looks; };
  const auto got = run_open_loop(call_taxi, how);
  REQUIRE(got.ok());
  CHECK(got->offered >= 900); // less only if the machine does not let this thread run
  CHECK(got->offered <= 1'100);
  CHECK(got->in_time + got->refused + got->late + got->others.at("NOT_FOUND") == got->offered);
  CHECK(got->refused >= got->offered / 4 - 1);
  CHECK(got->in_time >= got->offered / 2 - 1);
  CHECK(got->first_other == "no such taxi");
  CHECK(looks > 0);
}

TEST_CASE("a node under a flood refuses what it cannot do, keeps its memory and recovers") {
  const auto folder = scratch_folder::make(std::filesystem::temp_directory_path());
  REQUIRE(folder.ok());
  auto node = own_node::start(node_beside_this_program(), folder->path());
  REQUIRE(node.ok());
  {
    client_options options;
    options.endpoints = {node->endpoint()};
    auto through = client::connect(options);
    REQUIRE(through.ok());
    REQUIRE(await_system(*through, "taxi").ok());
  }
  open_loop_options how;
  how.endpoint = node->endpoint();
  how.deadline = 2'000ms;
  how.duration = 1'500ms;
  how.in_flight = 64;
  const auto before = run_open_loop(call_taxi, how);
  REQUIRE(before.ok());
  REQUIRE(before->in_time > 0);
  const auto memory_before = resident_bytes(node->process()).value();

  auto flood = how;
  flood.in_flight = 0;
  flood.duration = 4'000ms;
  flood.per_second = 10 * before->goodput();
  std::uint64_t memory_most = 0;
  flood.look = [&] {
    memory_most = std::max(memory_most, resident_bytes(node->process()).value_or(0));
  };
  const auto during = run_open_loop(call_taxi, flood);
  REQUIRE(during.ok());
  INFO("peak " << before->goodput() << "/s, offered " << during->offered << ", in time "
               << during->in_time << ", refused " << during->refused << ", late " << during->late);
  CHECK(during->others.empty());
  CHECK(during->refused > 0);
  // The benchmark measures how much; here, that it goes on at all on a machine that does not.
  CHECK(during->goodput() > 0.2 * before->goodput());
  // Each accepted call stays in memory as an aggregate; what was refused leaves nothing.
  constexpr std::uint64_t of_a_call = 8 * 1024;
  constexpr std::uint64_t of_the_flood = 128ULL * 1024 * 1024; // queues and buffers, all bounded
  CHECK(memory_most < memory_before + of_the_flood + of_a_call * during->in_time);

  auto again = how;
  again.duration = 1'000ms;
  double after = 0;
  for (int i = 0; i < 5 && after < 0.5 * before->goodput(); ++i) { // others use the machine too
    const auto calm = run_open_loop(call_taxi, again);
    REQUIRE(calm.ok());
    after = calm->goodput();
  }
  CHECK(after >= 0.5 * before->goodput());
  CHECK(node->stop().ok());
}
