#include "bin/verify/verification.hpp"
#include "messages/taxi.hpp"
#include "persistence/storage.hpp"
#include "seams/clock.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <sys/resource.h>

#include <iostream>

/// How long a million records take and how much memory; for people: test_verify '[figures]'.
namespace troupe::test {
namespace {

constexpr std::int64_t rides = 250'000;
constexpr std::int64_t turns_of_each = 4;

/// Rides of four turns, one after the other, as a busy shard records them.
void write_rides(const std::filesystem::path& data) {
  const auto store = make_sqlite_storage({data});
  auto journal = store->open_journal({"taxi.call", {0}, 1, "figures"}).value();
  std::vector<std::string> bodies;
  const auto commit = [&] {
    const std::vector<std::string_view> all{bodies.begin(), bodies.end()};
    REQUIRE(journal->commit(all).ok());
    bodies.clear();
  };
  std::uint64_t index = 0;
  for (std::int64_t ride = 1; ride <= rides; ++ride) {
    const auto called = encoded(taxi::called_taxi{ride, 1, "suji", "Called", 100});
    const auto followed = encoded(taxi::call_status_followed{"Accepted"});
    for (std::int64_t turn = 1; turn <= turns_of_each; ++turn) {
      record made;
      made.epoch = journal->epoch();
      made.aggregate = {ride};
      made.seq = static_cast<std::uint64_t>(turn);
      made.previous = {turn == 1 ? 0 : index};
      made.time_ms = 1'700'000'000'000 + ride;
      made.command = command_id::make(made.time_ms, ++index, 17);
      made.command_name = turn == 1 ? "callTaxi" : "updateCallStatus";
      const bool first = turn == 1;
      made.events = {{first ? "CalledTaxi" : "CallStatusFollowed", first ? called : followed}};
      encode_record(bodies.emplace_back(), made);
    }
    if (bodies.size() >= 20'000) commit();
  }
  if (!bodies.empty()) commit();
}

long resident_kib() {
  rusage used{};
  (void)getrusage(RUSAGE_SELF, &used);
  return used.ru_maxrss;
}

TEST_CASE("a million records", "[.][figures]") {
  const temp_folder scratch;
  write_rides(scratch.path() / "data");
  const auto before_kib = resident_kib();
  const auto begin = real_clock().monotonic();
  const auto made = verify::verify({scratch.path() / "data"});
  const auto took = real_clock().monotonic() - begin;
  REQUIRE(made);
  CHECK(made->clean());
  CHECK(made->records == rides * turns_of_each);
  std::cout << made->records << " records, " << made->aggregates << " aggregates: "
            << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms, "
            << (resident_kib() - before_kib) / 1024 << " MiB more than before\n";
}

} // namespace
} // namespace troupe::test
