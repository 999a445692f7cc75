#include "bin/cli/system_data.hpp"

#include "tests/cli/market.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

/// A part by its path, such as "contexts/0/name"; null where there is none.
value at(const value& from, std::string_view path) {
  const value* now = &from;
  while (now != nullptr && !path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    const std::string step{path.substr(0, end)};
    path.remove_prefix(std::min(end + 1, path.size()));
    if (const auto* items = now->get_if<value::array>()) {
      const auto index = static_cast<std::size_t>(std::stoul(step));
      now = index < items->size() ? &(*items)[index] : nullptr;
    } else {
      now = now->find(step);
    }
  }
  return now == nullptr ? value{} : *now;
}

} // namespace

TEST_CASE("A system's data say what its descriptors say") {
  const value data = system_data(market(), "market");
  CHECK(at(data, "kind") == value{"System"});
  CHECK(at(data, "relations/0/through") == value{value::array{"payRent", "howMuch"}});
  CHECK(at(data, "contexts/0/name") == value{"market.stall"});
  CHECK(at(data, "contexts/0/ranking") == value{"core"});
  CHECK(at(data, "contexts/0/fields/2/internal") == value{true});
  CHECK(at(data, "contexts/0/commands/1/requests/1") == value{"PUT /market/stalls/{id}"});
  CHECK(at(data, "contexts/0/commands/2/internal") == value{true});
  CHECK(at(data, "contexts/0/commands/2/policies/0") == value{"CloseAll"});
  CHECK(at(data, "contexts/0/events/0/reactions/0/command") == value{"putUp"});
  CHECK(at(data, "contexts/0/events/1/internal") == value{true});
  CHECK(at(data, "contexts/0/asks/0/timeout_ms") == value{610});
  CHECK(at(data, "contexts/0/asks/1/missing").is_null());
  CHECK(at(data, "contexts/0/policies/0/reaches") == value{"owner"});
  CHECK(at(data, "contexts/0/rejections/0/code") == value{"NO_RENT"});
  CHECK(at(data, "contexts/0/views/0") == value{"market.boardOfStalls"});
  CHECK(at(data, "contexts/1/part_of") == value{"market.stall"});
  CHECK(at(data, "contexts/2/commands/0/answers/0/name") == value{"left"});
  CHECK(at(data, "contexts/2/queries/0/asked_by/0") == value{"market.stall"});
  CHECK(at(data, "contexts/3/view/store") == value{"memory"});
  CHECK(at(data, "contexts/4").is_null()); // of the other system
}
