"""Every exception to the rules, with its reason. An exception nothing needs is a violation too."""

from fnmatch import fnmatchcase

# Headers of ours that include a third-party header: private to their layer, included by its
# sources only.
PRIVATE_HEADERS = {
    "net/gateway/http_connection.hpp": "shared by the two sources of the HTTP server only",
    "supervisors/tree_supervisor.hpp": "shared by the sources of the supervision tree only",
}

# Headers that the build makes, so that no file of ours has to list the systems again.
GENERATED_HEADERS = {
    "*/system_includes.hpp": "includes of every system, made from messages/systems.def",
}

# What business code may include of actors/. These headers are pure themselves and are checked so.
PURE_HEADERS = {
    "actors/decision.hpp": "the vocabulary of decide and evolve: values only",
    "actors/type_lists.hpp": "lists of types for declarations, nothing that runs",
}

# What a system's context.hpp and context.cpp may include besides: they bind it to the runtime.
BINDING_HEADERS = {
    "actors/behaviour.hpp": "what the runtime needs of a context, by name",
    "actors/aggregate_type.hpp": "typed decide and evolve behind the runtime's interface",
}

# Rule of call_rules.py → {file: reason}.
CALLS = {
    "clock": {
        "seams/real_clock.cpp": "the real clock",
        "tests/*": "a test bounds its waiting by a real deadline",
        "bench/*": "a benchmark measures real time",
    },
    "randomness": {
        "seams/random.cpp": "the real source of randomness",
    },
    "sleep": {},
    "caf-timer": {
        "supervisors/tree.cpp": "backoff of supervisors, which their parents hold: no deadlock",
        "supervisors/context_supervisor.cpp": "the same",
    },
}

# Sources of a layer without a test of the same stem: file → what tests them, or why nothing does.
SOURCES_WITHOUT_TEST = {
    "actors/shown_record.cpp": "journal_pages_test.cpp: whole and in outline",
    "persistence/record_decode.cpp": "record_test.cpp: the other half of record.cpp",
    "bin/cli/why_command.cpp": "offline_desk_test.cpp and journal_commands_test.cpp",
    "actors/shard_crashes.cpp": "poison_test.cpp: from the first crash to the dead letter",
    "actors/shard_letters.cpp": "poison_test.cpp: what operators see and do",
    "actors/shard_quarantine.cpp": "poison_test.cpp and supervision_test.cpp",
    "actors/shard_top.cpp": "shard_looks_test.cpp: what top says",
    "actors/shard_inspection.cpp": "shard_looks_test.cpp: states, dry runs, the shard itself",
    "actors/past_state.cpp": "shard_looks_test.cpp: states at turns and times",
    "actors/shard_states.cpp": "shard_recovery_test.cpp (loading), timers and lists of all others",
    "actors/state_rebuild.cpp": "shard_recovery_test.cpp: a derived store lost far behind",
    "seams/real_clock.cpp": "two calls of the standard library; a test would need a second clock",
    "seams/process_usage.cpp": "node_load_test.cpp and node_metrics_test.cpp",
    "seams/random.cpp": "nothing to decide: a fixed mixing function and the seed",
    "actors/*/context.cpp": "a table; the scenario tests go through every line of it",
    "actors/actor_runtime.cpp": "supervision_test.cpp: failures, restarts, mailboxes",
    "actors/lane.cpp": "every test of tests/actors steps lanes; node_test.cpp runs them",
    "actors/requesting_part.cpp": "shard_asks_test.cpp and policy_runner_test.cpp",
    "actors/shard_commands.cpp": "shard_turns_test.cpp and dedup_window_test.cpp",
    "actors/shard_reads.cpp": "shard_turns_test.cpp and supervision_test.cpp",
    "actors/stream_reader.cpp": "policy_runner_test.cpp and view_part_test.cpp",
    "net/cluster/peers.cpp": "cluster_node_test.cpp: asks, streams and inspection over nodes",
    "supervisors/node_admin.cpp": "node_test.cpp asks every verb",
    "supervisors/node_healing.cpp": "node_test.cpp asks its verbs; watchdog_test.cpp",
    "supervisors/context_supervisor.cpp": "tree_test.cpp drives it below its parents",
    "supervisors/stack_dump.cpp": "watchdog_test.cpp: the stack of a handler that does not return",
    "actors/view_rebuild.cpp": "view_part_test.cpp: rebuilds and the status",
    "net/cluster/membership_planning.cpp": "membership_test.cpp and cluster_model_test.cpp",
    "net/gateway/stream_writer.cpp": "http_stream_test.cpp: readers that leave or are slow",
    "net/sdk/io_loop.cpp": "client_test.cpp drives it over real sockets",
    "net/sdk/link.cpp": "client_test.cpp: restarts, dead endpoints, versions",
    "net/sdk/subscription_book.cpp": "subscription_test.cpp drives it over real sockets",
    "net/transport/wake_fd.cpp": "handover_test.cpp: when it rings and when not",
    "net/transport/zmq_socket.cpp": "a wrapper; server_test.cpp is its peer",
    "bin/*.cpp": "mains; the black-box tests start the programs",
    "persistence/derived_reader.cpp": "tests/verify/derived_damage_test.cpp: states and marks",
    "persistence/file_structure.cpp": "tests/verify/derived_damage_test.cpp: an index is gone",
    "persistence/journal_reader.cpp": "tests/verify/damage_test.cpp: formats, gaps, checksums",
    "persistence/view_reader.cpp": "tests/verify/derived_damage_test.cpp: rows and positions",
    "persistence/cluster_rows.cpp": "sqlite_lease_store_test.cpp and the contract tests",
    "persistence/cluster_rules.cpp": "lease_store_contract_test.cpp: every rule, both engines",
    "persistence/data_folder.cpp": "sqlite_journal_test.cpp: names, modes, free space",
    "persistence/derived_rows.cpp": "derived_contract_test.cpp",
    "persistence/file_lock.cpp": "sqlite_journal_test.cpp: locks across processes",
    "persistence/file_watch.cpp": "lease_store_contract_test.cpp: every way a wait ends",
    "persistence/lease_beats.cpp": "lease_store_contract_test.cpp and sqlite_lease_store_test.cpp",
    "persistence/lease_store.cpp": "lease_store_contract_test.cpp",
    "persistence/list_plan.cpp": "derived_contract_test.cpp and view_contract_test.cpp",
    "persistence/memory_*.cpp": "the contract tests run against both engines",
    "persistence/sqlite_db.cpp": "sqlite_journal_test.cpp and sqlite_faults_test.cpp",
    "persistence/sqlite_derived.cpp": "derived_contract_test.cpp and rebuildable_file_test.cpp",
    "persistence/sqlite_journal_file.cpp": "sqlite_journal_test.cpp: owners, formats, damage",
    "persistence/sqlite_marks.cpp": "derived_contract_test.cpp",
    "persistence/sqlite_storage.cpp": "the contract tests run against both engines",
    "persistence/sqlite_view.cpp": "view_contract_test.cpp and rebuildable_file_test.cpp",
    "persistence/view_rows.cpp": "view_contract_test.cpp",
}


class Exceptions:
    """One table of exceptions that remembers which entries were needed."""

    def __init__(self, table):
        self.table = table
        self.used = set()

    def allows(self, path):
        """Notes the use of every entry that fits."""
        fitting = [entry for entry in self.table if fnmatchcase(path, entry)]
        self.used.update(fitting)
        return bool(fitting)

    def unused(self):
        """Entries for one file that nothing needed; patterns may stand for files to come."""
        return [entry for entry in self.table if entry not in self.used and "*" not in entry]
