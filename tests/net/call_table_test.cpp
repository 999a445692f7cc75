#include "net/sdk/call_table.hpp"

#include <catch2/catch.hpp>

#include <optional>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct fixture {
  client_options options;
  seeded_random random{7};
  simulated_clock time;
  router ways{random};
  call_table table{options, random, ways};
  std::optional<result<call_reply>> outcome;

  void open(std::chrono::milliseconds deadline = 2000ms) {
    request content;
    content.kind = request_kind::command;
    content.context = "taxi.call";
    content.name = "callTaxi";
    table.open({content, [this](result<call_reply> done) { outcome = std::move(done); },
                time.monotonic() + deadline},
               time.monotonic(), time.wall());
  }
  /// Sends what is ready; its id, 0 if nothing is.
  std::uint64_t send() {
    const auto* next = table.next_ready(home_link, time.monotonic());
    if (next == nullptr) return 0;
    const auto id = next->id;
    table.sent(home_link);
    return id;
  }
  void fail_with(std::uint64_t id, errc code) {
    table.take(home_link, reply{id, fail(code, "no")}, time.monotonic());
  }
  void pass(std::chrono::milliseconds by) {
    time.advance(by);
    table.advance(time.monotonic());
  }
  [[nodiscard]] errc code() const { return outcome->error().code; }
};

} // namespace

TEST_CASE("the remaining time shrinks with every send") {
  fixture with;
  with.open();
  CHECK(with.table.next_ready(home_link, with.time.monotonic())->remaining_ms == 2000);
  with.pass(500ms);
  CHECK(with.table.next_ready(home_link, with.time.monotonic())->remaining_ms == 1500);
}

TEST_CASE("a lost connection re-sends what was on its way, as often as needed") {
  fixture with;
  with.open();
  for (int i = 0; i < 10; ++i) {
    REQUIRE(with.send() != 0);
    with.table.disconnected(home_link);
  }
  const auto id = with.send();
  with.table.take(home_link, reply{id, reply_content{}}, with.time.monotonic());
  REQUIRE(with.outcome);
  CHECK(with.outcome->ok());
  CHECK(with.table.size() == 0);
}

TEST_CASE("a failure after a lost send does not claim that nothing was applied") {
  fixture with;
  with.options.attempts_max = 1;
  with.open();
  (void)with.send();
  with.table.disconnected(home_link);
  with.fail_with(with.send(), errc::overloaded);
  REQUIRE(with.outcome);
  CHECK(with.code() == errc::outcome_unknown);
}

TEST_CASE("a node that asks for long patience is heard by the caller at once") {
  fixture with;
  for (const auto& [hint_ms, again] : {std::pair{50, true}, std::pair{1'000, false}}) {
    with.outcome.reset();
    with.open(5'000ms);
    error down = fail(errc::context_down, "stopped");
    down.retry_after_ms = hint_ms;
    with.table.take(home_link, reply{with.send(), down}, with.time.monotonic());
    CHECK(with.outcome.has_value() != again);
    with.pass(100ms);
    CHECK((with.send() != 0) == again);
  }
}

TEST_CASE("a rejection is final for the command id, whatever was lost before") {
  fixture with;
  with.open();
  (void)with.send();
  with.table.disconnected(home_link);
  with.fail_with(with.send(), errc::rejected);
  REQUIRE(with.outcome);
  CHECK(with.code() == errc::rejected);
}

TEST_CASE("at the deadline the error says what is known") {
  fixture never_sent;
  never_sent.open(100ms);
  never_sent.pass(100ms);
  CHECK(never_sent.code() == errc::unreachable);

  fixture on_its_way;
  on_its_way.open(100ms);
  (void)on_its_way.send();
  on_its_way.pass(100ms);
  CHECK(on_its_way.code() == errc::timeout);

  fixture lost;
  lost.open(100ms);
  (void)lost.send();
  lost.table.disconnected(home_link);
  lost.pass(100ms);
  CHECK(lost.code() == errc::timeout);
}

TEST_CASE("an answer to a call that is over is ignored, also when its place was taken again") {
  fixture with;
  with.open(100ms);
  const auto old = with.send();
  with.pass(100ms);
  with.outcome.reset();
  with.open();
  const auto id = with.send();
  CHECK(id != old);
  with.table.take(home_link, reply{old, reply_content{}}, with.time.monotonic());
  CHECK_FALSE(with.outcome);
  with.table.take(home_link, reply{id, reply_content{}}, with.time.monotonic());
  CHECK(with.outcome);
}

TEST_CASE("retries stop when the budget is used up") {
  fixture with;
  with.options.attempts_max = 2;
  int retried = 0;
  for (int i = 0; i < 200; ++i) {
    with.outcome.reset();
    with.open();
    with.fail_with(with.send(), errc::overloaded);
    retried += !with.outcome;
  }
  CHECK(retried >= 100);
  CHECK(retried <= 120);
}

TEST_CASE("the first redirect is free of budget") {
  fixture with;
  for (int i = 0; i < 300; ++i) {
    with.outcome.reset();
    with.open();
    with.fail_with(with.send(), errc::not_owner);
    CHECK_FALSE(with.outcome);
  }
}

TEST_CASE("closing ends calls by what is known of them") {
  fixture with;
  with.open();
  with.table.close(fail(errc::unreachable, "a"), fail(errc::timeout, "b"));
  CHECK(with.code() == errc::unreachable);
  with.open();
  (void)with.send();
  with.table.close(fail(errc::unreachable, "a"), fail(errc::timeout, "b"));
  CHECK(with.code() == errc::timeout);
}
