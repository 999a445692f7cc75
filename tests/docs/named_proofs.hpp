#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

/// Pages prove what they say by naming tests and commands in code spans. This tells whether there
/// is what they name.
namespace troupe::test {

/// Every test of the repository, read off its sources and build files.
class test_index {
public:
  /// Of the folder that holds all tests.
  explicit test_index(const std::filesystem::path& folder);

  [[nodiscard]] bool has_case(std::string_view program, std::string_view name) const;
  [[nodiscard]] bool has_program(std::string_view program) const;
  [[nodiscard]] bool has_ctest(std::string_view name) const { return ctests_.contains(name); }

private:
  using names = std::set<std::string, std::less<>>;
  void take_build_file(const std::filesystem::path& file);

  std::map<std::string, names, std::less<>> programs_; ///< program → names of its test cases
  names ctests_;
};

/// Names of the test cases of a source, literals in pieces put together.
[[nodiscard]] std::set<std::string, std::less<>> test_cases_in(std::string_view source);

enum class proof : std::uint8_t { none, good, wrong };

/// Whether a code span names something that can be run, and whether that exists:
///   test_scenario "a sentence"    a test case of a test program
///   ctest -R name                 a test of ctest
///   troupe …, actor-inspector …   a command line of ours, placeholders included
///   scripts/…                     a script
[[nodiscard]] proof judge(std::string_view span, const test_index& index);

} // namespace troupe::test
