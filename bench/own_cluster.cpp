#include "bench/own_cluster.hpp"

#include "bench/process.hpp"

#include <map>
#include <utility>

namespace troupe::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds patience{60};

[[nodiscard]] std::string name_of(std::uint32_t which) {
  return "n" + std::to_string(which + 1);
}

} // namespace

result<own_node> own_cluster::launch(std::uint32_t which, std::uint32_t of) const {
  const auto name = name_of(which);
  return own_node::launch(
      binary_, folder_, folder_ / (name + ".log"),
      {"--name", name, "--expect", std::to_string(of), "--move-pause-ms", "200"});
}

result<std::unique_ptr<own_cluster>> own_cluster::start(const std::filesystem::path& binary,
                                                        const std::filesystem::path& folder,
                                                        std::uint32_t nodes) {
  std::unique_ptr<own_cluster> made{new own_cluster{binary, folder}};
  for (std::uint32_t i = 0; i < nodes; ++i) {
    auto node = made->launch(i, nodes);
    if (!node) return node.error();
    made->nodes_.push_back(std::move(*node));
  }
  for (auto& each : made->nodes_)
    if (auto there = each.come_up(); !there) return there.error();
  auto leases = open_sqlite_lease_store(folder / "data");
  if (!leases) return leases.error();
  made->leases_ = std::move(*leases);
  if (auto settled = made->settle(); !settled) return settled.error();
  return made;
}

std::vector<std::string> own_cluster::endpoints() const {
  std::vector<std::string> all;
  for (const auto& each : nodes_)
    all.push_back(each.endpoint());
  return all;
}

result<void> own_cluster::kill(std::uint32_t which, bool tell) {
  const auto view = leases_->read(); // before, so that telling takes no longer than it does
  if (!view) return view.error();
  nodes_[which].kill();
  if (!tell) return {};
  for (const auto& each : view->members)
    if (each.who.node == name_of(which) && each.state != member_state::dead)
      return leases_->end_lease(each.who);
  return fail(errc::not_found, "the cluster does not know " + name_of(which));
}

result<void> own_cluster::start_again(std::uint32_t which) {
  auto node = launch(which, size());
  if (!node) return node.error();
  if (auto there = node->come_up(); !there) return there;
  nodes_[which] = std::move(*node);
  return settle();
}

result<void> own_cluster::settle() const {
  const auto end = steady_clock::now() + patience;
  for (;;) {
    const auto view = leases_->read();
    if (!view) return view.error();
    std::map<std::string, int> owned;
    bool settled = true;
    for (const auto& each : view->shards) {
      ++owned[each.owner.node];
      settled = settled && each.owner.given() && !each.target.given();
    }
    for (std::uint32_t i = 0; i < size(); ++i)
      settled = settled && (owned.count(name_of(i)) > 0) == nodes_[i].process().known();
    if (settled) return {};
    if (steady_clock::now() >= end)
      return fail(errc::timeout, "the shards are not spread over the nodes after 60 s");
    pass_time(milliseconds{5});
  }
}

result<void> own_cluster::stop_all() {
  result<void> all;
  for (auto& each : nodes_)
    if (auto stopped = each.stop(); !stopped && all) all = stopped;
  return all;
}

result<std::vector<own_cluster::owned_shard>>
own_cluster::owned_by(std::uint32_t which, std::string_view context) const {
  const auto view = leases_->read();
  if (!view) return view.error();
  std::vector<owned_shard> found;
  for (const auto& each : view->shards)
    if (each.which.context == context && each.owner.node == name_of(which))
      found.push_back({each.which.shard.value, each.epoch});
  return found;
}

} // namespace troupe::bench
