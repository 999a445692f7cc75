#include "bin/serving_node.hpp"

#include "actors/behaviour.hpp"
#include "bin/admin_place.hpp"
#include "bin/build_id.hpp"
#include "persistence/data_folder.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

namespace troupe {
namespace {

constexpr std::chrono::seconds leave_patience{20};
constexpr std::chrono::seconds drain_patience{5};

/// How long open scrapes may take when the node ends.
constexpr std::chrono::milliseconds pages_patience{500};

void add_to(metric_page& page, std::string_view door, const server_counters& from) {
  const auto number = [](std::uint64_t of) { return static_cast<double>(of); };
  page.add(metric::server_frames, {door, "in"}, number(from.frames_in));
  page.add(metric::server_frames, {door, "out"}, number(from.frames_out));
  page.add(metric::server_requests, {door}, number(from.requests));
  page.add(metric::server_replies, {door}, number(from.replies));
  page.add(metric::server_refused, {door}, number(from.refused));
  page.add(metric::server_rate_limited, {door}, number(from.rate_limited));
  page.add(metric::server_malformed, {door}, number(from.malformed));
  page.add(metric::server_cut_off, {door}, number(from.cut_off));
  page.add(metric::server_in_flight, {door}, from.in_flight);
  page.add(metric::server_connections, {door}, from.connections);
}

double number_in(const value& of, std::string_view name) {
  const auto* held = of.find(name);
  const auto* number = held == nullptr ? nullptr : held->get_if<std::int64_t>();
  return number == nullptr ? 0 : static_cast<double>(*number);
}

value describe(const server_counters& from) {
  value said{value::object{}};
  said["frames_in"] = from.frames_in;
  said["frames_out"] = from.frames_out;
  said["requests"] = from.requests;
  said["replies"] = from.replies;
  said["refused"] = from.refused;
  said["rate_limited"] = from.rate_limited;
  said["unauthorized"] = from.unauthorized;
  said["malformed"] = from.malformed;
  said["in_flight"] = from.in_flight;
  said["connections"] = from.connections;
  return said;
}

/// "CONTEXT=DELAY" each.
result<std::map<std::string, answer_delay>> read_delays(const std::vector<std::string>& texts) {
  std::map<std::string, answer_delay> delays;
  for (const auto& text : texts) {
    const auto equals = std::min(text.find('='), text.size());
    const auto delay =
        answer_delay::parse(std::string_view{text}.substr(std::min(equals + 1, text.size())));
    if (!delay) return fail(delay.error().code, "--delay " + text + ": " + delay.error().message);
    delays[text.substr(0, equals)] = *delay;
  }
  return delays;
}

result<std::vector<healing_action>> read_actions(const std::vector<std::string>& names) {
  std::vector<healing_action> actions;
  for (const auto& name : names) {
    const auto action = healing_action_of(name);
    if (!action)
      return fail(errc::malformed, "--healing-off: there is no healing action '" + name + "'");
    actions.push_back(*action);
  }
  return actions;
}

/// "CONTEXT=N[/BURST]" each.
result<std::map<std::string, rate_limit>> read_rates(const std::vector<std::string>& texts) {
  std::map<std::string, rate_limit> rates;
  for (const auto& text : texts) {
    const auto equals = std::min(text.find('='), text.size());
    const auto rate =
        rate_limit::parse(std::string_view{text}.substr(std::min(equals + 1, text.size())));
    if (!rate)
      return fail(rate.error().code, "--context-rate " + text + ": " + rate.error().message);
    rates[text.substr(0, equals)] = *rate;
  }
  return rates;
}

/// The endpoint as others are told of it: `tcp://HOST:PORT` with the host that reaches this node.
std::string advertised(const std::string& endpoint, const std::string& host) {
  const auto port = endpoint.rfind(':');
  if (host.empty() || !endpoint.starts_with("tcp://") || port == std::string::npos) return endpoint;
  return "tcp://" + host + endpoint.substr(port);
}

cluster_timing timing_of(const node_settings& settings) {
  cluster_timing timing;
  timing.lease = std::chrono::milliseconds{settings.lease_ms};
  timing.renew_every = timing.lease / 4;
  timing.serve_for = timing.lease * 3 / 4;
  timing.suspect_for = timing.serve_for;
  timing.move_pause = std::chrono::milliseconds{settings.move_pause_ms};
  timing.expected_members = settings.expect;
  return timing;
}

} // namespace

result<std::unique_ptr<serving_node>> serving_node::start(const node_settings& settings,
                                                          std::function<void(int)> ended) {
  std::unique_ptr<serving_node> made{new serving_node{settings}};
  if (auto done = made->hold(); !done) return done.error();
  if (auto done = made->take_seat(ended); !done) return done.error();
  if (auto done = made->run_node(ended); !done) return done.error();
  made->add_figures();
  auto opened = made->open_doors();
  made->doors_open_.store(opened.ok());
  if (opened) opened = made->open_pages();
  if (!opened) {
    made->http_.reset(); // it reads from the node
    for (auto* door : {made->door_.get(), made->cluster_door_.get(), made->admin_door_.get()})
      if (door != nullptr) door->stop(std::chrono::milliseconds{0}); // their threads ask the node
    made->node_.reset(); // before the endpoints that its answers go to
    return opened.error();
  }
  made->seat_->join(*made->node_, made->endpoint_, made->cluster_endpoint_);
  return made;
}

/// What is known beside the node: its place in the cluster, its doors, its disk.
void serving_node::add_figures() {
  node_->add_status("metrics",
                    [this] { return pages_open_.load() ? value{metrics_url_} : value{}; });
  node_->add_metrics([this](metric_page& to) {
    const auto serve_for = timing_of(settings_).serve_for;
    const std::chrono::nanoseconds until{seat_->serves_until()->load()};
    const auto left = until - real_clock().monotonic().time_since_epoch();
    if (until.count() > 0) { // before that it is no member
      to.add(metric::lease_remaining, std::chrono::duration<double>(left).count());
      to.add(metric::lease_renewed_age, std::chrono::duration<double>(serve_for - left).count());
    }
    to.add(metric::node_ready, ready() ? 1 : 0);
    const auto place = seat_->describe();
    to.add(metric::forwarded, number_in(place, "forwarded"));
    to.add(metric::links_lost, number_in(place, "links_lost"));
    if (doors_open_.load()) {
      add_to(to, "client", door_->counters());
      add_to(to, "cluster", cluster_door_->counters());
    }
    std::error_code fault;
    const auto disk = std::filesystem::space(settings_.data, fault);
    if (fault) return;
    to.add(metric::disk_free, static_cast<double>(disk.available));
    to.add(metric::disk_size, static_cast<double>(disk.capacity));
  });
}

bool serving_node::ready(std::vector<std::string>* waiting) const {
  return node_->ready(waiting) && seat_->settled();
}

result<void> serving_node::open_pages() {
  if (settings_.metrics == "off") return {};
  const auto address = gateway::read_listen_address(settings_.metrics);
  if (!address)
    return fail(address.error().code,
                "--metrics " + settings_.metrics + ": " + address.error().message + ", or off");
  pages_ = std::make_unique<node_pages>(
      node_page_sources{[this] { return node_->metrics(); },
                        [this](std::string* why) { return node_->live(why); },
                        [this](std::vector<std::string>* waiting) { return ready(waiting); }},
      real_clock());
  gateway::http_server_options options;
  options.host = address->host;
  options.port = address->port;
  options.limits.body_bytes_max = 1'024; // nobody has to send it anything
  options.limits.connections_max = 64;
  auto opened = gateway::http_server::start(options, *pages_);
  if (!opened)
    return fail(opened.error().code,
                "--metrics " + settings_.metrics + ": " + opened.error().message);
  http_ = std::move(*opened);
  const bool version_6 = address->host.find(':') != std::string::npos;
  metrics_url_ = "http://" + (version_6 ? "[" + address->host + "]" : address->host) + ":" +
                 std::to_string(http_->port()) + "/metrics";
  pages_open_.store(true);
  return {};
}

/// The node's name in its data directory, for this process alone: whoever has it knows that the
/// node's earlier processes are gone.
result<void> serving_node::hold() {
  if (auto made = make_data_folder(settings_.data); !made) return made.error();
  auto held =
      file_lock::take(std::filesystem::path{settings_.data} / (settings_.name + ".node.lock"),
                      "node " + settings_.name + " of " + settings_.data, settings_.name);
  if (!held) return held.error();
  name_ = std::move(*held);
  sqlite_options files;
  files.directory = settings_.data;
  files.reserve_bytes = settings_.reserve_bytes;
  files_ = make_sqlite_storage(files);
  auto leases = open_sqlite_lease_store(settings_.data);
  if (!leases) return leases.error();
  leases_ = std::move(*leases);
  return {};
}

/// The contexts whose shards it may own, with the number of shards each has or begins with.
result<std::map<std::string, std::uint32_t>> serving_node::hosted() const {
  std::set<std::string> left{settings_.hosts.begin(), settings_.hosts.end()};
  std::map<std::string, std::uint32_t> all;
  for (const auto& behaviour : all_behaviours()) {
    const auto& info = *behaviour.info;
    const auto& systems = settings_.systems;
    const auto name = info.full_name();
    const bool of_system =
        systems.empty() || std::find(systems.begin(), systems.end(), info.system) != systems.end();
    const bool chosen = settings_.hosts.empty() || left.erase(name) > 0;
    if (!of_system || !chosen) continue;
    const auto kept = files_->shards_of(name);
    const bool view = info.kind == context_kind::view;
    all[name] = view ? 1 : kept != 0 ? kept : settings_.shards;
  }
  if (!left.empty())
    return fail(errc::malformed, "--host: there is no context '" + *left.begin() + "'");
  return all;
}

result<void> serving_node::take_seat(const std::function<void(int)>& ended) {
  auto hosts = hosted();
  if (!hosts) return hosts.error();
  cluster_options options;
  options.node = settings_.name;
  options.build = build_id();
  options.hosts = std::move(*hosts);
  options.timing = timing_of(settings_);
  options.epoch_before = [files = files_.get()](const shard_ref& which) {
    return files->epoch_of(which.context, which.shard);
  };
  options.ended = [ended](const std::string& why) {
    spdlog::critical("this node ends: {}", why);
    ended(exit_lease_lost);
  };
  auto seat = cluster_node::open(std::move(options), *leases_, real_clock());
  if (!seat) return seat.error();
  seat_ = std::move(*seat);
  return {};
}

result<void> serving_node::run_node(const std::function<void(int)>& ended) {
  auto delays = read_delays(settings_.delays);
  if (!delays) return delays.error();
  auto rates = read_rates(settings_.context_rates);
  if (!rates) return rates.error();
  node_options options;
  options.name = settings_.name;
  options.build = build_id();
  options.systems = settings_.systems;
  options.delays = std::move(*delays);
  options.rates = std::move(*rates);
  options.lanes = settings_.lanes;
  options.shards = settings_.shards;
  options.limits.residents_max = settings_.residents_max;
  options.cluster = seat_.get();
  auto notes = turn_note_file::make(settings_.data, settings_.name, real_clock());
  if (notes) {
    notes_ = std::move(*notes);
    options.notes = notes_.get();
  } else { // a full disk, say: it serves, but what takes it down is not counted
    spdlog::warn("no turn notes: {}", notes.error().message);
  }
  auto audit = open_audit_journal(audit_file(settings_.data, settings_.name));
  if (!audit) spdlog::error("operators' verbs are refused: {}", audit.error().message);
  audit_ = audit ? std::move(*audit) : audit_journal_that_fails(audit.error());
  options.audit = audit_.get();
  options.shards_of = seat_->shards_of();
  options.serves_until = seat_->serves_until();
  options.parts_changed = [seat = seat_.get()] { seat->parts_changed(); };
  options.escalated = [ended](const std::string& why) {
    spdlog::critical("escalated: {}", why);
    ended(exit_escalated);
  };
  auto off = read_actions(settings_.healing_off);
  if (!off) return off.error();
  options.healing.off = std::move(*off);
  options.failures_max = settings_.give_up_after;
  options.measures = settings_.measures;
  options.watch.slow = std::chrono::milliseconds{settings_.slow_after_ms};
  options.watch.stuck = std::chrono::milliseconds{settings_.stuck_after_ms};
  options.stuck = [ended](const std::string&) { ended(exit_stuck); };
  auto started = node::start(std::move(options), *files_, real_clock());
  if (!started) return started.error();
  node_ = std::move(*started);
  node_->add_status("cluster", [seat = seat_.get()] { return seat->describe(); });
  return {};
}

/// Bound before the others, so that its endpoint is known to whoever greets them.
result<void> serving_node::open_admin_door() {
  server_options door;
  door.grants = role::operate;
  if (!settings_.admin_keys.empty()) {
    auto keys = admin_keys::read(settings_.admin_keys);
    if (!keys) return fail(keys.error().code, "--admin-keys: " + keys.error().message);
    door.keys = std::make_shared<const admin_keys>(std::move(*keys));
  }
  auto place = admin_place({settings_.admin, settings_.data, settings_.name, door.keys != nullptr});
  if (!place) return place.error();
  if (place->empty()) return {};
  const bool by_tcp = place->starts_with("tcp://");
  if (by_tcp && !door.keys) door.grants = role::observe; // every user of this machine can connect
  if (!by_tcp) door.keys.reset();                        // the system says who can open the file
  if (auto cleared = clear_stale_socket(*place); !cleared) return cleared;
  door.endpoint = *place;
  const private_files while_bound;
  auto opened = server::start(door, *node_, real_clock());
  if (!opened)
    return fail(opened.error().code,
                "cannot take operators' verbs at " + *place + ": " + opened.error().message);
  if (auto done = make_socket_private(*place); !done) return done;
  admin_door_ = std::move(*opened);
  const auto endpoint = admin_door_->endpoint();
  admin_endpoint_ = is_loopback(endpoint) ? endpoint : advertised(endpoint, settings_.advertise);
  node_->tell_admin_endpoint(admin_endpoint_);
  return {};
}

result<void> serving_node::open_doors() {
  auto front = std::make_shared<std::atomic<server*>>(nullptr);
  node_->add_status("server", [front] {
    const auto* known = front->load();
    return known != nullptr ? describe(known->counters()) : value{};
  });
  const auto rate = rate_limit::parse(settings_.client_rate);
  if (!rate) return fail(rate.error().code, "--client-rate: " + rate.error().message);
  if (auto done = open_admin_door(); !done) return done;
  const auto open = [&](const std::string& at, const std::string& secret) {
    server_options door;
    door.endpoint = at;
    door.secret = secret;
    door.grants = secret.empty() ? role::observe : role::operate; // parts may do everything
    door.admin_endpoint = admin_endpoint_;
    if (secret.empty()) door.client_rate = *rate; // other nodes speak for many clients
    return server::start(door, *node_, real_clock());
  };
  auto opened = open(settings_.listen, {});
  if (!opened)
    return fail(opened.error().code,
                "cannot listen on " + settings_.listen + ": " + opened.error().message);
  door_ = std::move(*opened);
  front->store(door_.get());
  auto inner = open(settings_.cluster_listen, seat_->secret());
  if (!inner)
    return fail(inner.error().code,
                "cannot listen on " + settings_.cluster_listen + ": " + inner.error().message);
  cluster_door_ = std::move(*inner);
  endpoint_ = advertised(door_->endpoint(), settings_.advertise);
  cluster_endpoint_ = advertised(cluster_door_->endpoint(), settings_.advertise);
  return {};
}

bool serving_node::settled(std::vector<std::string>* waiting) const {
  return node_->up(waiting) && seat_->settled();
}

void serving_node::stop() {
  if (!seat_->leave_and_wait(leave_patience))
    spdlog::info("node={} closes what nobody else can take", settings_.name);
  if (http_) (void)http_->stop(pages_patience); // before what it reads from
  door_->stop(drain_patience);
  cluster_door_->stop(drain_patience);
  if (admin_door_) admin_door_->stop(drain_patience);
  node_->stop();
  seat_->stop();
  node_.reset(); // before the endpoints that its answers go to
}

} // namespace troupe
