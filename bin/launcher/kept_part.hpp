#pragma once

#include "bin/launcher/http_probe.hpp"
#include "bin/launcher/node_link.hpp"
#include "bin/launcher/node_process.hpp"
#include "bin/launcher/operation_rules.hpp"
#include "bin/launcher/part_rules.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cli {

/// What a kept process is started with.
struct part_plan {
  std::string name;
  bool is_node = true;
  std::string program;
  std::filesystem::path log;
  std::filesystem::path identity;
  bool dies_with_us = false;
  /// Arguments for a start at that address (empty: it was never anywhere).
  std::function<std::vector<std::string>(const std::string& address)> arguments;
};

/// What kept processes share. `say` is told what happens, a line each.
struct part_surroundings {
  zmq_context& sockets;
  random_source& random;
  const clock& time;
  std::function<void(const std::string& part, const std::string& line)> say;
  part_limits limits = {};
};

/// A process that is kept alive: its rules, the process itself and the connection that tells
/// whether it lives. Once it had an address, a restart takes the same one, so that clients find it.
///
/// Thread rules: one thread; nothing of it blocks.
class kept_part {
public:
  kept_part(part_plan plan, part_surroundings& around)
      : plan_(std::move(plan)), around_(around), rules_(around.limits) {}

  /// Takes over the process that an earlier launcher left; nothing happens if there is none.
  void adopt();
  /// Takes in what happened to it. True: its process ended just now.
  [[nodiscard]] bool look();
  /// Does what its rules say. Call it after `look`, and after what follows an end was done.
  void act();

  void keep_running() { rules_.keep_running(); }
  void stop() { rules_.stop(); }
  /// Asks a node to give its shards away; the answer is in `facts`.
  void leave();

  [[nodiscard]] const std::string& name() const { return plan_.name; }
  [[nodiscard]] bool is_node() const { return plan_.is_node; }
  [[nodiscard]] const part_rules& rules() const { return rules_; }
  [[nodiscard]] const std::string& address() const { return address_; } ///< last known
  [[nodiscard]] const std::filesystem::path& log() const { return plan_.log; }
  [[nodiscard]] int pid() const { return process_ ? process_->pid() : 0; }
  [[nodiscard]] std::string build() const { return link_ ? link_->said().build : std::string{}; }
  /// Whether its process was started with what would be said today.
  [[nodiscard]] bool as_planned() const;
  /// What an operation has to know, without its standing in the cluster.
  [[nodiscard]] part_facts facts() const;
  /// Descriptors that can be read when there is something to look at; -1 for none.
  [[nodiscard]] int process_fd() const { return process_ ? process_->fd() : -1; }
  [[nodiscard]] int link_fd() const { return link_ ? link_->fd() : probe_ ? probe_->fd() : -1; }

private:
  void start();
  void note_end();
  void note_life();
  void note_gateway(monotonic_time now);
  void say(const std::string& line) const { around_.say(plan_.name, line); }

  part_plan plan_;
  part_surroundings& around_;
  part_rules rules_;
  std::unique_ptr<node_process> process_;
  std::unique_ptr<node_link> link_;   ///< of a node
  std::unique_ptr<http_probe> probe_; ///< of the gateway
  std::string address_;
  std::optional<result<void>> leave_answer_;
};

} // namespace troupe::cli
