#include "bin/cli/system_map.hpp"
#include "bin/cli/system_page.hpp"
#include "tests/docs/markdown.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

/// The pages of docs/systems against the descriptors.
namespace troupe::test {
namespace {

using names = std::set<std::string, std::less<>>;

std::string page_of(std::string_view system) {
  return "docs/systems/" + std::string{system} + ".md";
}

std::vector<std::string_view> systems() {
  return cli::systems_of(all_contexts());
}

names commands_of(std::string_view system) {
  names found;
  for (const context_info* context : cli::contexts_of(all_contexts(), system)) {
    for (const command_info& each : context->commands)
      found.emplace(each.message.name);
    for (const query_info& each : context->queries)
      found.emplace(each.name);
  }
  return found;
}

names events_of(std::string_view system) {
  names found;
  for (const context_info* context : cli::contexts_of(all_contexts(), system))
    for (const event_info& each : context->events)
      found.emplace(each.message.name);
  return found;
}

names policies_of(std::string_view system) {
  names found;
  for (const context_info* context : cli::contexts_of(all_contexts(), system))
    for (const policy_info& each : context->policies)
      found.emplace(each.name);
  return found;
}

/// What the story told on a page names in one of its columns.
names told(const std::string& page, std::string_view column) {
  names found;
  for (const markdown_table& table : tables(by_hand(page))) {
    const auto head = std::find(table.heads.begin(), table.heads.end(), column);
    if (head == table.heads.end()) continue;
    const auto at = static_cast<std::size_t>(head - table.heads.begin());
    for (const table_row& row : table.rows) {
      if (at >= row.cells.size()) continue;
      for (std::string& each : code_spans(row.cells[at]))
        found.insert(std::move(each));
    }
  }
  return found;
}

TEST_CASE("the generated parts of every system's page are what its descriptors say") {
  for (const std::string_view system : systems()) {
    const std::string page = page_text(page_of(system));
    const auto now = cli::renewed(page, cli::system_page(all_contexts(), system));
    INFO(page_of(system) << " is out of date; renew it: build/release/bin/troupe describe "
                         << system << " --update " << page_of(system)
                         << (now ? std::string{} : '\n' + now.error().message));
    REQUIRE(now);
    CHECK((*now == page)); // in double parentheses: not the whole page twice in the output
  }
}

TEST_CASE("every system's page tells its whole story: each command, event and policy") {
  for (const std::string_view system : systems()) {
    INFO(page_of(system) << ": the tables with the columns command, events and policies");
    const std::string page = page_text(page_of(system));
    CHECK(told(page, "command") == commands_of(system));
    CHECK(told(page, "events") == events_of(system));
    CHECK(told(page, "policies") == policies_of(system));
  }
}

TEST_CASE("every system's page has the same chapters, and readers are led to it") {
  const std::vector<std::string> chapters{"Who uses it", "Context map", "How it goes",
                                          "Contexts",    "Try it",      "What it promises",
                                          "Decided here"};
  for (const std::string_view system : systems()) {
    INFO(page_of(system));
    const auto found = headings(by_hand(page_text(page_of(system))));
    REQUIRE(found.size() == chapters.size() + 1);
    CHECK(std::equal(chapters.begin(), chapters.end(), found.begin() + 1));
    const std::string file = std::string{system} + ".md)";
    CHECK(page_text("docs/README.md").find("(systems/" + file) != std::string::npos);
    CHECK(page_text("README.md").find("(docs/systems/" + file) != std::string::npos);
  }
}

} // namespace
} // namespace troupe::test
