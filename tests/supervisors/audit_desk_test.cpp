#include "supervisors/audit_desk.hpp"

#include "messages/json.hpp"
#include "tests/supervisors/waiting.hpp"

#include <catch2/catch.hpp>

#include <atomic>

using namespace troupe;
using namespace troupe::test;

namespace {

/// A journal in memory that shows in which order things happened, and can be full.
struct noted_journal final : audit_journal {
  std::mutex mutex;
  std::vector<audit_entry> entries;
  bool full = false;

  result<void> begin(std::span<audit_entry> more) override {
    const std::lock_guard lock{mutex};
    if (full) return fail(errc::storage_full, "the disk is full");
    for (auto& each : more) {
      each.position = entries.size() + 1;
      entries.push_back(each);
    }
    return {};
  }
  result<void> end(std::span<const audit_end> ends) override {
    const std::lock_guard lock{mutex};
    if (full) return fail(errc::storage_full, "the disk is full");
    for (const auto& each : ends)
      entries.at(each.position - 1).result = each.result;
    return {};
  }
  result<std::vector<audit_entry>> after(std::uint64_t position, std::size_t limit) override {
    const std::lock_guard lock{mutex};
    std::vector<audit_entry> found;
    for (const auto& each : entries)
      if (each.position > position && found.size() < limit) found.push_back(each);
    return found;
  }
  result<std::uint64_t> head() override {
    const std::lock_guard lock{mutex};
    return std::uint64_t{entries.size()};
  }
  [[nodiscard]] std::vector<audit_entry> all() {
    const std::lock_guard lock{mutex};
    return entries;
  }
};

/// A desk in front of a node that answers as the test says, and a caller that gets the answers.
struct at_desk final : answer_port {
  noted_journal journal;
  std::mutex mutex;
  std::vector<answer> answers;
  std::vector<std::string> results_at_answer; ///< in the journal when the answer came
  std::atomic<int> performed{0};
  std::optional<error> refusal;
  bool silent = false;
  audit_desk desk{journal, real_clock(), "n1", [this](inbound& asked) { perform(asked); }};

  void perform(inbound& asked) {
    CHECK_FALSE(desk.takes(asked)); // what the desk has seen does not come back to it
    ++performed;
    if (silent) return;
    std::vector<answer> one;
    one.push_back({asked.from, {}});
    if (refusal)
      one.front().content = *refusal;
    else
      one.front().content = reply_content{};
    desk.deliver(one);
  }
  void deliver(std::vector<answer>& batch) override {
    const auto entries = journal.all();
    const std::lock_guard lock{mutex};
    for (auto& each : batch) {
      results_at_answer.push_back(entries.empty() ? "-" : entries.back().result);
      answers.push_back(std::move(each));
    }
    batch.clear();
  }
  [[nodiscard]] inbound asked(std::string verb, const value& arguments = value{value::object{}}) {
    inbound made;
    made.content.kind = request_kind::admin;
    made.content.name = std::move(verb);
    made.content.payload = encode_value(arguments);
    made.from = {this, 7, 9};
    made.by = std::make_shared<const caller_identity>(
        caller_identity{"cli", "uid 1000 pid 4711", role::operate});
    return made;
  }
  void say(inbound one) {
    REQUIRE(desk.takes(one));
    desk.take(one);
  }
  [[nodiscard]] bool answered(std::size_t count) {
    return eventually([&] {
      const std::lock_guard lock{mutex};
      return answers.size() >= count;
    });
  }
  [[nodiscard]] const error* why(std::size_t which) {
    const std::lock_guard lock{mutex};
    return std::get_if<error>(&answers.at(which).content);
  }
};

value of(const char* context) {
  return value::object{{"context", context}};
}

} // namespace

TEST_CASE("what changes something is written down with its end before its caller hears of it") {
  at_desk with;
  with.say(with.asked("context-stop", of("taxi.call")));
  REQUIRE(with.answered(1));
  CHECK(with.answers[0].to.port == &with);
  CHECK(with.answers[0].to.connection == 7);
  CHECK(with.answers[0].to.request == 9);
  CHECK(with.results_at_answer[0] == "done");
  const auto all = with.journal.all();
  REQUIRE(all.size() == 1);
  CHECK(all[0].who == "cli");
  CHECK(all[0].from == "uid 1000 pid 4711");
  CHECK(all[0].role == "operate");
  CHECK(all[0].verb == "context-stop");
  CHECK(all[0].arguments == R"({"context":"taxi.call"})");
  CHECK(all[0].time_ms > 1'500'000'000'000);
}

TEST_CASE("every verb that changes something goes through the desk, and what fails is there too") {
  at_desk with;
  with.refusal = fail(errc::not_found, "there is none");
  std::size_t changing = 0;
  for (const auto& verb : admin_verbs()) {
    if (!verb.changes()) continue;
    ++changing;
    with.say(with.asked(std::string{verb.name}));
  }
  REQUIRE(with.answered(changing));
  const auto all = with.journal.all();
  REQUIRE(all.size() == changing);
  for (const auto& each : all)
    CHECK(each.result == "NOT_FOUND");
  CHECK(with.why(0)->code == errc::not_found);
}

