#pragma once

#include "bin/cli/command_table.hpp"

/// What the tables of both tools share.
namespace troupe::cli {

inline const tool_command completion_command{
    "completion",
    "prints the completion script of a shell",
    {{"source <(troupe completion bash)", "complete in this bash session"},
     {"troupe completion zsh > ~/.zfunc/_troupe", "install for zsh"}},
    {{"SHELL", "bash, zsh or fish"}},
    {},
    true};
inline const tool_command version_command{
    "version", "prints the version of this tool", {{"troupe version", ""}}, {}, {}, true};
inline const tool_command help_command{
    "help",
    "shows the help of a command",
    {{"troupe help completion", "the same as `troupe completion --help`"},
     {"troupe help --man | man -l -", "everything as a manual page"}},
    {{"COMMAND", "words of the command", word_kind::command, false, true}},
    {{"--man", "", "the manual page of this tool, as roff"}},
    true};

/// Of commands that a data directory can answer in the place of nodes.
inline const option_info files_option{.name = "--data",
                                      .value = "DIR",
                                      .meaning = "read this data directory instead of asking nodes",
                                      .completes = word_kind::file};
inline const argument_info one_argument{"CONTEXT/ID", "such as {context}/1", word_kind::context_id};

} // namespace troupe::cli
