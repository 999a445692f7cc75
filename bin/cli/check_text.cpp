#include "bin/cli/check_text.hpp"

#include "bin/cli/exit_code.hpp"
#include "bin/cli/output.hpp"
#include "bin/cli/plain_text.hpp"
#include "messages/metric_page.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>

namespace troupe::cli {
namespace {

std::string number_text(double from) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.15g", from); // bytes of a disk as digits
  return text.data();
}

std::string upper(std::string_view from) {
  std::string out;
  for (const char c : from)
    out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

/// A bar would begin the figures, and a line feed another line.
std::string one_line(const std::string& from) {
  std::string out = plain_line(from);
  std::replace(out.begin(), out.end(), '|', '/');
  return out;
}

/// `'label'=value[unit];warning;critical;least`; of low figures the ranges are "N:".
std::string perfdata(const check_figure& from) {
  std::string label = one_line(from.name);
  std::replace_if(
      label.begin(), label.end(), [](char c) { return c == '\'' || c == '='; }, '_');
  std::string out = '\'' + label + "'=" + number_text(from.number) + from.unit;
  if (!from.limits) return out;
  const char* open = from.limits->low_is_bad ? ":" : "";
  return out + ';' + number_text(from.limits->warning) + open + ';' +
         number_text(from.limits->critical) + open + ";0";
}

} // namespace

std::string nagios_text(const check_report& from) {
  const auto word = from.state() == check_state::good ? "OK" : upper(name_of(from.state()));
  std::string out = "TROUPE " + upper(from.check) + ' ' + word + " - " + one_line(from.summary());
  const char* before = " | ";
  for (const auto& each : from.figures) {
    out += before + perfdata(each);
    before = " ";
  }
  out += '\n';
  for (const auto& each : from.findings)
    out += upper(name_of(each.state)) + ' ' + one_line(each.subject + ": " + each.text) + '\n';
  return out;
}

std::string prometheus_text(const check_report& from) {
  metric_page page;
  page.add(metric::check_state, {from.check}, static_cast<double>(from.state()));
  for (const auto& each : from.figures)
    page.add(metric::check_figure, {from.check, each.name}, each.number);
  return page.text();
}

std::string plain_check_text(const check_report& from, bool color) {
  std::string out = from.check + ": " + colored_state(name_of(from.state()), color) + ", " +
                    plain_line(from.summary()) + '\n';
  std::vector<std::vector<std::string>> rows;
  for (const auto& each : from.findings)
    rows.push_back({std::string{name_of(each.state)}, each.subject, each.text});
  if (!rows.empty())
    out += '\n' + table_text({"STATE", "SUBJECT", "FINDING"}, rows, {true, false, false}, color);
  rows.clear();
  for (const auto& each : from.figures)
    rows.push_back({each.name, number_text(each.number) + each.unit,
                    each.limits ? number_text(each.limits->warning) : "-",
                    each.limits ? number_text(each.limits->critical) : "-"});
  if (!rows.empty())
    out += '\n' + table_text({"FIGURE", "VALUE", "WARNING", "CRITICAL"}, rows,
                             {false, false, false, false}, color);
  return out;
}

int exit_of(check_state state, bool nagios) {
  if (nagios) return static_cast<int>(state);
  switch (state) {
  case check_state::good:
    return static_cast<int>(exit_code::done);
  case check_state::warning:
    return static_cast<int>(exit_code::check_warning);
  case check_state::critical:
    break;
  }
  return static_cast<int>(exit_code::check_critical);
}

} // namespace troupe::cli
