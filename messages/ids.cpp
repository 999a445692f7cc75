#include "messages/ids.hpp"

#include <xxhash.h>

#include <array>

namespace troupe {
namespace {

constexpr std::uint64_t version_mask = 0xf000U;
constexpr std::uint64_t ordered_version = 0x7000U;
constexpr std::uint64_t named_version = 0x8000U;
constexpr std::uint64_t time_mask = ~std::uint64_t{0xffffU};
constexpr std::uint64_t variant_bits = std::uint64_t{0b10} << 62U;
constexpr std::uint64_t variant_mask = std::uint64_t{0b11} << 62U;

constexpr std::size_t id_bytes = 16;
constexpr std::size_t text_chars = 36;

/// Sets what RFC 9562 fixes: version and variant.
command_id with_layout(std::uint64_t high, std::uint64_t low, std::uint64_t version) {
  return {(high & ~version_mask) | version, (low & ~variant_mask) | variant_bits};
}

/// An ordered id from its time and a hash for all other bits.
command_id ordered_from(std::uint64_t time_bits, XXH128_hash_t hash) {
  return with_layout((time_bits & time_mask) | (hash.high64 & ~time_mask), hash.low64,
                     ordered_version);
}

/// Fixed-size input of a hash. Texts enter as their own hash, so that no two different lists of
/// parts look alike; numbers enter big-endian, so that every machine derives the same id.
template <std::size_t Words> class hash_input {
public:
  hash_input& number(std::uint64_t from) {
    for (unsigned shift = 64; shift > 0;) {
      shift -= 8;
      bytes_[size_++] = static_cast<unsigned char>(from >> shift);
    }
    return *this;
  }
  hash_input& text(std::string_view from) {
    const XXH128_hash_t hash = XXH3_128bits(from.data(), from.size());
    return number(hash.high64).number(hash.low64);
  }
  [[nodiscard]] XXH128_hash_t hash() const { return XXH3_128bits(bytes_.data(), size_); }

private:
  std::array<unsigned char, Words * 8> bytes_{};
  std::size_t size_ = 0;
};

bool dash_at(std::size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

/// Value of a hexadecimal digit; 16 if it is none.
std::uint64_t digit_value(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<std::uint64_t>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<std::uint64_t>(digit - 'a') + 10;
  if (digit >= 'A' && digit <= 'F') return static_cast<std::uint64_t>(digit - 'A') + 10;
  return 16;
}

} // namespace

command_id command_id::make(std::int64_t now_ms, std::uint64_t random_high,
                            std::uint64_t random_low) {
  const std::uint64_t time_bits = static_cast<std::uint64_t>(now_ms) << 16U;
  return with_layout(time_bits | (random_high & ~time_mask), random_low, ordered_version);
}

command_id command_id::named(std::string_view scope, std::string_view key) {
  const XXH128_hash_t hash = hash_input<4>{}.text(scope).text(key).hash();
  return with_layout(hash.high64, hash.low64, named_version);
}

command_id command_id::derive(std::string_view purpose, std::uint64_t number) const {
  const XXH128_hash_t hash =
      hash_input<5>{}.number(high).number(low).text(purpose).number(number).hash();
  if (ordered()) return ordered_from(high, hash);
  return with_layout(hash.high64, hash.low64, named_version);
}

command_id command_id::of_event(std::int64_t at_ms, std::string_view purpose, std::uint64_t shard,
                                std::uint64_t index, std::uint64_t ordinal) {
  const XXH128_hash_t hash =
      hash_input<5>{}.text(purpose).number(shard).number(index).number(ordinal).hash();
  return ordered_from(static_cast<std::uint64_t>(at_ms) << 16U, hash);
}

std::string command_id::text() const {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(text_chars);
  for (const std::uint64_t half : {high, low}) {
    for (unsigned shift = 64; shift > 0;) {
      if (dash_at(text.size())) text.push_back('-');
      shift -= 4;
      text.push_back(digits[(half >> shift) & 0xfU]);
    }
  }
  return text;
}

std::optional<command_id> command_id::parse(std::string_view text) {
  if (text.size() != text_chars) return std::nullopt;
  command_id parsed;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (dash_at(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const std::uint64_t digit = digit_value(text[i]);
    if (digit > 15) return std::nullopt;
    parsed.high = (parsed.high << 4U) | (parsed.low >> 60U);
    parsed.low = (parsed.low << 4U) | digit;
  }
  return parsed;
}

std::string command_id::bytes() const {
  std::string bytes(id_bytes, '\0');
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<char>(low >> (56 - 8 * i));
  }
  return bytes;
}

std::optional<command_id> command_id::from_bytes(std::string_view bytes) {
  if (bytes.size() != id_bytes) return std::nullopt;
  command_id read;
  for (std::size_t i = 0; i < 8; ++i) {
    read.high = (read.high << 8U) | static_cast<unsigned char>(bytes[i]);
    read.low = (read.low << 8U) | static_cast<unsigned char>(bytes[8 + i]);
  }
  return read;
}

std::uint64_t content_hash(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

} // namespace troupe
