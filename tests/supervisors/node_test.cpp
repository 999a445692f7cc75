#include "supervisors/node.hpp"

#include "messages/json.hpp"
#include "messages/list_reply.hpp"
#include "messages/taxi.hpp"
#include "tests/actors/simulated.hpp"
#include "tests/supervisors/waiting.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <map>

using namespace troupe;
using namespace troupe::test;

namespace {

using content = std::variant<reply_content, error, event_push>;

/// A node on storage in memory, and a caller that waits for each answer.
struct running final : answer_port {
  mortal_storage disk{std::shared_ptr<storage>{make_memory_storage()}};
  std::unique_ptr<node> one;
  std::mutex mutex;
  std::map<std::uint64_t, std::promise<content>> waiting;
  std::uint64_t last = 0;

  explicit running(node_options options = {}) {
    one = node::start(std::move(options), disk, real_clock()).value();
  }
  ~running() override { one->stop(); }
  [[nodiscard]] bool ready() {
    return eventually([&] { return one->ready(); });
  }
  void deliver(std::vector<answer>& batch) override {
    const std::lock_guard lock{mutex};
    for (auto& each : batch)
      waiting[each.to.request].set_value(std::move(each.content));
    batch.clear();
  }
  content say(request asked) {
    std::future<content> got;
    std::vector<inbound> batch(1);
    {
      const std::lock_guard lock{mutex};
      asked.id = ++last;
      got = waiting[last].get_future();
      batch[0].from = {this, 1, last};
    }
    batch[0].deadline = real_clock().monotonic() + std::chrono::seconds{10};
    batch[0].content = std::move(asked);
    one->submit(batch);
    if (got.wait_for(std::chrono::seconds{20}) != std::future_status::ready)
      return fail(errc::timeout, "the node did not answer");
    return got.get();
  }
  content admin(const std::string& verb, value arguments) {
    request asked;
    asked.kind = request_kind::admin;
    asked.name = verb;
    asked.payload = encode_value(arguments);
    return say(std::move(asked));
  }
  content call_taxi() {
    request asked;
    asked.context = "taxi.call";
    asked.name = taxi::call_taxi::name;
    asked.command = command_id::make(real_clock().wall(), last + 1, 99);
    asked.payload = encoded(taxi::call_taxi{1, "junja", 500});
    return say(std::move(asked));
  }
};

value told(const content& from) {
  if (const auto* why = std::get_if<error>(&from)) FAIL(why->message);
  return decode_value(std::get<reply_content>(from).payload).value();
}

errc refused(const content& from) {
  if (!std::holds_alternative<error>(from)) FAIL("an error was expected");
  return std::get<error>(from).code;
}

value object(value::object from) {
  return value{std::move(from)};
}

} // namespace

TEST_CASE("a node does not start with options out of range", "[node]") {
  const auto disk = make_memory_storage();
  for (auto change :
       {+[](node_options& of) { of.lanes = 0; }, +[](node_options& of) { of.lanes = 65; },
        +[](node_options& of) { of.shards = 0; }, +[](node_options& of) { of.shards = 1'025; },
        +[](node_options& of) { of.systems = {"nowhere"}; }}) {
    node_options options;
    change(options);
    const auto made = node::start(options, *disk, real_clock());
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().code == errc::malformed);
  }
}

