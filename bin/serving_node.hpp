#pragma once

#include "bin/node_settings.hpp"
#include "net/cluster/cluster_node.hpp"
#include "net/gateway/http_server.hpp"
#include "net/node_pages.hpp"
#include "net/server.hpp"
#include "persistence/audit_journal.hpp"
#include "persistence/file_lock.hpp"
#include "persistence/lease_store.hpp"
#include "persistence/storage.hpp"
#include "persistence/turn_note_file.hpp"
#include "supervisors/node.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace troupe {

/// Exit codes of a node's process, besides those of errors.
inline constexpr int exit_escalated = 70;  ///< the supervision tree gave up
inline constexpr int exit_stuck = 71;      ///< a lane did not go on; its stack is on stderr
inline constexpr int exit_lease_lost = 75; ///< its generation is dead; a restart is a new one

/// A node with all that serves it: files, its seat in the cluster, the node itself, the endpoints
/// for clients and for other nodes.
///
/// Life cycle: `start`, then `stop` once; one thread.
class serving_node {
public:
  /// `ended` is called once, from any thread, when the process must end by itself, with its exit
  /// code.
  [[nodiscard]] static result<std::unique_ptr<serving_node>>
  start(const node_settings& settings, std::function<void(int exit_code)> ended);
  /// Gives its shards away, finishes what is open, closes everything. The destructor does not.
  void stop();

  /// Whether everything that it owns is open; `waiting` (optional) gets what is not.
  [[nodiscard]] bool settled(std::vector<std::string>* waiting = nullptr) const;
  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  [[nodiscard]] const std::string& cluster_endpoint() const { return cluster_endpoint_; }
  [[nodiscard]] const std::string& admin_endpoint() const { return admin_endpoint_; }
  /// URL of its `/metrics`; empty: it has none.
  [[nodiscard]] const std::string& metrics_url() const { return metrics_url_; }

private:
  explicit serving_node(const node_settings& settings) : settings_(settings) {}
  [[nodiscard]] result<void> hold();
  [[nodiscard]] result<void> take_seat(const std::function<void(int)>& ended);
  [[nodiscard]] result<void> run_node(const std::function<void(int)>& ended);
  [[nodiscard]] result<void> open_doors();
  [[nodiscard]] result<void> open_admin_door();
  [[nodiscard]] bool ready(std::vector<std::string>* waiting = nullptr) const;
  void add_figures();
  [[nodiscard]] result<void> open_pages();
  [[nodiscard]] result<std::map<std::string, std::uint32_t>> hosted() const;

  const node_settings settings_;
  file_lock name_;
  std::unique_ptr<storage> files_;
  std::unique_ptr<lease_store> leases_;
  std::unique_ptr<turn_note_file> notes_; ///< of its lanes; outlives the node
  std::unique_ptr<audit_journal> audit_;  ///< of operators' verbs; outlives the node
  std::unique_ptr<cluster_node> seat_;
  std::unique_ptr<node> node_;
  std::unique_ptr<server> door_;         ///< for clients
  std::unique_ptr<server> cluster_door_; ///< for other nodes
  std::unique_ptr<server> admin_door_;   ///< for operators; null: there is none
  std::unique_ptr<node_pages> pages_;
  std::unique_ptr<gateway::http_server> http_; ///< in front of the pages
  std::string metrics_url_;
  std::atomic<bool> doors_open_{false}; ///< the doors can be asked for their counters
  std::atomic<bool> pages_open_{false}; ///< the URL is known
  std::string endpoint_;
  std::string cluster_endpoint_;
  std::string admin_endpoint_; ///< empty: there is none
};

} // namespace troupe
