#include "bin/cli/system_page.hpp"

#include "tests/cli/market.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;
using Catch::Matchers::Contains;

namespace {

std::string part(std::string_view name) {
  static const auto catalogue = market();
  for (const generated_part& each : system_page(catalogue, "market"))
    if (each.name == name) return each.text;
  return {};
}

} // namespace

TEST_CASE("The map draws contexts by ranking, asks, events and folds") {
  const std::string map = part("map");
  CHECK_THAT(map, Contains("  subgraph rank_general[\"general\"]\n"
                           "    c_market_rent[\"rent\"]\n  end\n"));
  CHECK_THAT(map, Contains("c_market_shelf[\"shelf<br/>part of stall\"]"));
  CHECK_THAT(map, Contains("c_market_boardOfStalls[(\"boardOfStalls\")]"));
  CHECK_THAT(map, Contains("c_market_stall -- \"payRent<br/>howMuch\" --> c_market_rent\n"));
  // An event's arrow goes from who publishes it to who hears it.
  CHECK_THAT(map, Contains("c_market_rent -. \"RentRose\" .-> c_market_stall\n"));
  CHECK_THAT(map, Contains("c_market_stall ==> c_market_boardOfStalls\n"));
  CHECK_THAT(map, !Contains("fair"));
}

TEST_CASE("The map says the same as tables") {
  const std::string map = part("map");
  CHECK_THAT(map, Contains("| [boardOfStalls](#marketboardofstalls) | core | view | "
                           "`/market/boards` | All stalls. |"));
  CHECK_THAT(map, Contains("| stall | asks | rent | `payRent`, `howMuch` |"));
  CHECK_THAT(map, Contains("| shelf | listens to | stall | `StallOpened` |"));
  CHECK_THAT(map, Contains("| boardOfStalls | folds | rent | its events |"));
}

TEST_CASE("A context's section has its fields, commands, queries and answers") {
  const std::string text = part("contexts");
  CHECK_THAT(text, Contains("### market.stall\n\nStalls that sell. Ranking: core.\n"));
  CHECK_THAT(text, Contains("| `owner` | text | yes | yes |"));
  CHECK_THAT(text,
             Contains("| `secret` (internal: shown to nobody) | real | yes | policies only |"));
  CHECK_THAT(text, Contains("| `openStall` | `POST /market/stalls` | `owner` text? | open a stall; "
                            "gets an id of its own |"));
  CHECK_THAT(text, Contains("| `moveStall` | `PATCH /market/stalls/{id}`, "
                            "`PUT /market/stalls/{id}` | – | move it |"));
  CHECK_THAT(text, Contains("| `closeStall` | internal, policy `CloseAll` | – | close \\| shut |"));
  CHECK_THAT(text, Contains("| `ageStall` | internal, sent by itself |"));
  CHECK_THAT(text,
             Contains("| `payRent` | `POST /market/rents`, asked by stall | `stallId` "
                      "integer? | pay; the id is that of `stallId`; answers `left` integer |"));
  CHECK_THAT(text, Contains("| `howMuch` | `GET /market/rents/howMuch?stallId={id}`, asked by "
                            "stall | `amount` | what is due |"));
  CHECK_THAT(text, Contains("Part of stall, with which it is stopped and started."));
}

TEST_CASE("A context's section has its events, policies, asks, rejections and view") {
  const std::string text = part("contexts");
  CHECK_THAT(text, Contains("| `StallOpened` | `id` integer | shelf: `PutUp` → `putUp` |"));
  CHECK_THAT(text, Contains("| `StallAged` | – | internal: recorded, published to nobody |"));
  CHECK_THAT(text, Contains("Views that fold published events of it: boardOfStalls."));
  CHECK_THAT(text, Contains("| `CloseAll` | rent `RentRose` | `closeStall` | all with the same "
                            "`owner` |"));
  CHECK_THAT(text,
             Contains("| rent | `payRent` | 610 ms | is voided if no answer comes | rejection "
                      "`NO_RENT` |"));
  CHECK_THAT(text,
             Contains("| rent | `howMuch` | 1000 ms | only reads | a failure of the callee |"));
  CHECK_THAT(text, Contains("| `NO_RENT` | there is no such rent |"));
  CHECK_THAT(text, Contains("| stall, rent | `id` | `owner` | memory, built anew at each start |"));
}

TEST_CASE("Renewing a page replaces what is between the markers and nothing else") {
  const std::vector<generated_part> parts{{"map", "new map\n"}, {"contexts", "new contexts\n"}};
  const std::string before = "# Title\n\n<!-- generated: map -->\nold\n<!-- end generated -->\n"
                             "by hand\n<!-- generated: contexts --><!-- end generated -->\nend";
  const std::string wanted = "# Title\n\n<!-- generated: map -->\n\nnew map\n\n"
                             "<!-- end generated -->\nby hand\n<!-- generated: contexts -->\n\n"
                             "new contexts\n\n<!-- end generated -->\nend";
  const auto once = renewed(before, parts);
  REQUIRE(once);
  CHECK(*once == wanted);
  CHECK(*renewed(*once, parts) == wanted);
  CHECK(*renewed(with_markers(parts), parts) == with_markers(parts));
}

TEST_CASE("A page whose markers are wrong is refused with what is wrong") {
  const std::vector<generated_part> parts{{"map", "m\n"}};
  const auto why = [&](const char* page) {
    const auto done = renewed(page, parts);
    return done ? std::string{"renewed"} : done.error().message;
  };
  CHECK_THAT(why("nothing"), Contains("no line <!-- generated: map -->"));
  CHECK_THAT(why("<!-- generated: map -->\ntext"), Contains("is not ended"));
  CHECK_THAT(why("<!-- generated: map"), Contains("is not ended"));
  CHECK_THAT(why("<!-- generated: mop --><!-- end generated -->"), Contains("no part 'mop'"));
  CHECK_THAT(why("<!-- generated: map --><!-- end generated -->"
                 "<!-- generated: map --><!-- end generated -->"),
             Contains("there twice"));
}
