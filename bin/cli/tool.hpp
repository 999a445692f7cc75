#pragma once

#include "bin/cli/cluster.hpp"
#include "bin/cli/interruption.hpp"
#include "bin/cli/invocation.hpp"
#include "bin/cli/output.hpp"
#include "seams/clock.hpp"
#include "seams/random.hpp"

#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace troupe::cli {

/// Everything outside the process that a command touches, so that tests can stand in for it.
struct surroundings {
  std::istream& in;
  std::ostream& out; ///< data only
  std::ostream& err; ///< everything for people that is not the result
  environment_reader environment;
  bool stdout_is_terminal = false;
  std::function<result<std::unique_ptr<cluster>>(const settings&)> connect;
  std::function<std::unique_ptr<interruption>()> listen;
  const clock& time;
  random_source& random;
};

/// One command on its way.
struct command_call {
  const invocation& line;
  const settings& how;
  surroundings& around;
};

using command_result = std::variant<exit_code, failure>;
using command_handler = std::function<command_result(command_call&)>;
/// Command path → what does it.
using command_handlers = std::map<std::string, command_handler, std::less<>>;

/// Runs a tool from its words (without the program's name) to its exit code: parses, answers help,
/// version and completion itself, calls the handler and prints failures.
[[nodiscard]] int run_tool(const tool_info& tool, const command_handlers& handlers,
                           std::vector<std::string> words, surroundings& around,
                           const attach_command& attach = {});

/// Surroundings of the real process, then `run_tool`: the whole of a main function.
[[nodiscard]] int run_main(const tool_info& tool, const command_handlers& handlers, int argc,
                           char** argv, const attach_command& attach = {});

/// Handlers of send, get, list and the context verbs.
void add_client_commands(command_handlers& to);
/// Handler of watch.
void add_watch_command(command_handlers& to);
/// Handlers of the view verbs.
void add_view_commands(command_handlers& to);
/// Handler of status.
void add_status_command(command_handlers& to);
/// Handler of describe.
void add_describe_command(command_handlers& to);
/// Handler of verify.
void add_verify_command(command_handlers& to);
/// Handler of run.
void add_run_command(command_handlers& to);
/// Handler of up.
void add_up_command(command_handlers& to);
/// Handlers of down, drain, restart, rolling-restart and scale.
void add_operation_commands(command_handlers& to);
/// Handlers of autoscale status, log, on and off.
void add_autoscale_commands(command_handlers& to);
/// Handler of context limit.
void add_limit_command(command_handlers& to);
/// Handler of logs.
void add_logs_command(command_handlers& to);
/// Handlers of the breaker verbs.
void add_breaker_commands(command_handlers& to);
/// Handler of events.
void add_event_commands(command_handlers& to);
/// Handler of audit.
void add_audit_commands(command_handlers& to);
/// Handlers of everything that actor-inspector does.
void add_inspector_commands(command_handlers& to);
/// Handlers of check cluster, node, lag and disk.
void add_check_commands(command_handlers& to);
/// Handler of metrics.
void add_metrics_command(command_handlers& to);
/// Handler of shell, which runs the other handlers; both outlive it.
void add_shell_command(command_handlers& to, const tool_info& tool);
/// Handlers of the healing verbs.
void add_healing_commands(command_handlers& to);
void add_deadletter_commands(command_handlers& to);
/// Handler of why.
void add_why_command(command_handlers& to);
/// Handlers of journal tail, stats and grep.
void add_journal_commands(command_handlers& to);
/// Handler of top.
void add_top_command(command_handlers& to);
/// Handlers of actor state, diff, send and stop.
void add_actor_state_commands(command_handlers& to);
/// Handlers of the shard verbs and of policy ls.
void add_shard_commands(command_handlers& to);
/// Handler of tap.
void add_tap_command(command_handlers& to);

} // namespace troupe::cli
