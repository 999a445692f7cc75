#include "bin/cli/child_process.hpp"
#include "bin/cli/plain_text.hpp"
#include "bin/cli/serving_help.hpp"
#include "bin/cli/suggestion.hpp"
#include "bin/cli/system_map.hpp"
#include "bin/cli/tool.hpp"
#include "bin/cli/tour.hpp"
#include "bin/launcher/launcher.hpp"
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

/// Ports of the nodes from the endpoint of the first.
std::optional<failure> take_listen(const std::string& endpoint, launch_settings& to) {
  const auto place = place_of_endpoint(endpoint);
  if (!place)
    return usage_failure("cannot use --listen", place.error().message,
                         "--listen tcp://127.0.0.1:7100");
  to.listen_host =
      place->host.find(':') == std::string::npos ? place->host : '[' + place->host + ']';
  to.listen_base = place->port;
  return std::nullopt;
}

std::variant<launch_plan, failure> plan_of(const invocation& line, bool demo) {
  launch_plan plan;
  plan.folder = program_folder();
  plan.dies_with_us = true;
  launch_settings& to = plan.settings;
  const std::vector<std::string_view> known = systems_of(all_contexts());
  for (const std::string& each : line.arguments) {
    if (std::find(known.begin(), known.end(), each) == known.end())
      return usage_failure("there is no system '" + each + "'", suggestion(each, known),
                           "troupe run " + std::string{known.front()});
    if (std::find(to.systems.begin(), to.systems.end(), each) == to.systems.end())
      to.systems.push_back(each);
  }
  if (to.systems.empty()) to.systems.assign(known.begin(), known.end());

  const auto nodes = parse_number(line.text("--nodes"), 1, launch_settings::nodes_max);
  if (!nodes) return usage_failure("cannot use --nodes", nodes.error().message, "--nodes 3");
  to.nodes = static_cast<std::uint32_t>(*nodes);
  if (line.given("--http") && line.given("--port"))
    return usage_failure("cannot use both --http and --port", "they say the same", "--http alone");
  if (line.given("--port")) {
    const auto port = parse_number(line.text("--port"), 0, 65'535);
    if (!port) return usage_failure("cannot use --port", port.error().message, "--port 8080");
    to.http = "127.0.0.1:" + line.text("--port");
  } else {
    to.http = line.given("--http") ? line.text("--http") : (demo ? "127.0.0.1:0" : to.http);
  }
  const std::string preset = demo ? "tcp://127.0.0.1:0" : "tcp://127.0.0.1:7100";
  if (auto wrong = take_listen(line.given("--listen") ? line.text("--listen") : preset, to))
    return *wrong;
  to.log_level = line.text("--log-level");
  const auto within = parse_duration(line.text("--ready-within"));
  if (!within)
    return usage_failure("cannot use --ready-within", within.error().message, "--ready-within 60s");
  to.ready_within = *within;
  if (auto wrong = check(to)) return *wrong;
  return plan;
}

std::string tour_folder(const invocation& line) {
  return line.given("--tours") ? line.text("--tours") : folder_beside("tours", "scripts/tours");
}

std::string web_folder(const invocation& line) {
  return line.given("--web") ? line.text("--web") : folder_beside("web", "web");
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

/// While a tour waits, the launcher goes on keeping the nodes alive.
class launcher_pauses final : public interruption {
public:
  launcher_pauses(launcher& running, interruption& stop, const clock& time)
      : running_(running), stop_(stop), time_(time) {}
  bool wait_also_for(std::span<const int>, std::chrono::milliseconds at_most) override {
    const monotonic_time until = time_.monotonic() + at_most;
    for (auto left = at_most; left.count() > 0 && !running_.interrupted();
         left = std::chrono::duration_cast<std::chrono::milliseconds>(until - time_.monotonic()))
      running_.step(left);
    return running_.interrupted();
  }
  void wake() override { stop_.wake(); }
  exit_code reason() const override { return stop_.reason(); }

private:
  launcher& running_;
  interruption& stop_;
  const clock& time_;
};

/// Plays all tours; the first that does not come out is the failure.
std::optional<failure> play_tours(const tours& wanted, launcher& running, interruption& stop,
                                  surroundings& around, bool& interrupted) {
  launcher_pauses pauses{running, stop, around.time};
  tour_stage stage{[&](const http_request& request, std::chrono::milliseconds deadline) {
                     return http_exchange(running.http(), request, deadline);
                   },
                   around.time, pauses, around.out};
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

command_result serve(command_call& call, const launch_plan& plan, const tours& wanted, bool demo) {
  surroundings& around = call.around;
  const auto stop = around.listen();
  bool serving = false; // what happens at the start is not worth a line each
  auto opened = launcher::open(plan, *stop, around.time, around.random,
                               [&](const std::string& part, const std::string& line) {
                                 if (serving)
                                   around.err << plain_line(part) << ' ' << plain_line(line)
                                              << '\n';
                               });
  if (auto* wrong = std::get_if<failure>(&opened)) return std::move(*wrong);
  launcher& running = *std::get<std::unique_ptr<launcher>>(opened);
  around.err << "starting " << plan.settings.nodes
             << (plan.settings.nodes == 1 ? " node" : " nodes") << " and a gateway ...\n";
  if (auto wrong = running.wait_ready()) {
    for (const std::string& each : running.last_words())
      around.err << "  | " << plain_line(each) << '\n';
    running.go_down();
    return *wrong;
  }
  serving = true;
  bool interrupted = running.interrupted();
  std::optional<failure> missed;
  if (!interrupted) missed = play_tours(wanted, running, *stop, around, interrupted);
  serving = !interrupted && !demo;
  if (interrupted || demo) {
    running.go_down();
    if (missed) return *missed;
    if (interrupted) return stop->reason();
    around.out << "\nThe demo is over; everything came out as described.\n";
    return exit_code::done;
  }
  if (missed) print(around.err, *missed);
  print_serving({plan.settings.systems, running.http(), running.endpoints(), plan.settings.data,
                 running.log_folder(), plan.settings.web},
                around, "Ctrl-C stops it.");
  running.serve();
  serving = false;
  around.err << "stopping ...\n";
  running.go_down();
  return exit_code::done;
}

command_result run(command_call& call) {
  const bool demo = call.line.given("--demo");
  auto planned = plan_of(call.line, demo);
  if (auto* wrong = std::get_if<failure>(&planned)) return std::move(*wrong);
  launch_plan& plan = std::get<launch_plan>(planned);
  launch_settings& to = plan.settings;
  to.web = web_folder(call.line);
  const auto wanted = read_tours(call.line, to.systems);
  if (const auto* wrong = std::get_if<failure>(&wanted)) return *wrong;

  std::optional<scratch_folder> scratch;
  if (call.line.given("--data")) to.data = call.line.text("--data");
  if (demo && !call.line.given("--data")) {
    scratch.emplace();
    if (scratch->path().empty())
      return usage_failure("cannot make a scratch directory", "$TMPDIR cannot be written to",
                           "--data DIR");
    to.data = scratch->path();
  }
  return serve(call, plan, std::get<tours>(wanted), demo);
}

} // namespace

void add_run_command(command_handlers& to) {
  to["run"] = run;
}

} // namespace troupe::cli
