#pragma once

#include "tests/net/fake_node.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace troupe::testing {

/// Fake nodes on real sockets that own the shards of taxi.call together. Each answers for its own
/// shards and redirects for the others. Methods from the test's thread.
class fake_cluster {
public:
  /// A node's own answer, before anything else is looked at; nothing: the usual one.
  using override_rule =
      std::function<std::optional<std::vector<answer>>(std::size_t node, const inbound&)>;

  fake_cluster(std::size_t nodes, std::uint32_t shards, override_rule first = {})
      : first_(std::move(first)), owners_(shards) {
    for (std::size_t i = 0; i < nodes; ++i) {
      nodes_.push_back(
          std::make_unique<fake_node>([this, i](const inbound& to) { return answers(i, to); }));
      nodes_[i]->hello.node = "n" + std::to_string(i);
      nodes_[i]->hello.contexts = {{"taxi.call", shards, false, true}};
      servers_.push_back(serve(*nodes_[i]));
      endpoints_.push_back(servers_[i]->endpoint());
      alive_.push_back(true);
    }
    for (std::uint32_t shard = 0; shard < shards; ++shard)
      owners_[shard] = {shard % nodes, 1};
    tell_all();
  }
  ~fake_cluster() {
    for (auto& each : servers_)
      if (each) each->stop(std::chrono::milliseconds{0});
  }

  [[nodiscard]] fake_node& node(std::size_t number) { return *nodes_[number]; }
  [[nodiscard]] const std::string& endpoint(std::size_t number) const { return endpoints_[number]; }
  [[nodiscard]] std::uint32_t connections(std::size_t number) const {
    return servers_[number]->counters().connections;
  }
  [[nodiscard]] std::size_t sends() const {
    std::size_t all = 0;
    for (const auto& each : nodes_)
      all += each->seen_count();
    return all;
  }

  /// Gives a shard to a node; the nodes know at once, clients have to find out.
  void move(std::uint32_t shard, std::size_t to) {
    {
      const std::lock_guard lock{mutex_};
      owners_[shard] = {to, owners_[shard].epoch + 1};
    }
    tell_all();
  }
  /// Nobody owns the shard from now on.
  void orphan(std::uint32_t shard) { move(shard, nobody); }

  /// The node's process ends: its connections break, nothing answers any more.
  void kill(std::size_t number) {
    servers_[number]->stop(std::chrono::milliseconds{0});
    servers_[number].reset();
  }
  /// What the others conclude from it: its shards go to another node.
  void bury(std::size_t number, std::size_t heir) {
    {
      const std::lock_guard lock{mutex_};
      alive_[number] = false;
      for (auto& each : owners_)
        if (each.node == number) each = {heir, each.epoch + 1};
    }
    tell_all();
  }
  void revive(std::size_t number) {
    servers_[number] = serve(*nodes_[number], {}, endpoints_[number]);
    const std::lock_guard lock{mutex_};
    alive_[number] = true;
  }
  void tell_all() {
    const auto map = shown();
    for (auto& each : nodes_)
      each->tell(map);
  }

  [[nodiscard]] moved_place place(std::uint32_t shard) const {
    const std::lock_guard lock{mutex_};
    const auto& at = owners_[shard];
    return {at.node == nobody ? std::string{} : endpoints_[at.node], at.epoch};
  }
  [[nodiscard]] static std::uint32_t shard_in(const request& from, std::uint32_t shards) {
    if (from.kind == request_kind::list) return decode_list_request(from.payload)->shard.value;
    if (from.kind == request_kind::subscribe)
      return decode_subscribe_request(from.payload)->shard.value;
    return from.target.given() ? shard_of(from.target, shards).value
                               : shard_of(from.command, shards).value;
  }
  [[nodiscard]] static std::vector<answer> redirect(const inbound& to, moved_place where,
                                                    std::int32_t retry_after_ms = 0) {
    error why = fail(errc::not_owner, "the shard is elsewhere");
    why.moved = std::move(where);
    why.retry_after_ms = retry_after_ms;
    return {{to.from, std::move(why)}};
  }
  [[nodiscard]] static std::vector<answer> accept(const inbound& to, std::uint64_t epoch) {
    return {{to.from, reply_content{to.content.target, 1, {epoch}, false, "\x80"}}};
  }

private:
  static constexpr std::size_t nobody = ~std::size_t{0};
  struct owner {
    std::size_t node = nobody;
    std::uint64_t epoch = 0;
  };

  std::vector<answer> answers(std::size_t number, const inbound& to) {
    if (first_) {
      if (auto own = first_(number, to)) return std::move(*own);
    }
    if (to.content.kind == request_kind::admin) return fake_node::echo(to);
    const auto shard = shard_in(to.content, static_cast<std::uint32_t>(owners_.size()));
    const auto where = place(shard);
    if (where.endpoint != endpoints_[number]) return redirect(to, where);
    return accept(to, where.epoch);
  }

  shard_map shown() {
    const std::lock_guard lock{mutex_};
    shard_map map;
    map.version = ++version_;
    std::vector<std::uint32_t> position(nodes_.size(), map_owner::nobody);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (!alive_[i]) continue;
      position[i] = static_cast<std::uint32_t>(map.members.size());
      map.members.push_back({"n" + std::to_string(i), 1, endpoints_[i], "test", "active"});
    }
    auto& shards = map.contexts["taxi.call"];
    for (const auto& each : owners_)
      shards.push_back(
          {each.node == nobody ? map_owner::nobody : position[each.node], {each.epoch}});
    return map;
  }

  override_rule first_;
  std::vector<std::unique_ptr<fake_node>> nodes_;
  std::vector<std::unique_ptr<server>> servers_;
  std::vector<std::string> endpoints_;
  mutable std::mutex mutex_; ///< of what follows
  std::vector<owner> owners_;
  std::vector<bool> alive_;
  std::uint64_t version_ = 0;
};

} // namespace troupe::testing
