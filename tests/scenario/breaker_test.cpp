#include "messages/edu.hpp"
#include "tests/support/served_system.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <mutex>

/// The breaker in the real programs: an application asks for its payment within 610 ms, and the
/// payment context is made late by its operator.
namespace troupe::test {
namespace {

using namespace troupe::edu;
using object = value::object;

const enrolment msa{"user", "MSA", 1};

std::int64_t count_in(const value& from, std::string_view name) {
  const value* held = from.find(name);
  const auto* number = held == nullptr ? nullptr : held->get_if<std::int64_t>();
  return number == nullptr ? -1 : *number;
}

struct courses : served_system {
  courses() : served_system("edu") {}

  [[nodiscard]] std::future<result<call_reply>> applies() {
    call_options options;
    options.deadline = std::chrono::seconds{10};
    return nodes().send("edu.app", {}, apply{msa}, std::move(options));
  }
  [[nodiscard]] value asked(const char* verb, value arguments) {
    const auto said = nodes().admin(verb, std::move(arguments)).get();
    if (!said.ok()) FAIL(verb << ": " << said.error().message);
    return *said;
  }
  /// The breaker from application to payment; null before the first ask.
  [[nodiscard]] value breaker() {
    const auto said = asked("breakers", object{{"asking", "edu.app"}, {"target", "edu.payment"}});
    const auto items = *said.find("items")->get_if<value::array>();
    return items.empty() ? value{} : items.front();
  }
  [[nodiscard]] bool is(std::string_view state) { return text(breaker(), "state") == state; }
  /// Everything that payment was asked to do, compensations too.
  [[nodiscard]] std::int64_t payments_work() { return number_of("edu.payment", "records"); }
  [[nodiscard]] std::int64_t number_of(std::string_view context, std::string_view name) {
    const auto said = asked("status", object{});
    for (const auto& each : *said.find("contexts")->get_if<value::array>())
      if (text(each, "name") == context) return count_in(each, name);
    FAIL("status has no " << context);
    return 0;
  }
  [[nodiscard]] bool opens() {
    std::vector<std::future<result<call_reply>>> sent;
    for (int i = 0; i < 30; ++i)
      sent.push_back(applies());
    for (auto& each : sent) {
      const auto said = each.get();
      if (said.ok() ||
          (said.error().code != errc::ask_timeout && said.error().code != errc::circuit_open))
        return false;
    }
    return is("open");
  }
};

/// Collects the kinds of a node's events.
struct event_kinds {
  std::mutex mutex;
  std::vector<std::string> seen;
  void take(const std::vector<published_event>& events) {
    const std::lock_guard lock{mutex};
    for (const auto& each : events)
      seen.push_back(each.name);
  }
  [[nodiscard]] bool has(const std::vector<std::string>& wanted) {
    const std::lock_guard lock{mutex};
    return std::ranges::search(seen, wanted).begin() != seen.end();
  }
};

} // namespace

TEST_CASE("a callee that is late is cut off, left alone, and asked again when it is well") {
  courses by;
  REQUIRE(eventually([&] { return by.applies().get().ok(); }));
  event_kinds told;
  const auto events = by.nodes().subscribe_node(
      by.node().endpoint(), {.only_new = true},
      [&](const std::vector<published_event>& some, record_index) { told.take(some); });

  REQUIRE(by.delay("payment", "2000..2000ms"));
  REQUIRE(by.opens());
  REQUIRE(eventually([&] { return by.number_of("edu.app", "open_voids") == 0; }));
  const auto before = by.payments_work();
  const auto opened = by.breaker();
  REQUIRE(text(opened, "state") == "open");
  const auto changes = *opened.find("transitions")->get_if<value::array>();
  REQUIRE_FALSE(changes.empty());
  CHECK(count_in(changes.back(), "failures") >= 10);
  std::vector<std::int64_t> took_us;
  for (int i = 0; i < 20; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const auto said = by.applies().get();
    took_us.push_back(std::chrono::duration_cast<std::chrono::microseconds>(
                          std::chrono::steady_clock::now() - begin)
                          .count());
    REQUIRE_FALSE(said.ok());
    CHECK(said.error().code == errc::circuit_open);
    CHECK(said.error().retry_after_ms > 0);
    CHECK(said.error().retry_after_ms <= 6'000);
  }
  REQUIRE(by.is("open")); // all that time
  CHECK(by.payments_work() == before);
  std::ranges::sort(took_us);
  CHECK(took_us[took_us.size() / 2] < 50'000);

  REQUIRE(by.delay("payment", "off"));
  CHECK(eventually([&] { return by.applies().get().ok() && by.is("closed"); }));
  CHECK(eventually([&] {
    return told.has({"breaker-opened", "breaker-half-opened", "breaker-closed"});
  }));
  by.nodes().unsubscribe(events);
  const auto kinds = by.asked("status", object{});
  CHECK(count_in(*kinds.find("events")->find("kinds"), "breaker-opened") == 1);
}

TEST_CASE("an operator cuts off a direction beforehand, and takes it back") {
  courses by;
  const object pair{{"asking", "edu.app"}, {"target", "edu.payment"}};
  const auto say = [&](const char* mode) {
    auto arguments = pair;
    arguments.emplace_back("mode", mode);
    return by.asked("breaker-mode", arguments);
  };
  CHECK(count_in(say("open"), "directions") == 0); // nobody asked yet
  const auto refused = by.applies().get();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == errc::circuit_open);
  CHECK(by.number_of("edu.payment", "records") == 0);
  CHECK(by.is("forced-open"));
  CHECK(count_in(say("reset"), "directions") == 1);
  CHECK(eventually([&] { return by.applies().get().ok(); }));
  CHECK(by.is("closed"));

  const auto unknown =
      by.nodes()
          .admin("breaker-mode",
                 object{{"asking", "edu.app"}, {"target", "edu.nobody"}, {"mode", "open"}})
          .get();
  REQUIRE_FALSE(unknown.ok());
  CHECK(unknown.error().code == errc::not_found);
}

} // namespace troupe::test
