#include "messages/screening.hpp"
#include "tests/support/served_system.hpp"

#include <catch2/catch.hpp>

/// The same story with typed messages, without HTTP; and that HTTP tells the same.
namespace troupe::test {
namespace {

using namespace troupe::screening;

constexpr auto screenings = "screening.screening";
constexpr auto hospitals = "screening.hospital";
constexpr auto reservations = "screening.reservation";
constexpr auto my_pages = "screening.myPage";

template <class State> State now(client& nodes, const char* context, aggregate_id id) {
  const auto got = nodes.get(context, id).get();
  REQUIRE(got.ok());
  return got->as<State>().value();
}

TEST_CASE("a screening over the client library goes from its place to its hospital's end") {
  const temp_folder scratch;
  test_node node{scratch.path() / "data", {"--system", "screening"}};
  node.start();
  auto nodes = connect_to(node);
  REQUIRE(all_up(nodes));

  const auto registered =
      nodes.send_sync(hospitals, {}, register_hospital{"Samsung", "20200910", 1});
  REQUIRE(registered.ok());
  const auto slot = registered->target;
  const request_screening wanted{slot.number, "Samsung", "20200910", "Kim"};
  const auto requested = nodes.send_sync(screenings, {}, wanted);
  REQUIRE(requested.ok());
  const auto id = requested->target;
  screening_state state{slot.number, "Samsung", "20200910", "Kim", "REQUESTED"};
  CHECK(requested->as<screening_state>().value() == state);
  CHECK(now<hospital_state>(nodes, hospitals, slot).places == 0);

  const auto refused = nodes.send_sync(screenings, {}, wanted);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().shown_code() == "NO_CAPACITY");

  for (const char* status : {"REQUEST_COMPLETED", "FORCE_CANCELED"}) {
    state.status = status;
    CHECK(eventually([&] {
      const auto page = nodes.get(my_pages, id).get();
      return page.ok() &&
             page->as<my_page_row>().value() == my_page_row{id.number, "Kim", "Samsung", status} &&
             now<screening_state>(nodes, screenings, id) == state &&
             now<reservation_state>(nodes, reservations, id).status == status;
    }));
    if (status == status_completed) {
      REQUIRE(nodes.send_sync(hospitals, slot, delete_hospital{}).ok());
    }
  }
  const auto gone = nodes.send_sync(screenings, {}, wanted);
  REQUIRE_FALSE(gone.ok());
  CHECK(gone.error().shown_code() == "UNKNOWN_HOSPITAL");
}

TEST_CASE("screening 11: through the gateway the same requests do the same") {
  served_system by{"screening"};
  const auto over_http = by.made(
      "hospitals", value::object{{"hospitalNm", "Samsung"}, {"chkDate", "20200910"}, {"pcnt", 20}});
  const auto over_zmq =
      by.nodes().send_sync(hospitals, {}, register_hospital{"Samsung", "20200910", 20});
  REQUIRE(over_zmq.ok());
  // Each asks for a screening at the other's hospital, and cancels the other's screening.
  const auto by_gateway =
      by.made("screenings", value::object{{"hospitalId", over_zmq->target.number},
                                          {"hospitalNm", "Samsung"},
                                          {"chkDate", "20200910"},
                                          {"custNm", "Kim"}});
  const auto by_client = by.nodes().send_sync(
      screenings, {}, request_screening{over_http, "Samsung", "20200910", "Kim"});
  REQUIRE(by_client.ok());
  for (const auto id : {by_gateway, by_client->target.number}) {
    for (const char* resource : {"screenings", "reservations", "myPages"})
      CHECK(by.shows(resource, id, "status", "REQUEST_COMPLETED"));
    const auto state = now<screening_state>(by.nodes(), screenings, {id});
    const auto shown = by.get("screenings", id).body;
    CHECK(state.hospital_id == number(shown, "hospitalId"));
    CHECK(state.hospital_name == text(shown, "hospitalNm"));
    CHECK(state.check_date == text(shown, "chkDate"));
    CHECK(state.customer_name == text(shown, "custNm"));
    CHECK(state.status == text(shown, "status"));
  }
  REQUIRE(by.nodes().send_sync(screenings, {by_gateway}, cancel_screening{"CANCELED"}).ok());
  REQUIRE(by.change("PATCH", "screenings", by_client->target.number,
                    value::object{{"status", "Canceled"}})
              .status == 200);
  for (const auto id : {by_gateway, by_client->target.number}) {
    CHECK(by.shows("myPages", id, "status", "CANCELED"));
    CHECK(by.shows("reservations", id, "status", "CANCELED"));
  }
  for (const auto slot : {over_http, over_zmq->target.number})
    CHECK(by.shows("hospitals", slot, "pcnt", 20));
}

} // namespace
} // namespace troupe::test
