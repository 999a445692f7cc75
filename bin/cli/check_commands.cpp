#include "bin/cli/check_text.hpp"
#include "bin/cli/plain_text.hpp"
#include "bin/cli/tool.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ostream>

/// check cluster, node, lag and disk: for monitoring systems.
namespace troupe::cli {
namespace {

constexpr int nagios_unknown = 3;

std::optional<double> number_in(const std::string& text) {
  double number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size() || !std::isfinite(number) ||
      number < 0)
    return std::nullopt;
  return number;
}

/// The limits with what was given in the place of the presets.
std::variant<check_limits, failure> limits_given(const command_call& call,
                                                 const std::string& check) {
  check_limits limits = *limits_of(check);
  for (auto [option, to] :
       {std::pair{"--warning", &limits.warning}, std::pair{"--critical", &limits.critical}}) {
    if (!call.line.given(option)) continue;
    const auto number = number_in(call.line.text(option));
    if (!number)
      return usage_failure(std::string{"cannot use "} + option + ' ' + call.line.text(option),
                           "a limit is a number of 0 or more", std::string{option} + " 1");
    *to = *number;
  }
  const bool in_order =
      limits.low_is_bad ? limits.critical <= limits.warning : limits.warning <= limits.critical;
  if (!in_order)
    return usage_failure("cannot use these limits",
                         limits.low_is_bad
                             ? "less is worse: --critical must not be above --warning"
                             : "more is worse: --warning must not be above --critical",
                         "`actor-inspector help check " + check + '`');
  return limits;
}

listing as_listing(const check_report& from) {
  listing shown{
      "Check", {}, {}, [](const value& item) { return cell_text(*item.find("subject")); }};
  for (const auto& each : from.findings) {
    value item;
    item["state"] = name_of(each.state);
    item["subject"] = each.subject;
    item["text"] = each.text;
    shown.items.push_back(std::move(item));
  }
  value::array figures;
  for (const auto& each : from.figures) {
    value item;
    item["name"] = each.name;
    item["value"] = each.number;
    item["unit"] = each.unit;
    item["warning"] = each.limits ? value{each.limits->warning} : value{};
    item["critical"] = each.limits ? value{each.limits->critical} : value{};
    figures.push_back(std::move(item));
  }
  shown.extra = {{"check", from.check},
                 {"state", name_of(from.state())},
                 {"summary", from.summary()},
                 {"figures", value{std::move(figures)}}};
  return shown;
}

/// A monitoring system reads its own line and code, whatever went wrong.
command_result told_as(bool nagios, command_call& call, const std::string& check, failure why,
                       int code) {
  if (!nagios) return why;
  call.around.out << "TROUPE " << (code == nagios_unknown ? "UNKNOWN" : "CRITICAL") << " - check "
                  << check << ": " << plain_line(why.what + ": " + why.why) << '\n';
  return static_cast<exit_code>(code);
}

command_result check(command_call& call, const std::string& check) {
  std::string format = call.line.text("--format");
  if (!call.line.chosen("--format") && call.how.format != output_format::table) format = "json";
  const bool nagios = format == "nagios";
  auto limits = limits_given(call, check);
  if (auto* wrong = std::get_if<failure>(&limits))
    return told_as(nagios, call, check, std::move(*wrong), nagios_unknown);
  auto asked = ask_every_node(call, "cannot check the " + check, "metrics", value{value::object{}});
  if (auto* wrong = std::get_if<failure>(&asked)) // nobody answers: nothing is worse
    return told_as(nagios, call, check, std::move(*wrong), exit_of(check_state::critical, true));
  const auto& said = std::get<nodes_said>(asked);
  const std::string node = call.line.arguments.empty() ? std::string{} : call.line.arguments[0];
  const auto is_it = [&](const auto& each) { return each.node == node; };
  if (!node.empty() && std::ranges::none_of(said.answers, is_it) &&
      std::ranges::none_of(said.silent, is_it))
    return told_as(nagios, call, check,
                   failed("cannot check node " + node,
                          fail(errc::not_found, "the cluster has no node " + node),
                          "`troupe status` names the nodes"),
                   nagios_unknown);
  const auto report = run_check(check, said, std::get<check_limits>(limits), node);
  if (nagios) {
    call.around.out << nagios_text(report);
  } else if (format == "prometheus") {
    call.around.out << prometheus_text(report);
  } else if (format == "json") {
    settings how = call.how;
    if (how.format == output_format::table) how.format = output_format::json;
    print(call.around.out, how, as_listing(report));
  } else {
    call.around.out << plain_check_text(report, call.how.color);
  }
  return static_cast<exit_code>(exit_of(report.state(), nagios));
}

} // namespace

void add_check_commands(command_handlers& to) {
  for (const char* each : {"cluster", "node", "lag", "disk"})
    to[std::string{"check "} + each] = [each](command_call& call) { return check(call, each); };
}

} // namespace troupe::cli
