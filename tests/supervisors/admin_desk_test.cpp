#include "supervisors/admin_desk.hpp"

#include "messages/codec.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

namespace {

/// Keeps what it is given.
class keeping_port final : public answer_port {
public:
  void deliver(std::vector<answer>& batch) override {
    for (auto& each : batch)
      got.push_back(std::move(each.content));
    batch.clear();
  }
  std::vector<std::variant<reply_content, error, event_push>> got;
};

struct gathering {
  admin_desk desk;
  keeping_port asker;
  std::vector<inbound> parts;

  explicit gathering(std::size_t count) : parts(count) {
    desk.gather({&asker, 1, 1}, parts, [](std::vector<value> said) {
      return value{static_cast<std::int64_t>(said.size())};
    });
  }
  void say(std::size_t part, std::variant<reply_content, error, event_push> content) {
    answer_now(parts[part].from, std::move(content));
  }
  static reply_content number(std::int64_t from) {
    reply_content content;
    content.payload = encode_value(value{from});
    return content;
  }
};

} // namespace

TEST_CASE("the desk answers once, when every part has", "[admin_desk]") {
  gathering with{2};
  with.say(0, with.number(1));
  CHECK(with.asker.got.empty());
  with.say(1, with.number(2));
  REQUIRE(with.asker.got.size() == 1);
  CHECK(decode_value(std::get<reply_content>(with.asker.got[0]).payload).value() == value{2});
  with.say(1, with.number(3)); // late
  CHECK(with.asker.got.size() == 1);
}

TEST_CASE("the desk leaves out parts that fail, and fails if all do", "[admin_desk]") {
  gathering some{2};
  some.say(0, fail(errc::context_down, "no"));
  some.say(1, some.number(2));
  REQUIRE(some.asker.got.size() == 1);
  CHECK(decode_value(std::get<reply_content>(some.asker.got[0]).payload).value() == value{1});
  gathering none{2};
  none.say(0, fail(errc::context_down, "no"));
  none.say(1, fail(errc::overloaded, "no"));
  REQUIRE(none.asker.got.size() == 1);
  CHECK(std::get<error>(none.asker.got[0]).code == errc::context_down);
}

TEST_CASE("the desk says of a listing how many parts it is without", "[admin_desk]") {
  admin_desk desk;
  keeping_port asker;
  std::vector<inbound> parts(3);
  const auto first = [](std::vector<value> said) { return said.front(); };
  desk.gather({&asker, 1, 1}, parts, first, 2);
  value page;
  page["items"] = value::array{};
  reply_content content;
  content.payload = encode_value(page);
  answer_now(parts[0].from, fail(errc::context_down, "no"));
  answer_now(parts[1].from, fail(errc::not_found, "not here"));
  answer_now(parts[2].from, content);
  REQUIRE(asker.got.size() == 1);
  const auto said = decode_value(std::get<reply_content>(asker.got[0]).payload).value();
  REQUIRE(said.find("missing") != nullptr);
  CHECK(*said.find("missing") == value{3}); // "not here" is an answer
}

TEST_CASE("what nobody has is not found only if everybody was asked", "[admin_desk]") {
  keeping_port asker;
  const auto ask = [&](errc one, std::size_t absent) {
    admin_desk desk;
    std::vector<inbound> parts(2);
    desk.gather(
        {&asker, 1, 1}, parts, [](auto said) { return said.front(); }, absent);
    answer_now(parts[0].from, fail(errc::not_found, "not here"));
    answer_now(parts[1].from, fail(one, "no"));
    return std::get<error>(asker.got.back()).code;
  };
  CHECK(ask(errc::not_found, 0) == errc::not_found);
  CHECK(ask(errc::not_found, 1) == errc::context_down);
  CHECK(ask(errc::overloaded, 0) == errc::overloaded);
}

TEST_CASE("nobody is told what nobody waits for", "[admin_desk]") {
  CHECK_NOTHROW(answer_now({}, fail(errc::internal, "nobody hears this")));
}
