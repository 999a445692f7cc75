#pragma once

#include "messages/descriptor.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What the contexts of a system have to do with each other, read off their descriptors. Everything
/// here is pure; what is returned points into the descriptors.
namespace troupe::cli {

enum class relation_kind : std::uint8_t {
  asks,    ///< and waits for the answer
  listens, ///< to events, by policies
  folds    ///< events into rows of a view
};

/// `from` depends on `to`: nobody needs to know who asks it or listens to it.
struct relation {
  relation_kind kind = relation_kind::asks;
  const context_info* from = nullptr;
  std::string_view to;                   ///< full name
  std::vector<std::string_view> through; ///< commands asked, events heard; of a view: nothing
};

[[nodiscard]] std::string_view word(relation_kind kind); ///< "asks", "listens to", "folds"
[[nodiscard]] std::string_view word(ranking rank);
[[nodiscard]] std::string_view word(field_type type);
[[nodiscard]] std::string_view word(view_storage store);

/// The contexts of one system, in the order of the catalogue.
[[nodiscard]] std::vector<const context_info*> contexts_of(std::span<const context_info> catalogue,
                                                           std::string_view system);
/// The systems of a catalogue, each once.
[[nodiscard]] std::vector<std::string_view> systems_of(std::span<const context_info> catalogue);

/// One relation for each kind and pair of contexts, in the order of the catalogue.
[[nodiscard]] std::vector<relation> relations_of(std::span<const context_info> catalogue,
                                                 std::string_view system);

/// How a command comes to its context.
struct command_ways {
  std::vector<std::string> requests;      ///< "POST /shop/orders"; none: internal
  std::vector<const context_info*> asked; ///< by these contexts
  std::vector<std::string_view> policies; ///< of its own context
};
[[nodiscard]] command_ways ways_to(std::span<const context_info> catalogue,
                                   const context_info& context, const command_info& command);
/// "GET /shop/stocks/howMany?productId={id}".
[[nodiscard]] std::string request_of(const context_info& context, const query_info& query);
/// Contexts that ask for a command or query.
[[nodiscard]] std::vector<const context_info*> askers_of(std::span<const context_info> catalogue,
                                                         const context_info& context,
                                                         std::string_view asked);

/// A policy that reacts to an event, and whose it is.
struct listener {
  const context_info* context = nullptr;
  const policy_info* policy = nullptr;
};
[[nodiscard]] std::vector<listener> listeners_of(std::span<const context_info> catalogue,
                                                 const context_info& context,
                                                 std::string_view event);
/// Views that fold events of a context.
[[nodiscard]] std::vector<const context_info*> views_of(std::span<const context_info> catalogue,
                                                        const context_info& context);

} // namespace troupe::cli
