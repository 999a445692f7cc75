#include "bin/cli/suggestion.hpp"
#include "bin/cli/system_data.hpp"
#include "bin/cli/system_map.hpp"
#include "bin/cli/system_page.hpp"
#include "bin/cli/tool.hpp"
#include "messages/json.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <ostream>

namespace troupe::cli {
namespace {

result<std::string> read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in) return fail(errc::not_found, "there is no file " + path + " that can be read");
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream out{path, std::ios::binary | std::ios::trunc};
  out << text << std::flush;
  if (!out) return fail(errc::storage_failed, path + " cannot be written to");
  return {};
}

command_result renew(const std::string& path, std::span<const generated_part> parts,
                     std::ostream& out) {
  const std::string what = "cannot renew " + path;
  const auto before = read_file(path);
  if (!before) return failed(what, before.error(), "--update with a page of docs/systems");
  const auto after = renewed(*before, parts);
  if (!after)
    return failed(what, after.error(), "take the markers from the output without --update");
  if (*after != *before)
    if (const auto done = write_file(path, *after); !done) return failed(what, done.error());
  out << path << (*after == *before ? " says the same already\n" : " renewed\n");
  return exit_code::done;
}

command_result describe(command_call& call) {
  const std::string& wanted = call.line.arguments.front();
  const auto known = systems_of(all_contexts());
  if (std::find(known.begin(), known.end(), wanted) == known.end())
    return usage_failure("there is no system '" + wanted + "'", suggestion(wanted, known),
                         "troupe describe " + std::string{known.front()});
  const bool data = call.line.text("--format") == "json" || call.how.format == output_format::json;
  if (call.line.given("--update")) {
    if (data)
      return usage_failure("cannot use --update with JSON", "pages are Markdown", "--update alone");
    return renew(call.line.text("--update"), system_page(all_contexts(), wanted), call.around.out);
  }
  call.around.out << (data ? to_json(system_data(all_contexts(), wanted), true) + '\n'
                           : with_markers(system_page(all_contexts(), wanted)));
  return exit_code::done;
}

} // namespace

void add_describe_command(command_handlers& to) {
  to["describe"] = describe;
}

} // namespace troupe::cli
