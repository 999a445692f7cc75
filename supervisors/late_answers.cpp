#include "supervisors/late_answers.hpp"

#include <charconv>
#include <memory>
#include <utility>

namespace troupe {
namespace {

/// A number up to the longest delay, the whole text.
bool read_ms(std::string_view text, std::uint32_t& to) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), to);
  return failed == std::errc{} && end == text.data() + text.size() && to <= answer_delay::most_ms;
}

} // namespace

std::string answer_delay::text() const {
  if (!given()) return "off";
  return std::to_string(min_ms) + ".." + std::to_string(max_ms) + "ms";
}

result<answer_delay> answer_delay::parse(std::string_view text) {
  if (text == "off") return answer_delay{};
  const auto wrong =
      fail(errc::malformed, "a delay is written 400..620ms, 500ms or off, up to " +
                                std::to_string(most_ms) + "ms; not '" + std::string{text} + "'");
  if (text.size() < 3 || text.substr(text.size() - 2) != "ms") return wrong;
  text.remove_suffix(2);
  const auto dots = text.find("..");
  const bool range = dots != std::string_view::npos;
  answer_delay to;
  if (!read_ms(text.substr(0, dots), to.min_ms)) return wrong;
  if (!read_ms(range ? text.substr(dots + 2) : text, to.max_ms)) return wrong;
  if (to.min_ms > to.max_ms || to.max_ms == 0) return wrong;
  return to;
}

origin late_answers::instead_of(const origin& whom, lane& of, part_key part, answer_delay by) {
  const std::lock_guard lock{mutex_};
  const auto more = random_->next() % (by.max_ms - by.min_ms + 1);
  const auto token = next_++;
  detours_.emplace(token, detour{whom, &of, part, std::chrono::milliseconds{by.min_ms + more}});
  return {this, 0, token};
}

void late_answers::deliver(std::vector<answer>& batch) {
  for (auto& each : batch) {
    detour found;
    {
      const std::lock_guard lock{mutex_};
      auto held = detours_.extract(each.to.request);
      if (held.empty()) continue;
      found = held.mapped();
    }
    auto late = std::make_shared<answer>(std::move(each));
    late->to = found.whom;
    found.of->control([found, late](lane& on) {
      on.at(on.now() + found.by, [late] {
        std::vector<answer> one;
        one.push_back(std::move(*late));
        one.front().to.port->deliver(one);
      });
    });
  }
  batch.clear();
}

std::size_t late_answers::awaited() const {
  const std::lock_guard lock{mutex_};
  return detours_.size();
}

} // namespace troupe
