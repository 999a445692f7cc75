#include "messages/node_events.hpp"

#include "messages/credit.hpp"
#include "messages/edu.hpp"
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

/// A node of the edu system, and a caller who also subscribed to its events.
struct watched final : answer_port {
  mortal_storage disk{std::shared_ptr<storage>{make_memory_storage()}};
  std::mutex mutex;
  std::map<std::uint64_t, content> answers;
  std::vector<published_event> events;
  std::uint64_t last = 0;
  std::unique_ptr<node> one;

  watched() {
    node_options options;
    options.systems = {"edu"};
    options.shards = 1;
    one = node::start(std::move(options), disk, real_clock()).value();
    REQUIRE(eventually([&] { return one->ready(); }));
  }
  ~watched() override { one->stop(); }

  void deliver(std::vector<answer>& batch) override {
    const std::lock_guard lock{mutex};
    for (auto& each : batch) {
      if (auto* push = std::get_if<event_push>(&each.content)) {
        auto some = decode_events(push->payload).value();
        std::move(some.begin(), some.end(), std::back_inserter(events));
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
  content say(request asked) {
    const auto id = post(std::move(asked));
    std::optional<content> got;
    REQUIRE(eventually([&] {
      const std::lock_guard lock{mutex};
      if (const auto at = answers.find(id); at != answers.end()) got = at->second;
      return got.has_value();
    }));
    return *got;
  }
  content admin(const std::string& verb, value::object arguments) {
    request asked;
    asked.kind = request_kind::admin;
    asked.name = verb;
    asked.payload = encode_value(value{std::move(arguments)});
    return say(std::move(asked));
  }
  content apply() {
    request asked;
    asked.context = "edu.app";
    asked.name = edu::apply::name;
    asked.command = command_id::make(real_clock().wall(), last + 1, 99);
    asked.payload = encoded(edu::apply{{"user", "MSA", 1}});
    return say(std::move(asked));
  }
  std::uint64_t subscribe() {
    request asked;
    asked.kind = request_kind::subscribe;
    asked.context = node_events;
    subscribe_request wanted;
    wanted.only_new = true;
    wanted.credit = 2;
    asked.payload = encode_subscribe_request(wanted);
    return post(std::move(asked));
  }
  std::vector<std::string> heard() {
    const std::lock_guard lock{mutex};
    std::vector<std::string> kinds;
    for (const auto& each : events)
      kinds.push_back(each.name);
    return kinds;
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

value::object pair(const char* mode) {
  return {{"asking", "edu.app"}, {"target", "edu.payment"}, {"mode", mode}};
}

} // namespace

TEST_CASE("what happens on a node is pushed, kept and counted", "[node][events]") {
  watched by;
  const auto subscription = by.subscribe();
  for (int i = 0; i < 3; ++i)
    by.one->happened({"tested", "a.b/1", "number " + std::to_string(i)});
  CHECK(by.heard().size() == 2); // as far as was granted
  request grant;
  grant.kind = request_kind::credit;
  grant.id = subscription;
  grant.payload = encode_credit(10);
  (void)by.post(grant);
  CHECK(by.heard().size() == 3);
  CHECK(by.events[2].index.value == by.events[0].index.value + 2);

  const auto said = told(by.admin("events", {{"limit", 2}}));
  CHECK(said.find("items")->get_if<value::array>()->size() == 2);
  CHECK(code_of(by.admin("events", {{"limit", 0}})) == "MALFORMED");
  CHECK(code_of(by.admin("events", {{"after", -1}})) == "MALFORMED");
  const auto status = told(by.admin("status", {}));
  CHECK(*status.find("events")->find("kinds")->find("tested") == value{3});

  request end;
  end.kind = request_kind::unsubscribe;
  end.id = subscription;
  CHECK(code_of(by.say(end)) == "OK");
  by.one->happened({"tested", "a.b/1", "unheard"});
  CHECK(by.heard().size() == 3);
}

TEST_CASE("subscribers to a node hear that it stops", "[node][events]") {
  watched by;
  const auto subscription = by.subscribe();
  by.one->stop();
  const std::lock_guard lock{by.mutex};
  REQUIRE(by.answers.count(subscription) == 1);
  CHECK(code_of(by.answers.at(subscription)) == "SHUTTING_DOWN");
}

TEST_CASE("an operator's word changes what a context may ask, and is told", "[node][breaker]") {
  watched by;
  (void)by.subscribe();
  REQUIRE(code_of(by.apply()) == "OK");
  CHECK(*told(by.admin("breaker-mode", pair("open"))).find("directions") == value{1});
  CHECK(code_of(by.apply()) == "CIRCUIT_OPEN");
  const auto shown = told(by.admin("breakers", {{"asking", "edu.app"}}));
  const auto& breaker = shown.find("items")->get_if<value::array>()->front();
  CHECK(*breaker.find("state") == value{"forced-open"});
  CHECK(*breaker.find("owner") == value{"n1"});
  CHECK(*breaker.find("refused_open") == value{1});
  REQUIRE(code_of(by.admin("breaker-mode", pair("reset"))) == "OK");
  CHECK(code_of(by.apply()) == "OK");
  CHECK(by.heard() == std::vector<std::string>{"breaker-forced-open", "breaker-closed"});

  CHECK(code_of(by.admin("breaker-mode", pair("ajar"))) == "MALFORMED");
  CHECK(code_of(by.admin("breaker-mode",
                         {{"asking", "edu.moon"}, {"target", "edu.app"}, {"mode", "open"}})) ==
        "UNKNOWN_CONTEXT");
  CHECK(code_of(by.admin("breaker-mode",
                         {{"asking", "edu.payment"}, {"target", "edu.app"}, {"mode", "open"}})) ==
        "NOT_FOUND");
}