TEST_CASE("a node answers commands, reads and inspection", "[node]") {
  running with;
  REQUIRE(with.ready());
  const auto called = with.call_taxi();
  REQUIRE(std::holds_alternative<reply_content>(called));
  const auto id = std::get<reply_content>(called).target.number;
  const auto actor = told(with.admin("actor", object({{"context", "taxi.call"}, {"id", id}})));
  CHECK(*actor.find("state") == value{"live"});
  CHECK(*actor.find("current")->find("destination") == value{"[redacted]"});
  CHECK(*actor.find("current")->find("cost") == value{500});
  const auto all = told(with.admin("actors", object({{"context", "taxi.call"}})));
  CHECK(*all.find("total") == value{1});
  const auto past = told(with.admin("history", object({{"context", "taxi.call"}, {"id", id}})));
  CHECK(past.find("items")->get_if<value::array>()->size() >= 2);
  CHECK(to_json(past).find("[redacted]") != std::string::npos);
  CHECK(to_json(past).find("junja") == std::string::npos);
  const auto cause = told(with.admin("cause", object({{"context", "taxi.call"}, {"id", id}})));
  CHECK(*cause.find("by")->find("kind") == value{"client"});
  const auto command = *cause.find("command_id");
  const auto again =
      told(with.admin("cause", object({{"context", "taxi.call"}, {"command_id", command}})));
  CHECK(*again.find("index") == *cause.find("index"));
  const auto shard = *cause.find("shard");
  const auto page =
      told(with.admin("journal", object({{"context", "taxi.call"}, {"shard", shard}})));
  CHECK(page.find("items")->get_if<value::array>()->size() >= 2);
  CHECK(refused(with.admin("journal", object({{"context", "taxi.call"}, {"shard", 99}}))) ==
        errc::not_found);
  CHECK(refused(with.admin("journal", object({{"context", "taxi.call"}}))) == errc::malformed);
  CHECK(refused(with.admin("journal", object({{"context", "taxi.call"},
                                              {"command_id", command}}))) == errc::malformed);
  CHECK(refused(with.admin("journal", object({{"context", "taxi.callList"}, {"shard", 0}}))) ==
        errc::malformed);
  CHECK(refused(with.admin("cause", object({{"context", "taxi.call"},
                                            {"command_id", command_id{1, 2}.text()}}))) ==
        errc::not_found);
  CHECK(*told(with.admin("status", value{value::object{}})).find("state") == value{"up"});
  CHECK(*told(with.admin("tree", value{value::object{}})).find("kind") == value{"node"});
  request hello;
  hello.kind = request_kind::hello;
  CHECK(std::holds_alternative<reply_content>(with.say(hello)));
}

TEST_CASE("what is sensitive is in no look at actors and journals, nor found there", "[node]") {
  running with;
  REQUIRE(with.ready());
  const auto called = with.call_taxi();
  REQUIRE(std::holds_alternative<reply_content>(called));
  const auto id = std::get<reply_content>(called).target.number;
  const value of_call = object({{"context", "taxi.call"}, {"id", id}});
  const auto shard = *told(with.admin("cause", of_call)).find("shard");
  const auto page_of = [&](value::object more) {
    more.emplace_back("context", "taxi.call");
    more.emplace_back("shard", shard);
    return told(with.admin("journal", object(std::move(more))));
  };
  const value fields = value::object{{"customerId", 1}, {"destination", "junja"}, {"cost", 500}};
  const auto tried = with.admin("actor-dry-run", object({{"context", "taxi.call"},
                                                         {"id", 0},
                                                         {"command", taxi::call_taxi::name},
                                                         {"fields", fields}}));
  CHECK(to_json(told(tried)).find("junja") == std::string::npos);
  for (const auto& shown : {told(with.admin("actor-state", of_call)), page_of({})}) {
    const auto text = to_json(shown);
    INFO(text);
    CHECK(text.find("[redacted]") != std::string::npos);
    CHECK(text.find("500") != std::string::npos); // it is told, but for what is sensitive
    CHECK(text.find("junja") == std::string::npos);
  }
  CHECK(page_of({{"grep", "junja"}}).find("items")->get_if<value::array>()->empty());
  CHECK_FALSE(page_of({{"grep", "500"}}).find("items")->get_if<value::array>()->empty());
}

TEST_CASE("looks with arguments that make no sense are refused, without any as well", "[node]") {
  running with;
  REQUIRE(with.ready());
  for (const auto* verb : {"actors", "deadletters", "top", "shards", "policies"}) {
    INFO(verb);
    CHECK(refused(with.admin(verb, object({{"context", 7}}))) == errc::malformed);
    request bare; // no payload at all
    bare.kind = request_kind::admin;
    bare.name = verb;
    CHECK(told(with.say(bare)).find("items") != nullptr);
  }
  CHECK(refused(with.admin("cause", object({{"context", 7}, {"id", 1}}))) == errc::malformed);
  REQUIRE(told(with.admin("context-stop", object({{"context", "taxi.call"}}))).find("state"));
  CHECK(refused(with.admin("top", object({{"context", "taxi.call"}, {"by", "colour"}}))) ==
        errc::malformed);
}

