#include "messages/wire_reader.hpp"

namespace troupe {

wire_reader& wire_reader::text(std::string_view name, std::string& to, std::size_t bytes_max) {
  return take(name, [&](document::cursor from) {
    std::string_view held;
    if (!from.read(held)) return false;
    if (held.size() > bytes_max) {
      refuse(name, "longer than ");
      bytes_max_ = bytes_max;
      return false;
    }
    to.assign(held);
    return true;
  });
}

wire_reader& wire_reader::binary(std::string_view name, std::string_view& to) {
  return take(name, [&](document::cursor from) { return from.read_binary(to); });
}

wire_reader& wire_reader::aggregate(std::string_view name, aggregate_id& to) {
  return take(name, [&](document::cursor from) { return from.read(to.number) && to.number >= 0; });
}

wire_reader& wire_reader::command(std::string_view name, command_id& to) {
  return take(name, [&](document::cursor from) {
    to = {};
    if (from.is_nil()) return true;
    std::string_view bytes;
    if (!from.read_binary(bytes)) return false;
    const auto id = command_id::from_bytes(bytes);
    if (id) to = *id;
    return id.has_value();
  });
}

error wire_reader::failure() const {
  std::string message{name_};
  if (!name_.empty()) message += ": ";
  message += complaint_;
  if (bytes_max_ == 0) return fail(errc::malformed, std::move(message));
  return fail(errc::too_large, message + std::to_string(bytes_max_) + " bytes");
}

void write_command_id(writer& out, const command_id& from) {
  if (!from.given()) return out.nil();
  out.binary(from.bytes());
}

} // namespace troupe
