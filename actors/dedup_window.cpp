#include "actors/dedup_window.hpp"

#include <tsl/robin_map.h>

#include <algorithm>

namespace troupe {

/// Flat, because one lookup a command is one cache miss a command.
struct dedup_window::table : tsl::robin_map<command_id, mark> {};

dedup_window::dedup_window() : marks_(std::make_unique<table>()) {
  marks_->max_load_factor(0.75F); // denser than the default: the window should stay in the caches
}
dedup_window::~dedup_window() = default;
dedup_window::dedup_window(dedup_window&&) noexcept = default;
dedup_window& dedup_window::operator=(dedup_window&&) noexcept = default;

const dedup_window::mark* dedup_window::find(command_id command) const {
  const auto at = marks_->find(command);
  return at == marks_->end() ? nullptr : &at->second;
}

std::size_t dedup_window::size() const {
  return marks_->size();
}

bool dedup_window::may_be_older(command_id command) const {
  if (!any_left_) return false;
  return !command.ordered() || command.made_at_ms() <= left_until_ms_;
}

void dedup_window::begin(command_id command, std::uint64_t hash) {
  marks_->try_emplace(command, mark{hash, {}, phase::running});
}

void dedup_window::finish(command_id command, std::uint64_t hash, record_index at, phase how) {
  auto [place, fresh] = marks_->try_emplace(command, mark{hash, at, how});
  auto& known = place.value();
  if (fresh || known.at.value == 0) order_.push_back(command);
  known.hash = hash;
  known.at = at;
  known.is = how;
}

void dedup_window::abandon(command_id command) {
  const auto at = marks_->find(command);
  if (at != marks_->end() && at->second.is == phase::running) marks_->erase(at);
}

void dedup_window::reopen(command_id command) {
  if (marks_->erase(command) > 0) std::erase(order_, command);
}

std::vector<dedup_mark> dedup_window::overflow() const {
  std::vector<dedup_mark> oldest;
  if (order_.size() < marks_max + overflow_batch) return oldest;
  oldest.reserve(overflow_batch);
  for (std::size_t i = 0; i < overflow_batch; ++i) {
    const auto& known = marks_->at(order_[i]);
    oldest.push_back({order_[i], known.hash, known.at});
  }
  return oldest;
}

void dedup_window::dropped(std::size_t oldest) {
  for (std::size_t i = 0; i < oldest && !order_.empty(); ++i) {
    const auto command = order_.front();
    order_.pop_front();
    any_left_ = true;
    if (command.ordered()) left_until_ms_ = std::max(left_until_ms_, command.made_at_ms());
    const auto at = marks_->find(command);
    if (at == marks_->end()) continue;
    if (at->second.is == phase::asking)
      order_.push_back(command); // still needed: its end will come
    else
      marks_->erase(at);
  }
}

std::vector<dedup_mark> dedup_window::finished() const {
  std::vector<dedup_mark> all;
  all.reserve(order_.size());
  for (const auto& command : order_) {
    const auto& known = marks_->at(command);
    all.push_back({command, known.hash, known.at});
  }
  return all;
}

} // namespace troupe