TEST_CASE("a node refuses what it does not have", "[node]") {
  running with;
  REQUIRE(with.ready());
  request asked;
  asked.kind = request_kind::get;
  asked.context = "taxi.nowhere";
  asked.target = {1};
  CHECK(refused(with.say(asked)) == errc::unknown_context);
  asked.context = "taxi.call";
  CHECK(refused(with.say(asked)) == errc::not_found);
  asked.target = {-1};
  CHECK(refused(with.say(asked)) == errc::malformed);
  asked.target = {};
  CHECK(refused(with.say(asked)) == errc::malformed);
  asked.kind = request_kind::list;
  list_request page;
  page.shard = {99};
  asked.payload = encode_list_request(page);
  CHECK(refused(with.say(asked)) == errc::malformed);
  CHECK(refused(with.admin("juggle", value{value::object{}})) == errc::unknown_command);
  CHECK(refused(with.admin("context-stop", value{value::object{}})) == errc::malformed);
  CHECK(refused(with.admin("context-stop", object({{"context", "no"}}))) == errc::unknown_context);
  CHECK(refused(with.admin("actors", object({{"context", "no"}}))) == errc::unknown_context);
  CHECK(refused(with.admin("actor", object({{"context", "taxi.callList"}, {"id", 1}}))) ==
        errc::malformed);
  CHECK(refused(with.admin("actor", object({{"context", "taxi.call"}}))) == errc::malformed);
}

TEST_CASE("an operator makes a context answer asks late, and on time again", "[node]") {
  running with;
  REQUIRE(with.ready());
  const auto delay = [&](const char* how) {
    return with.admin("context-delay", object({{"context", "taxi.payment"}, {"delay", how}}));
  };
  CHECK(refused(delay("soon")) == errc::malformed);
  CHECK(refused(with.admin("context-delay", object({{"context", "no"}, {"delay", "off"}}))) ==
        errc::unknown_context);
  (void)told(delay("150..160ms"));
  const auto before = real_clock().monotonic();
  REQUIRE(std::holds_alternative<reply_content>(with.call_taxi()));
  CHECK(real_clock().monotonic() - before >= std::chrono::milliseconds{150});
  (void)told(delay("off"));
  REQUIRE(std::holds_alternative<reply_content>(with.call_taxi()));
}

TEST_CASE("a delay for a context that is not there is refused at start", "[node]") {
  node_options options;
  options.delays["taxi.nowhere"] = {100, 200};
  const auto store = make_memory_storage();
  const auto refused_start = node::start(options, *store, real_clock());
  REQUIRE_FALSE(refused_start.ok());
  CHECK(refused_start.error().message.find("taxi.nowhere") != std::string::npos);
}

