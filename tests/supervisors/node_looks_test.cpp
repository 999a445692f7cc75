#include "messages/edu.hpp"
#include "messages/tap_wish.hpp"
#include "supervisors/node.hpp"
#include "tests/actors/simulated.hpp"
#include "tests/supervisors/waiting.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <mutex>
#include <optional>

using namespace troupe;
using namespace troupe::test;

namespace {

using content = std::variant<reply_content, error>;

/// A node of the edu system, and an operator who looks at it.
struct looked_at final : answer_port {
  mortal_storage disk{std::shared_ptr<storage>{make_memory_storage()}};
  std::mutex mutex;
  std::map<std::uint64_t, content> answers;
  std::vector<published_event> turns;
  std::uint64_t last = 0;
  std::unique_ptr<node> one;

  looked_at() {
    node_options options;
    options.systems = {"edu"};
    options.shards = 2;
    one = node::start(std::move(options), disk, real_clock()).value();
    REQUIRE(eventually([&] { return one->ready(); }));
  }
  ~looked_at() override { one->stop(); }

  void deliver(std::vector<answer>& batch) override {
    const std::lock_guard lock{mutex};
    for (auto& each : batch) {
      if (auto* push = std::get_if<event_push>(&each.content)) {
        auto some = decode_events(push->payload).value();
        std::move(some.begin(), some.end(), std::back_inserter(turns));
      } else if (auto* said = std::get_if<reply_content>(&each.content)) {
        answers.insert_or_assign(each.to.request, std::move(*said));
      } else {
        answers.insert_or_assign(each.to.request, std::move(std::get<error>(each.content)));
      }
    }
    batch.clear();
  }
  std::uint64_t post(request asked) {
    std::vector<inbound> batch(1);
    if (asked.id == 0) asked.id = ++last;
    const auto id = asked.id;
    batch[0].from = {this, 1, id};
    batch[0].deadline = real_clock().monotonic() + std::chrono::seconds{10};
    batch[0].content = std::move(asked);
    one->submit(batch);
    return id;
  }
  content heard(std::uint64_t id) {
    std::optional<content> got;
    REQUIRE(eventually([&] {
      const std::lock_guard lock{mutex};
      if (const auto at = answers.find(id); at != answers.end()) got = at->second;
      return got.has_value();
    }));
    return *got;
  }
  content admin(const std::string& verb, value::object arguments = {}) {
    request asked;
    asked.kind = request_kind::admin;
    asked.name = verb;
    asked.payload = encode_value(value{std::move(arguments)});
    return heard(post(std::move(asked)));
  }
  std::uint64_t tap(std::string contexts, std::chrono::milliseconds lasts) {
    request asked;
    asked.kind = request_kind::subscribe;
    asked.context = node_tap;
    tap_wish wish;
    wish.context = std::move(contexts);
    wish.lasts = lasts;
    asked.payload = encode_tap_wish(wish);
    return post(std::move(asked));
  }
  content apply() {
    request asked;
    asked.context = "edu.app";
    asked.name = edu::apply::name;
    asked.command = command_id::make(real_clock().wall(), last + 1, 99);
    asked.payload = encoded(edu::apply{{"user", "MSA", 1}});
    return heard(post(std::move(asked)));
  }
};

value told(const content& from) {
  if (const auto* why = std::get_if<error>(&from)) FAIL(why->message);
  return decode_value(std::get<reply_content>(from).payload).value();
}

std::string code_of(const content& from) {
  const auto* why = std::get_if<error>(&from);
  return why == nullptr ? "OK" : std::string{why->shown_code()};
}

const value::array& items(const value& from) {
  return *from.find("items")->get_if<value::array>();
}

} // namespace

TEST_CASE("a node tells of its own actors, shards and policies", "[node][looks]") {
  looked_at by;
  for (int i = 0; i < 6; ++i)
    REQUIRE(code_of(by.apply()) == "OK");
  const auto top = told(by.admin("top", {{"context", "edu.app"}, {"limit", 4}}));
  CHECK(*top.find("node") == value{"n1"});
  CHECK(*top.find("residents") == value{6});
  REQUIRE(items(top).size() == 4); // of both shards
  CHECK(*items(top)[0].find("context") == value{"edu.app"});
  CHECK(code_of(by.admin("top", {{"by", "colour"}})) == "MALFORMED");
  CHECK(code_of(by.admin("top", {{"context", "edu.ap"}})) == "UNKNOWN_CONTEXT");
  const auto shards = told(by.admin("shards", {{"context", "edu.app"}}));
  REQUIRE(items(shards).size() == 2);
  CHECK(*items(shards)[0].find("shard") == value{0});
  CHECK(*items(shards)[1].find("shard") == value{1});
  CHECK(*shards.find("node") == value{"n1"});
  CHECK_FALSE(items(told(by.admin("policies"))).empty());
  (void)told(by.admin("context-stop", {{"context", "edu.app"}}));
  REQUIRE(eventually([&] {
    const auto now = told(by.admin("shards", {{"context", "edu.app"}}));
    return *items(now)[0].find("state") == value{"stopped"};
  }));
}

