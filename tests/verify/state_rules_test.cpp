#include "bin/verify/state_rules.hpp"

#include "bin/verify/event_source_reader.hpp"
#include "bin/verify/view_rules.hpp"
#include "tests/persistence/raw_database.hpp"
#include "tests/verify/lived_directory.hpp"

#include <catch2/catch.hpp>

/// What is folded in several readings, because memory is bounded, is the same as in one.
namespace troupe::test {
namespace {

using namespace verify;

struct opened {
  explicit opened(const lived_directory& lived)
      : all(data_directory::open(lived.path(), to).value()), with{all, to, nullptr, {}} {}
  report to{100};
  data_directory all;
  checking with;
};

TEST_CASE("states are compared a few at a time") {
  const lived_directory lived;
  opened one{lived};
  opened few{lived};
  for (auto* each : {&one, &few}) {
    auto& journal = *each->all.journal("taxi.call", {0});
    auto ends = check_journal(journal, nullptr, each->with);
    const auto derived =
        derived_reader::open(lived.file("taxi.call.0.derived"), *journal.behaviour->info).value();
    check_states(journal, ends, derived.get(), each->with, each == &one ? 1'000 : 3);
    CHECK(each->to.clean());
  }
  CHECK(one.to.checked_of(rule::states) > 10);
  CHECK(one.to.checked_of(rule::states) == few.to.checked_of(rule::states));
}

TEST_CASE("rows are compared a few at a time, and each damage is told once") {
  const lived_directory lived;
  run_raw(lived.file("taxi.callList.0.view"), "UPDATE _meta SET value = value + 1"
                                              " WHERE key = 'rows'");
  opened one{lived};
  opened few{lived};
  for (auto* each : {&one, &few})
    check_view(each->all.view_files().front(), each->with, each == &one ? 10'000 : 7);
  CHECK(one.to.checked_of(rule::views) > 20);
  CHECK(one.to.checked_of(rule::views) == few.to.checked_of(rule::views));
  CHECK(one.to.total() == 1);
  CHECK(few.to.total() == 1);
}

} // namespace
} // namespace troupe::test
