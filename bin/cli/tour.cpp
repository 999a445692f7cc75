#include "bin/cli/tour.hpp"

#include "messages/json.hpp"

#include <charconv>

namespace troupe::cli {
namespace {

constexpr std::size_t steps_max = 200;
constexpr std::int64_t within_ms_max = 60'000;

result<std::string> text_member(const std::string& name, const value& from) {
  if (const auto* text = from.get_if<std::string>()) return *text;
  return fail(errc::malformed, "'" + name + "' must be a text");
}

result<std::int64_t> number_member(const std::string& name, const value& from, std::int64_t most) {
  const auto* number = from.get_if<std::int64_t>();
  if (number != nullptr && *number >= 0 && *number <= most) return *number;
  return fail(errc::malformed, "'" + name + "' must be a number up to " + std::to_string(most));
}

result<value::object> object_member(const std::string& name, const value& from) {
  if (const auto* members = from.get_if<value::object>()) return *members;
  return fail(errc::malformed, "'" + name + "' must be an object");
}

result<void> read_texts(tour_step& to, const std::string& name, const value& from) {
  const auto text = text_member(name, from);
  if (!text) return text.error();
  (name == "say" ? to.say : name == "method" ? to.request.method : to.request.target) = *text;
  return {};
}

result<void> read_save(tour_step& to, const value& from) {
  const auto members = object_member("save", from);
  if (!members) return members.error();
  for (const auto& [name, where] : *members) {
    const auto text = text_member("save." + name, where);
    if (!text) return text.error();
    to.save.emplace_back(name, *text);
  }
  return {};
}

result<void> read_member(tour_step& to, const std::string& name, const value& from) {
  if (name == "say" || name == "method" || name == "path") return read_texts(to, name, from);
  if (name == "save") return read_save(to, from);
  if (name == "body" || name == "until") {
    auto members = object_member(name, from);
    if (!members) return members.error();
    if (name == "body")
      to.body = value{std::move(*members)};
    else
      to.until = std::move(*members);
    return {};
  }
  if (name == "expect_status" || name == "within_ms") {
    const bool status = name == "expect_status";
    const auto number = number_member(name, from, status ? 599 : within_ms_max);
    if (!number) return number.error();
    if (status)
      to.expect_status = static_cast<int>(*number);
    else
      to.within = std::chrono::milliseconds{*number};
    return {};
  }
  return fail(errc::malformed, "there is no member '" + name +
                                   "' of a step; there are: say, method, path, body, "
                                   "expect_status, save, until, within_ms");
}

result<tour_step> read_step(const value& from) {
  const auto* members = from.get_if<value::object>();
  if (members == nullptr) return fail(errc::malformed, "a step must be an object");
  tour_step step;
  step.request.target.clear();
  for (const auto& [name, held] : *members)
    if (auto done = read_member(step, name, held); !done) return done.error();
  if (step.say.empty() || !step.request.target.starts_with('/'))
    return fail(errc::malformed, "a step needs 'say' and a 'path' that begins with /");
  return step;
}

/// Fills "${name}" in a text; a value that is no text comes out as JSON.
result<std::string> filled_text(std::string_view from, const tour_names& names) {
  std::string out;
  while (true) {
    const std::size_t start = from.find("${");
    const std::size_t end = start == std::string_view::npos ? start : from.find('}', start);
    out += from.substr(0, end == std::string_view::npos ? end : start);
    if (end == std::string_view::npos) return out;
    const std::string_view name = from.substr(start + 2, end - start - 2);
    const auto found = names.find(name);
    if (found == names.end())
      return fail(errc::malformed, "no step saved a value as '" + std::string{name} + "'");
    const auto* text = found->second.get_if<std::string>();
    out += text == nullptr ? to_json(found->second) : *text;
    from.remove_prefix(end + 1);
  }
}

} // namespace

result<std::vector<tour_step>> parse_tour(std::string_view text) {
  const auto parsed = parse_json(text);
  if (!parsed) return parsed.error();
  const auto* list = parsed->get_if<value::array>();
  if (list == nullptr || list->empty() || list->size() > steps_max)
    return fail(errc::malformed,
                "a tour is a list of 1 to " + std::to_string(steps_max) + " steps");
  std::vector<tour_step> steps;
  for (const value& each : *list) {
    auto step = read_step(each);
    if (!step)
      return fail(errc::malformed,
                  "step " + std::to_string(steps.size() + 1) + ": " + step.error().message);
    steps.push_back(std::move(*step));
  }
  return steps;
}

result<value> filled_in(const value& from, const tour_names& names) {
  if (const auto* text = from.get_if<std::string>()) {
    if (text->starts_with("${") && text->find('}') == text->size() - 1)
      if (const auto found = names.find(std::string_view{*text}.substr(2, text->size() - 3));
          found != names.end())
        return found->second;
    auto filled = filled_text(*text, names);
    if (!filled) return filled.error();
    return value{std::move(*filled)};
  }
  const auto* members = from.get_if<value::object>();
  if (members == nullptr) return from;
  value::object out;
  for (const auto& [name, held] : *members) {
    auto filled = filled_in(held, names);
    if (!filled) return filled;
    out.emplace_back(name, std::move(*filled));
  }
  return value{std::move(out)};
}

const value* part_of(const value& whole, std::string_view where) {
  if (!where.starts_with('/')) return whole.find(where);
  const value* at = &whole;
  while (at != nullptr && !where.empty()) {
    where.remove_prefix(1);
    const std::string_view step = where.substr(0, where.find('/'));
    where.remove_prefix(step.size());
    const auto* list = at->get_if<value::array>();
    if (list == nullptr) {
      at = at->find(step);
      continue;
    }
    std::size_t place = 0;
    const auto [end, fault] = std::from_chars(step.data(), step.data() + step.size(), place);
    const bool inside =
        fault == std::errc{} && end == step.data() + step.size() && place < list->size();
    at = inside ? &(*list)[place] : nullptr;
  }
  return at;
}

} // namespace troupe::cli
