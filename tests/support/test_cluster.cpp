#include "tests/support/test_cluster.hpp"

#include "tests/support/sdk_door.hpp"

#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

namespace troupe::test {
namespace {

[[nodiscard]] std::string name_at(std::size_t place) {
  return "n" + std::to_string(place + 1);
}

[[nodiscard]] std::size_t place_of(const std::string& name) {
  return std::stoul(name.substr(1)) - 1;
}

} // namespace

test_cluster::test_cluster(std::filesystem::path data, cluster_plan how)
    : data_(std::move(data)), plan_(std::move(how)) {
  for (std::size_t place = 0; place < plan_.nodes; ++place) {
    node_identity who;
    if (!plan_.places.empty()) who = plan_.places.at(place);
    who.name = name_at(place);
    auto flags = plan_.flags;
    flags.insert(flags.end(), {"--expect", std::to_string(plan_.nodes), "--lease-ms",
                               std::to_string(plan_.lease.count()), "--move-pause-ms",
                               std::to_string(plan_.move_pause.count()), "--cluster-listen",
                               "tcp://" + who.address + ":" + std::to_string(free_port()),
                               "--advertise", who.address});
    if (const auto hosts = plan_.hosts.find(place); hosts != plan_.hosts.end())
      flags.insert(flags.end(), {"--host", hosts->second});
    nodes_.push_back(std::make_unique<test_node>(data_, std::move(flags), std::move(who)));
  }
}

void test_cluster::start() {
  store_.reset(); // a test may have taken the file away meanwhile
  std::vector<test_node*> fresh;
  for (const auto& each : nodes_)
    if (!each->running()) fresh.push_back(each.get());
  for (auto* each : fresh)
    each->launch();
  for (auto* each : fresh)
    each->wait_listening();
}

std::vector<int> test_cluster::stop() {
  for (const auto& each : nodes_)
    if (each->running()) each->ask_to_end();
  std::vector<int> ends;
  for (const auto& each : nodes_)
    if (each->pid() != 0) ends.push_back(each->wait_end());
  return ends;
}

void test_cluster::kill() {
  for (const auto& each : nodes_)
    each->kill();
}

std::vector<std::string> test_cluster::endpoints() const {
  std::vector<std::string> all;
  for (const auto& each : nodes_)
    all.push_back(each->endpoint());
  return all;
}

client_options test_cluster::client_of_all(milliseconds deadline) const {
  return options_for(endpoints(), deadline);
}

void test_cluster::at_clients(const std::function<void()>& work) const {
  plan_.at_clients ? plan_.at_clients(work) : work();
}

client test_cluster::connect(milliseconds deadline) const {
  std::optional<client> made;
  at_clients([&] { made = connect_with(client_of_all(deadline)); });
  return std::move(*made);
}

lease_store& test_cluster::store() {
  if (!store_) {
    auto opened = open_sqlite_lease_store(data_);
    if (!opened) throw std::runtime_error(opened.error().message);
    store_ = std::move(*opened);
  }
  return *store_;
}

cluster_view test_cluster::view() {
  auto seen = store().read();
  if (!seen) throw std::runtime_error(seen.error().message);
  return std::move(*seen);
}

void test_cluster::end_lease(std::size_t place) {
  member_key newest{name_at(place), 0};
  for (const auto& each : view().members)
    if (each.who.node == newest.node && each.who > newest) newest = each.who;
  if (const auto done = store().end_lease(newest); !done)
    throw std::runtime_error(done.error().message);
}

std::map<shard_ref, std::size_t> test_cluster::owners() {
  std::map<shard_ref, std::size_t> all;
  for (const auto& each : view().shards)
    if (each.owner.given()) all[each.which] = place_of(each.owner.node);
  return all;
}

bool test_cluster::at_rest() {
  const auto seen = view();
  if (seen.shards.empty()) return false;
  for (const auto& each : seen.shards) {
    const auto* owner = seen.find(each.owner);
    if (owner == nullptr || owner->state == member_state::dead || each.target.given() ||
        !nodes_[place_of(each.owner.node)]->running())
      return false;
  }
  return true;
}

bool test_cluster::spread() {
  if (!at_rest()) return false;
  std::set<std::size_t> owning;
  for (const auto& [which, place] : owners())
    owning.insert(place);
  for (std::size_t place = 0; place < size(); ++place)
    if (nodes_[place]->running() && owning.count(place) == 0) return false;
  return true;
}

std::string test_cluster::logs() const {
  std::string all;
  for (const auto& each : nodes_)
    all += each->name() + ":\n" + each->log();
  return all;
}

} // namespace troupe::test
