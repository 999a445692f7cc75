#include "tests/support/faulty_storage.hpp"

#include "tests/persistence/engines.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::test;

TEST_CASE("The faulty storage fails the next commit as asked and only there") {
  faulty_storage storage{std::shared_ptr<troupe::storage>{make_memory_storage()}};
  auto opened = storage.open_journal(shard_of_rides());
  auto other = storage.open_journal(shard_of_rides(1));
  REQUIRE(opened.ok());
  REQUIRE(commit_texts(**opened, {"one"}).ok());

  storage.fail_next_commit("taxi.ride", {0}, commit_fault::full);
  REQUIRE(commit_texts(**other, {"elsewhere"}).ok());
  REQUIRE(commit_texts(**opened, {"two"}).error().code == errc::storage_full);
  REQUIRE((*opened)->probe().error().code == errc::storage_full);
  storage.heal("taxi.ride", {0});
  REQUIRE((*opened)->probe().ok());
  REQUIRE(commit_texts(**opened, {"two"}).ok());

  storage.fail_next_commit("taxi.ride", {0}, commit_fault::fenced);
  REQUIRE(commit_texts(**opened, {"x"}).error().code == errc::fenced);
  REQUIRE(commit_texts(**opened, {"x"}).error().code == errc::fenced);
  REQUIRE((*opened)->head().value == 2);
  REQUIRE(storage.commits() == 5);
}

TEST_CASE("The faulty storage leaves an unknown outcome open until the journal is reopened") {
  faulty_storage storage{std::shared_ptr<troupe::storage>{make_memory_storage()}};
  const bool applied = GENERATE(true, false);
  auto opened = storage.open_journal(shard_of_rides());
  storage.fail_next_commit("taxi.ride", {0},
                           applied ? commit_fault::unknown_applied : commit_fault::unknown_lost);
  REQUIRE(commit_texts(**opened, {"one"}).error().code == errc::outcome_unknown);
  REQUIRE((*opened)->head().value == 0);
  REQUIRE(commit_texts(**opened, {"one"}).error().code == errc::storage_failed);
  REQUIRE((*opened)->probe().error().code == errc::storage_failed);
  (*opened).reset();
  opened = storage.open_journal(shard_of_rides());
  REQUIRE((*opened)->head().value == (applied ? 1 : 0));
  REQUIRE(commit_texts(**opened, {"two"}).ok());
}
