#include "tests/contract/breaches.hpp"

#include "tests/contract/box.hpp"

#include <catch2/catch.hpp>

/// The checker itself: on a context whose messages change in every way that matters.
namespace troupe::test {
namespace {

using namespace box;

const contract& yesterday() {
  static const contract golden = *updated(nullptr, box_context::with<packed>().today(), false);
  return golden;
}

std::string all(const std::vector<std::string>& sentences) {
  std::string out;
  for (const std::string& each : sentences)
    out += each + '\n';
  return out;
}

/// What is wrong with the context as it is today.
std::string wrong_with(const box_context& today) {
  return all(breaches(yesterday(), today.today()));
}

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

TEST_CASE("code that did not change breaks nothing and has no news") {
  const auto today = box_context::with<packed>();
  CHECK(wrong_with(today).empty());
  const news found = news_since(&yesterday(), today.today());
  CHECK(found.messages.empty());
  CHECK(found.fields.empty());
}

TEST_CASE("a further field that may be null is no breach, but news") {
  const auto today = box_context::with<packed_with_note>();
  CHECK(wrong_with(today).empty());
  const news found = news_since(&yesterday(), today.today());
  CHECK(found.messages.empty());
  CHECK(found.fields == std::vector<std::string>{"store.box: event Packed: field 'note'"});
}

TEST_CASE("a removed field is a breach that names context, message and field") {
  CHECK_THAT(wrong_with(box_context::with<packed_without_label>()),
             StartsWith("store.box: event Packed: field 'label' is gone"));
}

TEST_CASE("a renamed field is a breach") {
  CHECK_THAT(wrong_with(box_context::with<packed_with_title>()),
             StartsWith("store.box: event Packed: field 'label' is gone (removed or renamed)"));
}

TEST_CASE("a field of another type is a breach, and what was written cannot be read") {
  const std::string wrong = wrong_with(box_context::with<packed_with_size_in_words>());
  CHECK_THAT(wrong, Contains("event Packed: field 'size' was integer? and is text?"));
  CHECK_THAT(wrong, Contains("cannot be read: field 'size' has the wrong type"));
}

TEST_CASE("a field that must not be null any more is a breach") {
  const std::string wrong = wrong_with(box_context::with<packed_with_required_size>());
  CHECK_THAT(wrong, Contains("event Packed: field 'size' must not be null any more"));
  CHECK_THAT(wrong, Contains("cannot be read")); // yesterday's event without it
  CHECK_THAT(wrong_with(box_context::with<packed, pack_strictly>()),
             StartsWith("store.box: command pack: field 'label' must not be null any more"));
}

TEST_CASE("a further field that must not be null is a breach") {
  CHECK_THAT(wrong_with(box_context::with<packed_with_weight>()),
             StartsWith("store.box: event Packed: the new field 'weight' must be one that may be"));
}

TEST_CASE("a published field that may be null now is a breach; in an internal event it is none") {
  CHECK_THAT(wrong_with(box_context::with<packed_with_optional_id>()),
             StartsWith("store.box: event Packed: field 'id' may be null now"));
  const auto internal = [](context_info& info) { info.events[0].internal = true; };
  const auto before = box_context::with<packed>(internal);
  const auto after = box_context::with<packed_with_optional_id>(internal);
  const contract golden = *updated(nullptr, before.today(), false);
  CHECK(all(breaches(golden, after.today())).empty());
}

TEST_CASE("a removed message is a breach, also one that was internal") {
  const auto gone = [](context_info& info) {
    info.events.clear();
    info.commands.clear();
  };
  const std::string wrong = wrong_with(box_context::with<packed>(gone));
  CHECK_THAT(wrong, Contains("store.box: event Packed: is gone"));
  CHECK_THAT(wrong, Contains("store.box: command pack: is gone"));
  const auto internal =
      box_context::with<packed>([](context_info& info) { info.events[0].internal = true; });
  const contract golden = *updated(nullptr, internal.today(), false);
  CHECK_THAT(all(breaches(golden, box_context::with<packed>(gone).today())),
             Contains("event Packed: is gone"));
}

TEST_CASE("an event that nobody is told of any more is a breach; the other way round it is none") {
  const auto internal =
      box_context::with<packed>([](context_info& info) { info.events[0].internal = true; });
  CHECK_THAT(wrong_with(internal), StartsWith("store.box: event Packed: is internal now"));
  const contract golden = *updated(nullptr, internal.today(), false);
  CHECK(all(breaches(golden, box_context::with<packed>().today())).empty());
}

TEST_CASE("a path that is gone is a breach: another verb, name or filter") {
  CHECK_THAT(wrong_with(box_context::with<packed>(
                 [](context_info& info) { info.commands[0].verbs = {http_verb::patch}; })),
             Contains("store.box: the path 'POST /store/boxes pack' is gone"));
  CHECK_THAT(
      wrong_with(box_context::with<packed>([](context_info& info) { info.resource = "crates"; })),
      Contains("store.box: the path 'GET /store/boxes/{id}' is gone"));
  CHECK_THAT(
      wrong_with(box_context::with<packed>([](context_info& info) { info.filters.clear(); })),
      Contains("store.box: the path 'GET /store/boxes?label=' is gone"));
}

TEST_CASE("two members of one type whose names are swapped are noticed in the replayed state") {
  const std::string wrong = wrong_with(box_context::with<packed_swapped>());
  CHECK_THAT(wrong, Contains("store.box: event Packed: replaying"));
  CHECK_THAT(wrong, Contains("makes 'size'"));
}

TEST_CASE("an event that the aggregate does not know any more cannot be replayed") {
  // The descriptor still lists it; the variant of the aggregate's events does not.
  const auto today = box_context::with<packed>();
  context_today forgetful = today.today();
  forgetful.make = make_instance<box_type<repacked>>;
  CHECK_THAT(all(breaches(yesterday(), forgetful)),
             Contains("cannot be replayed: unknown event Packed"));
}

TEST_CASE("what only the context itself sees may come and go, but not change its type") {
  const auto hidden = [](context_info& info) { info.state = describe<box_state>("Box", {"size"}); };
  const auto before = box_context::with<packed>(hidden);
  const contract golden = *updated(nullptr, before.today(), false);
  CHECK(all(breaches(golden, before.today())).empty());
  CHECK_THAT(wrong_with(before), Contains("store.box: state Box: field 'size' is hidden now"));
  const auto retyped = box_context::with<packed>([](context_info& info) {
    info.state = describe<packed_with_size_in_words>("Box", {"size"});
  });
  CHECK_THAT(all(breaches(golden, retyped.today())),
             Contains("state Box: field 'size' was integer?, hidden and is text?, hidden"));
}

TEST_CASE("a message without a contract is news") {
  const auto today = box_context::with<packed>(
      [](context_info& info) { info.events.push_back({describe<repacked>()}); });
  CHECK(news_since(&yesterday(), today.today()).messages ==
        std::vector<std::string>{"store.box: event Repacked"});
  CHECK(news_since(nullptr, today.today()).messages.size() == 4);
}

TEST_CASE("an update adds what is new and keeps every recorded sample") {
  const auto today = box_context::with<packed_with_note>();
  const auto after = updated(&yesterday(), today.today(), false);
  REQUIRE(after);
  const auto* before = yesterday().find(message_kind::event, "Packed");
  const auto* now = after->find(message_kind::event, "Packed");
  REQUIRE(now != nullptr);
  CHECK(now->fields.size() == before->fields.size() + 1);
  REQUIRE(now->samples.size() == before->samples.size() * 2);
  CHECK(std::equal(before->samples.begin(), before->samples.end(), now->samples.begin()));
  CHECK(all(breaches(*after, today.today())).empty());
  CHECK(news_since(&*after, today.today()).fields.empty());
  // Once recorded, the new field is protected as well.
  CHECK_THAT(all(breaches(*after, box_context::with<packed>().today())),
             Contains("event Packed: field 'note' is gone"));
}

TEST_CASE("an update refuses a broken contract unless it is forced") {
  const auto today = box_context::with<packed_without_label>();
  const auto refused = updated(&yesterday(), today.today(), false);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Contains("event Packed: field 'label' is gone"));
  const auto forced = updated(&yesterday(), today.today(), true);
  REQUIRE(forced);
  CHECK(all(breaches(*forced, today.today())).empty());
}

} // namespace
} // namespace troupe::test
