#include "messages/descriptor.hpp"
#include "messages/json.hpp"
#include "tests/cli/fake_cluster.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

using namespace troupe;
using namespace troupe::cli;

namespace {

const context_info& some_context() {
  return all_contexts().front();
}

std::string content(const std::filesystem::path& of) {
  std::ifstream in{of, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

TEST_CASE("describe prints a system as Markdown or as data, without a node") {
  stage on;
  on.reachable = false;
  const std::string system{some_context().system};
  REQUIRE(on.troupe({"describe", system}) == 0);
  CHECK(on.out.str().find("<!-- generated: map -->\n\n") == 0);
  CHECK(on.out.str().find("### " + some_context().full_name()) != std::string::npos);
  for (const std::vector<std::string>& asked :
       {std::vector<std::string>{"--format", "json"}, std::vector<std::string>{"-o", "json"}}) {
    std::vector<std::string> words{"describe", system};
    words.insert(words.end(), asked.begin(), asked.end());
    REQUIRE(on.troupe(words) == 0);
    const auto data = parse_json(on.out.str());
    REQUIRE(data);
    CHECK(*data->find("system") == value{system});
  }
}

TEST_CASE("describe renews a page in place") {
  stage on;
  const test::temp_folder scratch;
  const auto page = scratch.path() / "page.md";
  const std::string system{some_context().system};
  std::ofstream{page} << "by hand\n<!-- generated: map --><!-- end generated -->\n"
                         "<!-- generated: contexts --><!-- end generated -->\n";
  REQUIRE(on.troupe({"describe", system, "--update", page.string()}) == 0);
  CHECK(on.out.str().find("renewed") != std::string::npos);
  const std::string renewed = content(page);
  CHECK(renewed.find("by hand\n<!-- generated: map -->\n\n") == 0);
  CHECK(renewed.find("```mermaid") != std::string::npos);
  REQUIRE(on.troupe({"describe", system, "--update", page.string()}) == 0);
  CHECK(on.out.str().find("says the same already") != std::string::npos);
  CHECK(content(page) == renewed);
}

TEST_CASE("describe refuses unknown systems and files that it cannot renew") {
  stage on;
  const test::temp_folder scratch;
  const std::string system{some_context().system};
  CHECK(on.troupe({"describe", system + "x"}) == 2);
  CHECK(on.err.str().find(system) != std::string::npos);
  CHECK(on.troupe({"describe", system, "--update", (scratch.path() / "none").string()}) == 5);
  std::ofstream{scratch.path() / "page.md"} << "no markers";
  CHECK(on.troupe({"describe", system, "--update", (scratch.path() / "page.md").string()}) == 2);
  CHECK(content(scratch.path() / "page.md") == "no markers");
  CHECK(on.troupe({"describe", system, "--update", "x", "--format", "json"}) == 2);
}
