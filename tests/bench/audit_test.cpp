#include "bench/audit.hpp"

#include "messages/list_reply.hpp"
#include "tests/bench/answering_node.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::bench;
using troupe::test::answering_node;

namespace {

struct number_row {
  std::int64_t number = 0;
  static constexpr auto fields() { return std::tuple{field{"number", &number_row::number}}; }
};

constexpr auto kept = "taxi.payment"; // the one that the answering node serves, in 4 shards

/// Each id's row holds its double; multiples of 100 are not there; every shard lists 5 rows.
[[nodiscard]] std::variant<reply_content, error> doubles(const request& from) {
  reply_content reply{.target = from.target, .seq = 1};
  if (from.kind == request_kind::list) {
    list_reply listed;
    listed.total = 5;
    reply.payload = encode_list_reply(listed);
    return reply;
  }
  if (from.target.number % 100 == 0) return fail(errc::not_found, "none");
  reply.payload = encoded(number_row{2 * from.target.number});
  return reply;
}

[[nodiscard]] client connected(const answering_node& node) {
  client_options options;
  options.endpoints = {node.endpoint()};
  options.deadline = std::chrono::milliseconds{10'000};
  return std::move(client::connect(options)).value();
}

[[nodiscard]] std::vector<std::int64_t> numbers(std::int64_t count) {
  std::vector<std::int64_t> all;
  for (std::int64_t each = 1; each <= count; ++each)
    all.push_back(each);
  return all;
}

[[nodiscard]] aggregate_id same(std::int64_t number) {
  return {number};
}

} // namespace

TEST_CASE("every row is read and judged, also one that is not there") {
  answering_node node{doubles};
  auto through = connected(node);
  audit made{through, true};
  made.rows<number_row>("doubles", kept, numbers(1000), same,
                        [](std::int64_t number, const std::optional<number_row>& row) {
                          return number % 100 == 0 ? !row : row && row->number == 2 * number;
                        });
  REQUIRE(made.findings().size() == 1);
  CHECK(made.findings().front().checked == 1000);
  CHECK(made.clean());
  CHECK(node.requests() == 1000);
}

TEST_CASE("rows that are wrong, missing or unreadable are violations, the first in words") {
  answering_node node{[](const request& from) -> std::variant<reply_content, error> {
    if (from.target.number == 50) return fail(errc::corrupt, "damaged");
    if (from.target.number == 60) return reply_content{.target = from.target, .payload = "\xc1"};
    return doubles(from);
  }};
  auto through = connected(node);
  audit made{through, true};
  made.rows<number_row>("doubles", kept, numbers(200), same,
                        [](std::int64_t number, const std::optional<number_row>& row) {
                          return row && number != 70;
                        });
  REQUIRE(made.findings().size() == 1);
  CHECK(made.findings().front().checked == 200);
  CHECK(made.findings().front().violated == 5); // 50, 60, 70, 100 and 200
  CHECK(made.findings().front().first.starts_with("taxi.payment/"));
  CHECK_FALSE(made.clean());

  audit missing{through, true};
  missing.rows<number_row>("there", kept, std::vector<std::int64_t>{100}, same,
                           [](std::int64_t, const auto& row) { return row.has_value(); });
  CHECK(missing.findings().front().first == "taxi.payment/100 is not there");
}

TEST_CASE("nothing to read is nothing wrong") {
  answering_node node{doubles};
  auto through = connected(node);
  audit made{through, true};
  made.rows<number_row>("doubles", kept, numbers(0), same,
                        [](std::int64_t, const auto&) { return false; });
  CHECK(made.clean());
}

TEST_CASE("lists are counted exactly, or from below where stories failed") {
  answering_node node{doubles};
  auto through = connected(node);
  const bool all_told = GENERATE(true, false);
  audit made{through, all_told};
  made.count("so many", kept, {{"callId", 7}}, 20);
  CHECK(made.clean());
  made.count("so many", kept, {{"callId", 7}}, 19);
  CHECK(made.clean() == !all_told);
  made.count("so many", kept, {{"callId", 7}}, 21);
  CHECK_FALSE(made.clean());
  CHECK(made.findings().front().first ==
        "taxi.payment lists 20 instead of " + std::string{all_told ? "19" : "21"});
  CHECK(made.findings().front().checked == 3);
}

TEST_CASE("a list that cannot be had is a violation") {
  answering_node node{[](const request&) -> std::variant<reply_content, error> {
    return fail(errc::internal, "no list");
  }};
  auto through = connected(node);
  audit made{through, true};
  CHECK_FALSE(made.total("so many", kept, {}).has_value());
  CHECK_FALSE(made.clean());
}

TEST_CASE("an audit is made again until everything agrees") {
  answering_node node{doubles};
  auto through = connected(node);
  int audits = 0;
  const auto made = audit_until_clean(through, true, [&](audit& into) {
    into.note("it came", ++audits == 3, "nothing");
    into.count("so many", kept, {}, 20);
  });
  CHECK(made.clean());
  CHECK(audits == 3);
  CHECK(made.findings().size() == 2);
}
