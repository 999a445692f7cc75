#include "bin/cli/tool.hpp"

int main(int argc, char** argv) {
  using namespace troupe::cli;
  command_handlers handlers;
  add_inspector_commands(handlers);
  add_healing_commands(handlers);
  add_deadletter_commands(handlers);
  add_top_command(handlers);
  add_actor_state_commands(handlers);
  add_shard_commands(handlers);
  add_view_commands(handlers);
  add_tap_command(handlers);
  add_check_commands(handlers);
  add_metrics_command(handlers);
  add_shell_command(handlers, inspector_tool());
  return run_main(inspector_tool(), handlers, argc, argv);
}
