#include "tests/handoff/stories.hpp"

#include "messages/screening.hpp"
#include "messages/taxi.hpp"

#include <catch2/catch.hpp>

namespace troupe::test {
namespace {

using object = value::object;

constexpr std::int64_t hospitals = 4;
constexpr std::int64_t places = 1'000'000;

bool is_there(const value&) {
  return true;
}

std::function<bool(const value&)> says(std::string field, value wanted) {
  return [field = std::move(field), wanted = std::move(wanted)](const value& held) {
    return part(held, field) == wanted;
  };
}

void ride(worker& by) {
  const auto cost = static_cast<std::int64_t>(1 + by.dice() % 100'000);
  const auto called = by.send("taxi.call", {}, taxi::call_taxi{cost % 97, "junja", cost});
  if (!called) return;
  by.made(called->target);
  (void)by.get("taxi.call", called->target);
  (void)by.get("taxi.payment", called->target);
  if (!by.comes("taxi.driver", called->target, is_there)) return;
  (void)by.send("taxi.driver", called->target, taxi::change_status{"Accepted"});
  (void)by.send("taxi.driver", called->target, taxi::change_status{"Completed"});
  (void)by.comes("taxi.call", called->target, says("status", "Completed"));
  by.list(by.dice() % 2 == 0 ? "taxi.call" : "taxi.callList");
}

void ride_through_gateway(worker& by) {
  const auto called =
      by.http("POST", "calls", object{{"customerId", 3}, {"destination", "suji"}, {"cost", 1'200}});
  if (!called) return;
  const auto id = number(*called, "id");
  by.made({id});
  const auto driver = "drivers/" + std::to_string(id);
  (void)by.http("GET", "calls/" + std::to_string(id));
  if (!by.comes_http(driver, "callId", id)) return;
  (void)by.http("PATCH", driver, object{{"status", "Accepted"}});
  (void)by.http("PATCH", driver, object{{"status", "Completed"}});
  (void)by.comes_http("calls/" + std::to_string(id), "status", "Completed");
  (void)by.http("GET", "calls?size=2");
}

void open_hospitals(worker& by) {
  std::set<aggregate_id> made; // of a new cluster: one for each shard, in the end
  while (made.size() < static_cast<std::size_t>(hospitals)) {
    const auto slot = by.send("screening.hospital", {},
                              screening::register_hospital{"Samsung", "20200910", places});
    if (!slot) return;
    if (slot->target.number <= hospitals) made.insert(slot->target);
  }
}

std::int64_t some_hospital(worker& by) {
  return 1 + static_cast<std::int64_t>(by.dice() % hospitals);
}

void screen(worker& by) {
  const auto booked =
      by.send("screening.screening", {},
              screening::request_screening{some_hospital(by), "Samsung", "20200910", "Kim"});
  if (!booked) return;
  const auto which = booked->target;
  by.made(which);
  (void)by.get("screening.screening", which);
  if (!by.comes("screening.screening", which, says("status", "REQUEST_COMPLETED"))) return;
  (void)by.comes("screening.myPage", which, is_there);
  if (which.number % 3 == 0) {
    (void)by.send("screening.screening", which, screening::cancel_screening{"Canceled"});
    (void)by.comes("screening.reservation", which, says("status", "CANCELED"));
  }
  by.list(by.dice() % 2 == 0 ? "screening.myPage" : "screening.screening");
}

void screen_through_gateway(worker& by) {
  const auto booked = by.http(
      "POST", "screenings",
      object{{"hospitalId", some_hospital(by)}, {"hospitalNm", "Samsung"}, {"custNm", "Lee"}});
  if (!booked) return;
  const auto id = number(*booked, "id");
  by.made({id});
  const auto text = std::to_string(id);
  if (!by.comes_http("myPages/" + text, "status", "REQUEST_COMPLETED")) return;
  (void)by.http("GET", "screenings/" + text);
  if (id % 3 == 0) {
    (void)by.http("PATCH", "screenings/" + text, object{{"status", "Canceled"}});
    (void)by.comes_http("myPages/" + text, "status", "CANCELED");
  }
  (void)by.http("GET", "myPages?size=2");
}

} // namespace

story rides() {
  return {"taxi",
          {"taxi.call", "taxi.payment", "taxi.driver"},
          "taxi.call",
          "CalledTaxi",
          {},
          ride,
          ride_through_gateway};
}

story screenings() {
  return {
      "screening",           {"screening.screening", "screening.hospital", "screening.reservation"},
      "screening.screening", "Requested",
      open_hospitals,        screen,
      screen_through_gateway};
}

void check_screenings(const node_group& nodes, const crowd& after) {
  client_options options;
  options.endpoints = nodes.endpoints();
  options.deadline = patience;
  auto made = client::connect(std::move(options));
  REQUIRE(made);
  const auto rows = static_cast<std::uint64_t>(after.made().size());
  CHECK(eventually([&] {
    const auto got = made->list("screening.myPage", {}).get();
    return got && got->total == rows;
  }));
  std::int64_t kept = 0;
  for (const auto& each : after.made())
    if (each.number % 3 != 0) ++kept;
  CHECK(eventually([&] {
    std::int64_t taken = 0;
    for (std::int64_t id = 1; id <= hospitals; ++id) {
      const auto got = made->get("screening.hospital", {id}).get();
      const auto held = got ? got->to_value() : result<value>{value{}};
      taken += held ? places - number(*held, "pcnt") : 0;
    }
    return taken == kept;
  }));
}

} // namespace troupe::test
