#include "bin/option_parsing.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>

namespace troupe {
namespace {

/// The words of the command line, and for each option that is not among them but in the environment
/// one more word with that value.
std::vector<std::string> words_of(const CLI::App& app, int argc, char** argv) {
  const std::vector<std::string> typed(argv + 1, argv + argc);
  std::vector<std::string> words = typed;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_envname().empty()) continue;
    const char* set = std::getenv(option->get_envname().c_str());
    const std::string flag = option->get_name();
    const bool given = std::any_of(typed.begin(), typed.end(), [&](const std::string& word) {
      return word == flag || word.starts_with(flag + '=');
    });
    if (set != nullptr && *set != '\0' && !given) words.push_back(flag + '=' + set);
  }
  return words;
}

} // namespace

bool parse_options(CLI::App& app, int argc, char** argv, int& exit_code) {
  auto words = words_of(app, argc, argv);
  std::reverse(words.begin(), words.end()); // as the library wants them
  try {
    app.parse(std::move(words));
    return true;
  } catch (const CLI::ParseError& failure) {
    exit_code = app.exit(failure) == 0 ? 0 : 2;
    return false;
  }
}

} // namespace troupe
