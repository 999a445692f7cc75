#include "bin/cli/check_text.hpp"

#include <catch2/catch.hpp>

using namespace troupe::cli;

namespace {

check_report report() {
  return {"disk",
          {{check_state::warning, "n1", "15% of the disk is free"},
           {check_state::critical, "n2", "evil | text\nsecond line"}},
          {{"n1_free", 15.5, "%", check_limits{20, 10, true}},
           {"n1_free_bytes", 72276619264, "B", {}}}};
}

} // namespace

TEST_CASE("Nagios reads a line with figures, then the findings, and nothing can forge either") {
  CHECK(nagios_text(report()) == "TROUPE DISK CRITICAL - n2: evil / text\\nsecond line (and 1 "
                                 "more) | 'n1_free'=15.5%;20:;10:;0 "
                                 "'n1_free_bytes'=72276619264B\n"
                                 "WARNING n1: 15% of the disk is free\n"
                                 "CRITICAL n2: evil / text\\nsecond line\n");
  CHECK(nagios_text({"lag", {}, {}}) == "TROUPE LAG OK - nothing to worry about\n");
}

TEST_CASE("Prometheus reads the state and the figures") {
  const auto text = prometheus_text(report());
  CHECK(text.find("troupe_check_state{check=\"disk\"} 2\n") != std::string::npos);
  CHECK(text.find("troupe_check_figure{check=\"disk\",figure=\"n1_free\"} 15.5\n") !=
        std::string::npos);
}

TEST_CASE("People read the summary first") {
  const auto text = plain_check_text(report(), false);
  CHECK(text.starts_with("disk: critical, n2: evil"));
  CHECK(text.find("15% of the disk is free") != std::string::npos);
  CHECK(text.find("n1_free") != std::string::npos);
}

TEST_CASE("Exit codes are those of the tool, or those of monitoring plugins") {
  CHECK(exit_of(check_state::good, false) == 0);
  CHECK(exit_of(check_state::warning, false) == 11);
  CHECK(exit_of(check_state::critical, false) == 12);
  CHECK(exit_of(check_state::good, true) == 0);
  CHECK(exit_of(check_state::warning, true) == 1);
  CHECK(exit_of(check_state::critical, true) == 2);
}
