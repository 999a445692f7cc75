#include "messages/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <new>
#include <vector>

namespace troupe {
namespace {

/// Builds a `value` from the parser's calls. Returning false stops the parser.
class value_builder final : public nlohmann::json_sax<nlohmann::json> {
public:
  value_builder(value& root, std::uint32_t depth_max) : root_(root), depth_max_(depth_max) {}

  [[nodiscard]] const error& failure() const { return failure_; }

  bool null() override { return add(nullptr) != nullptr; }
  bool boolean(bool from) override { return add(from) != nullptr; }
  bool number_integer(std::int64_t from) override { return add(from) != nullptr; }
  bool number_unsigned(std::uint64_t from) override {
    if (!std::in_range<std::int64_t>(from)) return refuse_number();
    return add(from) != nullptr;
  }
  bool number_float(double from, const std::string& written) override {
    // The parser turns integers over 64 bits into reals, which would change them silently.
    if (written.find_first_of(".eE") == std::string::npos) return refuse_number();
    if (!std::isfinite(from)) return refuse_number();
    return add(from) != nullptr;
  }
  bool string(std::string& from) override { return add(std::move(from)) != nullptr; }
  bool binary(nlohmann::json::binary_t&) override { return false; } // not of JSON text

  bool start_object(std::size_t) override { return open(value::object{}); }
  bool key(std::string& from) override { return key_ = std::move(from), true; }
  bool end_object() override {
    const auto& members = *open_.back()->get_if<value::object>();
    open_.pop_back();
    return unique_keys(members);
  }
  bool start_array(std::size_t) override { return open(value::array{}); }
  bool end_array() override { return open_.pop_back(), true; }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& why) override {
    failure_ = fail(errc::malformed,
                    "JSON near byte " + std::to_string(position) + ": " + plain_reason(why.what()));
    return false;
  }

private:
  /// The library's words without its own numbering, and without echoing the input.
  static std::string plain_reason(std::string_view what) {
    if (what.find("number overflow") != std::string_view::npos) return "number does not fit";
    const std::size_t dash = what.find(" - ");
    if (dash == std::string_view::npos) return "not valid JSON";
    what = what.substr(dash + 3);
    return std::string{what.substr(0, what.find(';'))};
  }

  /// Constructs the next value in place.
  template <class From> value* add(From&& from) {
    if (open_.empty()) return root_ = value(std::forward<From>(from)), &root_;
    if (auto* elements = open_.back()->get_if<value::array>())
      return &elements->emplace_back(std::forward<From>(from));
    auto* members = open_.back()->get_if<value::object>();
    return &members->emplace_back(std::move(key_), std::forward<From>(from)).second;
  }
  template <class Container> bool open(Container empty) {
    if (open_.size() >= depth_max_) {
      failure_ = fail(errc::too_large, "JSON: nested deeper than " + std::to_string(depth_max_));
      return false;
    }
    // A container grows only while it is the innermost open one, so these pointers stay valid.
    open_.push_back(add(std::move(empty)));
    return true;
  }
  bool refuse_number() {
    failure_ = fail(errc::malformed, "JSON: a number does not fit");
    return false;
  }
  bool unique_keys(const value::object& members) {
    keys_.clear();
    for (const value::member& each : members)
      keys_.push_back(each.first);
    std::sort(keys_.begin(), keys_.end());
    const auto twice = std::adjacent_find(keys_.begin(), keys_.end());
    if (twice == keys_.end()) return true;
    static constexpr std::size_t shown_bytes_max = 64;
    if (twice->size() > shown_bytes_max)
      failure_ = fail(errc::malformed, "JSON: a long key is there twice in one object");
    else
      failure_ = fail(errc::malformed, "JSON: key '" + std::string{*twice} + "' is there twice");
    return false;
  }

  value& root_;
  std::uint32_t depth_max_;
  std::vector<value*> open_;
  std::string key_;
  std::vector<std::string_view> keys_; // of the object being closed
  error failure_ = fail(errc::malformed, "JSON: unreadable");
};

/// Length of the well-formed UTF-8 character at the start of `text`; 0 if there is none
/// (Unicode 15, table 3-7).
std::size_t character_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto within = [&](std::size_t i, unsigned low, unsigned high) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return within(1, 0x80, 0xbf) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : 0xbf;
    return within(1, low, high) && within(2, 0x80, 0xbf) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const unsigned low = lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;
    return within(1, low, high) && within(2, 0x80, 0xbf) && within(3, 0x80, 0xbf) ? 4 : 0;
  }
  return 0;
}

