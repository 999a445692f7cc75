#include "bin/cli/serving_help.hpp"

#include "actors/verb_arguments.hpp"
#include "bin/cli/child_process.hpp"
#include "messages/descriptor.hpp"

#include <algorithm>
#include <filesystem>
#include <ostream>

namespace troupe::cli {
namespace {

namespace files = std::filesystem;

/// The first page of a system; empty if it has none.
std::string first_page(const std::string& system, const std::string& web, const std::string& url) {
  std::error_code fault;
  const bool there = files::exists(files::path{web} / system / "html" / "index.html", fault);
  return there ? url + '/' + system + "/html/" : std::string{};
}

std::string joined_by_comma(const std::vector<std::string>& from) {
  std::string out;
  for (const std::string& each : from)
    out += (out.empty() ? "" : ",") + each;
  return out;
}

/// Of the nodes that tell within a moment where their numbers are.
std::vector<std::string> metrics_pages(const std::vector<std::string>& endpoints,
                                       surroundings& around) {
  std::vector<std::string> pages;
  settings how;
  how.endpoints = endpoints;
  how.timeout = std::chrono::milliseconds{1'000};
  how.role = role::observe;
  const auto nodes = around.connect(how);
  if (!nodes) return pages;
  for (const std::string& each : endpoints) {
    const auto status = (*nodes)->admin("status", value{value::object{}}, each);
    if (!status) break; // whoever looks for them finds them in `troupe status`
    if (auto page = text_in(*status, "metrics"); !page.empty()) pages.push_back(std::move(page));
  }
  return pages;
}

} // namespace

std::string folder_beside(const char* installed, const char* in_sources) {
  const std::string program = program_folder();
  for (const std::string& each :
       {program + "../share/troupe/" + installed, program + "../../../" + in_sources})
    if (std::error_code fault; files::is_directory(each, fault))
      return files::weakly_canonical(each, fault).string();
  return {};
}

std::string called(const char* tool, surroundings& around) {
  std::string folder = program_folder();
  if (!folder.empty()) folder.pop_back();
  const std::string path = ':' + around.environment("PATH").value_or("") + ':';
  return path.find(':' + folder + ':') == std::string::npos ? folder + '/' + tool : tool;
}

void print_serving(const serving_place& where, surroundings& around,
                   const std::string& how_to_stop) {
  const std::string url = "http://" + where.http.host + ':' + std::to_string(where.http.port);
  std::ostream& out = around.out;
  out << "\ntroupe is serving " << where.systems.size()
      << (where.systems.size() == 1 ? " system" : " systems") << " on " << where.endpoints.size()
      << (where.endpoints.size() == 1 ? " node" : " nodes") << "\n  HTTP    " << url << "   ("
      << url << "/openapi.json)\n  look    " << url << "/   (in a browser: the dashboard)\n";
  for (const std::string& each : where.endpoints)
    out << (&each == &where.endpoints.front() ? "  ZeroMQ  " : "          ") << each << '\n';
  const auto pages_of_numbers = metrics_pages(where.endpoints, around);
  for (const std::string& each : pages_of_numbers)
    out << (&each == &pages_of_numbers.front() ? "  metrics " : "          ") << each << '\n';
  out << "  data    " << where.data << "\n  logs    " << where.logs << '\n';
  for (const std::string& each : where.systems)
    if (const std::string page = first_page(each, where.web, url); !page.empty())
      out << "  pages   " << page << '\n';
  out << "\nTry in another terminal:\n";
  constexpr std::string_view preset = "tcp://127.0.0.1:7100";
  const std::string endpoint = !where.endpoints.empty() && where.endpoints.front() == preset
                                   ? std::string{}
                                   : " --endpoint " + joined_by_comma(where.endpoints);
  const std::string data = where.data == "./data" ? std::string{} : " --data " + where.data;
  const auto chosen =
      std::find_if(all_contexts().begin(), all_contexts().end(),
                   [&](const context_info& each) { return each.system == where.systems.front(); });
  const std::string context = chosen->full_name();
  const std::string tool = called("troupe", around);
  out << "  " << tool << " status" << data << "\n  " << tool << " list " << context << endpoint
      << "\n  " << tool << " watch " << context << endpoint << "\n  "
      << called("actor-inspector", around) << " tree" << endpoint << "\n\n"
      << how_to_stop << '\n';
  out.flush();
}

} // namespace troupe::cli
