#pragma once

namespace troupe {

/// A list of types, for the declarations of an aggregate.
template <class... Ts> struct type_list {};

/// Says that `Command` may ask and is then settled by `Reply`. A command that asks more than once,
/// one ask after the other, says by `Asked` (the message it sent) which ask this is about. Only the
/// last of such asks may change something: the others must be declared `reads_only`.
template <class Command, class Reply, class Asked = void> struct settled_by {};

} // namespace troupe
