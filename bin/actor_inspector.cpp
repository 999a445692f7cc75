#include "bin/cli/tool.hpp"

int main(int argc, char** argv) {
  using namespace troupe::cli;
  command_handlers handlers;
  add_inspector_commands(handlers);
  add_healing_commands(handlers);
  return run_main(inspector_tool(), handlers, argc, argv);
}
