#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace troupe {

/// A self-describing piece of data: what a message holds when its type is not known at compile
/// time (gateway, command line, inspector). Objects keep the order of their keys.
class value {
public:
  using array = std::vector<value>;
  using member = std::pair<std::string, value>;
  using object = std::vector<member>;
  using held = std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, array, object>;

  value() : held_(nullptr) {}
  value(std::nullptr_t) : held_(nullptr) {}
  value(bool from) : held_(from) {}
  value(int from) : held_(std::int64_t{from}) {}
  value(std::int64_t from) : held_(from) {}
  value(std::uint64_t from) : held_(static_cast<std::int64_t>(from)) {}
  value(std::uint32_t from) : held_(std::int64_t{from}) {}
  value(double from) : held_(from) {}
  value(const char* from) : held_(std::string{from}) {}
  value(std::string_view from) : held_(std::string{from}) {}
  value(std::string from) : held_(std::move(from)) {}
  value(array from) : held_(std::move(from)) {}
  value(object from) : held_(std::move(from)) {}

  bool operator==(const value&) const = default;

  template <class T> [[nodiscard]] const T* get_if() const { return std::get_if<T>(&held_); }
  template <class T> [[nodiscard]] T* get_if() { return std::get_if<T>(&held_); }
  [[nodiscard]] bool is_null() const { return held_.index() == 0; }
  [[nodiscard]] const held& variant() const { return held_; }

  /// Member of an object; null if this is no object or has no such member.
  [[nodiscard]] const value* find(std::string_view key) const;
  /// Member of an object, added if missing; turns a null into an object first.
  value& operator[](std::string_view key);

private:
  held held_;
};

} // namespace troupe