TEST_CASE("a rate of a context holds for clients, until an operator changes it", "[node]") {
  node_options options;
  options.rates["taxi.call"] = {1, 1}; // asks of other contexts are not counted: see the payment
  running with{std::move(options)};
  REQUIRE(with.ready());
  REQUIRE(std::holds_alternative<reply_content>(with.call_taxi()));
  content refusal = with.call_taxi();
  for (int i = 0; i < 100 && !std::holds_alternative<error>(refusal); ++i) // on a slow machine
    refusal = with.call_taxi();
  CHECK(refused(refusal) == errc::rate_limited);
  const auto& why = std::get<error>(refusal);
  CHECK(why.retry_after_ms > 0);
  CHECK(why.retry_after_ms <= 1'000);
  CHECK(why.message.find("taxi.call") != std::string::npos);
  const auto limit = [&](const char* context, const char* rate) {
    return with.admin("limit", object({{"context", context}, {"rate", rate}}));
  };
  CHECK(refused(limit("taxi.call", "much")) == errc::malformed);
  CHECK(refused(limit("taxi.nowhere", "10")) == errc::unknown_context);
  CHECK(*told(limit("taxi.call", "10000")).find("rate") == value{"10000/20000"});
  for (int i = 0; i < 20; ++i)
    CHECK(std::holds_alternative<reply_content>(with.call_taxi()));
  CHECK(*told(limit("taxi.call", "off")).find("rate") == value{"off"});
  CHECK(std::holds_alternative<reply_content>(with.call_taxi()));
}

TEST_CASE("a rate for a context that is not there is refused at start", "[node]") {
  node_options options;
  options.rates["taxi.nowhere"] = {100, 200};
  const auto store = make_memory_storage();
  const auto refused_start = node::start(options, *store, real_clock());
  REQUIRE_FALSE(refused_start.ok());
  CHECK(refused_start.error().message.find("taxi.nowhere") != std::string::npos);
}

TEST_CASE("an operator stops and starts a context, the others go on", "[node]") {
  running with;
  REQUIRE(with.ready());
  REQUIRE(std::holds_alternative<reply_content>(with.call_taxi()));
  (void)told(with.admin("context-stop", object({{"context", "taxi.driver"}})));
  request list;
  list.kind = request_kind::list;
  list.context = "taxi.driver";
  list.payload = encode_list_request({});
  CHECK(refused(with.say(list)) == errc::context_down);
  CHECK(std::holds_alternative<reply_content>(with.call_taxi()));
  CHECK(with.one->ready()); // everything that should run does
  (void)told(with.admin("context-start", object({{"context", "taxi.driver"}})));
  REQUIRE(with.ready());
  CHECK(std::holds_alternative<reply_content>(with.say(list)));
}

TEST_CASE("an operator has a view built anew and sees how it goes", "[node]") {
  running with;
  REQUIRE(with.ready());
  const auto status = [&] {
    const auto said = told(with.admin("view-status", object({{"context", "taxi.callList"}})));
    const auto& items = *said.find("items")->get_if<value::array>();
    REQUIRE(items.size() == 1);
    return items[0];
  };
  for (int i = 0; i < 3; ++i)
    REQUIRE(std::holds_alternative<reply_content>(with.call_taxi()));
  REQUIRE(eventually([&] { return *status().find("rows") == value{3}; }));
  CHECK(status().find("rebuild")->is_null());
  const auto begun = told(with.admin("view-rebuild", object({{"context", "taxi.callList"}})));
  CHECK(*begun.find("state") == value{"rebuilding"});
  CHECK(*begun.find("rebuild") == value{1});
  REQUIRE(eventually([&] { return *status().find("rebuild")->find("state") == value{"done"}; }));
  CHECK(*status().find("rows") == value{3});
  CHECK(*status().find("state") == value{"up"});

  CHECK(refused(with.admin("view-rebuild", object({{"context", "taxi.nothing"}}))) ==
        errc::unknown_context);
  CHECK(refused(with.admin("view-rebuild", object({{"context", "taxi.call"}}))) == errc::malformed);
  CHECK(refused(with.admin("view-status", object({{"context", "taxi.call"}}))) == errc::malformed);
  CHECK(refused(with.admin("view-rebuild", object({}))) == errc::malformed);
  (void)told(with.admin("context-stop", object({{"context", "taxi.driver"}})));
  CHECK(refused(with.admin("view-rebuild", object({{"context", "taxi.callList"}}))) ==
        errc::context_down);
  (void)told(with.admin("context-stop", object({{"context", "taxi.callList"}})));
  REQUIRE(eventually([&] { return *status().find("state") == value{"stopped"}; }));
  CHECK(refused(with.admin("view-rebuild", object({{"context", "taxi.callList"}}))) ==
        errc::context_down);
  CHECK(with.one->ready());
}

TEST_CASE("a shard that does not open at first is tried again", "[node]") {
  node_options options;
  options.shards = 1;
  running with{options};
  REQUIRE(with.ready());
  REQUIRE(with.one->stop_context("taxi.call"));
  REQUIRE(eventually([&] { // its part is closed: only then may the test touch the storage
    const auto said = encode_value(with.one->tree());
    return said.find("stopped", said.find("stopped") + 1) < said.size();
  }));
  with.disk.refuse_openings("taxi.call", 2);
  REQUIRE(with.one->start_context("taxi.call"));
  REQUIRE(with.ready());
  CHECK(std::holds_alternative<reply_content>(with.call_taxi()));
}

TEST_CASE("a node that has stopped refuses everything", "[node]") {
  running with;
  REQUIRE(with.ready());
  with.one->stop();
  with.one->stop();
  CHECK(refused(with.call_taxi()) == errc::shutting_down);
  CHECK_FALSE(with.one->ready());
}

TEST_CASE("a node that is well says that it lives, and has healed nothing", "[node]") {
  running with;
  REQUIRE(with.ready());
  const auto life = told(with.admin("live", value{value::object{}}));
  CHECK(*life.find("live") == value{true});
  CHECK(life.find("why")->is_null());
  CHECK(with.one->live());
  const auto healing = told(with.admin("healing", value{value::object{}}));
  CHECK(healing.find("actions")->get_if<value::array>()->size() == all_healing_actions.size());
  CHECK(healing.find("last")->get_if<value::array>()->empty());
}

TEST_CASE("an operator switches healing off and on; what is unknown is refused", "[node]") {
  node_options options;
  options.healing.off = {healing_action::rebuild_view};
  running with{options};
  REQUIRE(with.ready());
  CHECK_FALSE(with.one->heals().is_on(healing_action::rebuild_view));
  (void)told(with.admin("healing-switch", object({{"action", "restart-shard"}, {"state", "off"}})));
  CHECK_FALSE(with.one->heals().is_on(healing_action::restart_shard));
  (void)told(with.admin("healing-switch", object({{"action", "restart-shard"}, {"state", "on"}})));
  CHECK(with.one->heals().is_on(healing_action::restart_shard));
  for (const auto& wrong :
       {object({{"action", "restart-all"}, {"state", "on"}}), object({{"state", "on"}}),
        object({{"action", "restart-shard"}, {"state", "maybe"}}),
        object({{"action", "restart-shard"}})})
    CHECK(refused(with.admin("healing-switch", wrong)) == errc::malformed);
  CHECK(refused(with.admin("healing", object({{"action", "restart-shard"}, {"state", "off"}}))) ==
        errc::malformed);
  CHECK(with.one->heals().is_on(healing_action::restart_shard));
}

TEST_CASE("the tree says which strategy each level has", "[node]") {
  running with;
  REQUIRE(with.ready());
  const auto tree = told(with.admin("tree", value{value::object{}}));
  CHECK(*tree.find("strategy") == value{"one-for-one"});
  const auto& systems = *tree.find("children")->get_if<value::array>();
  const auto& system = systems.front();
  CHECK(*system.find("family_strategy") == value{"rest-for-one"});
  const auto& context = system.find("children")->get_if<value::array>()->front();
  CHECK(*context.find("strategy") == value{"one-for-one"});
  const auto& part = context.find("children")->get_if<value::array>()->front();
  CHECK(*part.find("strategy") == value{"one-for-all"});
}

TEST_CASE("a context that cannot be opened takes the node down, the others serve until then",
          "[node]") {
  std::promise<std::string> gave_up;
  node_options options;
  options.systems = {"taxi"};
  options.shards = 1;
  options.failures_max = 2;
  options.escalated = [&](const std::string& why) { gave_up.set_value(why); };
  mortal_storage disk{std::shared_ptr<storage>{make_memory_storage()}};
  disk.refuse_openings("taxi.driver", 1'000'000);
  const auto one = node::start(options, disk, real_clock()).value();
  auto said = gave_up.get_future();
  REQUIRE(said.wait_for(std::chrono::seconds{60}) == std::future_status::ready);
  CHECK(said.get().find("taxi") != std::string::npos);
  CHECK(one->heals().of(healing_action::restart_context).failed >= 1);
  CHECK(one->heals().of(healing_action::restart_shard).failed >= 1);
  const auto counted = one->status();
  for (const auto& each : *counted.find("contexts")->get_if<value::array>()) {
    if (*each.find("name") == value{"taxi.payment"}) CHECK(*each.find("state") == value{"up"});
  }
  one->stop();
}
