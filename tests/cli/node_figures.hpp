#pragma once

#include "bin/cli/every_node.hpp"
#include "messages/metric_page.hpp"

#include <string>

namespace troupe::test {

/// What a node that is well tells of itself.
inline metric_page well_page() {
  metric_page page;
  page.add(metric::node_live, 1);
  page.add(metric::node_ready, 1);
  page.add(metric::contexts_up, {"taxi.call"}, 1);
  page.add(metric::shards_owned, {"taxi.call"}, 2);
  page.add(metric::lease_remaining, 2.5);
  page.add(metric::disk_free, 50e9);
  page.add(metric::disk_size, 100e9);
  page.add(metric::process_open_fds, 40);
  page.add(metric::process_max_fds, 1024);
  page.add(metric::view_behind, {"taxi.myPage"}, 3);
  page.add(metric::breaker_state, {"taxi.call", "taxi.payment", "n1", "command"}, 0);
  page.add(metric::mailbox_recent, 0.002);
  histogram_reading ages;
  ages.bounds = {0.001, 0.5};
  ages.counts = {99, 1, 0};
  page.add(metric::mailbox_age, {"0"}, std::move(ages));
  return page;
}

inline value answer_of(const std::string& node, const metric_page& page) {
  value said;
  said["node"] = node;
  said["families"] = page.families();
  return said;
}

inline cli::nodes_said said_by(const metric_page& page) {
  return {{{"n1", answer_of("n1", page)}}, {}};
}

} // namespace troupe::test
