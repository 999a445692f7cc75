#include "bin/cli/system_map.hpp"

#include "tests/cli/market.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

std::vector<std::string> names(const std::vector<const context_info*>& contexts) {
  std::vector<std::string> out;
  for (const context_info* each : contexts)
    out.push_back(each->full_name());
  return out;
}

} // namespace

TEST_CASE("The catalogue of these tests is one that could serve") {
  CHECK(check_catalogue(market()).empty());
}

TEST_CASE("A system's relations are its asks, what its policies hear and what its views fold") {
  const auto catalogue = market();
  std::vector<std::string> found;
  for (const relation& each : relations_of(catalogue, "market")) {
    std::string line =
        each.from->full_name() + ' ' + std::string{word(each.kind)} + ' ' + std::string{each.to};
    for (const std::string_view through : each.through)
      line += ' ' + std::string{through};
    found.push_back(std::move(line));
  }
  // Two asks of one context are one relation.
  CHECK(found == std::vector<std::string>{"market.stall asks market.rent payRent howMuch",
                                          "market.stall listens to market.rent RentRose",
                                          "market.shelf listens to market.stall StallOpened",
                                          "market.boardOfStalls folds market.stall",
                                          "market.boardOfStalls folds market.rent"});
  CHECK(relations_of(catalogue, "fair").empty());
  CHECK(systems_of(catalogue) == std::vector<std::string_view>{"market", "fair"});
  CHECK(contexts_of(catalogue, "market").size() == 4);
}

TEST_CASE("A command comes by requests, asks and policies; one without any is sent by itself") {
  const auto catalogue = market();
  const context_info& stall = catalogue[0];
  const context_info& rent = catalogue[2];
  const auto ways = [&](const context_info& of, const char* command) {
    return ways_to(catalogue, of, *of.command(command));
  };
  CHECK(ways(stall, "openStall").requests == std::vector<std::string>{"POST /market/stalls"});
  CHECK(ways(stall, "moveStall").requests ==
        std::vector<std::string>{"PATCH /market/stalls/{id}", "PUT /market/stalls/{id}"});
  CHECK(ways(stall, "closeStall").policies == std::vector<std::string_view>{"CloseAll"});
  CHECK(ways(stall, "closeStall").requests.empty());
  CHECK(names(ways(rent, "payRent").asked) == std::vector<std::string>{"market.stall"});
  CHECK(ways(stall, "ageStall").policies.empty());
  CHECK(names(askers_of(catalogue, rent, "howMuch")) == std::vector<std::string>{"market.stall"});
  CHECK(request_of(rent, rent.queries[0]) == "GET /market/rents/howMuch?stallId={id}");
}

TEST_CASE("An event is heard by policies of any context, and by views of its context") {
  const auto catalogue = market();
  const auto heard = listeners_of(catalogue, catalogue[0], "StallOpened");
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].context->full_name() == "market.shelf");
  CHECK(heard[0].policy->name == "PutUp");
  CHECK(listeners_of(catalogue, catalogue[4], "StallOpened").empty());
  CHECK(names(views_of(catalogue, catalogue[0])) ==
        std::vector<std::string>{"market.boardOfStalls"});
  CHECK(views_of(catalogue, catalogue[1]).empty());
}

TEST_CASE("Rankings, types and stores have a word each") {
  CHECK(word(ranking::core) == "core");
  CHECK(word(ranking::supporting) == "supporting");
  CHECK(word(ranking::general) == "general");
  CHECK(word(field_type::integer) == "integer");
  CHECK(word(field_type::real) == "real");
  CHECK(word(field_type::boolean) == "boolean");
  CHECK(word(field_type::text) == "text");
  CHECK(word(view_storage::sqlite) == "file");
  CHECK(word(view_storage::memory) == "memory");
}
