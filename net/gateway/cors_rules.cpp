#include "net/gateway/cors_rules.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace troupe::gateway {
namespace {

constexpr std::size_t origins_max = 64; ///< per policy; each request may look at all of them

[[nodiscard]] error refused(std::string_view entry, const std::string& why) {
  return fail(errc::malformed, "cors '" + std::string{entry} + "': " + why);
}

[[nodiscard]] std::string known_systems(std::span<const context_info> contexts) {
  std::string names;
  std::string_view last;
  for (const auto& each : contexts) {
    if (each.system != last) names.append(names.empty() ? "" : ", ").append(each.system);
    last = each.system;
  }
  return names;
}

[[nodiscard]] bool is_host(std::string_view host) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  return !host.empty() && std::all_of(host.begin(), host.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           (bracketed && c == ':');
  });
}

[[nodiscard]] bool is_port(std::string_view text) {
  std::uint16_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, number);
  return failed == std::errc{} && stop == end && number > 0 && text.front() != '0';
}

/// Why a browser never sends this as an origin; nothing if it does. An entry that can never match
/// would look like a fault of the browser.
[[nodiscard]] std::optional<std::string> fault_of_origin(std::string_view origin) {
  if (origin == "null") return "'null' stands for any sandboxed page; name an origin or say *";
  std::string_view preset;
  std::string_view place = origin;
  for (const auto& [scheme, port] :
       {std::pair<std::string_view, std::string_view>{"https://", "443"}, {"http://", "80"}})
    if (origin.starts_with(scheme)) {
      place.remove_prefix(scheme.size());
      preset = port;
    }
  if (preset.empty()) return "an origin begins with http:// or https://";
  if (place.find('/') != std::string_view::npos)
    return "an origin has no path and no '/' at its end";
  const std::size_t colon = place.rfind(':');
  const bool has_port = colon != std::string_view::npos && place.find(']', colon) == place.npos;
  if (!is_host(place.substr(0, has_port ? colon : place.size())))
    return "the host of an origin is a name or address in lower case";
  if (!has_port) return std::nullopt;
  if (!is_port(place.substr(colon + 1))) return "the port of an origin is from 1 to 65535";
  if (place.substr(colon + 1) == preset)
    return "browsers leave the usual port " + std::string{preset} + " out; so must this";
  return std::nullopt;
}

[[nodiscard]] result<cors_policy> read_policy(std::string_view entry, std::string_view text) {
  if (text == "*") return cors_policy{};
  cors_policy to{.any = false};
  if (text == "none") return to;
  if (text.empty()) return refused(entry, "say origins, * or none");
  while (true) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view origin = text.substr(0, end);
    if (origin == "*" || origin == "none")
      return refused(entry, "'" + std::string{origin} + "' stands alone");
    if (const auto fault = fault_of_origin(origin); fault) return refused(entry, *fault);
    if (to.origins.size() == origins_max) return refused(entry, "more than 64 origins");
    to.origins.emplace_back(origin);
    if (end == text.size()) return to;
    text.remove_prefix(end + 1);
  }
}

} // namespace

std::string_view cors_policy::answer_to(std::string_view origin) const {
  if (origin.empty()) return {};
  if (any) return "*";
  return std::find(origins.begin(), origins.end(), origin) != origins.end() ? origin
                                                                            : std::string_view{};
}

result<cors_rules> cors_rules::read(std::span<const std::string> entries,
                                    std::span<const context_info> contexts) {
  cors_rules to;
  for (const std::string_view words : entries)
    for (std::size_t at = 0; at < words.size();) {
      const std::size_t end = std::min(words.find(' ', at), words.size());
      if (end > at)
        if (auto done = to.add(words.substr(at, end - at), contexts); !done) return done.error();
      at = end + 1;
    }
  return to;
}

result<void> cors_rules::add(std::string_view entry, std::span<const context_info> contexts) {
  const std::size_t equals = entry.find('=');
  const bool named = equals != std::string_view::npos;
  const std::string_view system = named ? entry.substr(0, equals) : std::string_view{};
  if (named && std::none_of(contexts.begin(), contexts.end(),
                            [&](const auto& each) { return each.system == system; }))
    return refused(entry, "there is no system '" + std::string{system} +
                              "'; there are: " + known_systems(contexts));
  for (const auto& [known, policy] : entries_)
    if (known == system) return refused(entry, "this is said twice");
  auto policy = read_policy(entry, named ? entry.substr(equals + 1) : entry);
  if (!policy) return policy.error();
  entries_.emplace_back(system, std::move(*policy));
  return {};
}

const cors_policy& cors_rules::of(std::string_view system) const {
  static const cors_policy anybody;
  const cors_policy* others = &anybody;
  for (const auto& [name, policy] : entries_) {
    if (name == system) return policy;
    if (name.empty()) others = &policy;
  }
  return *others;
}

} // namespace troupe::gateway
