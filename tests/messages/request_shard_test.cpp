#include "messages/request_shard.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

namespace {

request of_kind(request_kind kind) {
  request made;
  made.kind = kind;
  made.context = "taxi.call";
  return made;
}

} // namespace

TEST_CASE("a request with an aggregate goes to the aggregate's shard") {
  auto get = of_kind(request_kind::get);
  get.target = {7};
  CHECK(shard_of_request(get, 4).value() == shard_of(aggregate_id{7}, 4).value);
}

TEST_CASE("a command without one goes where its id says, every time") {
  auto make = of_kind(request_kind::command);
  make.command = command_id::make(1, 2, 3);
  CHECK(shard_of_request(make, 4).value() == shard_of(make.command, 4).value);
  make.kind = request_kind::void_ask;
  CHECK(shard_of_request(make, 4).value() == shard_of(make.command, 4).value);
}

TEST_CASE("lists and subscriptions name their shard") {
  auto list = of_kind(request_kind::list);
  list_request page;
  page.shard = {3};
  list.payload = encode_list_request(page);
  CHECK(shard_of_request(list, 4).value() == 3);
  CHECK(shard_of_request(list, 3).error().code == errc::malformed);
  auto subscribe = of_kind(request_kind::subscribe);
  subscribe_request from;
  from.shard = {2};
  subscribe.payload = encode_subscribe_request(from);
  CHECK(shard_of_request(subscribe, 4).value() == 2);
  CHECK(shard_of_request(subscribe, 2).error().code == errc::malformed);
  subscribe.payload = "x";
  CHECK_FALSE(shard_of_request(subscribe, 4).ok());
}

TEST_CASE("what names no shard is malformed") {
  CHECK(shard_of_request(of_kind(request_kind::get), 4).error().code == errc::malformed);
  auto negative = of_kind(request_kind::command);
  negative.target = {-1};
  CHECK(shard_of_request(negative, 4).error().code == errc::malformed);
}
