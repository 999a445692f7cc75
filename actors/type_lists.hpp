#pragma once

namespace troupe {

/// A list of types, for the declarations of an aggregate.
template <class... Ts> struct type_list {};

/// Says that `Command` may ask and is then settled by `Reply`.
template <class Command, class Reply> struct settled_by {};

} // namespace troupe
