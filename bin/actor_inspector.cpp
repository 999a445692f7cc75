#include "bin/cli/tool.hpp"

int main(int argc, char** argv) {
  using namespace troupe::cli;
  command_handlers handlers;
  add_inspector_commands(handlers);
  add_healing_commands(handlers);
  add_deadletter_commands(handlers);
  add_check_commands(handlers);
  add_metrics_command(handlers);
  add_shell_command(handlers, inspector_tool());
  return run_main(inspector_tool(), handlers, argc, argv);
}
