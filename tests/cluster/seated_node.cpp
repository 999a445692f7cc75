#include "tests/cluster/seated_node.hpp"

#include "actors/behaviour.hpp"

namespace troupe::test {
namespace {

constexpr std::uint32_t shards = 4;
constexpr std::chrono::seconds patience{20};

std::map<std::string, std::uint32_t> hosted(const std::set<std::string>& wanted) {
  std::map<std::string, std::uint32_t> all;
  for (const auto& behaviour : all_behaviours()) {
    const auto name = behaviour.info->full_name();
    if (behaviour.info->system != "taxi" || (!wanted.empty() && wanted.count(name) == 0)) continue;
    all[name] = behaviour.info->kind == context_kind::view ? 1 : shards;
  }
  return all;
}

} // namespace

seated_node::seated_node(place where, std::shared_ptr<storage> files,
                         const std::shared_ptr<memory_cluster>& cluster)
    : files_(std::move(files)), store_(open_memory_lease_store(cluster)) {
  cluster_options seat;
  seat.node = where.name;
  seat.build = "test";
  seat.hosts = hosted(where.hosts);
  seat.timing = where.timing;
  seat.ended = [this](const std::string&) { ended_.store(true); };
  seat_ = cluster_node::open(std::move(seat), *store_, real_clock()).value();
  node_options options;
  options.name = where.name;
  options.systems = {"taxi"};
  options.lanes = 1;
  options.cluster = seat_.get();
  options.shards_of = seat_->shards_of();
  options.serves_until = seat_->serves_until();
  options.parts_changed = [this] { seat_->parts_changed(); };
  node_ = node::start(std::move(options), *files_, real_clock()).value();
  server_options door;
  door.endpoint = "tcp://127.0.0.1:*";
  door.grants = role::operate;
  door_ = server::start(door, *node_, real_clock()).value();
  door.secret = seat_->secret();
  cluster_door_ = server::start(door, *node_, real_clock()).value();
  endpoint_ = door_->endpoint();
  seat_->join(*node_, endpoint_, cluster_door_->endpoint());
}

seated_node::~seated_node() {
  leave();
  node_.reset(); // before the endpoints that its answers go to
}

void seated_node::leave() {
  if (std::exchange(gone_, true)) return;
  (void)seat_->leave_and_wait(patience);
  door_->stop(patience);
  cluster_door_->stop(patience);
  node_->stop();
  seat_->stop();
}

std::set<shard_ref> seated_node::owned() const {
  std::set<shard_ref> all;
  for (const auto& each : node_->parts())
    if (each.is == part_report::phase::open) all.insert(each.which);
  return all;
}

} // namespace troupe::test
