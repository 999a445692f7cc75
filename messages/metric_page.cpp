#include "messages/metric_page.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

namespace troupe {
namespace {

/// Label names and texts of one line.
using line_labels = std::vector<std::pair<std::string_view, std::string_view>>;

std::string number_text(double from) {
  if (std::isnan(from)) return "NaN";
  if (std::isinf(from)) return from > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), from);
  return {text.data(), end.ptr};
}

void append_escaped(std::string& to, std::string_view text, bool quoted) {
  for (const char c : text) {
    if (c == '\\')
      to += "\\\\";
    else if (c == '\n')
      to += "\\n";
    else if (c == '"' && quoted)
      to += "\\\"";
    else
      to += c;
  }
}

void append_head(std::string& to, std::string_view name, std::string_view type,
                 std::string_view help) {
  to.append("# HELP ").append(name).append(" ");
  append_escaped(to, help, false);
  to.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void append_line(std::string& to, std::string_view name, std::string_view ending,
                 const line_labels& labels, std::string_view number) {
  to.append(name).append(ending);
  char before = '{';
  for (const auto& [label, text] : labels) {
    to += std::exchange(before, ',');
    to.append(label).append("=\"");
    append_escaped(to, text, true);
    to += '"';
  }
  if (before == ',') to += '}';
  to.append(" ").append(number).append("\n");
}

void append_histogram(std::string& to, std::string_view name, line_labels labels,
                      const std::vector<std::pair<double, std::uint64_t>>& cumulative, double sum,
                      std::uint64_t count) {
  labels.emplace_back("le", "");
  for (const auto& [bound, below] : cumulative) {
    const auto text = number_text(bound);
    labels.back().second = text;
    append_line(to, name, "_bucket", labels, std::to_string(below));
  }
  labels.back().second = "+Inf";
  append_line(to, name, "_bucket", labels, std::to_string(count));
  labels.pop_back();
  append_line(to, name, "_sum", labels, number_text(sum));
  append_line(to, name, "_count", labels, std::to_string(count));
}

std::vector<std::pair<double, std::uint64_t>> cumulative_of(const histogram_reading& from) {
  std::vector<std::pair<double, std::uint64_t>> out;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < from.bounds.size(); ++i)
    out.emplace_back(from.bounds[i], below += from.counts[i]);
  return out;
}

// -- of what a node answered --------------------------------------------------------------------

std::string_view text_in(const value& of, std::string_view name) {
  const auto* held = of.find(name);
  const auto* text = held == nullptr ? nullptr : held->get_if<std::string>();
  return text == nullptr ? std::string_view{} : std::string_view{*text};
}

double number_of(const value& from) {
  if (const auto* whole = from.get_if<std::int64_t>()) return static_cast<double>(*whole);
  const auto* number = from.get_if<double>();
  return number == nullptr ? 0 : *number;
}

double number_in(const value& of, std::string_view name) {
  const auto* held = of.find(name);
  return held == nullptr ? 0 : number_of(*held);
}

const value::array* list_in(const value& of, std::string_view name) {
  const auto* held = of.find(name);
  return held == nullptr ? nullptr : held->get_if<value::array>();
}

void append_sample(std::string& to, std::string_view name, std::string_view node,
                   const value& from) {
  line_labels labels{{"node", node}};
  const auto* held = from.find("labels");
  if (const auto* map = held == nullptr ? nullptr : held->get_if<value::object>())
    for (const auto& [label, text] : *map)
      if (const auto* is = text.get_if<std::string>()) labels.emplace_back(label, *is);
  const auto* buckets = list_in(from, "buckets");
  if (buckets == nullptr)
    return append_line(to, name, "", labels, number_text(number_in(from, "value")));
  std::vector<std::pair<double, std::uint64_t>> cumulative;
  for (const auto& each : *buckets) {
    const auto* pair = each.get_if<value::array>();
    if (pair != nullptr && pair->size() == 2)
      cumulative.emplace_back(number_of((*pair)[0]),
                              static_cast<std::uint64_t>(number_of((*pair)[1])));
  }
  append_histogram(to, name, std::move(labels), cumulative, number_in(from, "sum"),
                   static_cast<std::uint64_t>(number_in(from, "count")));
}

} // namespace

void metric_page::add(metric of, std::initializer_list<std::string_view> labels, double number) {
  samples_[of].push_back({{labels.begin(), labels.end()}, number, {}});
}

void metric_page::add(metric of, std::initializer_list<std::string_view> labels,
                      histogram_reading counted) {
  samples_[of].push_back({{labels.begin(), labels.end()}, 0, std::move(counted)});
}

std::string metric_page::text() const {
  std::string out;
  for (const auto& [id, samples] : samples_) {
    const auto& family = info(id);
    const auto names = family.label_names();
    append_head(out, family.name, name_of(family.type), family.help);
    for (const auto& each : samples) {
      line_labels labels;
      for (std::size_t i = 0; i < names.size() && i < each.labels.size(); ++i)
        labels.emplace_back(names[i], each.labels[i]);
      if (family.type == metric_type::histogram)
        append_histogram(out, family.name, std::move(labels), cumulative_of(each.counted),
                         each.counted.sum, each.counted.count());
      else
        append_line(out, family.name, "", labels, number_text(each.number));
    }
  }
  return out;
}

value metric_page::families() const {
  value::array all;
  for (const auto& [id, samples] : samples_) {
    const auto& family = info(id);
    const auto names = family.label_names();
    value said{value::object{}};
    said["name"] = family.name;
    said["type"] = name_of(family.type);
    said["help"] = family.help;
    said["unit"] = family.unit;
    value::array shown;
    for (const auto& each : samples) {
      value item{value::object{}};
      value labels{value::object{}};
      for (std::size_t i = 0; i < names.size() && i < each.labels.size(); ++i)
        labels[std::string{names[i]}] = each.labels[i];
      item["labels"] = std::move(labels);
      if (family.type == metric_type::histogram) {
        value::array buckets;
        for (const auto& [bound, below] : cumulative_of(each.counted)) {
          value::array pair;
          pair.emplace_back(bound);
          pair.emplace_back(below);
          buckets.emplace_back(std::move(pair));
        }
        item["buckets"] = std::move(buckets);
        item["sum"] = each.counted.sum;
        item["count"] = each.counted.count();
      } else {
        item["value"] = each.number;
      }
      shown.push_back(std::move(item));
    }
    said["samples"] = std::move(shown);
    all.push_back(std::move(said));
  }
  return value{std::move(all)};
}

std::string metric_text_of(const std::vector<value>& answers) {
  // By name as the nodes said it: one of another build may have families that this one has not.
  std::vector<std::pair<std::string_view, std::string>> families;
  for (const auto& answer : answers) {
    const auto node = text_in(answer, "node");
    const auto* listed = list_in(answer, "families");
    if (listed == nullptr) continue;
    for (const auto& each : *listed) {
      const auto name = text_in(each, "name");
      auto at = std::find_if(families.begin(), families.end(),
                             [&](const auto& known) { return known.first == name; });
      if (at == families.end()) {
        at = families.insert(at, {name, {}});
        append_head(at->second, name, text_in(each, "type"), text_in(each, "help"));
      }
      if (const auto* samples = list_in(each, "samples"))
        for (const auto& one : *samples)
          append_sample(at->second, name, node, one);
    }
  }
  std::string out;
  for (const auto& [name, text] : families)
    out += text;
  return out;
}

} // namespace troupe
