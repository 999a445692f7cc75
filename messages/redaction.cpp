#include "messages/redaction.hpp"

#include "messages/codec.hpp"

namespace troupe {

void redact(const context_info& of, value& shown) {
  if (of.sensitive.empty()) return;
  if (auto* members = shown.get_if<value::object>()) {
    for (auto& [name, held] : *members) {
      if (of.is_sensitive(name)) {
        if (!held.is_null()) held = redacted_text;
      } else {
        redact(of, held);
      }
    }
  } else if (auto* items = shown.get_if<value::array>()) {
    for (auto& each : *items)
      redact(of, each);
  }
}

value shown_payload(const context_info& of, std::string_view payload) {
  auto held = decode_value(payload);
  if (!held) return {};
  redact(of, *held);
  return std::move(*held);
}

} // namespace troupe
