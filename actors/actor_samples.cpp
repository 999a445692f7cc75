#include "actors/actor_samples.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace troupe {
namespace {

constexpr std::array order_names{std::string_view{"mailbox"}, std::string_view{"rate"},
                                 std::string_view{"p99"},     std::string_view{"restarts"},
                                 std::string_view{"memory"},  std::string_view{"growth"}};

/// Turns between two samples. Counters begin at 0 when an actor comes back into memory.
std::uint32_t turns_between(const actor_figures& then, const actor_figures& now) {
  return now.handled >= then.handled ? now.handled - then.handled : now.handled;
}

/// What decides, then the busier one, then the lower id: the same sample gives the same list.
auto place_of(top_order by, const actor_samples::row& of) {
  std::int64_t figure = 0;
  switch (by) {
  case top_order::mailbox:
    figure = of.now.mailbox;
    break;
  case top_order::restarts:
    figure = of.now.restarts;
    break;
  case top_order::memory:
    figure = of.now.memory;
    break;
  case top_order::growth:
    figure = actor_samples::growth(by, of);
    break;
  case top_order::rate:
  case top_order::p99:
    break; // the turns below decide
  }
  return std::tuple{figure, actor_samples::handled(of), -of.id.number};
}

} // namespace

std::string_view name_of(top_order by) {
  return order_names[static_cast<std::size_t>(by)];
}

std::optional<top_order> top_order_named(std::string_view name) {
  const auto found = std::ranges::find(order_names, name);
  if (found == order_names.end()) return std::nullopt;
  return static_cast<top_order>(found - order_names.begin());
}

void actor_samples::begin(monotonic_time now, std::chrono::milliseconds window) {
  next_.clear();
  next_.reserve(rows_.size());
  began_ = now;
  rolls_ = known_ && now - middle_at_ >= window;
}

const actor_figures* actor_samples::last(aggregate_id id, std::uint32_t number) const {
  return number < rows_.size() && rows_[number].id == id ? &rows_[number].now : nullptr;
}

std::uint32_t actor_samples::add(aggregate_id id, std::uint32_t earlier, const actor_figures& now) {
  row to{id, now, now, now};
  if (known_) {
    const bool there = earlier < rows_.size() && rows_[earlier].id == id;
    const actor_figures before = there ? rows_[earlier].middle : actor_figures{};
    to.base = rolls_ ? before : there ? rows_[earlier].base : actor_figures{};
    if (!rolls_) to.middle = before;
  }
  next_.push_back(to);
  return static_cast<std::uint32_t>(next_.size() - 1);
}

void actor_samples::finish() {
  std::swap(rows_, next_);
  next_.clear();
  taken_ = began_;
  if (!known_) middle_at_ = base_at_ = began_;
  if (rolls_) {
    base_at_ = middle_at_;
    middle_at_ = began_;
  }
  known_ = true;
  window_ = std::chrono::duration_cast<std::chrono::milliseconds>(taken_ - base_at_);
}

std::uint32_t actor_samples::handled(const row& of) {
  return turns_between(of.base, of.now);
}

std::int64_t actor_samples::growth(top_order by, const row& of) {
  switch (by) {
  case top_order::memory: // of one whose memory was not estimated then, nothing is known
    return of.base.memory == 0 ? 0 : std::int64_t{of.now.memory} - of.base.memory;
  case top_order::restarts:
    return std::int64_t{of.now.restarts} - of.base.restarts;
  case top_order::mailbox:
  case top_order::rate:
  case top_order::p99:
  case top_order::growth:
    break;
  }
  return std::int64_t{of.now.mailbox} - of.base.mailbox;
}

/// One pass with a heap of the best so far: most rows cost one comparison.
std::vector<const actor_samples::row*> actor_samples::highest(top_order by,
                                                              std::size_t limit) const {
  using placed = std::pair<decltype(place_of(by, {})), const row*>;
  const auto higher = [](const placed& a, const placed& b) { return a.first > b.first; };
  std::vector<placed> best;
  best.reserve(std::min(limit, rows_.size()) + 1);
  for (const row& each : rows_) {
    const auto place = place_of(by, each);
    if (best.size() == limit) {
      if (limit == 0 || place <= best.front().first) continue;
      std::pop_heap(best.begin(), best.end(), higher);
      best.pop_back();
    }
    best.emplace_back(place, &each);
    std::push_heap(best.begin(), best.end(), higher);
  }
  std::sort_heap(best.begin(), best.end(), higher);
  std::vector<const row*> found;
  found.reserve(best.size());
  for (const auto& [place, of] : best)
    found.push_back(of);
  return found;
}

} // namespace troupe
