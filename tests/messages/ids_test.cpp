#include "messages/ids.hpp"

#include "seams/random.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <set>

using namespace troupe;

namespace {

constexpr std::int64_t some_ms = 1'700'000'000'123;

unsigned variant_of(const command_id& id) {
  return static_cast<unsigned>(id.low >> 62U);
}
unsigned version_of(const command_id& id) {
  return static_cast<unsigned>(id.high >> 12U) & 0xfU;
}

} // namespace

TEST_CASE("a made id carries its time, version 7 and the RFC variant") {
  const auto id = command_id::make(some_ms, ~std::uint64_t{0}, ~std::uint64_t{0});
  CHECK(id.ordered());
  CHECK(id.made_at_ms() == some_ms);
  CHECK(version_of(id) == 7);
  CHECK(variant_of(id) == 0b10);
  CHECK(command_id::make(some_ms, 0, 0).given());
}

TEST_CASE("made ids sort by their time") {
  seeded_random random{7};
  for (int i = 0; i < 1000; ++i) {
    const auto earlier = command_id::make(some_ms + i, random.next(), random.next());
    const auto later = command_id::make(some_ms + i + 1, random.next(), random.next());
    CHECK(earlier < later);
  }
}

TEST_CASE("a named id depends on scope and key, and on where one ends and the other begins") {
  const auto id = command_id::named("taxi.call", "order-7");
  CHECK(id == command_id::named("taxi.call", "order-7"));
  CHECK_FALSE(id == command_id::named("taxi.call", "order-8"));
  CHECK_FALSE(id == command_id::named("taxi.payment", "order-7"));
  CHECK_FALSE(command_id::named("ab", "c") == command_id::named("a", "bc"));
  CHECK_FALSE(id.ordered());
  CHECK(version_of(id) == 8);
  CHECK(variant_of(id) == 0b10);
}

TEST_CASE("a derived id is repeatable, different per purpose and number, and ordered as its base") {
  const auto base = command_id::make(some_ms, 11, 22);
  const auto derived = base.derive("ask", 3);
  CHECK(derived == base.derive("ask", 3));
  CHECK(derived.ordered());
  CHECK(derived.made_at_ms() == some_ms);
  CHECK(variant_of(derived) == 0b10);
  const auto named = command_id::named("scope", "key");
  CHECK_FALSE(named.derive("ask", 3).ordered());
  CHECK(version_of(named.derive("ask", 3)) == 8);

  std::set<command_id> seen{base, named};
  for (const auto& from : {base, named})
    for (const auto* purpose : {"ask", "void", "policy"})
      for (std::uint64_t number = 0; number < 100; ++number)
        CHECK(seen.insert(from.derive(purpose, number)).second);
}

TEST_CASE("the id of a reaction follows from the event's address") {
  const auto id = command_id::of_event(some_ms, "taxi.driver/ReceiveCallList", 1, 2, 3);
  CHECK(id == command_id::of_event(some_ms, "taxi.driver/ReceiveCallList", 1, 2, 3));
  CHECK(id.ordered());
  CHECK(id.made_at_ms() == some_ms);
  CHECK_FALSE(id == command_id::of_event(some_ms, "taxi.driver/ReceiveCallList", 2, 1, 3));
  CHECK_FALSE(id == command_id::of_event(some_ms, "taxi.driver/Other", 1, 2, 3));
}

TEST_CASE("ids of the same input never change between builds, because journals hold them") {
  CHECK(command_id::make(some_ms, 1, 2).text() == "018bcfe5-687b-7001-8000-000000000002");
  CHECK(command_id::named("scope", "key").text() == "cd4629f5-e990-8402-aa13-5defab2e2acb");
  CHECK(command_id::make(some_ms, 1, 2).derive("ask", 1).text() ==
        "018bcfe5-687b-75e4-9064-afab7ee62551");
  CHECK(command_id::of_event(some_ms, "policy", 1, 2, 3).text() ==
        "018bcfe5-687b-7a32-8b34-a473434f4943");
  CHECK(content_hash("troupe") == 0xec21d174febec525U);
}

TEST_CASE("text and bytes of an id read back as the same id") {
  seeded_random random{42};
  for (int i = 0; i < 1000; ++i) {
    const command_id id{random.next(), random.next()};
    CHECK(command_id::parse(id.text()) == id);
    CHECK(command_id::from_bytes(id.bytes()) == id);
  }
  CHECK(command_id::parse("018BCFE5-687B-7001-8000-000000000002") ==
        command_id::make(some_ms, 1, 2));
  CHECK(command_id{0x0102030405060708U, 0x090a0b0c0d0e0f10U}.bytes() ==
        "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10");
}

TEST_CASE("text and bytes that are no id are refused") {
  for (const auto* text :
       {"", "018bcfe5", "018bcfe5-687b-7001-8000-00000000000",
        "018bcfe5-687b-7001-8000-0000000000022", "018bcfe5x687b-7001-8000-000000000002",
        "018bcfe5-687b-7001-8000-00000000000g", "018bcfe5687b-7001-8000-000000000000-2"})
    CHECK_FALSE(command_id::parse(text).has_value());
  CHECK_FALSE(command_id::from_bytes("").has_value());
  CHECK_FALSE(command_id::from_bytes(std::string(15, 'x')).has_value());
  CHECK_FALSE(command_id::from_bytes(std::string(17, 'x')).has_value());
}

TEST_CASE("aggregates are dealt round the shards and creations spread evenly") {
  CHECK(shard_of(aggregate_id{1}, 4).value == 0);
  CHECK(shard_of(aggregate_id{4}, 4).value == 3);
  CHECK(shard_of(aggregate_id{5}, 4).value == 0);
  seeded_random random{5};
  std::array<int, 4> hits{};
  for (int i = 0; i < 4000; ++i)
    ++hits.at(shard_of(command_id::make(some_ms, random.next(), random.next()), 4).value);
  for (const int each : hits)
    CHECK(each > 800);
}
