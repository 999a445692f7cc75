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
  if (auto done = made->open_doors(); !done) {
    made->node_.reset(); // before the endpoints that its answers go to
    return done.error();
  }
  made->seat_->join(*made->node_, made->endpoint_, made->cluster_endpoint_);
  return made;
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
  door_->stop(drain_patience);
  cluster_door_->stop(drain_patience);
  if (admin_door_) admin_door_->stop(drain_patience);
  node_->stop();
  seat_->stop();
  node_.reset(); // before the endpoints that its answers go to
}

} // namespace troupe
