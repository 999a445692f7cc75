#include "tests/persistence/engines.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

using namespace troupe;
using namespace troupe::test;

TEST_CASE("A new journal is empty and of epoch 1") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  REQUIRE(storage->shards_of("taxi.ride") == 0);
  auto opened = storage->open_journal(shard_of_rides());
  REQUIRE(opened.ok());
  journal& rides_journal = **opened;
  REQUIRE(rides_journal.head().value == 0);
  REQUIRE(rides_journal.epoch().value == 1);
  REQUIRE(texts_from(rides_journal, 1).empty());
  REQUIRE(rides_journal.probe().ok());
  REQUIRE(storage->shards_of("taxi.ride") == 2);
  REQUIRE(storage->shards_of("taxi") == 0);
}

TEST_CASE("Records get a dense index and survive closing, each opening being an epoch") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  {
    auto opened = storage->open_journal(shard_of_rides());
    REQUIRE(opened.ok());
    REQUIRE(commit_texts(**opened, {"one"}).ok());
    REQUIRE(commit_texts(**opened, {"two", "three"}).ok());
    REQUIRE((*opened)->head().value == 3);
  }
  auto opened = storage->open_journal(shard_of_rides());
  REQUIRE(opened.ok());
  REQUIRE((*opened)->epoch().value == 2);
  REQUIRE((*opened)->head().value == 3);
  REQUIRE(*(*opened)->read({2}) == "two");
  REQUIRE(texts_from(**opened, 0) == std::vector<std::string>{"one", "two", "three"});
  REQUIRE(texts_from(**opened, 3) == std::vector<std::string>{"three"});
  REQUIRE(texts_from(**opened, 4).empty());
  REQUIRE((*opened)->checkpoint(true).ok());
  REQUIRE(commit_texts(**opened, {"four"}).ok());
  REQUIRE(*(*opened)->read({4}) == "four");
}

TEST_CASE("Reading a record that does not exist says so") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto opened = storage->open_journal(shard_of_rides());
  REQUIRE(opened.ok());
  REQUIRE(commit_texts(**opened, {"one"}).ok());
  for (const std::uint64_t at : {0, 2, 1000}) {
    const auto read = (*opened)->read({at});
    REQUIRE_FALSE(read.ok());
    REQUIRE(read.error().code == errc::not_found);
  }
}

TEST_CASE("A scan stops when told and may be nested, read from and committed in") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto opened = storage->open_journal(shard_of_rides());
  REQUIRE(opened.ok());
  journal& log = **opened;
  REQUIRE(commit_texts(log, {"one", "two", "three"}).ok());
  std::vector<std::string> seen;
  const auto done = log.scan({1}, [&](record_index at, std::string_view body) {
    seen.emplace_back(body);
    REQUIRE(*log.read(at) == body);
    REQUIRE(texts_from(log, at.value).front() == body);
    REQUIRE(commit_texts(log, {"more"}).ok());
    return at.value < 2;
  });
  REQUIRE(done.ok());
  REQUIRE(seen == std::vector<std::string>{"one", "two"});
  REQUIRE(log.head().value == 5);
}

TEST_CASE("A journal can be opened once at a time, and the refusal names the holder") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto first = storage->open_journal(shard_of_rides(0, "n1"));
  REQUIRE(first.ok());
  auto second = storage->open_journal(shard_of_rides(0, "n2"));
  REQUIRE_FALSE(second.ok());
  REQUIRE(second.error().code == errc::storage_locked);
  REQUIRE_THAT(second.error().message,
               Catch::Contains("journal taxi.ride shard 0 is already open by node n1"));
  REQUIRE(storage->open_journal(shard_of_rides(1, "n2")).ok());
  (*first).reset();
  REQUIRE(storage->open_journal(shard_of_rides(0, "n2")).ok());
}

TEST_CASE("The number of shards of a context is fixed when its journals are made") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  REQUIRE(storage->open_journal(shard_of_rides()).ok());
  journal_identity other = shard_of_rides();
  other.shards = 4;
  const auto opened = storage->open_journal(other);
  REQUIRE_FALSE(opened.ok());
  REQUIRE(opened.error().code == errc::wrong_owner);
  other.shard = {4};
  other.context = "taxi.other";
  REQUIRE(storage->open_journal(other).error().code == errc::malformed);
}

TEST_CASE("An opening under a granted epoch sets it, again for its owner, and refuses older ones") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  const auto open_as = [&](std::uint64_t epoch) {
    journal_identity who = shard_of_rides();
    who.epoch = {epoch};
    return storage->open_journal(who);
  };
  REQUIRE((*open_as(7))->epoch().value == 7);
  {
    auto again = open_as(7);
    REQUIRE((*again)->epoch().value == 7);
    REQUIRE(commit_texts(**again, {"one"}).ok());
    REQUIRE(open_as(9).error().code == errc::storage_locked);
  }
  for (const std::uint64_t older : {1, 6}) {
    const auto refused = open_as(older);
    REQUIRE_FALSE(refused.ok());
    REQUIRE(refused.error().code == errc::fenced);
    REQUIRE_THAT(refused.error().message, Catch::Contains("is owned by epoch 7, this opening was "
                                                          "granted " +
                                                          std::to_string(older)));
  }
  {
    auto later = open_as(9); // the refused ones changed nothing and hold nothing
    REQUIRE((*later)->epoch().value == 9);
    REQUIRE((*later)->head().value == 1);
    REQUIRE(commit_texts(**later, {"two"}).ok());
    REQUIRE(texts_from(**later, 1) == std::vector<std::string>{"one", "two"});
  }
  REQUIRE(open_as(8).error().code == errc::fenced);
  REQUIRE((*open_as(0))->epoch().value == 10); // nobody grants: one more
  REQUIRE(open_as(9).error().code == errc::fenced);
}

TEST_CASE("A commit without records is a fault of the program") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto opened = storage->open_journal(shard_of_rides());
  REQUIRE(opened.ok());
  REQUIRE_THROWS_AS((void)(*opened)->commit({}), std::logic_error);
}

TEST_CASE("Empty, binary and large records come back unchanged") {
  fresh_storage storage{GENERATE(engine::memory, engine::sqlite)};
  auto opened = storage->open_journal(shard_of_rides());
  REQUIRE(opened.ok());
  const std::vector<std::string> texts = {"", std::string(3, '\0'), std::string(1'500'000, 'x')};
  REQUIRE(commit_texts(**opened, texts).ok());
  REQUIRE(texts_from(**opened, 1) == texts);
}
