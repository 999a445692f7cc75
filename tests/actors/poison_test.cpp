#include "tests/actors/bank.hpp"
#include "tests/actors/simulated.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::test::bank;
using namespace std::chrono_literals;

/// Commands that crash again and again: dead letters, quarantine, and what ends the process.
namespace {

struct bank_with_faults {
  mended_at_the_end at_the_end;
  simulated_node node{behaviours()};

  bank_with_faults() {
    (void)node.say(accounts, {}, open_account{"ann"});
    (void)node.say(accounts, {1}, deposit{10});
  }
  std::int64_t balance(std::int64_t id) {
    return node.get(accounts, id).as<account_state>().balance;
  }
  said verb(const std::string& context, const std::string& name, value::object arguments) {
    request content;
    content.kind = request_kind::admin;
    content.context = context;
    content.target = {1};
    content.name = name;
    content.payload = encode_value(value{std::move(arguments)});
    return node.say(content, true);
  }
  value told(const std::string& context, const std::string& name, value::object arguments = {}) {
    return decode_value(verb(context, name, std::move(arguments)).reply().payload).value();
  }
  /// What came of a retry, which may have to wait for a restart.
  value retry(const std::string& context, const std::string& id) {
    request content;
    content.kind = request_kind::admin;
    content.context = context;
    content.target = {1};
    content.name = "deadletter-retry";
    content.payload = encode_value(value{value::object{{"id", id}}});
    const auto of = node.post(content, true);
    node.pass(2'000ms);
    return decode_value(node.heard(of).reply().payload).value();
  }
  value::array letters(const std::string& context) {
    return *told(context, "deadletters").find("items")->get_if<value::array>();
  }
  /// Sends it until it is a dead letter; returns its id.
  command_id crash(request content) {
    for (int i = 0; i < 2; ++i) {
      CHECK(node.say(content).failure().code == errc::aggregate_crashed);
      node.pass(10ms);
    }
    CHECK(node.say(content).failure().code == errc::dead_lettered);
    node.pass(200ms); // its restart
    return content.command;
  }
};

std::string text(const value& from, std::string_view key) {
  const auto* held = from.find(key);
  const auto* known = held != nullptr ? held->get_if<std::string>() : nullptr;
  return known != nullptr ? *known : std::string{};
}

} // namespace

TEST_CASE("the third crash of a command makes it a dead letter, and its aggregate goes on",
          "[poison]") {
  bank_with_faults with;
  auto& node = with.node;
  const auto id = with.crash(node.command(accounts, {1}, explode{}, node.fresh_id()));
  const auto letters = with.letters(accounts);
  REQUIRE(letters.size() == 1);
  CHECK(text(letters[0], "id") == id.text());
  CHECK(text(letters[0], "made_by") == "client");
  CHECK(text(letters[0], "cause") == "boom");
  CHECK(*letters[0].find("attempts") == value{3});
  CHECK(text(letters[0], "stack_hash") != std::string(16, '0'));
  CHECK(node.counters(accounts).letters == 1);
  CHECK(node.times_happened("aggregate-crashed") == 3);
  CHECK(node.times_happened("dead-letter") == 1);
  // Whoever sends it again gets the same answer, and nothing runs.
  const auto crashes = node.counters(accounts).crashes.load();
  CHECK(node.say(node.command(accounts, {1}, explode{}, id)).failure().code == errc::dead_lettered);
  CHECK(node.counters(accounts).crashes == crashes);
  CHECK(node.say(accounts, {1}, deposit{1}).ok());
  CHECK(with.balance(1) == 11);
}

TEST_CASE("crashes are counted across the death of the process", "[poison]") {
  bank_with_faults with;
  auto& node = with.node;
  const auto content = node.command(accounts, {1}, explode{}, node.fresh_id());
  for (int i = 0; i < 2; ++i) {
    CHECK(node.say(content).failure().code == errc::aggregate_crashed);
    node.crash_and_restart();
    node.run();
  }
  CHECK(node.say(content).failure().code == errc::dead_lettered);
  node.crash_and_restart();
  node.run();
  CHECK(node.say(content).failure().code == errc::dead_lettered);
  CHECK(with.letters(accounts).size() == 1);
  node.stop(accounts); // the same from a snapshot
  node.start(accounts);
  node.run();
  CHECK(with.letters(accounts).size() == 1);
  CHECK(node.counters(accounts).letters == 1);
}

TEST_CASE("a retried dead letter has one effect, under its own id", "[poison]") {
  bank_with_faults with;
  auto& node = with.node;
  const auto content = node.command(accounts, {1}, explode{}, node.fresh_id());
  const auto id = with.crash(content);
  SECTION("the fault is mended") {
    broken().explode = false;
    const auto said = with.retry(accounts, id.text());
    CHECK(text(said, "outcome") == "accepted");
    CHECK(with.balance(1) == 11);
    CHECK(with.letters(accounts).empty());
    const auto again = node.say(content); // its sender comes again
    CHECK(again.reply().replayed);
    CHECK(with.balance(1) == 11);
    CHECK(with.verb(accounts, "deadletter-retry", {{"id", id.text()}}).failure().code ==
          errc::not_found);
  }
  SECTION("the fault is still there") {
    CHECK(text(with.retry(accounts, id.text()), "outcome") == "AGGREGATE_CRASHED");
    node.pass(1'000ms);
    for (int i = 0; i < 2; ++i) {
      (void)node.post(content);
      node.pass(1'500ms);
    }
    CHECK(node.say(content).failure().code == errc::dead_lettered);
    REQUIRE(with.letters(accounts).size() == 1);
    CHECK(text(with.letters(accounts)[0], "state") == "new");
    CHECK(with.balance(1) == 10);
  }
  SECTION("it did not come to its end: it can be retried again, and dropped for good") {
    REQUIRE(with.verb(accounts, "quarantine", {{"id", 1}}).ok());
    CHECK(text(with.retry(accounts, id.text()), "outcome") == "QUARANTINED");
    CHECK(text(with.retry(accounts, id.text()), "outcome") == "QUARANTINED");
    REQUIRE(with.verb(accounts, "release", {{"id", 1}}).ok());
    broken().explode = false;
    SECTION("retried") {
      CHECK(text(with.retry(accounts, id.text()), "outcome") == "accepted");
    }
    SECTION("dropped") {
      REQUIRE(with.verb(accounts, "deadletter-drop", {{"id", id.text()}}).ok());
      CHECK(node.say(content).failure().code == errc::dead_lettered);
      node.crash_and_restart();
      node.run();
      CHECK(node.say(content).failure().code == errc::dead_lettered);
      CHECK(with.balance(1) == 10);
    }
  }
  SECTION("the process dies right after the operator's word") {
    broken().explode = false;
    request retry;
    retry.kind = request_kind::admin;
    retry.context = accounts;
    retry.target = {1};
    retry.name = "deadletter-retry";
    retry.payload = encode_value(value{value::object{{"id", id.text()}}});
    (void)node.post(retry, true);
    REQUIRE(node.step(0)); // it is noted, and on its way
    node.crash_and_restart();
    node.pass(100ms);
    CHECK(with.balance(1) == 11);
    CHECK(with.letters(accounts).empty());
  }
}

TEST_CASE("a dropped dead letter never runs", "[poison]") {
  bank_with_faults with;
  auto& node = with.node;
  const auto content = node.command(accounts, {1}, explode{}, node.fresh_id());
  const auto id = with.crash(content);
  broken().explode = false;
  CHECK(text(with.told(accounts, "deadletter-drop", {{"id", id.text()}}), "state") == "dropped");
  CHECK(with.letters(accounts).empty());
  CHECK(node.say(content).failure().code == errc::dead_lettered);
  node.crash_and_restart();
  node.run();
  CHECK(node.say(content).failure().code == errc::dead_lettered);
  CHECK(with.balance(1) == 10);
  CHECK(with.verb(accounts, "deadletter", {{"id", id.text()}}).failure().code == errc::not_found);
}

TEST_CASE("a dead letter shows its envelope", "[poison]") {
  bank_with_faults with;
  broken().depositing = true;
  auto content = with.node.command(accounts, {1}, deposit{88}, with.node.fresh_id());
  content.correlation = "trace-7";
  const auto id = with.crash(content);
  const auto shown = with.told(accounts, "deadletter", {{"id", id.text()}});
  CHECK(text(shown, "aggregate") == "bank.account/1");
  CHECK(text(shown, "command") == "deposit");
  CHECK(text(shown, "correlation") == "trace-7");
  CHECK(text(shown, "how") == "exception");
  CHECK(*shown.find("payload")->find("amount") == value{88});
}

TEST_CASE("dead letters give way and expire", "[poison]") {
  mended_at_the_end at_the_end;
  node_shape shape;
  shape.limits.letters_max = 3;
  simulated_node node{behaviours(), shape};
  (void)node.say(accounts, {}, open_account{"ann"});
  const auto crash = [&] {
    const auto content = node.command(accounts, {1}, explode{}, node.fresh_id());
    for (int i = 0; i < 3; ++i) {
      (void)node.post(content);
      node.pass(60'000ms);
      node.time_jump(10min); // so that the aggregate itself is not quarantined
      node.run();
    }
  };
  for (int i = 0; i < 4; ++i)
    crash();
  CHECK(node.counters(accounts).letters == 3);
  CHECK(node.times_happened("dead-letter") == 4);
  CHECK(node.times_happened("dead-letters-filling") >= 1);
  node.time_jump(8 * 24h);
  node.run();
  node.maintain(true);
  node.run();
  CHECK(node.counters(accounts).letters == 0);
}

TEST_CASE("a policy goes on behind a command that crashes its target", "[poison]") {
  bank_with_faults with;
  auto& node = with.node;
  broken().writing = true;
  (void)node.say(accounts, {1}, deposit{1'000});
  CHECK(node.say(orders, {}, place_order{1, 99}).ok()); // its letter crashes
  CHECK(node.say(orders, {}, place_order{1, 5}).ok());
  node.pass(10'000ms);
  const auto found = with.letters(letters);
  REQUIRE(found.size() == 1);
  CHECK(text(found[0], "made_by") == "policy");
  CHECK(node.list(letters).contains(2)); // the one behind it was written
  CHECK_FALSE(node.list(letters).contains(1));
  broken().writing = false;
  const auto said = with.retry(letters, text(found[0], "id"));
  CHECK(text(said, "outcome") == "accepted");
  node.pass(1'000ms);
  CHECK(node.list(letters).contains(1));
}

TEST_CASE("a timer whose command crashes ends in a dead letter", "[poison]") {
  bank_with_faults with;
  auto& node = with.node;
  broken().depositing = true;
  CHECK(node.say(accounts, {1}, save_later{88, 1'000}).ok());
  node.pass(30'000ms);
  const auto found = with.letters(accounts);
  REQUIRE(found.size() == 1);
  CHECK(text(found[0], "made_by") == "timer");
  broken().depositing = false;
  const auto said = with.retry(accounts, text(found[0], "id"));
  CHECK(text(said, "outcome") == "accepted");
  CHECK(with.balance(1) == 98);
  node.crash_and_restart();
  node.pass(5'000ms);
  CHECK(with.balance(1) == 98); // the timer is gone
}

TEST_CASE("an ask whose settling crashes ends with its void and a dead letter", "[poison]") {
  bank_with_faults with;
  auto& node = with.node;
  (void)node.say(accounts, {1}, deposit{990});
  const auto content = node.command(orders, {}, place_order{1, 666}, node.fresh_id());
  const auto of = node.post(content);
  node.pass(20'000ms);
  CHECK(node.heard(of).failure().code == errc::dead_lettered);
  CHECK(with.balance(1) == 1'000); // given back
  CHECK(node.counters(orders).open_asks == 0);
  CHECK(node.counters(orders).open_voids == 0);
  const auto found = with.letters(orders);
  REQUIRE(found.size() == 1);
  CHECK(text(found[0], "made_by") == "settling");
  broken().settling = false;
  const auto said = with.retry(orders, text(found[0], "id"));
  CHECK(text(said, "outcome") == "accepted");
  CHECK(with.balance(1) == 334);
  CHECK(node.say(content).reply().replayed);
  CHECK(with.balance(1) == 334);
}

TEST_CASE("a compensation that crashes stays open until it is retried", "[poison]") {
  bank_with_faults with;
  auto& node = with.node;
  broken().compensating = true;
  (void)node.say(accounts, {1}, deposit{100});
  CHECK_FALSE(node.say(orders, {}, place_order{1, 13}).ok()); // refused when it is settled: void
  node.pass(20'000ms);
  const auto found = with.letters(accounts);
  REQUIRE(found.size() == 1);
  CHECK(text(found[0], "made_by") == "compensation");
  CHECK(node.counters(orders).open_voids == 1);
  const auto before = with.balance(1);
  broken().compensating = false;
  (void)with.retry(accounts, text(found[0], "id"));
  node.pass(10'000ms);
  CHECK(node.counters(orders).open_voids == 0);
  CHECK(with.balance(1) == before + 13);
  CHECK(with.letters(accounts).empty());
}

TEST_CASE("a command that takes the process down three times never runs again", "[poison]") {
  bank_with_faults with;
  auto& node = with.node;
  broken().explode = false;
  bool deadly = true;
  int runs = 0;
  broken().before = [&] {
    ++runs;
    if (deadly) node.notes().end_here(11);
  };
  const auto content = node.command(accounts, {1}, explode{}, node.fresh_id());
  for (int i = 0; i < 3; ++i) {
    (void)node.post(content);
    node.disk().cut_power(); // what the turn decided never gets to the disk
    (void)node.step(0);
    node.crash_and_restart();
    node.run();
  }
  CHECK(runs == 3);
  deadly = false;
  CHECK(node.say(content).failure().code == errc::dead_lettered);
  CHECK(runs == 3);
  const auto found = with.letters(accounts);
  REQUIRE(found.size() == 1);
  CHECK(text(found[0], "how") == "process");
  CHECK(text(found[0], "cause") == "the process ended by signal 11");
  CHECK(node.say(accounts, {1}, deposit{1}).ok());
  node.crash_and_restart(); // the notes are still there, and not counted again
  node.run();
  const auto said = with.retry(accounts, text(found[0], "id"));
  CHECK(text(said, "outcome") == "accepted");
  CHECK(with.balance(1) == 12);
}

TEST_CASE("an event that cannot be replayed puts its aggregate into quarantine", "[poison]") {
  bank_with_faults with;
  auto& node = with.node;
  CHECK(node.say(accounts, {1}, deposit{77}).ok());
  CHECK(node.say(accounts, {1}, deposit{5}).ok());
  (void)node.say(accounts, {}, open_account{"bob"});
  broken().evolving = true;
  node.crash_and_restart(); // its actor has to be made from its records again
  node.run();
  CHECK(node.say(accounts, {1}, deposit{1}).failure().code == errc::quarantined);
  CHECK(node.counters(accounts).quarantined == 1);
  CHECK(node.times_happened("aggregate-quarantined") == 1);
  node.time_jump(1'000ms);
  const auto read = node.get(accounts, 1);
  REQUIRE(read.reply().degraded);
  CHECK(read.reply().degraded->as_of == 2);
  CHECK(read.reply().degraded->age_ms >= 1'000);
  CHECK(read.as<account_state>().balance == 10); // what it was before that event
  CHECK(node.say(accounts, {2}, deposit{3}).ok());
  CHECK(node.list(accounts).contains(2)); // the others are listed as ever
  const auto shown = with.told(accounts, "actor", {{"id", 1}});
  CHECK(text(shown, "state") == "quarantined");
  CHECK(text(*shown.find("quarantine"), "reason").find("cannot add 77") != std::string::npos);
  SECTION("its owner dies: the next one knows") {
    node.crash_and_restart();
    node.run();
    CHECK(node.counters(accounts).quarantined == 1);
    CHECK(node.times_happened("aggregate-quarantined") == 1);
  }
  SECTION("released before it is mended: back again") {
    CHECK(with.verb(accounts, "release", {{"id", 1}}).failure().code == errc::quarantined);
    CHECK(node.counters(accounts).quarantined == 1);
  }
  broken().evolving = false;
  SECTION("its trial comes") {
    node.time_jump(11min);
    node.run();
    CHECK(node.counters(accounts).quarantined == 0);
  }
  if (node.counters(accounts).quarantined == 1) (void)with.told(accounts, "release", {{"id", 1}});
  CHECK(node.say(accounts, {1}, deposit{1}).ok());
  CHECK(with.balance(1) == 93);
  CHECK_FALSE(node.get(accounts, 1).reply().degraded);
  CHECK(node.times_happened("aggregate-released") == 1);
}

TEST_CASE("an operator sets an aggregate apart and releases it", "[poison]") {
  bank_with_faults with;
  auto& node = with.node;
  const auto said = with.told(accounts, "quarantine", {{"id", 1}, {"reason", "looks odd"}});
  CHECK(text(said, "state") == "quarantined");
  const auto refused = node.say(accounts, {1}, deposit{1}).failure();
  CHECK(refused.code == errc::quarantined);
  CHECK(refused.message.find("looks odd") != std::string::npos);
  CHECK(node.get(accounts, 1).reply().degraded);
  CHECK(with.balance(1) == 10);
  node.time_jump(24h);
  node.run();
  node.crash_and_restart();
  node.run();
  CHECK(node.say(accounts, {1}, deposit{1}).failure().code == errc::quarantined);
  CHECK(text(with.told(accounts, "release", {{"id", 1}}), "state") == "live");
  CHECK(node.say(accounts, {1}, deposit{1}).ok());
  CHECK(with.verb(accounts, "release", {{"id", 1}}).failure().reason == "NOT_QUARANTINED");
  CHECK(with.verb(accounts, "quarantine", {{"id", 77}}).failure().code == errc::not_found);
}
