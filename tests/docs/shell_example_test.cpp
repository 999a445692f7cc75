#include "tests/docs/shell_example.hpp"

#include <catch2/catch.hpp>

namespace troupe::test {
namespace {

using words = std::vector<std::string>;

TEST_CASE("a line is split as a shell would split it") {
  const std::map<std::string, std::string> known{{"id", "7"}};
  CHECK(*shell_words("a  'b c' \"d $id\" $id/x '$id' ''", known) ==
        words{"a", "b c", "d 7", "7/x", "$id", ""});
  CHECK(*shell_words("a # what it does", known) == words{"a"});
  CHECK(shell_words("", known)->empty());
  CHECK_FALSE(shell_words("'open", known));
  CHECK_FALSE(shell_words("$other", known));
}

TEST_CASE("an example is its commands and what the last one prints") {
  const auto found =
      shell_examples("```sh\n"
                     "curl -s localhost:8080/a -H 'Content-Type: application/json' \\\n"
                     "     -H 'Idempotency-Key: k' -d '{\"x\": 1}'\n"
                     "```\n"
                     "prints\n"
                     "```json\n{\"id\": 1}\n```\n"
                     "```json\nnot printed\n```\n"
                     "```sh\nid=1\ncurl -s -X DELETE localhost:8080/a/$id "
                     "-o /dev/null -w '%{http_code}'\n```\n"
                     "```text\n204\n```\n"
                     "```sh\nbuild/release/bin/troupe context stop a.b\n```\n");
  REQUIRE(found);
  REQUIRE(found->size() == 3);
  const example_step& create = (*found)[0].steps.at(0);
  CHECK(create.request.method == "POST");
  CHECK(create.request.target == "/a");
  CHECK(create.request.body == "{\"x\": 1}");
  CHECK(create.request.headers == http_headers{{"Idempotency-Key", "k"}});
  CHECK(create.line == 1);
  CHECK((*found)[0].printed == "{\"id\": 1}\n");
  const example_step& erase = (*found)[1].steps.at(0);
  CHECK(erase.request.method == "DELETE");
  CHECK(erase.request.target == "/a/1");
  CHECK(erase.status_only);
  CHECK((*found)[1].printed_language == "text");
  CHECK((*found)[2].steps.at(0).words == words{"context", "stop", "a.b"});
  CHECK((*found)[2].printed_language.empty());
}

TEST_CASE("what the examples do not use is refused, with its line") {
  for (const char* line :
       {"rm -r x", "curl -s elsewhere/a", "curl --strange localhost:8080/a", "curl 'open"}) {
    const auto found = shell_examples("\n```sh\n" + std::string{line} + "\n```\n");
    REQUIRE_FALSE(found);
    CHECK(found.error().message.find("line 2: " + std::string{line}) == 0);
  }
}

} // namespace
} // namespace troupe::test
