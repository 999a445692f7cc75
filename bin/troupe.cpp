#include "bench/command.hpp"
#include "bin/cli/tool.hpp"

int main(int argc, char** argv) {
  using namespace troupe::cli;
  command_handlers handlers;
  add_run_command(handlers);
  add_up_command(handlers);
  add_operation_commands(handlers);
  add_autoscale_commands(handlers);
  add_logs_command(handlers);
  add_client_commands(handlers);
  add_limit_command(handlers);
  add_watch_command(handlers);
  add_view_commands(handlers);
  add_status_command(handlers);
  add_describe_command(handlers);
  add_verify_command(handlers);
  return run_main(troupe_tool(), handlers, argc, argv, troupe::add_bench_command);
}
