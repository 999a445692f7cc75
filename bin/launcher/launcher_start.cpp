// How a launcher takes its place: lock, checks, what an earlier one left, what is to be started.
#include "bin/launcher/launcher.hpp"
#include "persistence/data_folder.hpp"

#include <algorithm>
#include <charconv>

namespace troupe::cli {
namespace {

namespace files = std::filesystem;

/// "n3" → 3; 0 if it is no node's name.
std::uint32_t number_of(std::string_view name) {
  if (!name.starts_with('n')) return 0;
  name.remove_prefix(1);
  std::uint32_t number = 0;
  const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool whole = fault == std::errc{} && end == name.data() + name.size();
  return whole && number <= launch_settings::nodes_max ? number : 0;
}

failure folder_failure(const std::string& data, const std::string& why) {
  return usage_failure("cannot use the data directory " + data, why,
                       "--data with a directory that can be written to");
}

} // namespace

launcher::launcher(launch_plan plan, interruption& stop, const clock& time, random_source& random,
                   event_sink say)
    : plan_(std::move(plan)), stop_(stop), time_(time), say_(std::move(say)),
      data_(files::absolute(plan_.settings.data).lexically_normal()), around_{sockets_, random,
                                                                              time_, say_,
                                                                              plan_.limits},
      began_(time.monotonic()) {}

launcher::~launcher() = default;

std::variant<std::unique_ptr<launcher>, failure>
launcher::open(launch_plan plan, interruption& stop, const clock& time, random_source& random,
               event_sink say) {
  std::unique_ptr<launcher> made{new launcher(std::move(plan), stop, time, random, std::move(say))};
  if (auto wrong = made->prepare()) return *wrong;
  return made;
}

std::optional<failure> launcher::prepare() {
  const std::string& data = plan_.settings.data;
  if (auto made = make_data_folder(data_); !made) return folder_failure(data, made.error().message);
  auto lock = file_lock::take(data_ / "launcher.lock", "the data directory " + data, "launcher");
  if (!lock && lock.error().code == errc::storage_locked)
    return failed("there is a launcher on " + data, lock.error(),
                  "`troupe status --data " + data + "`, or `troupe down --data " + data + '`');
  if (!lock) return folder_failure(data, lock.error().message);
  lock_ = std::move(*lock);
  for (const char* each : {"run", "logs"})
    if (auto made = make_data_folder(data_ / each); !made)
      return folder_failure(data, made.error().message);
  begin_autoscaling();
  adopt_all();
  if (auto wrong = check_places()) return wrong;
  auto desk = control_desk::open(data_, time_);
  if (!desk) return folder_failure(data, desk.error().message);
  desk_ = std::move(*desk);
  if (!plan_.open_store) plan_.open_store = open_sqlite_lease_store;
  return std::nullopt;
}

/// Nodes that nobody wants any more are taken over too, to be ended in order.
void launcher::adopt_all() {
  std::error_code fault;
  std::vector<std::uint32_t> left;
  for (const auto& each : files::directory_iterator{data_ / "run", fault})
    if (each.path().extension() == ".pid")
      if (const auto number = number_of(each.path().stem().string())) left.push_back(number);
  if (!plan_.adopt_only)
    for (std::uint32_t i = 1; i <= plan_.settings.nodes; ++i)
      left.push_back(i);
  std::sort(left.begin(), left.end());
  left.erase(std::unique(left.begin(), left.end()), left.end());
  for (const std::uint32_t number : left) {
    kept_part& node = add_node(node_name(number));
    node.adopt();
    const bool wanted = !plan_.adopt_only && number <= plan_.settings.nodes;
    if (wanted || (plan_.adopt_only && node.pid() != 0)) node.keep_running();
    if (!wanted && node.pid() == 0)
      nodes_.pop_back();
    else if (!wanted && !plan_.adopt_only)
      say_(node.name(), "is not wanted any more");
  }
  add_gateway();
  gateway_->adopt();
  if (gateway_->pid() != 0) gateway_->keep_running();
}

std::optional<failure> launcher::check_place(const http_place& at, const char* flag) const {
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

std::optional<failure> launcher::check_places() const {
  if (plan_.adopt_only) return std::nullopt;
  for (const auto& node : nodes_) {
    if (node->pid() != 0) continue;
    const auto place = place_of_endpoint(planned_endpoint(node->name()));
    if (!place)
      return usage_failure("cannot use the nodes' address", place.error().message,
                           "--listen-base 7100");
    if (auto taken = check_place(*place, "--listen-base")) return taken;
  }
  const auto http = parse_http_place(plan_.settings.http);
  if (!http)
    return usage_failure("cannot use --http", http.error().message, "--http 127.0.0.1:8080");
  return gateway_->pid() != 0 ? std::nullopt : check_place(*http, "--http");
}

kept_part& launcher::add_node(const std::string& name) {
  if (kept_part* known = find(name)) return *known;
  part_plan plan;
  plan.name = name;
  plan.program = plan_.folder + "troupe-node";
  plan.log = data_ / "logs" / (name + ".log");
  plan.identity = data_ / "run" / (name + ".pid");
  plan.dies_with_us = plan_.dies_with_us;
  plan.arguments = [this, name](const std::string& address) {
    return node_arguments(name, address);
  };
  nodes_.push_back(std::make_unique<kept_part>(std::move(plan), around_));
  return *nodes_.back();
}

void launcher::add_gateway() {
  part_plan plan;
  plan.name = gateway_name;
  plan.is_node = false;
  plan.program = plan_.folder + "troupe-gateway";
  plan.log = data_ / "logs" / "gateway.log";
  plan.identity = data_ / "run" / "gateway.pid";
  plan.dies_with_us = plan_.dies_with_us;
  plan.arguments = [this](const std::string& address) { return gateway_arguments(address); };
  gateway_ = std::make_unique<kept_part>(std::move(plan), around_);
}

std::string launcher::planned_endpoint(const std::string& name) const {
  const std::uint32_t base = plan_.settings.listen_base;
  const std::uint32_t port = base == 0 ? 0 : base + number_of(name) - 1;
  return "tcp://" + plan_.settings.listen_host + ':' + std::to_string(port);
}

std::vector<std::string> launcher::node_arguments(const std::string& name,
                                                  const std::string& address) const {
  const launch_settings& with = plan_.settings;
  std::string endpoint = planned_endpoint(name);
  // A free port stays the node's own, unless somebody else took it in between.
  const auto place = place_of_endpoint(address);
  if (with.listen_base == 0 && place) {
    const auto free = is_free(*place);
    if (free && *free) endpoint = address;
  }
  // Numbers are not worth a node that does not start: a port that somebody has gives way.
  const bool fixed = with.metrics_base != 0 && with.listen_base != 0;
  http_place pages{with.listen_host,
                   static_cast<std::uint16_t>(fixed ? with.metrics_base + number_of(name) - 1 : 0)};
  if (const auto free = is_free(pages); !free || !*free) pages.port = 0;
  std::vector<std::string> words{"--name",           name,
                                 "--data",           data_.string(),
                                 "--listen",         endpoint,
                                 "--cluster-listen", "tcp://" + with.listen_host + ":0",
                                 "--metrics",        pages.host + ':' + std::to_string(pages.port),
                                 "--expect",         std::to_string(with.nodes),
                                 "--lanes",          std::to_string(with.lanes),
                                 "--shards",         std::to_string(with.shards),
                                 "--log-level",      with.log_level};
  for (const std::string& each : with.systems)
    words.insert(words.end(), {"--system", each});
  for (const std::string& each : with.context_rates)
    words.insert(words.end(), {"--context-rate", each});
  if (const auto hosts = with.hosts.find(name); hosts != with.hosts.end())
    for (const std::string& each : hosts->second)
      words.insert(words.end(), {"--host", each});
  return words;
}

std::vector<std::string> launcher::gateway_arguments(const std::string& address) const {
  const launch_settings& with = plan_.settings;
  std::vector<std::string> words;
  for (const std::string& each : endpoints())
    words.insert(words.end(), {"--node", each});
  constexpr std::string_view scheme = "http://";
  const auto wanted = parse_http_place(with.http);
  const std::string known = address.starts_with(scheme) ? address.substr(scheme.size()) : "";
  const auto place = parse_http_place(known);
  std::string listen = with.http;
  if (wanted && wanted->port == 0 && place) {
    const auto free = is_free(*place);
    if (free && *free) listen = known;
  }
  words.insert(words.end(), {"--listen", listen, "--log-level", with.log_level});
  words.insert(words.end(), {"--client-rate", with.client_rate});
  if (!with.admin_keys.empty()) words.insert(words.end(), {"--admin-keys", with.admin_keys});
  if (!with.web.empty()) words.insert(words.end(), {"--web", with.web});
  for (const std::string& each : with.cors)
    words.insert(words.end(), {"--cors", each});
  return words;
}

} // namespace troupe::cli
