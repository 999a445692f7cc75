#pragma once

#include "messages/codec.hpp"
#include "messages/ids.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// Reads the elements of a wire array one after the other, each with the name that an error about
/// it shows. After the first failure the rest is skipped, so that callers ask once, at the end.
/// Belongs to the envelope; valid while the document is.
class wire_reader {
public:
  wire_reader() = default;
  explicit wire_reader(document::cursor array) {
    if (!array.exists() || array.kind() != node_kind::array) {
      complaint_ = "a message is an array";
      return;
    }
    left_ = array.size();
    if (left_ > 0) next_ = array.first();
  }

  template <class Number> wire_reader& number(std::string_view name, Number& to) {
    return take(name, [&](document::cursor from) { return from.read(to); });
  }
  wire_reader& text(std::string_view name, std::string& to, std::size_t bytes_max);
  wire_reader& binary(std::string_view name, std::string_view& to);
  wire_reader& aggregate(std::string_view name, aggregate_id& to);
  /// 16 bytes or nil.
  wire_reader& command(std::string_view name, command_id& to);

  /// Passes over an element that is for others.
  wire_reader& skip() {
    return take({}, [](document::cursor) { return true; });
  }
  /// The next element, for those behind the ones every build sends; not there if the sender is of
  /// an older build.
  [[nodiscard]] std::optional<document::cursor> further() const {
    if (!ok() || left_ == 0) return std::nullopt;
    return next_;
  }

  [[nodiscard]] bool ok() const { return complaint_.empty(); }
  [[nodiscard]] error failure() const;

private:
  template <class Read> wire_reader& take(std::string_view name, Read read) {
    if (!ok()) return *this;
    if (left_ == 0) return refuse(name, "missing");
    if (!read(next_)) return ok() ? refuse(name, "wrong type or out of range") : *this;
    if (--left_ > 0) next_ = next_.next();
    return *this;
  }
  wire_reader& refuse(std::string_view name, std::string_view complaint) {
    name_ = name;
    complaint_ = complaint;
    return *this;
  }

  document::cursor next_;
  std::uint32_t left_ = 0;
  std::string_view name_;
  std::string_view complaint_; ///< empty while all is well
  std::size_t bytes_max_ = 0;  ///< the limit that was passed, 0 if none was
};

/// 16 bytes, or nil for an id that is not given.
void write_command_id(writer& out, const command_id& from);

} // namespace troupe
