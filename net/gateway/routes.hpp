#pragma once

#include "messages/descriptor.hpp"
#include "messages/ids.hpp"
#include "net/gateway/request_target.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe::gateway {

enum class http_method : std::uint8_t { get, head, post, put, patch, del, options, other };

enum class route_kind : std::uint8_t {
  index,        ///< `/`
  system_index, ///< `/{system}`
  live,
  ready,
  openapi,
  metrics,
  collection, ///< `/{system}/{resource}`
  item,       ///< `/{system}/{resource}/{id}`
  query,      ///< `/{system}/{resource}/{query}`
  unknown
};

/// Where a path leads.
struct route {
  route_kind kind = route_kind::unknown;
  const context_info* context = nullptr; ///< of collections, items and queries
  std::string_view context_name{};       ///< its full name, kept by the table
  const query_info* query = nullptr;
  aggregate_id id{};         ///< of items
  std::string_view system{}; ///< of a system index
};

/// All routes, made from the descriptors alone. Immutable, so any thread may use it; the
/// descriptors must outlive it.
class route_table {
public:
  explicit route_table(std::span<const context_info> contexts);

  [[nodiscard]] route match(const request_target& target) const;
  /// The exposed command that the method stands for there; null if there is none (405).
  [[nodiscard]] static const command_info* command(const route& at, http_method method);
  /// Value of the `Allow` header, e.g. "GET, HEAD, POST, OPTIONS".
  [[nodiscard]] static std::string allowed_methods(const route& at);
  [[nodiscard]] std::span<const context_info> contexts() const { return contexts_; }

private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct resource {
    const context_info* context;
    std::string name; ///< full name of the context
  };
  std::span<const context_info> contexts_;
  std::unordered_map<std::string, resource, text_hash, std::equal_to<>> resources_;
};

/// `/taxi/calls`.
[[nodiscard]] std::string resource_path(const context_info& of);

/// A positive decimal number without sign or leading zeros; anything else names no aggregate.
[[nodiscard]] aggregate_id parse_id(std::string_view text);

} // namespace troupe::gateway
