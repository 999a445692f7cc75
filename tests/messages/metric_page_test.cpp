#include "messages/metric_page.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

namespace {

bool has(const std::string& text, std::string_view part) {
  UNSCOPED_INFO(text);
  return text.find(part) != std::string::npos;
}

histogram_reading three() {
  histogram_reading counted;
  counted.bounds = {0.5, 1};
  counted.counts = {1, 0, 2};
  counted.sum = 9.25;
  return counted;
}

} // namespace

TEST_CASE("A page is written in the order of the table, each family headed once") {
  metric_page page;
  page.add(metric::residents, {"taxi.call"}, 3);
  page.add(metric::uptime, 1.5);
  page.add(metric::residents, {"taxi.driver"}, 0);
  CHECK(page.text() == "# HELP troupe_uptime_seconds Time since this process began to serve.\n"
                       "# TYPE troupe_uptime_seconds gauge\n"
                       "troupe_uptime_seconds 1.5\n"
                       "# HELP troupe_residents Aggregates in memory.\n"
                       "# TYPE troupe_residents gauge\n"
                       "troupe_residents{context=\"taxi.call\"} 3\n"
                       "troupe_residents{context=\"taxi.driver\"} 0\n");
}

TEST_CASE("Histograms are cumulative, with infinity, sum and count") {
  metric_page page;
  page.add(metric::commit_duration, {"taxi.call"}, three());
  const auto text = page.text();
  CHECK(has(text, "# TYPE troupe_commit_duration_seconds histogram\n"
                  "troupe_commit_duration_seconds_bucket{context=\"taxi.call\",le=\"0.5\"} 1\n"
                  "troupe_commit_duration_seconds_bucket{context=\"taxi.call\",le=\"1\"} 1\n"
                  "troupe_commit_duration_seconds_bucket{context=\"taxi.call\",le=\"+Inf\"} 3\n"
                  "troupe_commit_duration_seconds_sum{context=\"taxi.call\"} 9.25\n"
                  "troupe_commit_duration_seconds_count{context=\"taxi.call\"} 3\n"));
}

TEST_CASE("Hostile label texts stay inside of their quotes, and big numbers stay whole") {
  metric_page page;
  page.add(metric::residents, {"a\"} 1\nb\\"}, 1e15);
  CHECK(has(page.text(), "troupe_residents{context=\"a\\\"} 1\\nb\\\\\"} 1e+15\n"));
}

TEST_CASE("What a node answers is written as it would write it itself, with its name") {
  metric_page page;
  page.add(metric::residents, {"taxi.call"}, 3);
  page.add(metric::commit_duration, {"taxi.call"}, three());
  value one;
  one["node"] = "n1";
  one["families"] = page.families();
  value two = one;
  two["node"] = "n2";
  const auto text = metric_text_of({one, two});
  CHECK(has(text, "troupe_residents{node=\"n1\",context=\"taxi.call\"} 3\n"
                  "troupe_residents{node=\"n2\",context=\"taxi.call\"} 3\n"));
  CHECK(has(text, "troupe_commit_duration_seconds_bucket{node=\"n2\",context=\"taxi.call\","
                  "le=\"+Inf\"} 3\n"));
  const auto head = text.find("# TYPE troupe_residents ");
  CHECK(text.find("# TYPE troupe_residents ", head + 1) == std::string::npos);
  CHECK(metric_text_of({value{}, value{value::object{}}}).empty());
}
