#include "bin/cli/launch.hpp"

#include "bin/cli/plain_text.hpp"

#include <array>
#include <filesystem>
#include <fstream>

namespace troupe::cli {
namespace {

constexpr std::chrono::milliseconds look_interval{50};     // between two looks at a starting child
constexpr std::chrono::milliseconds serve_interval{5'000}; // signals and output wake us earlier
constexpr std::chrono::milliseconds health_deadline{1'000};
constexpr std::chrono::milliseconds gateway_grace{10'000};
constexpr std::chrono::milliseconds node_grace{20'000};
constexpr std::size_t lines_shown = 15;

failure start_failure(std::string what, std::string why, std::string code, std::string next) {
  return {std::move(what), std::move(why), std::move(code), std::move(next),
          static_cast<int>(exit_code::bug)};
}

/// The last lines of a file; reads its end only.
std::vector<std::string> tail_of(const std::string& path) {
  constexpr std::streamoff bytes_read = 16'384;
  std::ifstream in{path, std::ios::binary | std::ios::ate};
  std::vector<std::string> lines;
  if (!in) return lines;
  const std::streamoff size = in.tellg();
  in.seekg(size > bytes_read ? size - bytes_read : 0);
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  if (lines.size() > lines_shown)
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(lines_shown));
  return lines;
}

} // namespace

result<http_place> place_of_endpoint(std::string_view endpoint) {
  constexpr std::string_view scheme = "tcp://";
  if (!endpoint.starts_with(scheme))
    return fail(errc::malformed, "'" + std::string{endpoint} + "' does not begin with tcp://");
  std::string text{endpoint.substr(scheme.size())};
  if (text.ends_with(":*")) text.replace(text.size() - 1, 1, "0");
  auto place = parse_http_place(text);
  if (!place)
    return fail(errc::malformed,
                "'" + std::string{endpoint} + "' is not of the form tcp://HOST:PORT");
  if (place->host == "*") place->host = "0.0.0.0";
  return place;
}

std::optional<failure> launch::check_place(const http_place& at, const char* flag) const {
  const std::string shown = at.host + ':' + std::to_string(at.port);
  const auto free = is_free(at);
  if (!free)
    return usage_failure("cannot listen on " + shown, free.error().message,
                         std::string{flag} + " takes an address of this machine");
  if (*free) return std::nullopt;
  failure taken = usage_failure("cannot listen on " + shown, "another program uses this port",
                                std::string{flag} + " with another port (0: a free one), or stop "
                                                    "the other program");
  taken.code = "ADDRESS_IN_USE";
  return taken;
}

std::optional<failure> launch::start_child(std::unique_ptr<child_process>& to,
                                           child_process::start_info from) {
  const std::string name = from.name;
  auto started = child_process::start(std::move(from));
  if (!started) {
    failure why = failed("cannot start " + name, started.error(),
                         "`scripts/build` makes all programs in one folder");
    return why;
  }
  to = std::move(*started);
  return std::nullopt;
}

std::optional<failure> launch::start() {
  const auto node_place = place_of_endpoint(plan_.endpoint);
  if (!node_place)
    return usage_failure("cannot use --listen", node_place.error().message,
                         "--listen tcp://127.0.0.1:7100");
  const auto gateway_place = parse_http_place(plan_.http);
  if (!gateway_place)
    return usage_failure("cannot use --http", gateway_place.error().message,
                         "--http 127.0.0.1:8080");
  if (auto taken = check_place(*node_place, "--listen")) return taken;
  if (auto taken = check_place(*gateway_place, "--http")) return taken;
  std::error_code fault;
  std::filesystem::create_directories(log_folder(), fault);
  if (fault)
    return usage_failure("cannot use the data directory " + plan_.data, fault.message(),
                         "--data with a directory that can be written to");

  deadline_ = time_.monotonic() + plan_.ready_within;
  child_process::start_info node{"troupe-node",
                                 plan_.folder + "troupe-node",
                                 {"--data", plan_.data, "--listen", plan_.endpoint, "--name", "n1",
                                  "--log-level", plan_.log_level, "--log-file", node_log()}};
  for (const std::string& each : plan_.systems)
    node.arguments.insert(node.arguments.end(), {"--system", each});
  if (auto wrong = start_child(node_, std::move(node))) return wrong;
  if (auto wrong = wait_announced(*node_, endpoint_); wrong || interrupted_) return wrong;

  child_process::start_info gateway{"troupe-gateway",
                                    plan_.folder + "troupe-gateway",
                                    {"--node", endpoint_, "--listen", plan_.http},
                                    log_folder() + "/troupe-gateway.log"};
  if (!plan_.web.empty()) gateway.arguments.insert(gateway.arguments.end(), {"--web", plan_.web});
  if (auto wrong = start_child(gateway_, std::move(gateway))) return wrong;
  std::string url;
  if (auto wrong = wait_announced(*gateway_, url); wrong || interrupted_) return wrong;
  constexpr std::string_view scheme = "http://";
  const auto place = parse_http_place(url.starts_with(scheme) ? url.substr(scheme.size()) : url);
  if (!place)
    return start_failure("cannot reach troupe-gateway", place.error().message, "INTERNAL",
                         "use the programs of one build");
  http_ = *place;
  return wait_ready();
}

std::optional<failure> launch::ended_child() {
  for (const auto* each : {&node_, &gateway_}) {
    if (*each == nullptr) continue;
    (*each)->poll();
    if (!(*each)->running())
      return start_failure((*each)->name() + ' ' + (*each)->end_text(), "its last lines are above",
                           "CHILD_ENDED",
                           "look into " + log_folder() + ", or run it with --log-level debug");
  }
  return std::nullopt;
}

std::optional<failure> launch::too_late(const std::string& waiting_for) const {
  return failure{waiting_for + " is not ready after " + duration_text(plan_.ready_within.count()),
                 "its last lines are above", "TIMEOUT",
                 "a longer --ready-within, or look into " + log_folder(),
                 static_cast<int>(exit_code::timeout)};
}

/// One look at the children: an ended one, a deadline that passed, an interruption.
std::optional<failure> launch::look(const char* waiting_for) {
  if (auto ended = ended_child()) return ended;
  if (time_.monotonic() >= deadline_) return too_late(waiting_for);
  interrupted_ = stop_.wait(look_interval);
  return std::nullopt;
}

std::optional<failure> launch::wait_announced(child_process& child, std::string& address) {
  const std::string prefix = child.name() + " listening on ";
  while (!interrupted_) {
    child.poll();
    if (auto held = child.announced(prefix)) {
      address = *held;
      return std::nullopt;
    }
    if (auto wrong = look(child.name().c_str())) return wrong;
  }
  return std::nullopt;
}

std::optional<failure> launch::wait_ready() {
  while (!interrupted_) {
    const auto health = http_exchange(http_, {"GET", "/health/ready", {}}, health_deadline);
    if (health && health->status == 200) return std::nullopt;
    if (auto wrong = look("the gateway")) return wrong;
  }
  return std::nullopt;
}

std::optional<failure> launch::watch() {
  while (!interrupted_) {
    if (auto ended = ended_child()) return ended;
    const std::array<int, 2> outputs{node_->output(), gateway_->output()};
    interrupted_ = stop_.wait_also_for(outputs, serve_interval);
  }
  return std::nullopt;
}

void launch::stop_child(child_process* child, std::chrono::milliseconds grace) {
  if (child == nullptr) return;
  child->poll();
  child->ask_to_end();
  const monotonic_time until = time_.monotonic() + grace;
  while (child->running() && time_.monotonic() < until) {
    (void)stop_.wait(look_interval);
    child->poll();
  }
  if (child->running()) child->kill(); // reaped by its destructor
}

void launch::stop() {
  stop_child(gateway_.get(), gateway_grace);
  stop_child(node_.get(), node_grace);
  gateway_.reset();
  node_.reset();
}

std::vector<std::string> launch::last_lines() const {
  const child_process* chosen = nullptr;
  for (const auto* each : {&node_, &gateway_})
    if (*each != nullptr && (chosen == nullptr || !(*each)->running())) chosen = each->get();
  if (chosen == nullptr) return {};
  std::vector<std::string> lines;
  if (chosen == node_.get()) lines = tail_of(node_log());
  const auto& printed = chosen->lines();
  const std::size_t skipped = printed.size() > lines_shown ? printed.size() - lines_shown : 0;
  lines.insert(lines.end(), printed.begin() + static_cast<std::ptrdiff_t>(skipped), printed.end());
  return lines;
}

} // namespace troupe::cli
