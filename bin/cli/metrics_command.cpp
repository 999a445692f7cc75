#include "bin/cli/every_node.hpp"
#include "bin/cli/metrics_reference.hpp"
#include "bin/cli/tool.hpp"
#include "messages/metric_page.hpp"

#include <ostream>

/// metrics: the numbers of all nodes, as Prometheus would read them or as data.
namespace troupe::cli {
namespace {

command_result metrics(command_call& call) {
  if (call.line.given("--reference")) {
    call.around.out << metrics_reference();
    return exit_code::done;
  }
  auto asked = ask_every_node(call, "cannot get the metrics", "metrics", value{value::object{}});
  if (auto* wrong = std::get_if<failure>(&asked)) return std::move(*wrong);
  const auto& said = std::get<nodes_said>(asked);
  if (call.how.format == output_format::table) {
    std::vector<value> answers;
    for (const auto& each : said.answers)
      answers.push_back(each.answer);
    call.around.out << metric_text_of(answers);
    return said.end();
  }
  const listing shown{"MetricList",
                      said.items("families"),
                      {member_column("NODE", "node"), member_column("NAME", "name")},
                      [](const value& item) {
                        return cell_text(*item.find("node")) + '/' + cell_text(*item.find("name"));
                      }};
  print(call.around.out, call.how, shown);
  return said.end();
}

} // namespace

void add_metrics_command(command_handlers& to) {
  to["metrics"] = metrics;
}

} // namespace troupe::cli
