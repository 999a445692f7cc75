#include "bin/launcher/part_rules.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// A part on a clock of its own; looked at every 100 ms while time passes.
struct stage {
  seeded_random random{7};
  part_rules part{part_limits{}};
  monotonic_time now{std::chrono::hours{1}};
  part_order last = part_order::nothing;

  part_order look() { return last = part.next(now); }
  /// Lets time pass; gives the first order that came.
  part_order pass(milliseconds by, bool answers = false) {
    const auto until = now + by;
    while (now < until) {
      now += milliseconds{100};
      if (answers) part.answered(now);
      if (look() != part_order::nothing) return last;
    }
    return part_order::nothing;
  }
  void bring_up() {
    part.keep_running();
    REQUIRE(look() == part_order::start);
    part.answered(now);
    REQUIRE(part.state() == part_state::up);
  }
  void end(const char* how = "ended with exit code 4", bool at_once = false) {
    part.ended(now, {how, at_once}, random);
  }
  /// Waits for the next start.
  void await_start() { REQUIRE(pass(seconds{40}) == part_order::start); }
};

} // namespace

TEST_CASE("A part nobody wants is not started; one that is wanted is started once") {
  stage on;
  CHECK(on.pass(seconds{10}) == part_order::nothing);
  on.part.keep_running();
  CHECK(on.look() == part_order::start);
  CHECK(on.part.state() == part_state::starting);
  CHECK(on.pass(seconds{30}) == part_order::nothing);
  on.part.answered(on.now);
  CHECK(on.part.state() == part_state::up);
  CHECK(on.pass(seconds{60}, true) == part_order::nothing);
}

