#pragma once

#include "actors/behaviour.hpp"
#include "tests/contract/contract.hpp"

#include <functional>
#include <memory>

namespace troupe::test {

/// Makes an aggregate that does not exist yet; empty for a view.
using aggregate_maker = std::function<std::unique_ptr<aggregate_instance>()>;

/// Samples of a message as today's struct writes it: one with every field, and one without those
/// that may be null. No two fields have the same value, so that swapped ones are noticed.
[[nodiscard]] std::vector<sample> samples_of(const spoken_message& message,
                                             const aggregate_maker& make);

/// What an aggregate is after one event alone; the error is the one of the replay.
[[nodiscard]] result<value> state_after(const aggregate_maker& make, std::string_view event,
                                        std::string_view payload);

} // namespace troupe::test
