#pragma once

#include "messages/codec.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace troupe {

/// One field of a message: its name on the wire and the member that holds it.
template <class Message, class Member> struct field {
  std::string_view name;
  Member Message::*member;
};
template <class Message, class Member>
field(const char*, Member Message::*) -> field<Message, Member>;

/// A message or state: a plain struct with `static constexpr auto fields()`, a tuple of `field`.
/// Messages also have `static constexpr std::string_view name`. On the wire it is a map; fields the
/// reader does not know are skipped, fields the sender left out keep their default.
template <class T>
concept described = requires {
  T::fields();
};
template <class T>
concept message = described<T> && requires {
  { T::name } -> std::convertible_to<std::string_view>;
};

namespace detail {

template <class T> struct is_optional : std::false_type {};
template <class T> struct is_optional<std::optional<T>> : std::true_type {};

template <class T> void write_field(writer& out, const T& from) {
  if constexpr (is_optional<T>::value) {
    from ? write_field(out, *from) : out.nil();
  } else if constexpr (std::is_same_v<T, bool>) {
    out.boolean(from);
  } else if constexpr (std::is_integral_v<T>) {
    out.integer(static_cast<std::int64_t>(from));
  } else if constexpr (std::is_floating_point_v<T>) {
    out.real(from);
  } else {
    static_assert(std::is_same_v<T, std::string>, "a field is a number, a truth value or a text");
    out.text(from);
  }
}

template <class T> [[nodiscard]] bool read_field(document::cursor from, T& to) {
  if constexpr (is_optional<T>::value) {
    if (from.is_nil()) return to.reset(), true;
    return read_field(from, to.emplace());
  } else {
    return from.read(to);
  }
}

} // namespace detail

/// Writes a described struct as a map.
template <described T> void encode(writer& out, const T& from) {
  std::apply(
      [&](const auto&... each) {
        out.map(static_cast<std::uint32_t>(sizeof...(each)));
        ((out.text(each.name), detail::write_field(out, from.*(each.member))), ...);
      },
      T::fields());
}

template <described T> [[nodiscard]] std::string encoded(const T& from) {
  std::string bytes;
  writer out{bytes};
  encode(out, from);
  return bytes;
}

/// Fills a described struct from a map; the error names the field that has the wrong type.
template <described T> [[nodiscard]] result<void> decode(document::cursor from, T& to) {
  if (!from.exists() || from.kind() != node_kind::map)
    return fail(errc::malformed, "expected a map of fields");
  auto key = from.first();
  for (std::uint32_t i = 0; i < from.size(); ++i) {
    std::string_view name;
    (void)key.read(name);
    const auto held = key.next();
    bool well_typed = true;
    std::apply(
        [&](const auto&... each) {
          (void)((each.name == name
                      ? (well_typed = detail::read_field(held, to.*(each.member)), true)
                      : false) ||
                 ...);
        },
        T::fields());
    if (!well_typed)
      return fail(errc::malformed, "field '" + std::string{name} + "' has the wrong type");
    key = held.next();
  }
  return {};
}

template <described T> [[nodiscard]] result<T> decoded(std::string_view bytes) {
  document parsed;
  if (auto done = parsed.parse(bytes); !done) return done.error();
  T to{};
  if (auto done = decode(parsed.root(), to); !done) return done.error();
  return to;
}

} // namespace troupe