TEST_CASE("A part that ends is started after 100 ms, then twice as long each time up to 30 s") {
  stage on;
  on.bring_up();
  const int expected[] = {100, 200, 400, 800, 1'600, 3'200, 6'400, 12'800, 25'600, 30'000, 30'000};
  for (const int each : expected) {
    // Far enough apart for not being a crash loop.
    REQUIRE(on.pass(seconds{20}, true) == part_order::nothing);
    on.end();
    INFO(each);
    CHECK(on.part.state() == part_state::backoff);
    CHECK(on.part.pause() >= milliseconds{each * 4 / 5});
    CHECK(on.part.pause() <= milliseconds{each * 6 / 5});
    on.await_start();
    on.part.answered(on.now);
  }
  CHECK(on.part.failures() == std::size(expected));
}

TEST_CASE("Five ends within a minute are a crash loop, which a person ends") {
  stage on;
  on.bring_up();
  for (int i = 0; i < 4; ++i) {
    on.end();
    REQUIRE(on.part.state() == part_state::backoff);
    on.await_start();
  }
  on.end("was killed by signal 11");
  CHECK(on.part.state() == part_state::crash_loop);
  CHECK(on.part.why() == "was killed by signal 11");
  CHECK_FALSE(on.part.lives());
  CHECK(on.pass(seconds{3'600}) == part_order::nothing);
  on.part.keep_running();
  CHECK(on.look() == part_order::start);
  on.end();
  CHECK(on.part.state() == part_state::backoff);
  CHECK(on.part.pause() <= milliseconds{120});
}

TEST_CASE("Ends that lie a minute apart are no crash loop") {
  stage on;
  on.bring_up();
  for (int i = 0; i < 20; ++i) {
    REQUIRE(on.pass(seconds{16}, true) == part_order::nothing);
    on.end();
    REQUIRE(on.part.state() == part_state::backoff);
    on.await_start();
    on.part.answered(on.now);
  }
}

TEST_CASE("Ten minutes up make everything before forgotten, nine do not") {
  stage on;
  on.bring_up();
  for (int i = 0; i < 3; ++i) {
    on.end();
    on.await_start();
  }
  on.part.answered(on.now);
  REQUIRE(on.pass(seconds{540}, true) == part_order::nothing);
  on.end();
  CHECK(on.part.pause() >= milliseconds{640});
  on.await_start();
  on.part.answered(on.now);
  REQUIRE(on.pass(seconds{600}, true) == part_order::nothing);
  on.end();
  CHECK(on.part.pause() <= milliseconds{120});
}

TEST_CASE("A node whose lease was lost starts at once, but it counts") {
  stage on;
  on.bring_up();
  for (int i = 0; i < 4; ++i) {
    on.end("ended with exit code 75", true);
    CHECK(on.part.pause() == milliseconds{0});
    REQUIRE(on.look() == part_order::start);
  }
  on.end("ended with exit code 75", true);
  CHECK(on.part.state() == part_state::crash_loop);
}

TEST_CASE("Silence for four seconds of one that was up is a hang: killed once, then started") {
  stage on;
  on.bring_up();
  REQUIRE(on.pass(milliseconds{3'900}) == part_order::nothing);
  REQUIRE(on.pass(milliseconds{100}) == part_order::kill);
  CHECK(on.part.state() == part_state::hung);
  CHECK(on.part.why() == "did not answer for 4 s");
  CHECK(on.pass(seconds{60}) == part_order::nothing);
  on.end("was killed by signal 9");
  CHECK(on.part.state() == part_state::backoff);
  CHECK(on.part.why() == "did not answer for 4 s");
  on.await_start();
  on.part.answered(on.now);
  CHECK(on.part.why().empty());
}

TEST_CASE("A launcher that was away itself blames nobody for the silence") {
  stage on;
  on.bring_up();
  on.now += seconds{300};
  CHECK(on.look() == part_order::nothing);
  CHECK(on.pass(milliseconds{3'900}) == part_order::nothing);
  CHECK(on.pass(milliseconds{200}) == part_order::kill);
}

TEST_CASE("Who is not up a minute after its start is given up; an answer in time counts") {
  stage on;
  on.part.keep_running();
  REQUIRE(on.look() == part_order::start);
  REQUIRE(on.pass(milliseconds{59'900}) == part_order::nothing);
  REQUIRE(on.pass(milliseconds{200}) == part_order::kill);
  CHECK(on.part.why() == "was not up within 60 s");
  on.end("was killed by signal 9");
  CHECK(on.part.failures() == 1);
  on.await_start();
  REQUIRE(on.pass(milliseconds{59'000}) == part_order::nothing);
  on.part.answered(on.now);
  CHECK(on.part.state() == part_state::up);
}

TEST_CASE("A part that was taken over has its own time to answer") {
  stage on;
  on.part.adopted(on.now, seconds{4});
  on.part.keep_running();
  CHECK(on.pass(milliseconds{3'900}) == part_order::nothing);
  CHECK(on.pass(milliseconds{200}) == part_order::kill);
}

TEST_CASE("A stop is asked for politely, once, and then by force; nothing starts after it") {
  stage on;
  on.bring_up();
  on.part.stop();
  REQUIRE(on.look() == part_order::terminate);
  CHECK(on.part.state() == part_state::stopping);
  REQUIRE(on.pass(milliseconds{44'900}) == part_order::nothing);
  REQUIRE(on.pass(milliseconds{200}) == part_order::kill);
  on.end("was killed by signal 9");
  CHECK(on.part.state() == part_state::stopped);
  CHECK(on.part.failures() == 0);
  CHECK(on.pass(seconds{60}) == part_order::nothing);
}

TEST_CASE("A part is stopped while it starts, waits for its start, or is given up") {
  stage starting;
  starting.part.keep_running();
  REQUIRE(starting.look() == part_order::start);
  starting.part.stop();
  CHECK(starting.look() == part_order::terminate);

  stage waiting;
  waiting.bring_up();
  waiting.end();
  waiting.part.stop();
  CHECK(waiting.pass(seconds{5}) == part_order::nothing);
  CHECK(waiting.part.state() == part_state::stopped);

  stage looping;
  looping.bring_up();
  for (int i = 0; i < 4; ++i) {
    looping.end();
    looping.await_start();
  }
  looping.end();
  looping.part.stop();
  (void)looping.look();
  CHECK(looping.part.state() == part_state::stopped);
}

TEST_CASE("A restart: told to end, ended, started at once, without counting as a failure") {
  stage on;
  on.bring_up();
  on.part.stop();
  REQUIRE(on.look() == part_order::terminate);
  on.part.keep_running();
  CHECK(on.pass(seconds{1}) == part_order::nothing);
  on.end("ended with exit code 0");
  CHECK(on.look() == part_order::start);
  CHECK(on.part.failures() == 0);
}

TEST_CASE("One that ends just before it is told to is not started again") {
  stage on;
  on.bring_up();
  on.part.stop();
  on.end();
  CHECK(on.part.state() == part_state::stopped);
  CHECK(on.part.failures() == 0);
}

TEST_CASE("A replacement: killed at once, ended, started at once, without counting as a failure") {
  stage on;
  on.part.replace(); // nothing runs
  CHECK(on.pass(seconds{1}) == part_order::nothing);
  on.bring_up();
  on.part.replace();
  CHECK(on.look() == part_order::kill);
  CHECK(on.part.state() == part_state::stopping);
  on.part.replace(); // it is under way
  CHECK(on.pass(seconds{1}) == part_order::nothing);
  on.end("was killed by signal 9");
  CHECK(on.look() == part_order::start);
  CHECK(on.part.failures() == 0);
  CHECK(on.part.why().empty());
  on.part.answered(on.now);
  CHECK(on.pass(seconds{2}, true) == part_order::nothing);
  CHECK(on.part.state() == part_state::up);
}

TEST_CASE("A drained node that ends stays away; one that hangs is killed") {
  stage on;
  on.bring_up();
  on.part.drains();
  CHECK(on.part.state() == part_state::draining);
  CHECK(on.pass(seconds{5}, true) == part_order::nothing);
  on.end();
  CHECK(on.part.state() == part_state::stopped);
  CHECK(on.part.why() == "ended with exit code 4 after it was drained");
  CHECK(on.pass(seconds{60}) == part_order::nothing);

  stage silent;
  silent.bring_up();
  silent.part.drains();
  CHECK(silent.pass(seconds{5}) == part_order::kill);
}

TEST_CASE("Every state has a name") {
  CHECK(name_of(part_state::stopped) == "stopped");
  CHECK(name_of(part_state::draining) == "draining");
  CHECK(name_of(part_state::crash_loop) == "crash-loop");
}
