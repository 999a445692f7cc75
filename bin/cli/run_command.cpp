#include "bin/cli/launch.hpp"
#include "bin/cli/plain_text.hpp"
#include "bin/cli/suggestion.hpp"
#include "bin/cli/system_map.hpp"
#include "bin/cli/tool.hpp"
#include "bin/cli/tour.hpp"
#include "messages/descriptor.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>

namespace troupe::cli {
namespace {

namespace files = std::filesystem;

/// A fresh directory that goes away with the object.
class scratch_folder {
public:
  scratch_folder() {
    std::error_code fault;
    std::string pattern = (files::temp_directory_path(fault) / "troupe-demo-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~scratch_folder() {
    std::error_code ignored; // nothing can be done about it at the end
    if (!path_.empty()) files::remove_all(path_, ignored);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

private:
  std::string path_;
};

std::variant<launch_plan, failure> plan_of(const invocation& line, bool demo) {
  launch_plan plan;
  plan.folder = program_folder();
  const std::vector<std::string_view> known = systems_of(all_contexts());
  for (const std::string& each : line.arguments) {
    if (std::find(known.begin(), known.end(), each) == known.end())
      return usage_failure("there is no system '" + each + "'", suggestion(each, known),
                           "troupe run " + std::string{known.front()});
    if (std::find(plan.systems.begin(), plan.systems.end(), each) == plan.systems.end())
      plan.systems.push_back(each);
  }
  if (plan.systems.empty()) plan.systems.assign(known.begin(), known.end());

  if (line.given("--http") && line.given("--port"))
    return usage_failure("cannot use both --http and --port", "they say the same", "--http alone");
  if (line.given("--port")) {
    const auto port = parse_number(line.text("--port"), 0, 65'535);
    if (!port) return usage_failure("cannot use --port", port.error().message, "--port 8080");
    plan.http = "127.0.0.1:" + line.text("--port");
  } else {
    plan.http =
        line.given("--http") ? line.text("--http") : (demo ? "127.0.0.1:0" : "127.0.0.1:8080");
  }
  plan.endpoint = line.given("--listen") ? line.text("--listen")
                                         : (demo ? "tcp://127.0.0.1:0" : "tcp://127.0.0.1:7100");
  plan.log_level = line.text("--log-level");
  const auto within = parse_duration(line.text("--ready-within"));
  if (!within)
    return usage_failure("cannot use --ready-within", within.error().message, "--ready-within 30s");
  plan.ready_within = *within;
  return plan;
}

/// A folder that came with the program: installed beside it, or in the source tree it was built
/// from. Empty if there is none.
std::string folder_beside(const char* installed, const char* in_sources) {
  const std::string program = program_folder();
  for (const std::string& each :
       {program + "../share/troupe/" + installed, program + "../../../" + in_sources})
    if (std::error_code fault; files::is_directory(each, fault))
      return files::weakly_canonical(each, fault).string();
  return {};
}

std::string tour_folder(const invocation& line) {
  return line.given("--tours") ? line.text("--tours") : folder_beside("tours", "scripts/tours");
}

std::string web_folder(const invocation& line) {
  return line.given("--web") ? line.text("--web") : folder_beside("web", "web");
}

/// The first page of a system; empty if it has none.
std::string first_page(const std::string& system, const std::string& web, const std::string& url) {
  std::error_code fault;
  const bool there = files::exists(files::path{web} / system / "html" / "index.html", fault);
  return there ? url + '/' + system + "/html/" : std::string{};
}

std::variant<std::vector<tour_step>, failure> read_tour(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in)
    return failed("cannot read the tour " + path, fail(errc::not_found, "there is no such file"),
                  "--tours DIR with the right directory, or --no-tour");
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  auto steps = parse_tour(text);
  if (!steps)
    return failed("cannot read the tour " + path, steps.error(), "correct the file, or --no-tour");
  return std::move(*steps);
}

using tours = std::vector<std::pair<std::string, std::vector<tour_step>>>;

std::variant<tours, failure> read_tours(const invocation& line,
                                        const std::vector<std::string>& systems) {
  tours out;
  if (line.given("--no-tour")) return out;
  const std::string folder = tour_folder(line);
  for (const std::string& each : systems) {
    auto steps = read_tour(folder + '/' + each + ".json");
    if (auto* wrong = std::get_if<failure>(&steps)) return std::move(*wrong);
    out.emplace_back(each, std::move(std::get<std::vector<tour_step>>(steps)));
  }
  return out;
}

/// Plays all tours; the first that does not come out is the failure.
std::optional<failure> play_tours(const tours& wanted, const launch& running, interruption& stop,
                                  surroundings& around, bool& interrupted) {
  tour_stage stage{[&](const http_request& request, std::chrono::milliseconds deadline) {
                     return http_exchange(running.http(), request, deadline);
                   },
                   around.time, stop, around.out};
  for (const auto& [system, steps] : wanted) {
    around.out << "\nTour of " << system << '\n';
    const auto done = play(steps, stage);
    if (done) continue;
    interrupted = done.error().code == errc::shutting_down;
    if (interrupted) return std::nullopt;
    failure why = failed("the tour of " + system + " did not come out", done.error(),
                         "look into " + running.log_folder());
    why.exit = static_cast<int>(exit_code::check_critical);
    return why;
  }
  return std::nullopt;
}

/// How to call the tools: by name if the shell finds them, else with their folder.
std::string called(const char* tool, surroundings& around) {
  std::string folder = program_folder();
  if (!folder.empty()) folder.pop_back();
  const std::string path = ':' + around.environment("PATH").value_or("") + ':';
  return path.find(':' + folder + ':') == std::string::npos ? folder + '/' + tool : tool;
}

void print_serving(const launch& running, const launch_plan& plan, surroundings& around) {
  const http_place& http = running.http();
  const std::string url = "http://" + http.host + ':' + std::to_string(http.port);
  around.out << "\ntroupe is serving " << plan.systems.size()
             << (plan.systems.size() == 1 ? " system" : " systems") << "\n  HTTP    " << url
             << "   (" << url << "/openapi.json)\n  ZeroMQ  " << running.endpoint()
             << "\n  data    " << plan.data << "\n  logs    " << running.log_folder() << '\n';
  for (const std::string& each : plan.systems)
    if (const std::string page = first_page(each, plan.web, url); !page.empty())
      around.out << "  pages   " << page << '\n';
  around.out << "\nTry in another terminal:\n";
  constexpr std::string_view preset = "tcp://127.0.0.1:7100";
  const std::string endpoint =
      running.endpoint() == preset ? std::string{} : " --endpoint " + running.endpoint();
  const auto chosen =
      std::find_if(all_contexts().begin(), all_contexts().end(),
                   [&](const context_info& each) { return each.system == plan.systems.front(); });
  const std::string context = chosen->full_name();
  around.out << "  " << called("troupe", around) << " list " << context << endpoint << "\n  "
             << called("troupe", around) << " watch " << context << endpoint << "\n  "
             << called("actor-inspector", around) << " tree" << endpoint
             << "\n\nCtrl-C stops it.\n";
  around.out.flush();
}

void print_last_lines(const launch& running, surroundings& around) {
  for (const std::string& each : running.last_lines())
    around.err << "  | " << plain_line(each) << '\n';
}

command_result serve(command_call& call, launch_plan plan, const tours& wanted, bool demo) {
  surroundings& around = call.around;
  const auto stop = around.listen();
  launch running{plan, *stop, around.time};
  around.err << "starting troupe-node and troupe-gateway ...\n";
  if (auto wrong = running.start()) {
    print_last_lines(running, around);
    running.stop();
    return *wrong;
  }
  bool interrupted = running.interrupted();
  std::optional<failure> missed;
  if (!interrupted) missed = play_tours(wanted, running, *stop, around, interrupted);
  if (interrupted || demo) {
    running.stop();
    if (missed) return *missed;
    if (interrupted) return stop->reason();
    around.out << "\nThe demo is over; everything came out as described.\n";
    return exit_code::done;
  }
  if (missed) print(around.err, *missed);
  print_serving(running, plan, around);
  const auto ended = running.watch();
  if (ended)
    print_last_lines(running, around);
  else
    around.err << "stopping ...\n";
  running.stop();
  if (ended) return *ended;
  return exit_code::done;
}

command_result run(command_call& call) {
  const bool demo = call.line.given("--demo");
  auto planned = plan_of(call.line, demo);
  if (auto* wrong = std::get_if<failure>(&planned)) return std::move(*wrong);
  launch_plan& plan = std::get<launch_plan>(planned);
  plan.web = web_folder(call.line);
  const auto wanted = read_tours(call.line, plan.systems);
  if (const auto* wrong = std::get_if<failure>(&wanted)) return *wrong;

  std::optional<scratch_folder> scratch;
  plan.data = call.line.given("--data") ? call.line.text("--data") : "./data";
  if (demo && !call.line.given("--data")) {
    scratch.emplace();
    if (scratch->path().empty())
      return usage_failure("cannot make a scratch directory", "$TMPDIR cannot be written to",
                           "--data DIR");
    plan.data = scratch->path();
  }
  return serve(call, plan, std::get<tours>(wanted), demo);
}

} // namespace

void add_run_command(command_handlers& to) {
  to["run"] = run;
}

} // namespace troupe::cli
