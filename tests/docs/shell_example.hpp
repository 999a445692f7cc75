#pragma once

#include "net/http_client.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// The examples of a page, as a reader would type them into a shell: requests by curl and calls of
/// our tools. Only what the pages use is understood; anything else is an error.
namespace troupe::test {

/// One command line.
struct example_step {
  std::vector<std::string> words; ///< of a call of `troupe`, without the program; empty: a request
  http_request request;           ///< of curl
  bool status_only = false;       ///< curl prints the status and drops the body
  std::size_t line = 0;           ///< of the page
};

/// A block of commands and what the last of them prints.
struct shell_example {
  std::vector<example_step> steps;
  std::string printed_language; ///< "json" or "text"; empty: the page does not say what is printed
  std::string printed;
};

/// The words of a shell line: quotes, `$name` and `\` as far as the pages use them.
[[nodiscard]] result<std::vector<std::string>>
shell_words(std::string_view line, const std::map<std::string, std::string>& variables);

/// All `sh` blocks of a page, each with the `json` or `text` block that follows it. Variables that
/// one block sets (`id=1`) hold in the later ones.
[[nodiscard]] result<std::vector<shell_example>> shell_examples(std::string_view page);

} // namespace troupe::test
