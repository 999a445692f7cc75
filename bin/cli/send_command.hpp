#pragma once

#include "bin/cli/tool.hpp"
#include "messages/descriptor.hpp"

namespace troupe::cli {

/// The fields that a line gives behind target and command: words, or --json.
[[nodiscard]] result<value::object> read_fields(command_call& call,
                                                const troupe::command_info& command);

/// Sends a command and waits until its effect is on disk: the handler of `send` of both tools.
[[nodiscard]] command_result send_command(command_call& call);

} // namespace troupe::cli
