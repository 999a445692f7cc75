#include "messages/mybnb.hpp"
#include "tests/support/served_system.hpp"

#include <catch2/catch.hpp>

/// The same story with typed messages, without HTTP.
namespace troupe::test {
namespace {

using namespace troupe::mybnb;

const stay night{1, "호텔", 1000, "서울", "Superman", "배트맨", "20201010"};

template <class T> T state_of(client& nodes, const char* context, aggregate_id id) {
  const auto got = nodes.get(context, id).get();
  REQUIRE(got.ok());
  return got->as<T>().value();
}

TEST_CASE("mybnb over the client library: room, booking, review, cancellation") {
  served_system by{"mybnb", "4"};
  auto& nodes = by.nodes();
  const room_terms hotel{"호텔", 1000, "서울", "Superman"};
  const auto room = nodes.send_sync("mybnb.room", {}, register_room{hotel});
  REQUIRE(room.ok());
  CHECK(state_of<auth_state>(nodes, "mybnb.auth", room->target) ==
        auth_state{{room->target.number, "호텔", "Superman"}, "AuthApproved"});
  REQUIRE(nodes.send_sync("mybnb.room", room->target, change_room{{{}, 1200, {}, {}}}).ok());
  CHECK(state_of<room_state>(nodes, "mybnb.room", room->target).price == 1200);

  const auto booking = nodes.send_sync("mybnb.booking", {}, book{night});
  REQUIRE(booking.ok());
  const auto id = booking->target;
  const auto page_is = [&](const my_page_row& wanted) {
    return eventually([&] {
      const auto got = nodes.get("mybnb.mypage", id).get();
      return got.ok() && got->as<my_page_row>().value() == wanted;
    });
  };
  CHECK(page_is({{{night, id.number}, "Booked"}, {}}));
  const write_review good{{{id.number, 1, "호텔", "Superman", "배트맨", "20201010", 5}, "good"}};
  const auto review = nodes.send_sync("mybnb.review", {}, good);
  REQUIRE(review.ok());
  CHECK(review->as<review_state>().value() == good);
  CHECK(page_is({{{night, id.number}, "ReviewRegistered"}, 5}));
  REQUIRE(nodes.send_sync("mybnb.booking", id, cancel_booking{}).ok());
  CHECK(page_is({{{night, id.number}, "PayCanceled"}, 5}));
  const auto again = nodes.send_sync("mybnb.booking", id, cancel_booking{});
  REQUIRE_FALSE(again.ok());
  CHECK(again.error().code == errc::not_found);
}

TEST_CASE("mybnb over the client library: alarms are not for outsiders to make") {
  served_system by{"mybnb"};
  const auto refused =
      by.nodes().send_sync("mybnb.alarm", aggregate_id{5}, notify{{"(host)x", "Booked"}, 5});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == errc::unknown_command);
}

} // namespace
} // namespace troupe::test
