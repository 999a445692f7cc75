#include "net/connection_table.hpp"

namespace troupe {

connection* connection_table::admit(std::string_view routing_id, monotonic_time now) {
  if (last_ != nullptr && last_->routing_id == routing_id) return last_;
  if (const auto known = by_routing_id_.find(routing_id); known != by_routing_id_.end())
    return last_ = known->second;
  if (by_number_.size() >= connections_max_) return nullptr;
  auto made = std::make_unique<connection>();
  made->number = next_number_++;
  made->routing_id = routing_id;
  made->heard = now;
  made->said = now;
  last_ = made.get();
  by_routing_id_.emplace(made->routing_id, last_);
  by_number_.emplace(last_->number, std::move(made));
  return last_;
}

connection* connection_table::find(std::uint64_t number) {
  if (last_ != nullptr && last_->number == number) return last_;
  const auto known = by_number_.find(number);
  return known == by_number_.end() ? nullptr : last_ = known->second.get();
}

void connection_table::forget(std::uint64_t number) {
  const auto known = by_number_.find(number);
  if (known == by_number_.end()) return;
  if (last_ == known->second.get()) last_ = nullptr;
  by_routing_id_.erase(known->second->routing_id);
  by_number_.erase(known);
}

} // namespace troupe
