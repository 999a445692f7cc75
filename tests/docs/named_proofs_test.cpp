#include "tests/docs/named_proofs.hpp"

#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <fstream>

namespace troupe::test {
namespace {

using names = std::set<std::string, std::less<>>;

/// A folder of two test programs that share it.
class small_repository {
public:
  small_repository() {
    std::ofstream{folder_.path() / "CMakeLists.txt"}
        << "add_executable(test_one\n  one_test.cpp)\nadd_executable(test_two two_test.cpp)\n"
           "add_test(NAME first COMMAND test_one)\n";
    std::ofstream{folder_.path() / "one_test.cpp"} << "TEST_CASE(\"a sentence\") {}\n";
    std::ofstream{folder_.path() / "two_test.cpp"}
        << "TEST_CASE(\n    \"a long \"\n    \"sentence, \\\"quoted\\\"\") {}\n";
  }
  [[nodiscard]] test_index index() const { return test_index{folder_.path()}; }

private:
  temp_folder folder_;
};

TEST_CASE("test cases are found by their whole names") {
  CHECK(test_cases_in("TEST_CASE(\"a\") {}\nTEST_CASE(\n  \"b \"\n  \"c\", \"[tag]\")") ==
        names{"a", "b c"});
  CHECK(test_cases_in("no tests, \"TEST\"").empty());
}

TEST_CASE("a proof is a test of the program it names, and of no other") {
  const auto index = small_repository{}.index();
  CHECK(judge("test_one \"a sentence\"", index) == proof::good);
  CHECK(judge("test_two \"a long sentence, \"quoted\"\"", index) == proof::good);
  CHECK(judge("test_two \"a sentence\"", index) == proof::wrong);
  CHECK(judge("test_three \"a sentence\"", index) == proof::wrong);
  CHECK(judge("test_one a sentence", index) == proof::wrong);
  CHECK(judge("ctest -R first", index) == proof::good);
  CHECK(judge("ctest -R second", index) == proof::wrong);
}

TEST_CASE("a proof may be a command line of ours or a script") {
  const auto index = small_repository{}.index();
  CHECK(judge("troupe context stop CONTEXT", index) == proof::good);
  CHECK(judge("troupe bench --duration 10s", index) == proof::good);
  CHECK(judge("troupe context fly", index) == proof::wrong);
  CHECK(judge("troupe status --strange", index) == proof::wrong);
  CHECK(judge("actor-inspector tree", index) == proof::good);
  CHECK(judge("actor-inspector bush", index) == proof::wrong);
  CHECK(judge("scripts/run --demo", index) == proof::good);
  CHECK(judge("scripts/fly", index) == proof::wrong);
  CHECK(judge("callTaxi", index) == proof::none);
}

} // namespace
} // namespace troupe::test
