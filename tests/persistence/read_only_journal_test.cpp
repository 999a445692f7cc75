#include "persistence/read_only_journal.hpp"

#include "tests/persistence/engines.hpp"
#include "tests/persistence/raw_database.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::test;

TEST_CASE("A journal is read beside its owner, who writes on") {
  fresh_storage storage{engine::sqlite};
  auto owner = storage->open_journal(shard_of_rides());
  REQUIRE(owner.ok());
  REQUIRE(commit_texts(**owner, {"one", "two"}).ok());
  auto reader = read_only_journal::open(storage.path() / "taxi.ride.0.journal");
  REQUIRE(reader.ok());
  auto& journal = **reader;
  CHECK(journal.about().context == "taxi.ride");
  CHECK(journal.about().shards == 2);
  CHECK(journal.epoch().value == 1);
  CHECK(journal.head().value == 2);
  CHECK(*journal.read({2}) == "two");
  CHECK(texts_from(journal, 1) == std::vector<std::string>{"one", "two"});
  CHECK(journal.bytes_on_disk() > 0);

  REQUIRE(commit_texts(**owner, {"three"}).ok());
  CHECK(journal.head().value == 2); // nothing moves under a reader's feet
  CHECK(texts_from(journal, 2) == std::vector<std::string>{"two"});
  REQUIRE(journal.refresh().ok());
  CHECK(texts_from(journal, 2) == std::vector<std::string>{"two", "three"});
}

TEST_CASE("Who only reads a journal changes nothing") {
  fresh_storage storage{engine::sqlite};
  {
    auto owner = storage->open_journal(shard_of_rides());
    REQUIRE(commit_texts(**owner, {"one"}).ok());
  }
  auto reader = read_only_journal::open(storage.path() / "taxi.ride.0.journal");
  REQUIRE(reader.ok());
  CHECK(commit_texts(**reader, {"two"}).error().code == errc::storage_failed);
  CHECK((*reader)->checkpoint(true).error().code == errc::storage_failed);
  CHECK((*reader)->probe().error().code == errc::storage_failed);
  CHECK((*reader)->read({2}).error().code == errc::not_found);
  reader->reset();
  auto owner = storage->open_journal(shard_of_rides());
  REQUIRE(owner.ok());
  CHECK((*owner)->head().value == 1);
  CHECK((*owner)->epoch().value == 2); // the reader was no opening for writing
}

TEST_CASE("Damage is an error to who reads a journal, never a record") {
  fresh_storage storage{engine::sqlite};
  {
    auto owner = storage->open_journal(shard_of_rides());
    REQUIRE(commit_texts(**owner, {"one", "two", "three"}).ok());
  }
  const auto file = storage.path() / "taxi.ride.0.journal";
  settle_log(file);
  run_raw(file, "UPDATE log SET body = zeroblob(20) WHERE idx = 2");
  auto reader = read_only_journal::open(file);
  REQUIRE(reader.ok());
  CHECK((*reader)->read({2}).error().code == errc::corrupt);
  CHECK((*reader)->read({3}).ok());
  CHECK(texts_from(**reader, 1).back().find("troupe verify") != std::string::npos);
  CHECK_FALSE(read_only_journal::open(storage.path() / "nothing.journal").ok());
}
