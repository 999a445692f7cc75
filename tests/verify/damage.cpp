#include "tests/verify/damage.hpp"

#include "messages/ids.hpp"
#include "tests/persistence/raw_database.hpp"

#include <catch2/catch.hpp>

#include <utility>

namespace troupe::test {
namespace {

std::string hex(const std::string& bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char each : bytes) {
    text.push_back(digits[static_cast<unsigned char>(each) >> 4U]);
    text.push_back(digits[static_cast<unsigned char>(each) & 15U]);
  }
  return text;
}

std::string unhex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::string changed(const std::string& from, const std::function<void(record&)>& how) {
  record decoded;
  REQUIRE(decode_record(from, decoded).ok());
  how(decoded);
  std::string bytes;
  encode_record(bytes, decoded);
  return bytes;
}

} // namespace

journal_damage::journal_damage(std::filesystem::path journal) : path_(std::move(journal)) {}

std::uint64_t journal_damage::head() const {
  return std::stoull(ask_raw(path_, "SELECT max(idx) FROM log"));
}

std::string journal_damage::read(std::uint64_t index) const {
  return unhex(
      ask_raw(path_, "SELECT hex(substr(body, 9)) FROM log WHERE idx = " + std::to_string(index)));
}

void journal_damage::write(std::uint64_t index, const std::string& record) const {
  std::string body;
  const auto checksum = content_hash(record, index);
  for (unsigned shift = 0; shift < 64; shift += 8)
    body.push_back(static_cast<char>(checksum >> shift));
  run_raw(path_, "INSERT OR REPLACE INTO log VALUES(" + std::to_string(index) + ", x'" +
                     hex(body + record) + "')");
}

void journal_damage::remove(std::uint64_t index) const {
  run_raw(path_, "DELETE FROM log WHERE idx = " + std::to_string(index));
}

void journal_damage::change(std::uint64_t index, const std::function<void(record&)>& how) const {
  const auto before = read(index);
  write(index, changed(before, how));
}

void journal_damage::append_changed(std::uint64_t from,
                                    const std::function<void(record&)>& how) const {
  const auto before = read(from);
  append(changed(before, how));
}

void journal_damage::swap(std::uint64_t one, std::uint64_t other) const {
  const auto first = read(one);
  write(one, read(other));
  write(other, first);
}

void journal_damage::flip_a_bit(std::uint64_t index) const {
  const auto stored =
      unhex(ask_raw(path_, "SELECT hex(body) FROM log WHERE idx = " + std::to_string(index)));
  auto flipped = stored;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 1);
  run_raw(path_,
          "UPDATE log SET body = x'" + hex(flipped) + "' WHERE idx = " + std::to_string(index));
}

void journal_damage::cut_behind(std::uint64_t index) const {
  run_raw(path_, "DELETE FROM log WHERE idx > " + std::to_string(index));
}

std::uint64_t journal_damage::newest(const std::function<bool(const record&)>& wanted) const {
  record decoded;
  for (auto index = head(); index > 0; --index) {
    const auto bytes = read(index);
    REQUIRE(decode_record(bytes, decoded).ok());
    if (wanted(decoded)) return index;
  }
  FAIL("no such record in " << path_);
  return 0;
}

} // namespace troupe::test
