#include "bin/cli/metrics_reference.hpp"

#include "messages/metric.hpp"

#include <algorithm>

namespace troupe::cli {
namespace {

constexpr std::string_view head = R"(# Metrics

<!-- Made from the table in messages/metric.cpp:
     actor-inspector metrics --reference > docs/metrics.md -->

Every node and every gateway answers `GET /metrics` in the text format of Prometheus, version 0.0.4.
A node listens where `--metrics` says: on a free port of the loopback address if nothing is said
(`troupe status --endpoint tcp://HOST:PORT` and the node's log tell it). Under `troupe up` n1 has
port 7200, n2 7201 and so on, which `--metrics-base` changes. `off` switches it off. The gateway has
it beside its other pages. A node also answers `GET /health/live` (503 while a lane stands still)
and `GET /health/ready` (503 until all that it owns is open).

`actor-inspector metrics` shows the same of all nodes of a cluster in one text, with a label `node`
more. [deploy/](../deploy/README.md) has alert rules for Prometheus and a dashboard for Grafana that
use these names.

Times are seconds, sizes bytes, counters end in `_total` and begin at 0 with the process. Shards
move: a gauge by context is told by the node that owns the shard now, so sum over the nodes;
counters and histograms stay with the node where the work was done. A scrape reads counters that
lanes write without locks; it waits for no lane, and tells of a stuck one. Histograms have buckets
that double: times from 32 µs to 34 s, sizes of commits from 1 to 4,096.
)";

std::string row(const metric_info& from) {
  std::string out = "| `" + std::string{from.name} + "` | " + std::string{name_of(from.type)};
  out += " | " + (from.unit.empty() ? std::string{"-"} : std::string{from.unit}) + " | ";
  const auto labels = from.label_names();
  for (const auto each : labels)
    out += (each == labels.front() ? "`" : ", `") + std::string{each} + '`';
  if (labels.empty()) out += '-';
  return out + " | " + std::string{from.help} + " |\n";
}

template <class chosen> std::string section(std::string_view title, const chosen& wanted) {
  std::string out = "\n## " + std::string{title} +
                    "\n\n| name | type | unit | labels | meaning |\n|---|---|---|---|---|\n";
  for (const auto& each : metric_table())
    if (wanted(each)) out += row(each);
  return out;
}

} // namespace

std::string metrics_reference() {
  return std::string{head} +
         section("Nodes and gateways", [](const auto& of) { return of.node && of.gateway; }) +
         section("Nodes", [](const auto& of) { return of.node && !of.gateway; }) +
         section("Gateways", [](const auto& of) { return !of.node && of.gateway; }) +
         section("Checks (`actor-inspector check --format prometheus`)",
                 [](const auto& of) { return !of.node && !of.gateway; });
}

} // namespace troupe::cli
