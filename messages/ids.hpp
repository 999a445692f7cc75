#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// Names one aggregate inside its context. Ids start at 1; 0 means "the shard gives one".
struct aggregate_id {
  std::int64_t number = 0;
  auto operator<=>(const aggregate_id&) const = default;
  [[nodiscard]] bool given() const { return number > 0; }
};

/// Number of a shard inside its context, from 0.
struct shard_number {
  std::uint32_t value = 0;
  auto operator<=>(const shard_number&) const = default;
};

/// Dense position of a record in its shard's journal, from 1; 0 means "none".
struct record_index {
  std::uint64_t value = 0;
  auto operator<=>(const record_index&) const = default;
};

/// Number of an ownership of a shard; grows by one at each opening for writing.
struct epoch_number {
  std::uint64_t value = 0;
  auto operator<=>(const epoch_number&) const = default;
};

/// 128-bit identity of a command: one id, one effect, one answer (design P2).
///
/// Layout of RFC 9562. *Ordered* ids (version 7) carry the millisecond they were made in their
/// first 48 bits, which lets a shard tell without a lookup that it cannot have seen them before its
/// in-memory window; *named* ids (version 8) are a hash of a name that the caller chose.
struct command_id {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const command_id&) const = default;

  [[nodiscard]] bool given() const { return high != 0 || low != 0; }
  [[nodiscard]] bool ordered() const { return ((high >> 12U) & 0xfU) == 7; }
  /// Milliseconds since the Unix epoch; meaningful for ordered ids only.
  [[nodiscard]] std::int64_t made_at_ms() const { return static_cast<std::int64_t>(high >> 16U); }

  /// An ordered id from a time and 128 random bits.
  [[nodiscard]] static command_id make(std::int64_t now_ms, std::uint64_t random_high,
                                       std::uint64_t random_low);
  /// The id that a caller's own key (such as an Idempotency-Key) stands for.
  [[nodiscard]] static command_id named(std::string_view scope, std::string_view key);
  /// A new ordered id that follows from this one, a purpose and a number: asks and reactions get
  /// the same id however often they are sent.
  [[nodiscard]] command_id derive(std::string_view purpose, std::uint64_t number) const;
  /// An ordered id for the reaction to something that happened at `at_ms` and is named by the rest.
  [[nodiscard]] static command_id of_event(std::int64_t at_ms, std::string_view purpose,
                                           std::uint64_t shard, std::uint64_t index,
                                           std::uint64_t ordinal);

  /// 8-4-4-4-12 hexadecimal digits.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] static std::optional<command_id> parse(std::string_view text);
  /// The 16 bytes sent on the wire, big-endian.
  [[nodiscard]] std::string bytes() const;
  [[nodiscard]] static std::optional<command_id> from_bytes(std::string_view bytes);
};

/// Shard of an aggregate: ids are dealt round the shards, so the id alone tells the shard.
[[nodiscard]] constexpr shard_number shard_of(aggregate_id id, std::uint32_t shards) {
  return {static_cast<std::uint32_t>(static_cast<std::uint64_t>(id.number - 1) % shards)};
}

/// Shard that creates the aggregate of a command sent without an id: the same for every re-send.
[[nodiscard]] constexpr shard_number shard_of(command_id id, std::uint32_t shards) {
  return {static_cast<std::uint32_t>((id.low * 0x9e3779b97f4a7c15U >> 32U) % shards)};
}

/// 64-bit content hash (XXH3), used for checksums and to tell a re-send from a conflicting re-use.
[[nodiscard]] std::uint64_t content_hash(std::string_view bytes, std::uint64_t seed = 0);

} // namespace troupe

template <> struct std::hash<troupe::aggregate_id> {
  std::size_t operator()(troupe::aggregate_id id) const noexcept {
    return static_cast<std::size_t>(static_cast<std::uint64_t>(id.number) * 0x9e3779b97f4a7c15U);
  }
};

template <> struct std::hash<troupe::command_id> {
  std::size_t operator()(const troupe::command_id& id) const noexcept {
    return static_cast<std::size_t>(id.low ^ (id.high * 0x9e3779b97f4a7c15U));
  }
};
