#include "supervisors/restart_strategy.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe {

std::string_view name_of(restart_strategy strategy) {
  switch (strategy) {
  case restart_strategy::one_for_one:
    return "one-for-one";
  case restart_strategy::one_for_all:
    return "one-for-all";
  case restart_strategy::rest_for_one:
    return "rest-for-one";
  }
  return "unknown";
}

supervised_group::supervised_group(restart_strategy strategy, std::size_t children,
                                   new_history make)
    : strategy_(strategy), make_(std::move(make)), histories_(children) {}

restart_order supervised_group::on_failure(std::size_t child, monotonic_time now) {
  auto& history = histories_[child];
  if (!history) history = make_();
  const auto decided = history->on_failure(now);
  restart_order order;
  order.give_up = decided.what == restart_decision::action::quarantine;
  if (order.give_up) return order;
  order.delay = decided.delay;
  const auto all = affected(child);
  std::copy_if(all.rbegin(), all.rend(), std::back_inserter(order.stop),
               [child](std::size_t each) { return each != child; });
  return order;
}

std::vector<std::size_t> supervised_group::affected(std::size_t child) const {
  const bool all = strategy_ == restart_strategy::one_for_all;
  const bool alone = strategy_ == restart_strategy::one_for_one;
  std::vector<std::size_t> found;
  for (std::size_t i = all ? 0 : child; i < (alone ? child + 1 : histories_.size()); ++i)
    found.push_back(i);
  return found;
}

} // namespace troupe
