#pragma once

#include "messages/ids.hpp"

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace troupe {

/// Reads msgpack values one after the other, in the order the caller expects them. Private to the
/// record format: a record's shape is known, so building a document of it would only cost time.
///
/// The first surprise (other type, out of range, end of input) makes it fail for good: it then
/// returns zeros and empty views, and the caller checks `failed()` once at the end. Counts are
/// refused when they exceed the bytes left, so no input can make a caller loop or allocate beyond
/// its own size.
class record_reader {
public:
  explicit record_reader(std::string_view bytes)
      : at_(reinterpret_cast<const unsigned char*>(bytes.data())), end_(at_ + bytes.size()) {}

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool at_end() const { return at_ == end_; }
  void refuse() {
    failed_ = true;
    at_ = end_;
  }

  [[nodiscard]] std::uint64_t unsigned_integer() {
    if (at_ == end_) return refuse(), 0;
    const unsigned char head = *at_++;
    if (head < 0x80) return head;
    switch (head) {
    case 0xcc:
      return big_endian<std::uint8_t>();
    case 0xcd:
      return big_endian<std::uint16_t>();
    case 0xce:
      return big_endian<std::uint32_t>();
    case 0xcf:
      return big_endian<std::uint64_t>();
    default:
      return refuse(), 0;
    }
  }

  [[nodiscard]] std::uint32_t small_integer() {
    const std::uint64_t wide = unsigned_integer();
    if (wide > UINT32_MAX) return refuse(), 0;
    return static_cast<std::uint32_t>(wide);
  }

  [[nodiscard]] std::int64_t integer() {
    if (at_ == end_) return refuse(), 0;
    const unsigned char head = *at_;
    if (head >= 0xe0) return ++at_, static_cast<std::int8_t>(head);
    switch (head) {
    case 0xd0:
      return ++at_, static_cast<std::int8_t>(big_endian<std::uint8_t>());
    case 0xd1:
      return ++at_, static_cast<std::int16_t>(big_endian<std::uint16_t>());
    case 0xd2:
      return ++at_, static_cast<std::int32_t>(big_endian<std::uint32_t>());
    case 0xd3:
      return ++at_, static_cast<std::int64_t>(big_endian<std::uint64_t>());
    default:
      break;
    }
    const std::uint64_t positive = unsigned_integer();
    if (positive > static_cast<std::uint64_t>(INT64_MAX)) return refuse(), 0;
    return static_cast<std::int64_t>(positive);
  }

  [[nodiscard]] bool boolean() {
    if (at_ == end_ || (*at_ != 0xc2 && *at_ != 0xc3)) return refuse(), false;
    return *at_++ == 0xc3;
  }

  [[nodiscard]] std::string_view text() {
    if (at_ == end_) return refuse(), std::string_view{};
    const unsigned char head = *at_++;
    if ((head & 0xe0U) == 0xa0) return bytes(head & 0x1fU);
    switch (head) {
    case 0xd9:
      return bytes(big_endian<std::uint8_t>());
    case 0xda:
      return bytes(big_endian<std::uint16_t>());
    case 0xdb:
      return bytes(big_endian<std::uint32_t>());
    default:
      return refuse(), std::string_view{};
    }
  }

  [[nodiscard]] std::string_view binary() {
    if (at_ == end_) return refuse(), std::string_view{};
    switch (*at_++) {
    case 0xc4:
      return bytes(big_endian<std::uint8_t>());
    case 0xc5:
      return bytes(big_endian<std::uint16_t>());
    case 0xc6:
      return bytes(big_endian<std::uint32_t>());
    default:
      return refuse(), std::string_view{};
    }
  }

  /// A command id: 16 bytes, or none when the binary is empty.
  [[nodiscard]] command_id command() {
    const std::string_view raw = binary();
    if (raw.empty()) return {};
    if (raw.size() != 16) return refuse(), command_id{};
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, raw.data(), 8);
    std::memcpy(&low, raw.data() + 8, 8);
    return {to_host(high), to_host(low)};
  }

  [[nodiscard]] std::uint32_t array() { return container(0x90, 0xdc); }
  [[nodiscard]] std::uint32_t map() { return container(0x80, 0xde); }
  /// An array that must have exactly that many entries.
  void array_of(std::uint32_t entries) {
    if (array() != entries) refuse();
  }

private:
  template <class T> [[nodiscard]] static T to_host(T big) {
    if constexpr (std::endian::native == std::endian::big || sizeof(T) == 1)
      return big;
    else if constexpr (sizeof(T) == 2)
      return __builtin_bswap16(big);
    else if constexpr (sizeof(T) == 4)
      return __builtin_bswap32(big);
    else
      return __builtin_bswap64(big);
  }

  template <class T> [[nodiscard]] T big_endian() {
    if (static_cast<std::size_t>(end_ - at_) < sizeof(T)) return refuse(), T{0};
    T raw{};
    std::memcpy(&raw, at_, sizeof(T));
    at_ += sizeof(T);
    return to_host(raw);
  }

  [[nodiscard]] std::string_view bytes(std::uint32_t count) {
    if (failed_ || static_cast<std::size_t>(end_ - at_) < count)
      return refuse(), std::string_view{};
    const std::string_view found{reinterpret_cast<const char*>(at_), count};
    at_ += count;
    return found;
  }

  /// `small`: first byte of the short form, `wide`: that of the form with a 16-bit count.
  [[nodiscard]] std::uint32_t container(unsigned small, unsigned wide) {
    if (at_ == end_) return refuse(), 0;
    const unsigned head = *at_++;
    std::uint32_t entries = 0;
    if ((head & 0xf0U) == small)
      entries = head & 0x0fU;
    else if (head == wide)
      entries = big_endian<std::uint16_t>();
    else if (head == wide + 1)
      entries = big_endian<std::uint32_t>();
    else
      refuse();
    if (entries > static_cast<std::size_t>(end_ - at_)) return refuse(), 0;
    return entries;
  }

  const unsigned char* at_;
  const unsigned char* end_;
  bool failed_ = false;
};

} // namespace troupe
