#pragma once

#include "testkit/troupe/testkit/simulated_node.hpp"

/// The test kit under the names that tests of the runtime use.
namespace troupe::test {

using testkit::mortal_storage;
using testkit::node_shape;
using testkit::said;
using testkit::simulated_node;

} // namespace troupe::test
