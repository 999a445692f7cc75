#include "supervisors/look_verbs.hpp"

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>

namespace troupe {
namespace {

double number_of(const value& from, std::string_view name) {
  const auto* held = from.find(name);
  if (held == nullptr) return 0.0;
  if (const auto* whole = held->get_if<std::int64_t>()) return static_cast<double>(*whole);
  const auto* share = held->get_if<double>();
  return share != nullptr ? *share : 0.0;
}

std::string text_of(const value& from, std::string_view name) {
  const auto* held = from.find(name);
  const auto* text = held != nullptr ? held->get_if<std::string>() : nullptr;
  return text != nullptr ? *text : std::string{};
}

value::array items_of(value& from) {
  auto* items = from.find("items") != nullptr ? from["items"].get_if<value::array>() : nullptr;
  return items != nullptr ? std::move(*items) : value::array{};
}

/// The member of an item that an order goes by.
std::string_view figure_of(std::string_view by) {
  if (by == "p99") return "p99_us";
  if (by == "memory") return "memory_bytes";
  return by;
}

/// The highest first, at most so many; those alike stay in their order. What decides is looked up
/// once for each.
value::array first_of(value::array items, std::string_view figure, std::size_t limit) {
  using place = std::tuple<double, double, std::size_t>; // the lowest is the first
  std::vector<place> places;
  places.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i)
    places.emplace_back(-number_of(items[i], figure), -number_of(items[i], "rate"), i);
  const auto shown = std::min(limit, places.size());
  std::partial_sort(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(shown),
                    places.end());
  value::array first;
  first.reserve(shown);
  for (std::size_t i = 0; i < shown; ++i)
    first.push_back(std::move(items[std::get<std::size_t>(places[i])]));
  return first;
}

} // namespace

value merge_top(std::vector<value> said, std::size_t limit) {
  value::array items;
  std::string by = "mailbox";
  std::int64_t residents = 0;
  std::int64_t window = 0;
  std::int64_t took = 0;
  for (auto& each : said) {
    by = text_of(each, "by");
    residents += static_cast<std::int64_t>(number_of(each, "residents"));
    window = std::max(window, static_cast<std::int64_t>(number_of(each, "window_ms")));
    took += static_cast<std::int64_t>(number_of(each, "took_us"));
    auto own = items_of(each);
    std::move(own.begin(), own.end(), std::back_inserter(items));
  }
  items = first_of(std::move(items), figure_of(by), limit);
  value merged{value::object{}};
  merged["by"] = by;
  merged["items"] = std::move(items);
  merged["residents"] = residents;
  merged["window_ms"] = window;
  merged["took_us"] = took;
  return merged;
}

value merge_shards(std::vector<value> said, std::vector<value> absent) {
  said.insert(said.end(), std::make_move_iterator(absent.begin()),
              std::make_move_iterator(absent.end()));
  const auto place = [](const value& each) {
    return std::pair{text_of(each, "context"), number_of(each, "shard")};
  };
  std::stable_sort(said.begin(), said.end(),
                   [&](const value& a, const value& b) { return place(a) < place(b); });
  value merged{value::object{}};
  merged["items"] =
      value::array{std::make_move_iterator(said.begin()), std::make_move_iterator(said.end())};
  return merged;
}

value merge_items(std::vector<value> said) {
  value::array items;
  for (auto& each : said) {
    auto own = items_of(each);
    std::move(own.begin(), own.end(), std::back_inserter(items));
  }
  value merged{value::object{}};
  merged["items"] = std::move(items);
  return merged;
}

} // namespace troupe