/// Writes JSON; whatever a value holds, the output is valid.
class json_writer {
public:
  json_writer(std::string& out, bool pretty) : out_(out), pretty_(pretty) {}

  void write(const value& from) {
    if (const auto* truth = from.get_if<bool>())
      out_ += *truth ? "true" : "false";
    else if (const auto* number = from.get_if<std::int64_t>())
      out_ += std::to_string(*number);
    else if (const auto* real = from.get_if<double>())
      write_real(*real);
    else if (const auto* text = from.get_if<std::string>())
      write_text(*text);
    else if (const auto* elements = from.get_if<value::array>())
      write_array(*elements);
    else if (const auto* members = from.get_if<value::object>())
      write_object(*members);
    else
      out_ += "null";
  }

private:
  void write_real(double from) {
    if (!std::isfinite(from)) { // JSON has no word for it
      out_ += "null";
      return;
    }
    std::array<char, 32> digits; // the shortest form of a double takes 24 at most
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), from).ptr;
    const std::string_view written{digits.data(), static_cast<std::size_t>(end - digits.data())};
    out_ += written;
    // A real stays a real when it is read again.
    if (written.find_first_of(".e") == std::string_view::npos) out_ += ".0";
  }

  void write_text(std::string_view from) {
    static constexpr std::string_view replacement = "\xef\xbf\xbd"; // U+FFFD
    out_ += '"';
    while (!from.empty()) {
      const std::size_t bytes = character_bytes(from);
      if (bytes == 1)
        write_ascii(from.front());
      else
        out_ += bytes == 0 ? replacement : from.substr(0, bytes);
      from.remove_prefix(std::max<std::size_t>(bytes, 1));
    }
    out_ += '"';
  }

  void write_ascii(char from) {
    static constexpr std::string_view digits = "0123456789abcdef";
    switch (from) {
    case '"':
      out_ += "\\\"";
      return;
    case '\\':
      out_ += "\\\\";
      return;
    case '\n':
      out_ += "\\n";
      return;
    case '\r':
      out_ += "\\r";
      return;
    case '\t':
      out_ += "\\t";
      return;
    default:
      break;
    }
    const auto code = static_cast<unsigned char>(from);
    if (code >= 0x20 && code != 0x7f) {
      out_ += from;
      return;
    }
    out_ += "\\u00";
    out_ += digits[code >> 4U];
    out_ += digits[code & 0xfU];
  }

  void write_array(const value::array& from) {
    if (from.empty()) {
      out_ += "[]";
      return;
    }
    out_ += '[';
    ++depth_;
    for (std::size_t i = 0; i < from.size(); ++i) {
      separate(i == 0);
      write(from[i]);
    }
    close(']');
  }

  void write_object(const value::object& from) {
    if (from.empty()) {
      out_ += "{}";
      return;
    }
    out_ += '{';
    ++depth_;
    for (std::size_t i = 0; i < from.size(); ++i) {
      separate(i == 0);
      write_text(from[i].first);
      out_ += pretty_ ? ": " : ":";
      write(from[i].second);
    }
    close('}');
  }

  void separate(bool first) {
    if (!first) out_ += ',';
    break_line();
  }
  void close(char with) {
    --depth_;
    break_line();
    out_ += with;
  }
  void break_line() {
    if (!pretty_) return;
    out_ += '\n';
    out_.append(2 * depth_, ' ');
  }

  std::string& out_;
  bool pretty_;
  std::size_t depth_ = 0;
};

} // namespace

result<value> parse_json(std::string_view text, const json_limits& limits) {
  if (text.size() > limits.bytes_max)
    return fail(errc::too_large,
                "JSON: longer than " + std::to_string(limits.bytes_max) + " bytes");
  value root;
  value_builder builder{root, limits.depth_max};
  try {
    if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return root;
  } catch (const std::bad_alloc&) {
    return fail(errc::too_large, "JSON: no memory for it");
  }
  return builder.failure();
}

std::string to_json(const value& from, bool pretty) {
  std::string out;
  json_writer{out, pretty}.write(from);
  return out;
}

} // namespace troupe
