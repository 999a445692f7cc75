#include "net/sdk/list_merge.hpp"

#include "messages/list_reply.hpp"
#include "tests/net/fake_node.hpp"

#include <catch2/catch.hpp>
#include <troupe/client.hpp>

using namespace troupe;
using namespace troupe::testing;

namespace {

list_row row(std::int64_t id, value cost) {
  return {{id}, encode_value(value::object{{"cost", std::move(cost)}})};
}

std::vector<std::int64_t> ids(const page& from) {
  std::vector<std::int64_t> read;
  for (const auto& [id, state] : from.items)
    read.push_back(id.number);
  return read;
}

} // namespace

TEST_CASE("a list is gathered from every shard and merged in order") {
  fake_node node{[](const inbound& to) -> std::vector<answer> {
    const auto wanted = decode_list_request(to.content.payload);
    list_reply some{3, {}};
    for (std::int64_t id = 1 + wanted->shard.value; id <= 6; id += 2)
      some.rows.push_back(row(id, 100 - id));
    return {fake_node::reply_to(to, encode_list_reply(some))};
  }};
  const auto at = serve(node);
  client_options options;
  options.endpoints = {at->endpoint()};
  auto made = client::connect(options);
  REQUIRE(made.ok());

  const auto by_id = made->list("taxi.call", {.size = 4}).get();
  REQUIRE(by_id.ok());
  CHECK(by_id->total == 6);
  CHECK(ids(*by_id) == std::vector<std::int64_t>{1, 2, 3, 4});
  CHECK(*by_id->items[0].second.find("cost") == value{99});

  page_request by_cost;
  by_cost.sort = "cost";
  by_cost.page = 1;
  by_cost.size = 4;
  const auto second = made->list("taxi.call", by_cost).get();
  REQUIRE(second.ok());
  CHECK(ids(*second) == std::vector<std::int64_t>{2, 1});

  const auto seen = node.seen();
  const auto last = decode_list_request(seen.back().content.payload);
  CHECK(last->skip == 0);
  CHECK(last->limit == 8);
  CHECK(made->list("taxi.nothing", {}).get().error().code == errc::unknown_context);
}

TEST_CASE("a context of one shard is asked for the page alone") {
  fake_node node{[](const inbound& to) -> std::vector<answer> {
    const auto wanted = decode_list_request(to.content.payload);
    list_reply some{9'000, {}};
    for (std::uint64_t i = 0; i < wanted->limit; ++i)
      some.rows.push_back(row(static_cast<std::int64_t>(9'000 - wanted->skip - i), 1));
    return {fake_node::reply_to(to, encode_list_reply(some))};
  }};
  node.hello.contexts = {{"taxi.callList", 1, true, true}};
  const auto at = serve(node);
  client_options options;
  options.endpoints = {at->endpoint()};
  auto made = client::connect(options);
  page_request wanted;
  wanted.page = 400;
  wanted.size = 20;
  wanted.descending = true;
  const auto page = made->list("taxi.callList", wanted).get();
  REQUIRE(page.ok());
  REQUIRE(ids(*page).size() == 20);
  CHECK(ids(*page).front() == 1'000);
  CHECK(page->total == 9'000);
  const auto seen = node.seen();
  const auto asked = decode_list_request(seen.back().content.payload);
  CHECK(asked->skip == 8'000);
  CHECK(asked->limit == 20);
}

TEST_CASE("a shard's failure is the list's failure") {
  fake_node node{[](const inbound& to) -> std::vector<answer> {
    return {{to.from, fail(errc::malformed, "sort: no such field")}};
  }};
  const auto at = serve(node);
  client_options options;
  options.endpoints = {at->endpoint()};
  auto made = client::connect(options);
  CHECK(made->list("taxi.call", {.sort = "x"}).get().error().code == errc::malformed);
}

TEST_CASE("pages behind the limit of a list are refused") {
  CHECK(*rows_wanted({.page = 9, .size = 1000}) == list_limit_max);
  CHECK(rows_wanted({.page = 10, .size = 1000}).error().code == errc::malformed);
  CHECK(rows_wanted({.page = ~0ULL, .size = 20}).error().code == errc::malformed);
  CHECK(rows_wanted({.size = 0}).error().code == errc::malformed);
  CHECK(rows_wanted({.size = 1001}).error().code == errc::malformed);
}

TEST_CASE("equal sort fields are ordered by id, in the direction of the sort, as shards do") {
  // A shard cuts its rows off in its own order: another one here would show rows twice or never.
  const std::vector<list_reply> shards{{2, {row(3, 5), row(1, 5)}}, {2, {row(2, 5), row(4, 9)}}};
  page_request wanted;
  wanted.sort = "cost";
  CHECK(ids(*merge_lists(wanted, shards)) == std::vector<std::int64_t>{1, 2, 3, 4});
  wanted.descending = true;
  CHECK(ids(*merge_lists(wanted, shards)) == std::vector<std::int64_t>{4, 3, 2, 1});
  wanted.sort.clear();
  CHECK(ids(*merge_lists(wanted, shards)) == std::vector<std::int64_t>{4, 3, 2, 1});
}
