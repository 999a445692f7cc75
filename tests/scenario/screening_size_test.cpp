#include "messages/screening.hpp"
#include "tests/support/served_system.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>

/// One to many at size: a hospital with 10,000 live screenings is deleted, and the node is killed
/// in the middle of it.
namespace troupe::test {
namespace {

using object = value::object;

constexpr int live = 10'000;
constexpr int cancelled = 50;
constexpr int in_flight = 100; // below what one context lets wait at another

/// Requests screenings, many at a time, and gives their ids.
std::vector<std::int64_t> request_many(client& from, std::int64_t slot, int wanted) {
  std::mutex mutex;
  std::vector<std::int64_t> ids;
  std::map<std::string, int> failures;
  std::atomic<int> open{0};
  int sent = 0;
  const screening::request_screening request{slot, "Samsung", "20200910", "Kim"};
  REQUIRE(eventually([&] {
    while (sent < wanted && open.load() < in_flight) {
      ++open;
      ++sent;
      from.send("screening.screening", {}, screening::request_screening::name, encoded(request),
                [&](const result<call_reply>& got) {
                  const std::lock_guard lock{mutex};
                  if (got)
                    ids.push_back(got->target.number);
                  else
                    ++failures[std::string{got.error().shown_code()}];
                  --open;
                });
    }
    return sent == wanted && open.load() == 0;
  }));
  for (const auto& [code, times] : failures)
    FAIL_CHECK(times << " requests failed with " << code);
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// How often each aggregate of a context has an event of that name, read from the beginning of all
/// shards up to what was there when it was asked for.
std::map<std::int64_t, int> times_of(client& from, const std::string& context, std::uint32_t shards,
                                     std::string_view name, std::size_t wanted) {
  std::mutex mutex;
  std::map<std::int64_t, int> times;
  std::vector<std::uint64_t> open;
  for (std::uint32_t shard = 0; shard < shards; ++shard)
    open.push_back(from.subscribe(context, {shard}, {.from = {1}, .credit = 2'000},
                                  [&](const auto& events, record_index) {
                                    const std::lock_guard lock{mutex};
                                    for (const auto& each : events)
                                      if (each.name == name) ++times[each.aggregate.number];
                                  }));
  CHECK(eventually([&] {
    const std::lock_guard lock{mutex};
    return times.size() >= wanted;
  }));
  for (const auto each : open)
    from.unsubscribe(each);
  const std::lock_guard lock{mutex};
  return times;
}

struct clinic : served_system {
  clinic() : served_system("screening", "4") {}
  [[nodiscard]] std::int64_t slot(std::int64_t places) const {
    return made("hospitals",
                object{{"hospitalNm", "Samsung"}, {"chkDate", "20200910"}, {"pcnt", places}});
  }
  [[nodiscard]] std::int64_t with_status(const std::string& resource, const char* status) const {
    return total(resource + "?status=" + status);
  }
  void check_totals(const std::string& resource, std::int64_t forced, std::int64_t others) {
    INFO(resource);
    CHECK(eventually([&] { return with_status(resource, "FORCE_CANCELED") == forced; },
                     2 * patience));
    CHECK(with_status(resource, "CANCELED") == others);
    CHECK(total(resource) == forced + others);
  }
};

TEST_CASE(
    "deleting a hospital with ten thousand live screenings force-cancels each exactly once, also "
    "when the node is killed meanwhile") {
  clinic by;
  const auto slot = by.slot(live + cancelled);
  const auto other = by.slot(1'000);
  const auto ids = request_many(by.nodes(), slot, live + cancelled);
  REQUIRE(ids.size() == live + cancelled);
  REQUIRE(
      eventually([&] { return by.with_status("myPages", "REQUEST_COMPLETED") == live + cancelled; },
                 2 * patience));
  CHECK(number(by.get("hospitals", slot).body, "pcnt") == 0);
  for (int i = 0; i < cancelled; ++i)
    REQUIRE(by.change("PATCH", "screenings", ids[static_cast<std::size_t>(i) * 100],
                      object{{"status", "CANCELED"}})
                .status == 200);
  REQUIRE(by.shows("hospitals", slot, "pcnt", cancelled));

  REQUIRE(by.change("DELETE", "hospitals", slot).status == 204);
  REQUIRE(eventually([&] { return by.with_status("screenings", "FORCE_CANCELED") > 0; }));
  const auto reached = by.with_status("screenings", "FORCE_CANCELED");
  REQUIRE(by.kill_and_restart());
  WARN("killed when at least " << reached << " of " << live << " were force-cancelled");
  CHECK(by.post("screenings", object{{"hospitalId", slot}}).code() == "UNKNOWN_HOSPITAL");

  by.check_totals("screenings", live, cancelled);
  by.check_totals("reservations", live, cancelled);
  by.check_totals("myPages", live, cancelled);
  CHECK(number(by.get("hospitals", other).body, "pcnt") == 1'000);
  const std::pair<std::string, std::string_view> recorded[] = {
      {"screening.screening", screening::force_canceled::name},
      {"screening.reservation", screening::reservation_changed::name}};
  for (const auto& [context, event] : recorded) {
    // A reservation changes once: cancelled by its customer or by force.
    const bool both = event == screening::reservation_changed::name;
    const auto wanted = static_cast<std::size_t>(both ? live + cancelled : live);
    const auto times = times_of(by.nodes(), context, 4, event, wanted);
    INFO(context);
    CHECK(times.size() == wanted);
    CHECK(
        std::all_of(times.begin(), times.end(), [](const auto& each) { return each.second == 1; }));
  }
}

TEST_CASE("while one hospital's screenings are force-cancelled, others are served") {
  clinic by;
  const auto slot = by.slot(live);
  const auto other = by.slot(10'000);
  REQUIRE(request_many(by.nodes(), slot, live).size() == live);
  REQUIRE(by.change("DELETE", "hospitals", slot).status == 204);
  int served = 0;
  milliseconds slowest{0};
  REQUIRE(eventually(
      [&] {
        const auto begun = std::chrono::steady_clock::now();
        REQUIRE(by.post("screenings", object{{"hospitalId", other}, {"custNm", "Lee"}}).status ==
                201);
        slowest = std::max(slowest, std::chrono::duration_cast<milliseconds>(
                                        std::chrono::steady_clock::now() - begun));
        ++served;
        return by.with_status("screenings", "FORCE_CANCELED") == live;
      },
      2 * patience));
  CHECK(served > 1);                    // it took a while, and they were served meanwhile
  CHECK(slowest < milliseconds{5'000}); // none waited for the end of it
  CHECK(by.shows("hospitals", other, "pcnt", 10'000 - served));
}

} // namespace
} // namespace troupe::test
