#include "bin/cli/metrics_reference.hpp"
#include "messages/json.hpp"
#include "messages/metric.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

/// What names metrics outside of the code: the reference page, the alert rules, the dashboard.
namespace troupe {
namespace {

const std::filesystem::path source{TROUPE_SOURCE_DIR};

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{source / file};
  REQUIRE(in);
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The family behind the name of a series.
const metric_info* family_of(std::string name) {
  for (const std::string ending : {"_bucket", "_sum", "_count"}) {
    if (!name.ends_with(ending)) continue;
    const auto* base = find_metric(name.substr(0, name.size() - ending.size()));
    if (base != nullptr && base->type == metric_type::histogram) return base;
  }
  const auto* found = find_metric(name);
  return found == nullptr || found->type == metric_type::histogram ? nullptr : found;
}

std::set<std::string> names_in(const std::string& text) {
  static const std::regex name{"\\btroupe_[a-z0-9_]+"};
  std::set<std::string> found;
  for (std::sregex_iterator at{text.begin(), text.end(), name}, end; at != end; ++at)
    found.insert(at->str());
  return found;
}

} // namespace

TEST_CASE("docs/metrics.md is what the table says") {
  INFO("actor-inspector metrics --reference > docs/metrics.md");
  CHECK(text_of("docs/metrics.md") == cli::metrics_reference());
}

TEST_CASE("Every metric that alert rules and dashboard name exists") {
  for (const char* file : {"deploy/prometheus/alerts.yml", "deploy/grafana/troupe.json"}) {
    const auto names = names_in(text_of(file));
    CHECK(names.size() > 10);
    for (const auto& each : names) {
      INFO(file << ": " << each);
      const auto* family = family_of(each);
      REQUIRE(family != nullptr);
      CHECK((family->node || family->gateway));
    }
  }
  CHECK(family_of("troupe_command_duration_seconds") == nullptr); // it has no series of that name
  CHECK(family_of("troupe_residents_bucket") == nullptr);
}

TEST_CASE("Every alert has a summary, a severity, a time and a page that is there") {
  const auto text = text_of("deploy/prometheus/alerts.yml");
  const std::regex start{"- alert: (\\w+)"};
  std::set<std::string> names;
  for (std::sregex_iterator at{text.begin(), text.end(), start}, end; at != end; ++at) {
    const auto begin = static_cast<std::size_t>(at->position());
    const auto one = text.substr(begin, text.find("- alert: ", begin + 1) - begin);
    INFO(one);
    CHECK(names.insert((*at)[1].str()).second);
    CHECK(one.find("expr:") != std::string::npos);
    CHECK(one.find("for: ") != std::string::npos);
    CHECK(std::regex_search(one, std::regex{"severity: (warning|critical)\\}"}));
    CHECK(one.find("summary: \"") != std::string::npos);
    std::smatch page;
    REQUIRE(std::regex_search(one, page, std::regex{"runbook: (docs/[a-z]+\\.md)"}));
    CHECK(std::filesystem::exists(source / page[1].str()));
  }
  CHECK(names.size() > 20);
}

TEST_CASE("The dashboard is JSON with panels that ask for something") {
  const auto board = parse_json(text_of("deploy/grafana/troupe.json"));
  REQUIRE(board);
  const auto* panels = board->find("panels")->get_if<value::array>();
  REQUIRE(panels != nullptr);
  std::set<std::int64_t> ids;
  for (const auto& each : *panels) {
    INFO(to_json(each));
    CHECK(ids.insert(*each.find("id")->get_if<std::int64_t>()).second);
    if (*each.find("type") == value{"row"}) continue;
    CHECK_FALSE(each.find("targets")->get_if<value::array>()->empty());
  }
  CHECK(ids.size() > 20);
}

TEST_CASE("promtool accepts the rules, where there is promtool") {
  if (!std::filesystem::exists("/usr/bin/promtool")) return;
  const auto rules = (source / "deploy/prometheus/alerts.yml").string();
  CHECK(std::system(("promtool check rules '" + rules + "' >/dev/null").c_str()) == 0);
}

} // namespace troupe
