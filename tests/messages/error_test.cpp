#include "messages/error.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <map>
#include <set>
#include <vector>

using namespace troupe;

namespace {

std::string trimmed(std::string text) {
  const auto begin = text.find_first_not_of(" `");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" `") - begin + 1);
}

/// Cells of a table row of Markdown.
std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> found;
  std::size_t at = 1;
  for (auto bar = line.find('|', at); bar != std::string::npos; bar = line.find('|', at)) {
    found.push_back(trimmed(line.substr(at, bar - at)));
    at = bar + 1;
  }
  return found;
}

std::string shown(retry from) {
  switch (from) {
  case retry::never:
    return "never";
  case retry::same_id:
    return "same id";
  case retry::new_command:
    return "new command";
  }
  return "?";
}

std::string shown(outcome from) {
  switch (from) {
  case outcome::not_applied:
    return "not applied";
  case outcome::applied:
    return "applied";
  case outcome::unknown:
    return "unknown";
  }
  return "?";
}

bool upper_snake(std::string_view name) {
  return !name.empty() &&
         name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string_view::npos;
}

} // namespace

TEST_CASE("every error has one row with its own stable name, a status and an exit code") {
  std::set<std::string_view> names;
  for (const error_info& each : error_table()) {
    CHECK(upper_snake(each.name));
    CHECK(names.insert(each.name).second);
    CHECK(&info(each.code) == &each);
    CHECK(errc_named(each.name) == each.code);
    CHECK(each.http_status >= 400);
    CHECK(each.http_status < 600);
    CHECK(each.exit_code > 0);
    CHECK(each.exit_code <= 13);
    CHECK_FALSE(each.meaning.empty());
  }
  CHECK(error_table().size() == static_cast<std::size_t>(errc::internal));
}

TEST_CASE("an error that leaves the outcome open may only be tried again with the same id") {
  for (const error_info& each : error_table())
    if (each.effect == outcome::unknown) CHECK(each.again == retry::same_id);
}

TEST_CASE("unknown codes and names do not lead outside the table") {
  CHECK(info(static_cast<errc>(0)).code == errc::internal);
  CHECK(info(static_cast<errc>(255)).code == errc::internal);
  CHECK_FALSE(errc_named("NO_SUCH_ERROR").has_value());
  CHECK_FALSE(errc_named("").has_value());
}

TEST_CASE("a rejection shows the reason of its context, any other error its code") {
  CHECK(error{errc::rejected, "INVALID_TRANSITION", "", 0}.shown_code() == "INVALID_TRANSITION");
  CHECK(fail(errc::not_found, "no such call").shown_code() == "NOT_FOUND");
}

TEST_CASE("a result holds either a value or an error, and mixing them up throws") {
  const result<int> good = 7;
  CHECK(good.ok());
  CHECK(*good == 7);
  CHECK_THROWS(good.error());
  const result<int> bad = fail(errc::internal, "broken");
  CHECK_FALSE(bad.ok());
  CHECK(bad.error().message == "broken");
  CHECK_THROWS(bad.value());
  CHECK(result<void>{}.ok());
  CHECK_FALSE(result<void>{fail(errc::internal, "broken")}.ok());
}

TEST_CASE("docs/errors.md has exactly one row per error, with the table's values") {
  std::ifstream page{TROUPE_DOCS_DIR "/errors.md"};
  REQUIRE(page.is_open());
  std::map<std::string, std::vector<std::string>> rows;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind("| `", 0) != 0) continue;
    const auto row = cells(line);
    if (!upper_snake(row.front())) continue;
    CHECK(rows.emplace(row.front(), row).second);
  }
  CHECK(rows.size() == error_table().size());
  for (const error_info& each : error_table()) {
    const std::vector<std::string> expected{std::string{each.name},
                                            std::to_string(each.http_status),
                                            std::to_string(each.exit_code),
                                            shown(each.again),
                                            shown(each.effect),
                                            std::string{each.meaning}};
    CHECK(rows[std::string{each.name}] == expected);
  }
}