TEST_CASE("a caller may say for whom it asks") {
  at_desk with;
  auto asked = with.asked("leave");
  asked.content.correlation = "the operator of 10.0.0.5";
  with.say(std::move(asked));
  REQUIRE(with.answered(1));
  CHECK(with.journal.all().front().who == "cli for the operator of 10.0.0.5");
}

TEST_CASE("who only looks at numbers is not written down") {
  at_desk with;
  for (const auto& verb : admin_verbs())
    if (verb.needs == role::observe && verb.name != "audit")
      CHECK_FALSE(with.desk.takes(with.asked(std::string{verb.name})));
}

TEST_CASE("looking at what callers sent is written down once a minute for caller and context") {
  at_desk with;
  for (int i = 0; i < 3; ++i)
    with.say(with.asked("history", of("taxi.call")));
  with.say(with.asked("history", of("taxi.driver")));
  with.say(with.asked("actor", of("taxi.call")));
  auto other = with.asked("history", of("taxi.call"));
  other.by = std::make_shared<const caller_identity>(
      caller_identity{"someone", "uid 1001 pid 1", role::inspect});
  with.say(std::move(other));
  REQUIRE(with.answered(6));
  CHECK(with.performed == 6);
  CHECK(with.journal.all().size() == 4);
}

TEST_CASE("looks of one caller are one kind, whatever correlation and context it makes up") {
  at_desk with;
  for (const auto* each : {"web-1", "web-2"}) {
    auto look = with.asked("history", of("taxi.call"));
    look.content.correlation = each;
    with.say(std::move(look));
    with.say(with.asked("journal", of(each)));
  }
  REQUIRE(with.answered(4));
  const auto all = with.journal.all();
  REQUIRE(all.size() == 2);
  CHECK(all[0].who == "cli for web-1");
  CHECK(all[1].verb == "journal");
}

TEST_CASE("every dry run is written down") {
  at_desk with;
  for (int i = 0; i < 3; ++i)
    with.say(with.asked("actor-dry-run", of("taxi.call")));
  REQUIRE(with.answered(3));
  CHECK(with.journal.all().size() == 3);
}

TEST_CASE("what cannot be written down is not done") {
  at_desk with;
  with.journal.full = true;
  with.say(with.asked("leave"));
  with.say(with.asked("history", of("taxi.call")));
  REQUIRE(with.answered(2));
  CHECK(with.performed == 0);
  CHECK(with.why(0)->code == errc::storage_full);
  CHECK(with.why(0)->message.find("nothing was done") != std::string::npos);
  with.journal.full = false;
  with.say(with.asked("history", of("taxi.call")));
  REQUIRE(with.answered(3));
  CHECK(with.journal.all().size() == 1); // the refused look did not count as one
}

TEST_CASE("a verb whose end cannot be written down is answered all the same") {
  at_desk with;
  with.silent = true;
  with.say(with.asked("leave"));
  REQUIRE(eventually([&] { return with.performed == 1; }));
  with.journal.full = true;
  std::vector<answer> late{{{&with.desk, 1, 0}, reply_content{}}};
  with.desk.deliver(late);
  REQUIRE(with.answered(1));
  CHECK(with.why(0) == nullptr);
  CHECK(with.journal.all().front().result.empty());
}

TEST_CASE("a desk that is closed lets late answers pass and takes nothing more") {
  at_desk with;
  with.silent = true;
  with.say(with.asked("leave"));
  REQUIRE(eventually([&] { return with.performed == 1; }));
  with.desk.stop();
  std::vector<answer> late{{{&with.desk, 1, 0}, reply_content{}}};
  with.desk.deliver(late);
  REQUIRE(with.answered(1));
  with.say(with.asked("leave"));
  REQUIRE(with.answered(2));
  CHECK(with.why(1)->code == errc::shutting_down);
}

TEST_CASE("the desk shows the journal page by page") {
  at_desk with;
  for (int i = 0; i < 5; ++i)
    with.say(with.asked("leave"));
  REQUIRE(with.answered(5));
  with.say(with.asked("audit", value::object{{"after", 1}, {"limit", 2}}));
  REQUIRE(with.answered(6));
  const auto* said = std::get_if<reply_content>(&with.answers[5].content);
  REQUIRE(said != nullptr);
  const auto page = decode_value(said->payload).value();
  CHECK(*page.find("node") == value{"n1"});
  CHECK(*page.find("next") == value{3});
  CHECK(*page.find("head") == value{5});
  CHECK(page.find("items")->get_if<value::array>()->size() == 2);
  with.say(with.asked("audit", value::object{{"limit", 0}}));
  REQUIRE(with.answered(7));
  CHECK(with.why(6)->code == errc::malformed);
}

TEST_CASE("arguments are written down without what callers sent") {
  const value said =
      value::object{{"context", "taxi.call"}, {"id", 7},
                    {"destination", "junja"}, {"fields", value::object{{"cost", 500}}},
                    {"payload", "bytes"},     {"reason", std::string(1'000, 'x')},
                    {"grep", "junja"}};
  const auto kept = audited_arguments(said);
  CHECK(*kept.find("context") == value{"taxi.call"});
  CHECK(*kept.find("id") == value{7});
  for (const auto* hidden : {"destination", "fields", "payload", "grep"})
    CHECK(*kept.find(hidden) == value{"[redacted]"});
  CHECK(kept.find("reason")->get_if<std::string>()->size() < 300);
  CHECK(to_json(audited_arguments(value{7})) == "{}");
}
