#pragma once

#include "actors/shard_memory.hpp"
#include "messages/descriptor.hpp"
#include "messages/value.hpp"
#include "persistence/record.hpp"

/// Records as values: what operators see of turns, whether a shard tells them or a tool that reads
/// the journal itself.
namespace troupe {

/// A turn with its payloads (`shown_payload`), as `history` and `journal` list it; without them if
/// this build does not know the context (null).
[[nodiscard]] value shown_record(const record& from, record_index at, const context_info* of);
/// The same without anything that callers sent or aggregates hold.
[[nodiscard]] value record_outline(const record& from, record_index at);
/// Adds `trace`, `span` (the turn's own) and `parent_span`; nothing if there is no trace.
void add_trace(value& to, const record& from);
/// Adds `open_ask` and `quarantine` of an aggregate: what it waits for and why it stands apart, nil
/// if neither.
void add_troubles(value& to, const shard_memory& in, aggregate_id id);
/// {context, shard, index} of a record elsewhere.
[[nodiscard]] value shown_place(std::string_view context, shard_number shard, record_index index);

} // namespace troupe
