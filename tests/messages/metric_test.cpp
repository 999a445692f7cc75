#include "messages/metric.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace troupe;

TEST_CASE("Metrics keep to the conventions of Prometheus") {
  std::set<std::string_view> names;
  for (const auto& each : metric_table()) {
    INFO(each.name);
    CHECK(names.insert(each.name).second);
    CHECK(each.name.starts_with("troupe_"));
    CHECK(each.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
          std::string_view::npos);
    CHECK(each.name.ends_with("_total") == (each.type == metric_type::counter));
    for (const std::string_view unit : {"seconds", "bytes"}) {
      const bool named = each.name.find(unit) != std::string_view::npos;
      CHECK(named == (each.unit == unit));
    }
    CHECK((each.unit.empty() || each.unit == "seconds" || each.unit == "bytes"));
    CHECK(each.help.ends_with('.'));
    for (const std::string_view ending : {"_bucket", "_sum", "_count"})
      CHECK_FALSE(each.name.ends_with(ending));
    for (const auto label : each.label_names()) {
      CHECK_FALSE(label.empty());
      CHECK(label != "le");
    }
    CHECK(find_metric(each.name) == &each);
    CHECK(&info(each.id) == &each);
  }
  CHECK(find_metric("troupe_nothing") == nullptr);
}

TEST_CASE("A family's labels come in their order") {
  const auto names = info(metric::breaker_state).label_names();
  CHECK(names == std::vector<std::string_view>{"asking", "target", "owner", "operation"});
  CHECK(info(metric::uptime).label_names().empty());
}
