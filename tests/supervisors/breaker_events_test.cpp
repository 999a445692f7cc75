#include "supervisors/breaker_events.hpp"

#include "tests/supervisors/breaker_driver.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::test;

namespace {

const ask_direction to_product{"siren.order", "siren.product", "n2", operation_class::query};

supervision_event last_event(const breaker_driver& driver) {
  return event_of(to_product, driver.machine.transitions().back());
}

} // namespace

TEST_CASE("a breaker's event names its direction and has the numbers behind it", "[events]") {
  breaker_driver driver;
  for (int call = 0; call < 8; ++call)
    driver.call(ask_end::success, milliseconds{950});
  for (int call = 0; call < 12; ++call)
    driver.call(ask_end::failure);
  const auto opened = last_event(driver);
  CHECK(opened.kind == "breaker-opened");
  CHECK(opened.subject == "siren.order -> siren.product at n2 (query)");
  CHECK(opened.text.find("12 of 20 calls of the last 10 s failed, 8 were slow") == 0);
  const auto open_for = driver.machine.transitions().back().open_for.count();
  CHECK(opened.text.find("open for " + std::to_string(open_for) + " ms") != std::string::npos);
  CHECK(opened.text.find("it was closed") != std::string::npos);

  driver.wait_until_probes_pass();
  driver.call(ask_end::success);
  CHECK(last_event(driver).kind == "breaker-half-opened");
  for (int probe = 0; probe < 9; ++probe)
    driver.call(probe < 2 ? ask_end::failure : ask_end::success);
  CHECK(last_event(driver).kind == "breaker-closed");
  CHECK(last_event(driver).text.find("2 of 10 probes failed") == 0);
}

TEST_CASE("an operator's word is told as such", "[events]") {
  breaker_driver driver;
  for (const auto& [mode, kind] : {std::pair{breaker_mode::forced_open, "breaker-forced-open"},
                                   std::pair{breaker_mode::forced_closed, "breaker-forced-closed"},
                                   std::pair{breaker_mode::disabled, "breaker-disabled"},
                                   std::pair{breaker_mode::automatic, "breaker-closed"}}) {
    driver.machine.set_mode(mode, driver.now());
    CHECK(last_event(driver).kind == kind);
    CHECK(last_event(driver).text.find("an operator's word") == 0);
  }
}

TEST_CASE("slow calls, a collapse and silent probes have words of their own", "[events]") {
  const call_counts seen{30, 27, 9};
  const auto text_of = [&](breaker_reason why) {
    return event_of(to_product,
                    {{}, breaker_state::closed, breaker_state::open, seen, milliseconds{5000}, why})
        .text;
  };
  CHECK(text_of(breaker_reason::slow_calls).find("9 of 30 calls of the last 10 s were slow") == 0);
  CHECK(text_of(breaker_reason::collapse).find("27 of 30 calls of the last second") == 0);
  CHECK(text_of(breaker_reason::silent_probes).find("no probe came back") == 0);
  CHECK(text_of(breaker_reason::collapse).find("open for 5000 ms") != std::string::npos);
}
