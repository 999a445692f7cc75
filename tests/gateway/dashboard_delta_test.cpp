#include "net/gateway/dashboard_delta.hpp"

#include "messages/json.hpp"
#include "seams/random.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe;
using namespace troupe::gateway;

namespace {

[[nodiscard]] value parsed(std::string_view text) {
  return parse_json(text).value();
}

/// A made-up picture: a few members of any kind, some of them objects again.
[[nodiscard]] value made_up(random_source& random, int depth) {
  value made = value::object{};
  const auto members = random.next() % 5;
  for (std::uint64_t i = 0; i < members; ++i) {
    auto& at = made["m" + std::to_string(random.next() % 6)];
    switch (depth == 0 ? random.next() % 3 : random.next() % 5) {
    case 0:
      at = static_cast<std::int64_t>(random.next() % 3);
      break;
    case 1:
      at = "text";
      break;
    case 2:
      at = value::array{value{static_cast<std::int64_t>(random.next() % 2)}};
      break;
    default:
      at = made_up(random, depth - 1);
    }
  }
  return made;
}

/// Members in one order, so that pictures can be compared.
[[nodiscard]] value in_order(const value& of) {
  const auto* members = of.get_if<value::object>();
  if (members == nullptr) return of;
  value::object sorted;
  for (const auto& [name, held] : *members)
    sorted.emplace_back(name, in_order(held));
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return sorted;
}

} // namespace

TEST_CASE("a patch holds what changed, came and went, and nothing else") {
  const auto before = parsed(R"({"n1":{"state":"up","lanes":{"0":{"inbox":1},"1":{"inbox":2}}},
                                 "n2":{"state":"up"}})");
  const auto after = parsed(R"({"n1":{"state":"up","lanes":{"0":{"inbox":1},"1":{"inbox":3}}},
                                "n3":{"state":"joining"}})");
  const auto patch = merge_patch(before, after);
  REQUIRE(patch);
  CHECK(to_json(*patch) ==
        R"({"n1":{"lanes":{"1":{"inbox":3}}},"n3":{"state":"joining"},"n2":null})");
}

TEST_CASE("what did not change has no patch, whatever the order of its members") {
  CHECK_FALSE(
      merge_patch(parsed(R"({"a":1,"b":{"c":[1,2]}})"), parsed(R"({"b":{"c":[1,2]},"a":1})")));
  CHECK_FALSE(merge_patch(parsed(R"({"a":null})"), parsed("{}")));
}

TEST_CASE("lists and changes of kind are replaced whole") {
  const auto patch = merge_patch(parsed(R"({"list":[1,2],"kind":{"a":1}})"),
                                 parsed(R"({"list":[1,3],"kind":"word"})"));
  REQUIRE(patch);
  CHECK(to_json(*patch) == R"({"list":[1,3],"kind":"word"})");
}

TEST_CASE("a picture with its patch applied is the next picture, for any two") {
  seeded_random random{20'261'121};
  for (int i = 0; i < 2'000; ++i) {
    const value before = made_up(random, 3);
    const value after = made_up(random, 3);
    value here = before;
    if (const auto patch = merge_patch(before, after)) apply_patch(here, *patch);
    INFO(to_json(before) << " -> " << to_json(after));
    REQUIRE(to_json(in_order(here)) == to_json(in_order(after)));
  }
}