TEST_CASE("a dry run of a new one takes no id, and a state has its time", "[node][looks]") {
  looked_at by;
  const auto wanted = decode_value(encoded(edu::apply{{"user", "MSA", 1}})).value();
  const auto dry =
      told(by.admin("actor-dry-run",
                    {{"context", "edu.app"}, {"id", 0}, {"command", "apply"}, {"fields", wanted}}));
  CHECK(dry.find("outcome")->get_if<std::string>() != nullptr);
  CHECK(*dry.find("id") == value{});
  REQUIRE(code_of(by.apply()) == "OK");
  const auto residents = told(by.admin("top", {{"context", "edu.app"}}));
  const auto id = *items(residents)[0].find("id")->get_if<std::string>();
  const auto number = std::int64_t{std::stoll(id.substr(id.find('/') + 1))};
  const auto state = told(by.admin("actor-state", {{"context", "edu.app"}, {"id", number}}));
  CHECK(*state.find("exists") == value{true});
  CHECK(*state.find("node") == value{"n1"});
  CHECK(code_of(by.admin("actor-state", {{"context", "edu.app"}})) == "MALFORMED");
  CHECK(*told(by.admin("actor-stop", {{"context", "edu.app"}, {"id", number}})).find("state") ==
        value{"passive"});
}

TEST_CASE("a node that is alone has nowhere to move a shard to", "[node][looks]") {
  looked_at by;
  CHECK(code_of(by.admin("shard-move", {{"context", "edu.app"}, {"shard", 0}, {"to", "n2"}})) ==
        "ALONE");
  CHECK(code_of(by.admin("shard-move", {{"context", "edu.app"}, {"shard", 2}, {"to", "n2"}})) ==
        "MALFORMED");
  CHECK(code_of(by.admin("shard-move", {{"context", "edu.app"}, {"shard", 0}})) == "MALFORMED");
}

TEST_CASE("a tap hears of turns until its time is over", "[node][looks][tap]") {
  looked_at by;
  const auto tap = by.tap("edu.a*", std::chrono::milliseconds{700});
  REQUIRE(code_of(by.apply()) == "OK");
  REQUIRE(eventually([&] {
    const std::lock_guard lock{by.mutex};
    return !by.turns.empty();
  }));
  {
    const std::lock_guard lock{by.mutex};
    const auto said = decode_value(by.turns.front().payload).value();
    CHECK(*said.find("context") == value{"edu.app"});
    CHECK(*said.find("command") == value{"apply"});
  }
  CHECK(code_of(by.heard(tap)) == "OK"); // it ends by itself, without a turn
  const auto status = by.one->status();
  CHECK(*status.find("tap")->find("listeners") == value{0});
}

TEST_CASE("a tap hears of what is on record only", "[node][looks][tap]") {
  looked_at by;
  (void)by.tap("edu.app", std::chrono::seconds{30});
  const auto breakers = [&](const char* mode) {
    return code_of(by.admin("breaker-mode",
                            {{"asking", "edu.app"}, {"target", "edu.payment"}, {"mode", mode}}));
  };
  REQUIRE(breakers("open") == "OK");
  CHECK(code_of(by.apply()) == "CIRCUIT_OPEN"); // leaves no record
  REQUIRE(breakers("reset") == "OK");
  REQUIRE(code_of(by.apply()) == "OK");
  std::vector<std::string> outcomes;
  REQUIRE(eventually([&] {
    const std::lock_guard lock{by.mutex};
    outcomes.clear();
    for (const auto& each : by.turns)
      outcomes.push_back(
          *decode_value(each.payload).value().find("outcome")->get_if<std::string>());
    return outcomes.size() >= 2;
  }));
  CHECK(outcomes.front() == "asked");
  CHECK(outcomes[1] == "accepted"); // the ask that was refused before was none
}
